# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because periods and buffers are judged. arecord records what a source of the host delivers without a
gap, and no stream reports a fault.

test_cases.py tests the sample formats.
"""

import pytest

from rig.ramp import Ramp
from rig.streams import Streams, case

UNBROKEN = {
    "10 ms periods": ("S16_LE", 48000, 2, "--period-time=10000"),
    "10 ms periods, mmap": ("S16_LE", 48000, 2, "--period-time=10000 -M"),
    "2.5 ms periods": ("S16_LE", 48000, 2, "--period-time=2500 --buffer-time=40000"),
    "arecord's own periods": ("S32_LE", 44100, 2, ""),
    "a frame whose size is no power of two": ("S24_3LE", 48000, 5, "--period-time=20000"),
}


@pytest.mark.matrix
def test_unbroken(guest):
    guest.modprobe()
    host = guest.host()
    streams = Streams(guest)
    for name, (format, rate, channels, options) in UNBROKEN.items():
        with case(name):
            guest.records(host, format, rate, channels, seconds=2, options=options)
            streams.faultless()


@pytest.mark.parametrize("period_us, buffer_us, seconds", [(1000, 20000, 5), (2500, 40000, 10)])
def test_small_periods(guest, period_us, buffer_us, seconds):
    guest.modprobe()
    streams = Streams(guest)
    guest.records(guest.host(), seconds=seconds,
                  options=f"--period-time={period_us} --buffer-time={buffer_us}")
    streams.faultless()


@pytest.mark.matrix
def test_both_ways(guest):
    """What one program plays, another records from the sink's monitor, whole."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    ramp = Ramp(seconds=2)
    ramp.write("/tmp/sent", "-l", "0.5")
    streams = Streams(guest)
    options = f"-q -D hw:HvSock --period-time=10000 --buffer-time=100000 {ramp.alsa}"
    recorder = guest.spawn(f"exec arecord {options} -d 4 /tmp/recorded", "arecord")
    guest.sh(f"aplay {options} /tmp/sent")
    recorder.wait(10)
    ramp.check("/tmp/recorded")
    streams.faultless(2)
