# SPDX-License-Identifier: GPL-2.0
"""Real time, with the distribution's signed hv_sock.ko between the card and the host of selftests/hv. The servers of
that host are on this machine, reached by TCP through QEMU. Audio data in both directions, and the faults of a Hyper-V
host.
"""

import subprocess

import pytest

from rig import rows
from rig.machine import HV_HOST, LATENCY

ECHO_PORT = 5000
MACHINE = {"transport": "hyperv", "ports": (4713, ECHO_PORT)}
pytestmark = pytest.mark.matrix(*rows.HYPERV)


@pytest.fixture(scope="module", autouse=True)
def cards(machine):
    load(machine)


def load(machine):
    machine.modprobe()
    machine.sh(f"hvsnd set HvSock {LATENCY}")


@pytest.fixture
def set_host(machine):
    """A function that sets a parameter of the Hyper-V host; at the end it has no fault."""
    def set_parameter(name, value):
        machine.sh(f"echo {value} >/sys/module/hv_vmbus/parameters/{name}")
    yield set_parameter
    set_parameter("fault", "none")
    set_parameter("after", 0)


def said(machine, words):
    """Waits until the kernel's log since the last dmesg -c has these words."""
    machine.until(lambda: machine.sh(f"dmesg | grep -E 'snd_hvsock|fake vmbus' | grep -E '{words}'", status=None), 60,
                  f"the kernel says: {words}")


def test_stock_module(machine):
    """A module that was loaded by force, or that nobody signed whom the kernel knows, would be marked."""
    assert "O" in machine.sh("cat /sys/module/hv_vmbus/taint"), "hv_vmbus is not the one of selftests/hv"
    assert machine.sh("cat /sys/module/hv_sock/taint").strip() == "", "hv_sock is not the distribution's own"


def test_play(machine, host):
    """The ring to the host has six pages of data, as hv_sock makes it for VMBus 5."""
    machine.sh("dmesg -c")
    machine.plays(host)
    said(machine, "its ring of 24576 ")


def test_record(machine, host):
    machine.records(host)


def test_host_connects(machine, processes, set_host):
    """A listener in the guest gets a connection from the host, and sends back more than the rings hold."""
    data = machine.folder / "data"
    back = machine.folder / "back"
    subprocess.run(["dd", "if=/dev/urandom", f"of={data}", "bs=1000", "count=1000", "status=none"], check=True)
    listener = machine.spawn(f"socat -d -d VSOCK-LISTEN:{ECHO_PORT} EXEC:cat")
    machine.until(lambda: "listening on" in listener.output(), 60, "the guest listens")
    door = machine.socket(ECHO_PORT)
    processes.spawn(["socat", f"UNIX-LISTEN:{door}", f"SYSTEM:cat {data} & cat >{back}; wait"])
    machine.until(door.exists, 60, "the host's server listens")
    set_host("connect", ECHO_PORT)
    machine.until(lambda: back.exists() and back.read_bytes() == data.read_bytes(), 120, "all came back")
    processes.stop()
    listener.wait(60, status=None)


# What the host does from which byte of a connection on, and what the module says
FAULTS = [
    ("silent", 0, "no answer "),
    ("rescind", 50000, "connection lost "),
    ("full", 50000, "stopped answering"),
    ("short", 500, "connection lost "),
]
MORE_FAULTS = [
    ("late", 0, "no answer "),
    ("long", 500, "connection lost "),
    ("huge", 500, "connection lost "),
    ("fin", 0, "connection lost "),
]


@pytest.mark.parametrize("fault, after, words",
                         FAULTS + [pytest.param(*fault, marks=pytest.mark.long) for fault in MORE_FAULTS])
def test_fault(machine, host, set_host, fault, after, words):
    """A host with a fault: the module says so, the program goes on in silence, and the module can be removed."""
    host.sink("main")
    machine.sh("dmesg -c")
    set_host("after", after)
    set_host("fault", fault)
    player = machine.spawn("exec aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 /dev/zero")
    said(machine, words)
    assert player.alive(), f"the program has ended:\n{player.output()}"
    player.stop()
    machine.rmmod()
    load(machine)


@pytest.mark.long
def test_old_host(machine, host, set_host):
    """A host before VMBus 5 knows only rings of six pages, of which one is the header."""
    machine.sh("dmesg -c")
    set_host("version", 0x40001)
    machine.plays(host)
    said(machine, "its ring of 20480 ")
    set_host("version", 0x50003)


@pytest.mark.long
def test_play_much(machine, host):
    machine.plays(host, format="S32_LE", rate=96000, channels=8, seconds=1)


@pytest.mark.long
def test_channel_comes_back(machine, host, set_host):
    """The host takes a channel back while a program plays: later audio data arrives whole."""
    def disturb():
        set_host("fault", "rescind")
        host.wait_streams(0, seconds=60)
        set_host("fault", "none")
        return host

    machine.plays_through(host, disturb)


@pytest.mark.long
def test_unload(machine, host, set_host):
    """hv_sock waits 8 s, at most, for a host that keeps closed connections, and can be removed then."""
    host.sink("main")
    set_host("fault", "keep")
    machine.sh("aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 -d 1 /dev/zero")
    machine.rmmod()
    machine.sh("sleep 9; ! rmmod hv_sock")
    set_host("fault", "none")
    machine.until(lambda: machine.sh("rmmod hv_sock && echo removed", status=None).strip() == "removed", 60,
                  "hv_sock can be removed")
    machine.sh("rmmod hv_vmbus")
    machine.sh(f"insmod /job/hv_vmbus.ko server={HV_HOST} && modprobe hv_sock")
    load(machine)
