# SPDX-License-Identifier: GPL-2.0
"""The cost of one stream at periods of 10 ms, in instructions of the guest per second, is the figure of
bench/instructions for this series of kernels. An intended change of the figure is committed together with its cause.

rig/cost.py says how they are counted. The cost of the idle guest is subtracted. It is measured before and after,
because the kernel's own work would otherwise count for one of the two.

A run gives the same figure each time. The figure depends on where in the host's cycle a period starts, by 4 percent,
and by 20 percent in a few places where both wake at the same time. The figure is therefore the median of several plays
that start at different times. The rest of the margin is for other versions of compilers and libraries.
"""

import os
import statistics

import pytest
from rig.cost import Meter
from rig.ramp import Ramp

SHIFT = 3
SETTLE_S = 3                # the host lengthens and shortens its buffer at first
SECONDS = 3
PLAYS = 7
SHIFT_S = 0.0237            # neither periods nor the host's cycle are a multiple of it
IDLE_PERCENT = 20           # between before and after


def committed():
    """Instructions, and the margin in percent, that bench/instructions has for this kernel"""
    series = ".".join(os.uname().release.split("-")[0].split(".")[:2])
    with open("/job/instructions") as file:
        figures = {words[0]: map(float, words[1:]) for words in map(str.split, file)}
    assert series in figures, f"bench/instructions has no figure for Linux {series}, only for {', '.join(figures)}"
    return figures[series]


@pytest.mark.simulated(shift=SHIFT)
def test_instructions(guest):
    guest.modprobe(debug=False)
    host = guest.host(relay=False)
    host.sink("main")
    ramp = Ramp(seconds=SETTLE_S + SECONDS + 1)
    ramp.write("/tmp/sent")
    meter = Meter(guest, SHIFT, [host.server])
    guest.sleep(SETTLE_S)
    before = meter.cost(SECONDS)
    plays = []
    for number in range(PLAYS):
        guest.sleep(number * SHIFT_S)
        player = guest.spawn(
            f"exec aplay -q -D hw:HvSock {ramp.alsa} --period-time=10000 --buffer-time=100000 /tmp/sent")
        guest.sleep(SETTLE_S)
        plays.append(meter.cost(SECONDS))
        player.wait()
    after = meter.cost(SECONDS)
    idle = (before + after) / 2
    found = statistics.median(plays) - idle
    print(f"{found:.0f} instructions per second of a stream ({', '.join(f'{play:.0f}' for play in plays)}; "
          f"{before:.0f} before it, {after:.0f} after it)")
    assert abs(before - after) <= idle * IDLE_PERCENT / 100, \
        f"while nothing plays, {before:.0f} instructions per second before, and {after:.0f} after"
    expected, margin_percent = committed()
    assert abs(found / expected - 1) <= margin_percent / 100, \
        (f"{found:.0f} instructions per second of a stream; committed are {expected:.0f}, "
         f"with a margin of {margin_percent} %")
