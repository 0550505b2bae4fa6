# SPDX-License-Identifier: GPL-2.0
"""Real time, because a guest in simulated time has the architecture of this machine. An emulated guest with the kernel
and programs of another architecture reaches this machine over virtio-vsock. All audio data arrives in both directions.
"""

import pytest

pytestmark = pytest.mark.matrix("trixie-arm64", only=True)


@pytest.fixture(scope="module", autouse=True)
def cards(machine):
    machine.modprobe()
    machine.sh("netlink set HvSock latency-us 1000000")


def test_play(machine, host):
    machine.plays(host)


def test_record(machine, host):
    machine.records(host)


def test_unload(machine):
    machine.rmmod()
