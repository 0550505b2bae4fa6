# SPDX-License-Identifier: GPL-2.0
"""Real time, since a guest in simulated time is of this machine's architecture: another one's kernel and programs, in
an emulated guest that reaches this machine by virtio-vsock. Audio data arrives whole both ways.
"""

import pytest

pytestmark = pytest.mark.matrix("trixie-arm64", only=True)


@pytest.fixture(scope="module", autouse=True)
def cards(machine):
    machine.modprobe()
    machine.sh("netlink set HvSock latency 1000000")


def test_play(machine, host):
    machine.plays(host)


def test_record(machine, host):
    machine.records(host)


def test_unload(machine):
    machine.rmmod()
