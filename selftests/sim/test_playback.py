# SPDX-License-Identifier: GPL-2.0
"""Simulated time, as periods and buffers are judged: what aplay writes arrives at PulseAudio's
monitor, every frame, in order, first to last.
"""

import pytest


@pytest.mark.parametrize("options", [
    "--period-time=10000",
    "--period-time=10000 -M",
    "--period-time=2500 --buffer-time=40000",
    "",
])
def test_whole(guest, options):
    guest.modprobe()
    guest.plays(guest.host(), options=options)


def test_five_milliseconds(guest):
    """Fewer frames than the host waits for before it starts"""
    guest.modprobe()
    guest.plays(guest.host(), seconds=0.005)
