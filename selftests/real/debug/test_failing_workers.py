# SPDX-License-Identifier: GPL-2.0
"""Real time, because virtio-vsock and its hosts are part of the test. On a kernel with KASAN and failslab, a fifth of
the allocations of the module's workers fail while programs play. Nothing may leak, and the cards must work afterwards.
host/test_kunit.py tests the failures within system calls.
"""

import pytest

from rig import ktap, paths

KERNELS = ["kasan"]
pytestmark = pytest.mark.matrix("forky-debug")
MACHINE = {"ports": (4713, 4715, 4716)}
CARDS = ("HvSock", "Raw", "Qubes", "Called")
SILENCE = "-t raw -f S16_LE -r 44100 -c 2"
RAW_HOST = paths.SELFTESTS / "vm/raw_host.py"


@pytest.fixture(scope="module", autouse=True)
def cards(machine, host, processes):
    """A card of each protocol, with its host."""
    machine.modprobe(debug=False)
    machine.sh("netlink add Raw protocol simple port 4715 &&"
               " netlink add Qubes protocol qubes port 4715 &&"
               " netlink add Called protocol qubes role listen port 4720")
    processes.spawn([RAW_HOST, machine.folder / "raw", machine.socket(4715), machine.socket(4716)])
    processes.spawn([RAW_HOST, machine.folder / "caller", machine.door(4720), machine.door(4721)])


def test_allocations_fail(machine):
    """Players come and go, as most is allocated where something begins"""
    ktap.check(machine.sh(f"""
        for card in {' '.join(CARDS)}; do
            while [ ! -e /tmp/enough ]; do
                timeout -s KILL 20 aplay -q -D hw:$card {SILENCE} -d 1 /dev/zero 2>/dev/null
                netlink reconnect $card 2>/dev/null
            done >/dev/null &
        done
        failnth workers 20 40; status=$?
        touch /tmp/enough; wait; rm /tmp/enough; exit $status""", limit_s=400))


@pytest.mark.parametrize("card", CARDS)
def test_plays_afterwards(machine, card):
    """The link is up while it plays"""
    player = machine.spawn(f"timeout 60 aplay -q -D hw:{card} {SILENCE} -d 8 /dev/zero")
    machine.until(lambda: " up" in machine.sh(f"hvsnd show {card}"), 30,
                  f"the link of {card} is up")
    player.wait(60)


def test_nothing_waits(endings):
    endings.nothing_waits()


def test_unloads(endings):
    endings.unloads()
