# SPDX-License-Identifier: GPL-2.0
"""Real time, because races need two processors. On a kernel with KASAN, then on one with KCSAN: eight programs that
play, record, pause and are killed, while cards are added, changed and deleted, and hosts are killed and restarted.

RACES_SECONDS (300), SEED.
"""

import os
import random
import re
import time

import pytest

from rig import ktap, paths

KERNELS = ["kasan", "kcsan"]
pytestmark = pytest.mark.matrix("forky-debug")
MACHINE = {"ports": (4713, 4715, 4716)}
SECONDS = int(os.environ.get("RACES_SECONDS") or 300)
RAW_HOST = paths.SELFTESTS / "vm/raw_host.py"


class Hosts:
    """A PulseAudio, a raw host that is called and one that calls. All die and return at once, so
    that some are away when their streams are not.
    """

    def __init__(self, machine, processes, new_pulse):
        self.machine, self.processes, self.new_pulse = machine, processes, new_pulse
        self.random = random.Random(os.environ.get("SEED"))
        self.microphone = machine.folder / "microphone"
        self.microphone.write_bytes(self.random.randbytes(1000000))
        self.restarts = 0
        self.events = ""
        self.begin()

    def begin(self):
        machine = self.machine
        for port in (4713, 4715, 4716):
            machine.socket(port).unlink(missing_ok=True)
        self.pulse = self.new_pulse()
        self.raw = [
            self.processes.spawn([RAW_HOST, "-m", self.microphone, machine.folder / name, *places])
            for name, places in (("called", (machine.socket(4715), machine.socket(4716))),
                                 ("calls", (machine.door(4720), machine.door(4721))))]

    def end(self):
        self.pulse.kill()
        for process in self.raw:
            process.kill()
        for name in ("called", "calls"):
            events = self.machine.folder / name / "events"
            self.events += events.read_text() if events.exists() else ""

    def restart(self):
        self.end()
        time.sleep(self.random.uniform(0, 3))
        self.begin()
        self.restarts += 1


@pytest.fixture(scope="module")
def hosts(machine, processes, new_host):
    here = Hosts(machine, processes, new_host)
    machine.modprobe(debug=False)
    return here


@pytest.mark.parametrize("direction", ["p", "c"])
def test_threads(machine, hosts, direction):
    """A program's threads set up, start and free one PCM, between the steps of each other's calls."""
    ktap.check(machine.sh(f"threads /dev/snd/pcmC0D0{direction} 20", 120, status=None))


def test_races(machine, hosts):
    """Each kind of event happened often enough; no program was stuck, or refused without reason"""
    job = machine.spawn(f"races {SECONDS} {os.environ.get('SEED', '')}")
    deadline = time.monotonic() + SECONDS + 300
    while job.alive() and time.monotonic() < deadline:
        machine.check_alive()
        time.sleep(hosts.random.uniform(2, 7))
        hosts.restart()
    ktap.check(job.wait(10, status=None))


@pytest.mark.parametrize("event", ["up 0", "up 1", "code"])
def test_connections(hosts, event):
    """Without a host there is little to race with"""
    found = len(re.findall(event, hosts.events))
    assert found >= SECONDS // 120 + 1, f"{found} times {event}"


def test_restarts(hosts):
    assert hosts.restarts >= SECONDS // 20, f"{hosts.restarts} restarts of the hosts in {SECONDS} s"


def test_nothing_waits(endings):
    endings.nothing_waits()


def test_plays_afterwards(machine, hosts, endings):
    machine.controls("-q sset 'Hardware Master' 100% unmute")
    endings.plays(hosts.pulse)


def test_unloads(endings):
    endings.unloads()
