# SPDX-License-Identifier: GPL-2.0
"""The cost of streams at periods of 10 ms, in instructions of the guest per second and stream, is the figure of
bench/instructions for this series of kernels. An intended change of a figure is committed together with its cause.

rig/cost.py says how they are counted. The cost of the idle guest is subtracted. It is measured before and after,
because the kernel's own work would otherwise count for one of the two.

A run gives the same figure each time, on 6.12 up to 5 percent more or less. The figure depends on where in the host's
cycle a period starts, by 4 percent, and by 20 percent in a few places where both wake at the same time. The figure is
therefore the median of several plays that start at different times. The rest of the margin is for other versions of
compilers and libraries.

Since 6.8, each receive that empties a virtio-vsock socket sends a message of credit, on both sides of the loopback.
6.12 costs more for this reason.

To set the figures again: run "selftests/check.sh -rP selftests/sim/test_instructions.py", and put what each case prints
into bench/instructions. A line of that file has the kernel's series, the case, the figure, and the margin in percent.
"""

import os
import statistics

import pytest
from rig.cost import Meter

SHIFT = 3
SETTLE_S = 3                # the host lengthens and shortens its buffer at first
SHIFT_S = 0.0237            # neither periods nor the host's cycle are a multiple of it
IDLE_PERCENT = 20           # between before and after
PERIOD, PERIODS = 480, 10
ALSA = f"-q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 --period-size={PERIOD} --buffer-size={PERIOD * PERIODS}"
# "timed" plays without period wakeups.
PROGRAMS = {"play": f"aplay {ALSA} /tmp/silence", "record": f"arecord {ALSA} -d {{seconds}} /dev/null",
            "timed": f"player -n -f {PERIOD} -b {PERIODS} -c HvSock /tmp/silence"}


def committed(case):
    """Instructions, and the margin in percent, that bench/instructions has for this kernel"""
    series = ".".join(os.uname().release.split("-")[0].split(".")[:2])
    with open("/job/instructions") as file:
        figures = {tuple(words[:2]): map(float, words[2:]) for words in map(str.split, file)}
    assert (series, case) in figures, f"bench/instructions has no figure for {case} on Linux {series}"
    return figures[series, case]


# Many streams start at different times of their own accord: few plays of them are enough.
@pytest.mark.simulated(shift=SHIFT)
@pytest.mark.parametrize("what, streams, plays, seconds", [
    pytest.param("play", 1, 7, 3, id="play-1"), pytest.param("record", 1, 3, 3, id="record-1"),
    pytest.param("play", 16, 3, 2, id="play-16"),
    # Only in make check-all, as they take two minutes of processor time.
    pytest.param("record", 16, 3, 2, id="record-16", marks=pytest.mark.long),
    pytest.param("timed", 1, 5, 3, id="timed-1", marks=pytest.mark.long),
    pytest.param("timed", 16, 3, 2, id="timed-16", marks=pytest.mark.long),
])
def test_instructions(guest, what, streams, plays, seconds):
    case = f"{what}-{streams}"
    length_s = SETTLE_S + seconds + 1
    guest.modprobe(f"playback_streams={streams} capture_streams={streams}", debug=False)
    host = guest.host(relay=False)
    host.sink("main")
    with open("/tmp/silence", "wb") as file:
        file.truncate(length_s * 48000 * 4)
    command = PROGRAMS[what].format(seconds=length_s)
    meter = Meter(guest, SHIFT, [host.server])
    guest.sleep(SETTLE_S)
    before = meter.cost(seconds)
    costs = []
    for number in range(plays):
        guest.sleep(number * SHIFT_S)
        programs = [guest.spawn(f"exec {command}") for _ in range(streams)]
        guest.sleep(SETTLE_S)
        costs.append(meter.cost(seconds))
        for program in programs:
            program.wait()
    guest.sleep(SETTLE_S)
    after = meter.cost(seconds)
    idle = (before + after) / 2
    found = (statistics.median(costs) - idle) / streams
    print(f"{case}: {found:.0f} instructions per second of a stream "
          f"({', '.join(f'{(cost - idle) / streams:.0f}' for cost in costs)}; "
          f"{before:.0f} before it, {after:.0f} after it)")
    assert abs(before - after) <= idle * IDLE_PERCENT / 100, \
        f"while nothing plays, {before:.0f} instructions per second before, and {after:.0f} after"
    expected, margin_percent = committed(case)
    assert abs(found / expected - 1) <= margin_percent / 100, \
        (f"{found:.0f} instructions per second of a stream; committed are {expected:.0f}, "
         f"with a margin of {margin_percent} %")
