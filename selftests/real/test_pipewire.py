# SPDX-License-Identifier: GPL-2.0
"""Real time, because a guest in simulated time has no PipeWire. The host is pipewire-pulse with WirePlumber, of this
Debian and of the next. All audio data arrives in both directions, volume and mute pass in both directions, and the
card finds a server again that was killed.

PipeWire computes with floats of 24 bits. Audio data with up to 24 bits is compared bit by bit.
"""

import socket as sockets

import pytest

from rig.machine import LATENCY
from rig.pipewire import PipeWire

MACHINE = {"ports": (4713, 4715)}
SUITES = ("bookworm", "trixie")


@pytest.fixture(scope="module", autouse=True)
def cards(machine):
    machine.modprobe()
    machine.sh(f"hvsnd set HvSock {LATENCY} && hvsnd add raw protocol simple port 4715 {LATENCY}")


@pytest.fixture
def new_host(machine, processes, suite):
    def start():
        return PipeWire(processes, machine.folder / f"host{next(machine.names)}", suite, machine.socket(4713))
    return start


@pytest.fixture(params=SUITES)
def suite(request):
    return request.param


def test_play(machine, host):
    assert "PipeWire" in host.pactl("info"), "the host is not PipeWire"
    machine.plays(host)
    machine.plays(host, format="S24_3BE", channels=5, seconds=2)


@pytest.mark.long
def test_record(machine, host):
    """PipeWire's own source has gaps where its graph is late: for a machine that does nothing else."""
    machine.records(host)
    machine.records(host, format="S24_LE", seconds=2)


@pytest.mark.long
def test_raw_pcm(machine, processes, host):
    """pipewire-pulse has raw PCM only by TCP, which socat takes to the guest.

    Only 40 ms are sent ahead there: for a machine that does nothing else.
    """
    with sockets.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    host.pactl("load-module", "module-simple-protocol-tcp", f"port={port}", "listen=127.0.0.1", "format=s16le",
               "rate=44100", "channels=2", "playback=1", "record=1")
    door = machine.socket(4715)
    door.unlink(missing_ok=True)
    processes.spawn(["socat", f"UNIX-LISTEN:{door},fork", f"TCP:127.0.0.1:{port}"])
    machine.until(door.exists, 60, "socat listens")
    machine.plays(host, rate=44100, card="raw")
    machine.records(host, rate=44100, card="raw")


def test_volume(machine, host):
    machine.volumes_follow(host)


def test_new_host(machine, new_host):
    """The server is killed and another one starts: what is played from then on arrives whole, to the end."""
    first = new_host()

    def disturb():
        first.kill()
        return new_host()

    machine.plays_through(first, disturb)
