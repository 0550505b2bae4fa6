# SPDX-License-Identifier: GPL-2.0
"""Simulated time, since idle seconds cost nothing there, and so sleeping ones.

Tested: the guest sleeps (suspend-to-idle, woken by its clock's alarm) under a program that plays or
records. The host sleeps with it, since it is in the same guest; it finds its connection ended.
"""

import os

import pytest

from rig.processes import Lines
from rig.ramp import Ramp

OPTIONS = "--period-time=10000 --buffer-time=100000"
RATE = 48000
SLEEP_S = 5
AT_ONCE_S = 0.02


def sleep(guest):
    """Sleeps until the alarm; when the guest woke."""
    now = int(open("/sys/class/rtc/rtc0/since_epoch").read())
    open("/sys/class/rtc/rtc0/wakealarm", "w").write(str(now + SLEEP_S))
    with open("/sys/power/state", "w") as file:
        file.write("freeze")
    woken = int(open("/sys/class/rtc/rtc0/since_epoch").read())
    print(woken - now, open("/sys/power/suspend_stats/success").read(), guest.now())
    assert SLEEP_S - 1 <= woken - now <= SLEEP_S + 1, f"the guest slept for {woken - now} s"
    return guest.now()


def test_plays_on(guest):
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    ramp = Ramp(seconds=5)
    ramp.write("/tmp/sent")
    recording = host.record("main", "/tmp/heard")
    reports = Lines(guest.processes, ["pactl", "subscribe"], env=host.env)
    player = guest.spawn(f"aplay -q -D hw:HvSock {ramp.alsa} {OPTIONS} /tmp/sent")
    guest.sleep(2)
    reports.rest()
    print(guest.now())
    woken = sleep(guest)
    print(reports.next("'remove' on sink-input"), reports.next("'new' on sink-input"), woken)
    player.wait(10)
    print(player.output())
    print(ramp.pieces(recording.stop(), "/tmp/sent"))
    print("\n".join(guest.kernel_log().splitlines()[-25:]))
    guest.rmmod()
