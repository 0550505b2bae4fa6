# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because the wakeups of a sound server decide what arrives.

PulseAudio in the guest uses the card alone, by mmap, and keeps it running. All data that its programs play and record
arrives. (PulseAudio uses no timer-based scheduling in a virtual machine.)
"""

import pytest

from rig.pulse import Pulse
from rig.ramp import Ramp

MODULES = "device=hw:HvSock format=s16le rate=48000 channels=2"
SMALL = "fragments=4 fragment_size=1920"     # four periods of 10 ms


def serve(guest, module):
    """PulseAudio as the guest's own server."""
    return Pulse(guest.processes, "/tmp/server", [f"module-alsa-{module}"])


def assert_untroubled(server):
    troubles = [line for line in server.server.output().splitlines()
                if any(word in line.lower() for word in ("underrun", "overrun", "woke us"))]
    assert not troubles, "the guest's server complains:\n" + "\n".join(troubles)


@pytest.mark.parametrize("fragments", ["", SMALL])
def test_plays(guest, fragments):
    """Two ramps, one after the other, with the card open all the time"""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    server = serve(guest, f"sink sink_name=card {MODULES} {fragments}")
    ramp = Ramp(seconds=3)
    ramp.write("/tmp/sent")
    recording = host.record("main", "/tmp/heard")
    for _ in range(2):
        server.play("card", ramp, "/tmp/sent").wait(10)
        guest.sleep(1)
    pieces = ramp.pieces(recording.stop(), "/tmp/sent")
    assert [piece[1:] for piece in pieces] == [(0, ramp.frames)] * 2, f"not the ramp twice: {pieces}"
    assert_untroubled(server)
    server.stop()
    guest.rmmod()


def test_records(guest):
    guest.modprobe()
    host = guest.host()
    ramp = Ramp(seconds=10)
    guest.source(host, ramp)
    server = serve(guest, f"source source_name=card {MODULES}")
    recorder = guest.spawn(["parec", "-d", "card", "--raw", "--format=s16le", "--rate=48000", "--channels=2",
                            "/tmp/recorded"], env=server.env)
    guest.sleep(5)
    recorder.stop()
    found = ramp.check("/tmp/recorded", "-p")
    assert found["frames"] >= 4 * ramp.rate, f"{found['frames']} frames recorded in 5 s"
    assert_untroubled(server)
    server.stop()
    guest.rmmod()
