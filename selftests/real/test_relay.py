# SPDX-License-Identifier: GPL-2.0
"""Real time, because audio data passes from a guest over virtio-vsock to hvsndd on this machine, and from there to
PulseAudio. One card for each protocol; the host connects to one of them. All audio data arrives in both directions,
under the name of the guest, and the microphone is silent until it is allowed.
"""

import contextlib
import json
import shlex
import socket
import stat
import threading

import pytest

from rig import paths
from rig.machine import LATENCY
from rig.processes import shell
from rig.ramp import Ramp

HVSNDD = paths.TOP / "user/hvsndd/hvsndd"
MACHINE = {"ports": (4713, 4715, 4716, 4717), "files": {"bin/hvsndd": HVSNDD}}
CALLED_PORTS = (4718, 4719)
EACH_PORT = 4721        # the host connects to it once for each stream
OWN_PORT = 5713

# card, rate, name of the guest in hvsndd, name of its streams at the host
CARDS = {
    "pulse": ("HvSock", 48000, "work", "work: "),
    "simple": ("raw", 44100, "raw", "raw"),
    "qubes": ("vault", 44100, "vault", "vault"),
    "called": ("called", 44100, "called", "called"),
}
PROTOCOLS = pytest.mark.parametrize("protocol", CARDS)


@pytest.fixture(scope="module", autouse=True)
def cards(machine):
    machine.modprobe()
    machine.sh(f"hvsnd set HvSock {LATENCY} && hvsnd add raw protocol simple port 4715 {LATENCY} &&"
               f" hvsnd add vault protocol qubes port 4716 {LATENCY} &&"
               f" hvsnd add called protocol qubes role listen port {CALLED_PORTS[0]} {LATENCY} &&"
               f" hvsnd add each role listen port {EACH_PORT} {LATENCY}")


class Relay:
    """hvsndd on this machine, where the cards look for their host, and connected to the card that listens."""

    def __init__(self, machine, processes, host):
        self.control = machine.folder / "hvsndd"
        self.processes = processes
        for port in CALLED_PORTS:
            self.caller(machine, port)
        for port in MACHINE["ports"]:
            machine.socket(port).unlink(missing_ok=True)
        listen = [("name=work", 4713), ("name=raw,protocol=simple,direction=both", 4715),
                  ("name=vault,protocol=qubes,direction=playback", 4716),
                  ("name=vault,protocol=qubes,direction=record", 4717)]
        self.command = [
            HVSNDD, "--verbose", "--server", f"unix:{host.folder}/control", "--control-dir", self.control,
            "--output", "pulse", "--drift", "ignore", "--latency", "500", "--rate", "44100",
            *(word for keys, port in listen for word in ("--listen", f"unix:{machine.socket(port)},{keys}")),
            *(word for port, direction in zip(CALLED_PORTS, ("playback", "record")) for word in
              ("--connect", f"unix:{machine.folder}/call.{port},name=called,protocol=qubes,direction={direction}")),
            "--connect", f"unix:{machine.folder}/call.{EACH_PORT},name=each"]
        self.start(machine)

    def start(self, machine):
        self.daemon = self.processes.spawn(self.command, "hvsndd")
        machine.until(lambda: self.ctl("status work", status=None).startswith("{"), 60, "hvsndd answers")

    def caller(self, machine, port):
        """A UNIX socket whose connections arrive at that port of the guest: vhost-device-vsock must be told which."""
        script = machine.folder / f"dial.{port}"
        script.write_text(f"#!/bin/sh\n{{ echo CONNECT {port}; cat; }} | "
                          f"socat -t 1 - UNIX-CONNECT:{machine.folder}/vsock |"
                          " { read -r answer && exec cat; }\n")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        self.processes.spawn(["socat", f"UNIX-LISTEN:{machine.folder}/call.{port},fork,unlink-early", f"EXEC:{script}"])

    def ctl(self, words, status=0):
        return shell(f"{shlex.quote(str(HVSNDD))} ctl -j --control-dir {self.control} {words}", status=status)

    def status(self, guest):
        return json.loads(self.ctl(f"status {guest}"))["guests"][0]


@pytest.fixture
def relay(machine, processes, new_host):
    """hvsndd between the cards and a PulseAudio, which is its attribute `host`."""
    host = new_host(None)
    here = Relay(machine, processes, host)
    here.host = host
    return here


def names(host, kind):
    return {stream["properties"]["application.name"] for stream in host.streams(kind)}


@PROTOCOLS
def test_play(machine, relay, protocol):
    """The host's stream has the guest's name, and audio data arrives whole."""
    card, rate, _, name = CARDS[protocol]
    host = relay.host
    ramp = Ramp(rate=rate, seconds=4)
    recording = host.record(host.sink("exact", rate=rate), machine.folder / "heard", latency_ms=500)
    player = machine.play(ramp, card)
    machine.until(lambda: names(host, "sink-inputs"), 60, "the host has a stream")
    assert names(host, "sink-inputs") == {name + ("aplay" if name.endswith(" ") else "")}
    player.wait()
    # The connection that the host made stays, and with it a stream, which sleeps.
    machine.until(lambda: all(stream["corked"] for stream in host.streams()), 60, "the host plays nothing")
    machine.check_played(ramp, recording.stop())


