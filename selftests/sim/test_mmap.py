# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because the content of the buffer counts at the time when the position passes it. Programs write into
the buffer by mmap and never move the application pointer (ring.c), through ALSA and through OSS as Quake does.

test_dsnoop.py tests programs that record in this way.
"""

from rig.ramp import Ramp
from rig.streams import Streams, case

RING = 8192     # frames of ring's buffer
# How it writes: ahead of the position by 0.1 s, by 20 ms, and by all of the buffer, short and long
PLAYS = ("", "-a 0.02 -i 0.005", "-a 0 -i 0.1", "-p 64 -b 1024 -a 0", "-p 4096 -b 32768", "-o", "-o -a 0")


def start(guest):
    guest.modprobe()
    guest.modprobe(module="snd-pcm-oss")
    host = guest.host()
    host.sink("main")
    return host


def read(path):
    with open(path, "rb") as file:
        return file.read()


def test_plays(guest):
    host = start(guest)
    ramp = Ramp(seconds=1)
    ramp.write("/tmp/sent")
    streams = Streams(guest)
    for options in PLAYS:
        with case(options):
            recording = host.record("main", "/tmp/heard")
            guest.sh(f"ring {options} -s {ramp.seconds} /tmp/sent")
            ramp.check(recording.stop())
            # With OSS each parameter that is set makes a new stream.
            streams.faultless(len(streams.closed()) - streams.taken)


def test_again_and_again(guest):
    """What was written once goes on for as long as nothing else is told, whether the first was told or not."""
    host = start(guest)
    ramp = Ramp(seconds=RING / 48000)
    once = read(ramp.write("/tmp/sent"))
    for options in ("-a 0", "-a 0 -c", "-o -a 0"):
        with case(options):
            recording = host.record("main", "/tmp/heard")
            guest.sh(f"ring -1 {options} -s 2 /tmp/sent")
            heard = read(recording.stop())
            begin = heard.find(once[:64 * ramp.frame_bytes])
            assert begin >= 0 and not heard[:begin].strip(b"\0"), "it does not begin with what was written"
            heard = heard[begin:].rstrip(b"\0")
            assert (once * 20).startswith(heard), "it is not what was written, again and again"
            assert len(heard) >= 1.99 * ramp.rate * ramp.frame_bytes, f"only {len(heard)} bytes"


def test_drained(guest):
    """A drain ends where what was told ends, also if the stream would not stop there, and there is more in the ring."""
    host = start(guest)
    ramp = Ramp(seconds=0.1)
    ramp.write("/tmp/sent")
    recording = host.record("main", "/tmp/heard")
    guest.sh("ring -1 -c -d -a 0.1 /tmp/sent")
    ramp.check(recording.stop())


def test_tells_late(guest):
    """A program that tells, but only when the position has long passed what it wrote, is heard from there on."""
    host = start(guest)
    ramp = Ramp(seconds=1)
    ramp.write("/tmp/sent")
    recording = host.record("main", "/tmp/heard")
    guest.sh("ring -c -a 0.1 -w 0.5 -s 0.9 /tmp/sent")
    heard, sent = read(recording.stop()), read("/tmp/sent")
    assert heard.rstrip(b"\0").endswith(sent[ramp.rate // 10 * ramp.frame_bytes:].rstrip(b"\0")), "it is not whole"
