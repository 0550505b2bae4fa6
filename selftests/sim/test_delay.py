# SPDX-License-Identifier: GPL-2.0
"""snd_pcm_delay() is right: marked frames are played, or were recorded, at the times that it gives. A device of the
host prints the true times.

Simulated time, because times are compared to fractions of a millisecond. Both sides are in one guest and have one
clock.
"""

import re

import pytest

RATE = 48000
TICK_MS = 2             # how often the device takes or gives audio data: what a mark's time is good to
LIMIT_US = 2500         # chosen, not derived: a little more than a tick
SECONDS = 8
FEWEST = 15             # marks


def marks(output):
    """The moments in nanoseconds of each mark that a program tells of."""
    return {int(mark): int(at) for mark, at in re.findall(r"^mark (\d+) (\d+)$", output, re.M)}


def plays_to(guest, host):
    host.pactl("load-module", "module-pipe-sink", "sink_name=paced", "file=/tmp/fifo", "format=s16le",
               f"rate={RATE}", "channels=2")
    host.pactl("set-default-sink", "paced")
    return guest.spawn(["pace", "-m", "-t", TICK_MS, "/tmp/fifo", RATE, 4, "/tmp/heard"])


def records_from(guest, host):
    host.pactl("load-module", "module-pipe-source", "source_name=paced", "file=/tmp/fifo", "format=s16le",
               f"rate={RATE}", "channels=2")
    host.pactl("set-default-source", "paced")
    return guest.spawn(["pace", "-w", "-t", TICK_MS, "/tmp/fifo", RATE, 4])


@pytest.mark.parametrize("period, periods", [(240, 4), (480, 10), (4800, 5)])
@pytest.mark.parametrize("direction", ["playback", "capture"])
def test_delay(guest, direction, period, periods):
    guest.modprobe()
    capture = direction == "capture"
    device = (records_from if capture else plays_to)(guest, guest.host())
    output = guest.sh(f"delay {'-C' if capture else ''} -s {SECONDS} -p {period} -n {periods}")
    print(output)
    assert "xruns: 0" in output, "the program had xruns"
    guest.sleep(0.5)
    device.stop()
    said, real = marks(output), marks(device.output())
    late = sorted((real[mark] - said[mark]) / 1e3 for mark in said.keys() & real.keys())
    print(f"{len(late)} marks, of {len(said)} and {len(real)}: {late}")
    assert len(late) >= FEWEST, f"{len(late)} marks are fewer than {FEWEST}"
    median = late[len(late) // 2]
    assert abs(median) <= LIMIT_US, \
        f"marks were {'picked up' if capture else 'played'} {median:.0f} us after the moment that was said (median)"