@PROTOCOLS
def test_microphone(machine, relay, protocol):
    """A recording is silent until the microphone is allowed, and then has the host's audio data in its order."""
    card, rate, guest, name = CARDS[protocol]
    host = relay.host
    ramp, _ = machine.source(host, rate=rate)
    file = machine.share / "recorded"
    file.unlink(missing_ok=True)
    recorder = machine.spawn(f"exec arecord -q -D hw:{card} {machine.alsa_words(ramp)} /host/recorded")
    machine.until(lambda: relay.status(guest)["wants_microphone"], 60, "the guest wants to record")
    machine.until(lambda: file.exists() and file.stat().st_size > rate * ramp.frame_bytes, 60, "a second is recorded")
    assert not host.streams("source-outputs"), "the host has a record stream before it is allowed"
    assert not any(file.read_bytes()), "something was recorded before it is allowed"
    relay.ctl(f"allow {guest}")
    host.wait_streams(1, "source-outputs", seconds=60)
    assert names(host, "source-outputs") == {name + ("arecord" if name.endswith(" ") else "")}
    size = file.stat().st_size + 3 * rate * ramp.frame_bytes
    machine.until(lambda: file.stat().st_size > size, 60, "three seconds more are recorded")
    relay.ctl(f"deny {guest}")
    host.wait_streams(0, "source-outputs", seconds=60)
    recorder.stop()
    (machine.folder / "recorded").write_bytes(file.read_bytes())
    machine.check_pieces(ramp)


class Calls:
    """A UNIX socket whose connections arrive at a port of the guest, and end when the guest ends them."""

    def __init__(self, machine, port):
        self.guest = f"{machine.folder}/vsock"
        self.port = port
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{machine.folder}/call.{port}")
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            threading.Thread(target=self.connect, args=(self.listener.accept()[0],), daemon=True).start()

    def connect(self, host):
        with host, socket.socket(socket.AF_UNIX) as guest, contextlib.suppress(OSError):
            guest.connect(self.guest)
            guest.sendall(f"CONNECT {self.port}\n".encode())
            while guest.recv(1) not in (b"\n", b""):
                pass
            copying = threading.Thread(target=self.copy, args=(host, guest), daemon=True)
            copying.start()
            self.copy(guest, host)
            copying.join()

    def copy(self, one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
            other.shutdown(socket.SHUT_RDWR)


@pytest.mark.long
def test_host_connects_for_each_stream(machine, relay):
    """protocol=pulse role=listen: two plays at once, and another one after them, with a connection each"""
    host = relay.host
    Calls(machine, EACH_PORT)
    ramp = Ramp(seconds=4)
    # Before that, hvsndd does not know the guest.
    machine.until(lambda: '"connections":1,' in relay.ctl("status each", status=None), 60, "one connection is ready")
    for count in (2, 1):
        recording = host.record(host.sink(f"exact{count}"), machine.folder / "heard", latency_ms=500)
        silence = [machine.spawn("exec aplay -q -D hw:each -f cd -d 60 /dev/zero") for _ in range(count - 1)]
        machine.until(lambda n=count: relay.status("each")["connections"] == n, 60, "all other streams are connected")
        machine.play(ramp, "each").wait()
        machine.until(lambda n=count: relay.status("each")["connections"] == n, 60, "the host has played to the end")
        machine.check_played(ramp, recording.stop())
        for player in silence:
            player.stop()
        machine.until(lambda: relay.status("each")["connections"] == 1, 60, "one connection is ready")


def test_restart(machine, relay):
    """Another hvsndd finds the cards, and they find it."""
    relay.daemon.kill()
    for port in MACHINE["ports"]:
        machine.socket(port).unlink(missing_ok=True)
    relay.start(machine)
    machine.plays(relay.host)


def test_own_host(machine):
    """hvsndd at a vsock in the guest itself knows which CID connects: it refuses who may not, and takes who may."""
    machine.modprobe(module="vsock_loopback")
    add = f"hvsnd add own cid 1 port {OWN_PORT} protocol simple"
    machine.sh(add)
    ramp = Ramp(rate=44100, seconds=4)
    serve = f"hvsndd -v -p simple --rate 44100 -o file:/tmp/wav -l vsock:any:{OWN_PORT} --control-dir /tmp/control "
    server = machine.spawn(f"exec {serve}")
    ctl_list = "hvsndd ctl --control-dir /tmp/control list"
    machine.until(lambda: machine.sh(f"{ctl_list} >/dev/null 2>&1 && echo yes", status=None), 60, "hvsndd answers")
    machine.play(ramp, "own").wait()
    machine.sh("killall hvsndd")
    assert "CID 1: refused: the guest may not connect" in server.wait(status=None)
    # The card counts from 0 again.
    machine.sh(f"hvsnd del own && {add}")
    server = machine.spawn(f"exec {serve} -g 1,name=self")
    machine.until(lambda: machine.sh(f"{ctl_list} >/dev/null 2>&1 && echo yes", status=None), 60, "hvsndd answers")
    machine.play(ramp, "own").wait()
    machine.until(lambda: machine.sh("hvsndd ctl -j --control-dir /tmp/control status self | grep '\"connections\":0'",
                                     status=None), 60, "the stream has ended")
    machine.sh("killall hvsndd")
    server.wait(status=None)
    machine.sh("tail -c +45 /tmp/wav/self.wav >/host/heard")
    machine.check_played(ramp, machine.share / "heard")
    machine.sh("hvsnd del own")
