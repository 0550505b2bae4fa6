# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because readers start, end and lag at chosen times. Programs record without moving the application
pointer: two at once through ALSA's dsnoop, OSS mmap, and readers that lag by a whole buffer.
"""

from rig.ramp import Ramp
from rig.streams import Streams, case

CONFIGURATION = """
pcm.shared {
    type dsnoop
    ipc_key 4713
    slave { pcm "hw:HvSock,0,0" rate 48000 channels 2 format S16_LE period_size %d buffer_size %d }
}
"""
# alsa.conf's own dsnoop, and slaves of a user's configuration: short, shorter than the delay, and long
SLAVES = {"as alsa.conf has it": None, "short": (1024, 4096), "shorter than the delay": (256, 1024),
          "long": (4800, 48000)}


def start(guest):
    # dsnoop gives its semaphore to this group.
    with open("/etc/group", "a") as file:
        file.write("audio:x:29:\n")
    guest.modprobe()
    return guest.host()


def test_two_programs(guest):
    """Two programs, the second a little later, hear the host's ramp unbroken for long after the ring
    has been filled once."""
    host = start(guest)
    ramp = Ramp(seconds=25)
    guest.source(host, ramp)
    streams = Streams(guest)
    for name, slave in SLAVES.items():
        with case(name):
            if slave:
                with open("/root/.asoundrc", "w") as file:
                    file.write(CONFIGURATION % slave)
            pcm = "plug:shared" if slave else "plug:dsnoop:HvSock"
            first = guest.spawn(f"HOME=/root exec arecord -q -D {pcm} {ramp.alsa} -d 3 /tmp/first", "first")
            guest.sleep(0.7)
            guest.sh(f"HOME=/root arecord -q -D {pcm} {ramp.alsa} -d 2 /tmp/second")
            first.wait(3)
            for path, seconds in (("/tmp/first", 3), ("/tmp/second", 2)):
                found = ramp.check(path, "-p")
                assert found["frames"] >= (seconds - 0.2) * ramp.rate, found
            streams.faultless()


def test_mmap(guest):
    """A program reads the buffer itself, often or just before what it has not read is written over."""
    host = start(guest)
    ramp = Ramp(seconds=25)
    guest.source(host, ramp)
    guest.modprobe(module="snd-pcm-oss")
    streams = Streams(guest)
    for options in ("", "-i 0.16", "-o", "-o -i 0.16"):
        with case(options):
            guest.sh(f"ring -r {options} -s 2 /tmp/recorded")
            found = ramp.check("/tmp/recorded", "-p")
            assert found["frames"] >= 1.8 * ramp.rate, found
            # With OSS each parameter that is set makes a new stream.
            streams.faultless(len(streams.closed()) - streams.taken)


def test_lags(guest):
    """A reader that never stops, and once lags several rings, loses the oldest and nothing after that."""
    host = start(guest)
    ramp = Ramp(seconds=25)
    guest.source(host, ramp)
    streams = Streams(guest)
    for lag in (0.1, 1, 3):
        with case(f"{lag} s"):
            skipped = guest.sh(f"ring -r -f -l {lag} /tmp/recorded").strip()
            pieces = ramp.pieces("/tmp/recorded", "/tmp/source")
            print(skipped, pieces)
            before, gap = ramp.rate // 2 - pieces[0][0], int(skipped or 0)
            expected = [(pieces[0][0], pieces[0][1], before), (ramp.rate // 2, pieces[0][1] + before + gap, ramp.rate)]
            if not gap:
                expected = [(pieces[0][0], pieces[0][1], before + ramp.rate)]
            assert pieces == expected, f"skipped {gap} frames, heard {pieces}, expected {expected}"
            assert bool(gap) == (lag > 1 / 6), f"skipped {gap} frames of {lag} s"
            streams.faultless()
    # It reads on though it lags: ever newer frames from the ring, and none are refused.
    guest.sh("ring -r -l 1 -s 3 /tmp/recorded")
    with open("/tmp/recorded", "rb") as file:
        file.seek(-ramp.rate * ramp.frame_bytes, 2)
        last = file.read()
    with open("/tmp/last", "wb") as file:
        file.write(last)
    found = ramp.check("/tmp/last", "-p")
    assert found["frames"] == ramp.rate, found
    streams.faultless()
