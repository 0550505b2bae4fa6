# SPDX-License-Identifier: GPL-2.0
"""The card as ALSA programs use it: a steady position, and all orders of calls.

Simulated time: the position is compared with CLOCK_MONOTONIC, and waits are timed. The programs are
selftests/alsa/position and lifecycle, which print KTAP.
"""

import pytest

from rig import ktap

# Null sinks round the length of each block to microseconds, which makes them up to 100 ppm too fast; a
# device of its own at the other end of a pipe sink runs at just 48000 Hz.
RATE = 48000
TICK_MS = 10


def paced_host(guest):
    host = guest.host()
    host.pactl("load-module", "module-pipe-sink", "sink_name=paced", "file=/tmp/fifo", "format=s16le",
               f"rate={RATE}", "channels=2")
    host.pactl("set-default-sink", "paced")
    host.pactl("set-default-source", "paced.monitor")
    guest.spawn(["pace", "-t", TICK_MS, "/tmp/fifo", RATE, 4, "/tmp/heard"])
    guest.sleep(1)


def passes(guest, command, tests, limit_s=120):
    """A program's KTAP has so many tests, which all passed."""
    output = guest.sh(command, limit_s, status=None)
    print(output)
    passed = ktap.check(output)
    assert len(passed) == tests, f"{command}: {len(passed)} tests passed, not {tests}"


@pytest.mark.parametrize("options", ["-d 50 -w 10", "-C -d 30 -w 10"])
def test_position(guest, options):
    """2 ppm are 40 to 80 us in the 20 to 40 s that are measured, from which the position wanders by 20 us."""
    guest.modprobe()
    paced_host(guest)
    passes(guest, f"position {options} -t 2", tests=5)


def test_position_without_host(guest):
    """Without a host the clock is the guest's, to the frame."""
    guest.modprobe()
    passes(guest, "position -d 10 -t 0.5", tests=5)


def test_lifecycle(guest):
    guest.modprobe()
    paced_host(guest)
    passes(guest, "lifecycle", tests=23)
