# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because dmix depends on when programs start and end. Two programs play at once through ALSA's dmix,
which writes into the buffer without moving the application pointer, and never stops.
"""

import array

from rig.ramp import Ramp
from rig.streams import case

RATE = 48000
# dmix puts a program's first frames where the position already is, on any card, and those that the
# position passes before they are all there are lost. The first 50 ms are not judged.
BEGINNING = RATE * 5 // 100
PLAYER = "aplay -q -D plug:dmix:HvSock -t raw -f S16_LE -r 48000 -c 2"


def start(guest):
    # dmix gives its semaphore to this group.
    with open("/etc/group", "a") as file:
        file.write("audio:x:29:\n")
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    return host


def on_channel(samples, channel):
    """Stereo frames with these samples on one channel, and silence on the other"""
    frames = array.array("h", bytes(4 * len(samples)))
    frames[channel::2] = samples
    return frames.tobytes()


def check_whole(samples, ramp, path):
    """To the end without a gap, but for the very beginning"""
    first = next(n for n, sample in enumerate(samples) if sample)
    start = first + BEGINNING * ramp.channels
    with open(path, "wb") as file:
        file.write(samples[start:].tobytes())
    found = ramp.check(path, "-e")
    lost = ramp.frames - BEGINNING - found["frames"]
    assert lost <= 0, f"the first {lost} frames are missing"


def read(path):
    samples = array.array("h")
    with open(path, "rb") as file:
        samples.frombytes(file.read())
    return samples


def test_two_programs(guest):
    """One program's ramp is on the left, the other's on the right, a second later."""
    host = start(guest)
    mono = Ramp(channels=1, seconds=2)
    mono.write("/tmp/mono")
    for channel in (0, 1):
        with open(f"/tmp/sent{channel}", "wb") as file:
            file.write(on_channel(read("/tmp/mono"), channel))
    for options in ("", "-M"):
        with case(f"aplay {options}"):
            two_programs(guest, host, mono, options)


def two_programs(guest, host, mono, options):
    recording = host.record("main", "/tmp/heard")
    began = guest.now()
    left = guest.spawn(f"exec {PLAYER} {options} /tmp/sent0", "left")
    guest.sleep(1)
    guest.sh(f"{PLAYER} {options} /tmp/sent1")
    took = guest.now() - began
    left.wait(1)
    heard = read(recording.stop())
    for channel in (0, 1):
        with case(("left", "right")[channel]):
            check_whole(heard[channel::2], mono, f"/tmp/heard{channel}")
    print(f"both took {took:.3f} s")
    # The drain waits for dmix's periods of 125 ms at most.
    assert 1 <= took - mono.seconds <= 1.13, f"{mono.seconds} s, and as much a second later, took {took:.3f} s"


def test_short_beside_long(guest):
    """What dmix leaves in the buffer is not heard again, nor is the end of a stream lost when another comes."""
    host = start(guest)
    ramp = Ramp(seconds=1)
    ramp.write("/tmp/sent")
    with open("/tmp/silence", "wb") as file:
        file.write(bytes(RATE * 4 * 4))
    recording = host.record("main", "/tmp/heard")
    long = guest.spawn(f"exec {PLAYER} /tmp/silence", "long")
    guest.sleep(1)
    guest.sh(f"{PLAYER} /tmp/sent")
    long.wait(5)
    check_whole(read(recording.stop()), ramp, "/tmp/end")
