# SPDX-License-Identifier: GPL-2.0
"""Real time, because races need two processors. On a kernel with KASAN, then on one with KCSAN: messages to the netlink
family that are almost valid, from root and from nobody, while a stream exists.

NETLINK_FUZZ_SECONDS (60), SEED.
"""

import os

import pytest

from rig import ktap

KERNELS = ["kasan", "kcsan"]
pytestmark = pytest.mark.matrix("forky-debug")
SECONDS = int(os.environ.get("NETLINK_FUZZ_SECONDS") or 60)


@pytest.fixture(scope="module", autouse=True)
def card(machine, host):
    machine.modprobe(debug=False)


def test_messages(machine):
    """Each message has its answer, nobody changes anything, and the cards are there afterwards"""
    player = machine.spawn("while [ ! -e /tmp/enough ]; do aplay -q -D hw:HvSock -t raw -f S16_LE"
                           " -r 48000 -c 2 -d 5 /dev/zero; done")
    try:
        output = machine.sh(f"fuzz {SECONDS} {os.environ.get('SEED', '')}",
                            limit_s=SECONDS + 300, status=None)
    finally:
        machine.sh("touch /tmp/enough")
    player.wait(60, status=None)
    ktap.check(output)


def test_nothing_waits(endings):
    endings.nothing_waits()


def test_unloads(endings):
    endings.unloads()
