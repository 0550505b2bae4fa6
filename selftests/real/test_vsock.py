# SPDX-License-Identifier: GPL-2.0
"""Real time, since virtio-vsock between a guest and this machine is what is tested: nothing of it exists in
a guest in simulated time. Audio data of PulseAudio's protocol arrives whole both ways.
"""

import pytest

from rig import machine as machines


@pytest.fixture(scope="module", autouse=True)
def card(machine, host):
    machine.modprobe()
    machine.sh(f"hvsnd set HvSock latency {machines.CARD_LATENCY_US}")


def test_play(machine, host):
    machine.plays(host)


def test_record(machine, host):
    machine.records(host)
