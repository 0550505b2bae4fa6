# SPDX-License-Identifier: GPL-2.0
"""Guests in real time with debug kernels; otherwise as in the folder above.

KERNELS in a test file names the kernels on which its tests run (rig/debug_kernel.py), each in its own guest. With
--rows the kernel is that of the newest suite. Such a kernel is ten times as slow and takes minutes to build, so all
tests here are long.
"""

import pytest

from rig import debug_kernel, machine as machines, paths, rows
from rig.processes import Processes
from rig.pulse import Pulse

SILENCE = "-t raw -f S16_LE -r 48000 -c 2"
HERE = paths.SELFTESTS / "real/debug"


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.long)
            item.add_marker(pytest.mark.debug)


def pytest_generate_tests(metafunc):
    if "kernel" in metafunc.fixturenames and not metafunc.config.getoption("--rows"):
        metafunc.parametrize("kernel", metafunc.module.KERNELS, indirect=True, scope="module")


@pytest.fixture(scope="module")
def kernel(request, row):
    return rows.built(row).kernel if row else debug_kernel.kernel(request.param)


@pytest.fixture(scope="module")
def product(product, kernel):
    """Not stripped: a report names functions."""
    programs = {f"bin/{name}": paths.SELFTESTS / "faults" / name
                for name in ("races", "fuzz", "failnth", "threads")}
    return {**product, **programs, "snd-hvsock.ko": debug_kernel.module(kernel)}


@pytest.fixture(scope="module")
def processes(machine):
    """What starts programs on this machine; they end with the file's tests."""
    here = Processes(machine.folder / "logs/host")
    yield here
    here.stop()


@pytest.fixture(scope="module")
def new_host(machine, processes):
    """A function that starts a PulseAudio on this machine, where the card connects to."""
    def start():
        door = f"module-native-protocol-unix socket={machine.socket(4713)} auth-anonymous=1"
        here = Pulse(processes, machine.folder / f"host{next(machine.names)}", [door])
        here.sink("main")
        return here
    return start


@pytest.fixture(scope="module")
def host(new_host):
    return new_host()


@pytest.fixture(scope="module")
def endings(machine):
    """What a guest is asked at the end of each file's tests."""
    return Endings(machine)


class Endings:
    """What must hold after whatever happened to the module."""

    def __init__(self, machine):
        self.machine = machine

    def nothing_waits(self):
        """No process of the guest, nor of its kernel, sleeps uninterruptibly for 10 s."""
        self.machine.sh(r"""
            asleep()
            {
                grep -h '^[0-9]* ([^)]*) D' /proc/[0-9]*/stat 2>/dev/null | cut -d' ' -f1,2 | sort
            }
            asleep >/tmp/before; [ -s /tmp/before ] || exit 0
            sleep 10; asleep >/tmp/after
            for pid in $(sort /tmp/before /tmp/after | uniq -d | cut -d' ' -f1); do
                cat /proc/$pid/comm /proc/$pid/stack; status=1
            done
            exit ${status:-0}""")

    def unloads(self, seconds=15):
        """The module goes within so much time of the guest's, and its cards with it."""
        self.machine.sh(f"""
            begin=$(cut -d. -f1 /proc/uptime); rmmod snd-hvsock || exit
            took=$(($(cut -d. -f1 /proc/uptime) - begin)); echo "took $took s"
            [ $took -le {seconds} ] && ! grep -q HvSock /proc/asound/cards""", limit_s=seconds + 60)

    def plays(self, host, card=machines.CARD):
        """A stream reaches the host. Its content is for kernels that can keep pace."""
        player = self.machine.spawn(f"aplay -q -D hw:{card} {SILENCE} -d 5 /dev/zero")
        host.wait_streams(1, seconds=30)
        player.wait(60)
