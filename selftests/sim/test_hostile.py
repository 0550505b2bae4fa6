# SPDX-License-Identifier: GPL-2.0
"""Simulated time, so that a seed always gives the same run: the order of connections and the last byte do not depend on
the machine.

Hosts that attack (hostile_host.py), at each step of a handshake and at each byte of it. Programs that play and record
get silence and no error. Afterwards a good host plays bit by bit.
"""

import collections
import pathlib
import re
import sys

import pytest

SEED = 1
FLOOD_SHARE = 0.15
FORMAT = "-t raw -f S16_LE -c 2"


def attack(guest, name, kind, places, card, rate, players, recorders, count, limit_s):
    """Programs play and record again and again, without an error, until all attacks were made."""
    report = pathlib.Path(f"/tmp/{name}.attacks")
    host = guest.spawn([sys.executable, "/job/python/hostile_host.py", SEED, count, report, kind,
                        *places], name)
    enough = pathlib.Path(f"/tmp/{name}.enough")
    programs = []
    for program, file, number in (("aplay", "/dev/zero", players),
                                  ("arecord", "/dev/null", recorders)):
        command = f"{program} -q -D hw:{card} {FORMAT} -r {rate} -d 2 {file}"
        command = f"while [ ! -e {enough} ]; do {command} || exit; done"
        programs += [guest.spawn(command, f"{name}.{program}") for _ in range(number)]
    try:
        guest.until(lambda: report.exists() and "all\n" in report.read_text(), limit_s,
                    f"{name}: all attacks are made")
    finally:
        made = collections.Counter(
            "closed within the handshake" if line.startswith("cut") else " ".join(line.split()[:2])
            for line in report.read_text().splitlines())
        print(f"{name}: {dict(made)}, {guest.now():.1f} s")
    enough.touch()
    for program in programs:
        program.wait(70)
    assert host.alive(), host.output()
    host.stop()


def high_priority_s():
    """Seconds that kernel threads of high priority have run, the module's workers among them"""
    total_ns = 0
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        if re.match(r"kworker/\d+:\d+H", (path / "comm").read_text()):
            total_ns += int((path / "schedstat").read_text().split()[0])
    return total_ns / 1e9


def test_flood(guest):
    """A host that sends without end takes little of the processor from other programs, whether or not a stream is
    open. Its own player, and another host's, notice nothing."""
    guest.modprobe("port=4714", debug=False)
    guest.sh("netlink add Flood protocol pulse port 4713"
             " && netlink add Called protocol simple role listen port 4720 cid 1")
    host = guest.host(4714)
    for kind, place in (("flood", "4713"), ("pour", "1:4720")):
        report = pathlib.Path(f"/tmp/{kind}.attacks")
        flood = guest.spawn([sys.executable, "/job/python/hostile_host.py", SEED, 0, report, kind, place], kind)
        player = guest.spawn(f"aplay -q -D hw:Flood {FORMAT} -r 48000 -d 3 /dev/zero", f"{kind}.player")
        guest.until(lambda path=report: path.exists() and path.read_text(), 5, f"{kind}: the host floods")
        began, before = guest.now(), high_priority_s()
        guest.plays(host, seconds=2, options="--period-time=10000")
        share = (high_priority_s() - before) / (guest.now() - began)
        print(f"{kind}: {share:.3f} of the processor")
        assert share <= FLOOD_SHARE, f"{kind} takes {share:.3f} of the processor, expected at most {FLOOD_SHARE}"
        player.wait(10)
        assert flood.alive(), flood.output()
        flood.stop()


def good_host(guest):
    guest.plays(guest.host(), seconds=2, options="--period-time=10000")
    guest.rmmod()


@pytest.mark.simulated(limit_s=3600)
@pytest.mark.parametrize("count", [60, pytest.param(0, marks=pytest.mark.long)])
def test_pulse(guest, count):
    """60 attacks, or all"""
    guest.modprobe("capture_streams=4", debug=False)
    attack(guest, "pulse", "pulse", [4713], "HvSock", 48000, 6, 4, count, 3000)
    good_host(guest)


@pytest.mark.long
@pytest.mark.simulated(limit_s=3600)
def test_pulse_that_connects(guest):
    """Hosts that connect to the guest, and attack the streams that use their connections"""
    guest.modprobe(debug=False)
    guest.sh("netlink add Called role listen port 4720 cid 1 capture-streams 4")
    attack(guest, "called", "pulse", 4 * ["1:4720"], "Called", 48000, 3, 2, 60, 3000)
    good_host(guest)


def test_raw(guest):
    """raw PCM, Qubes, and a guest that the host connects to"""
    guest.modprobe(debug=False)
    guest.sh("netlink add Raw protocol simple port 4715"
             " && netlink add Qubes protocol qubes port 4717"
             " && netlink add Called protocol simple role listen port 4720 cid 1")
    attack(guest, "raw", "raw", [4715], "Raw", 44100, 1, 1, 0, 60)
    attack(guest, "qubes", "raw", [4717, 4718], "Qubes", 44100, 1, 1, 0, 60)
    attack(guest, "called", "raw", ["1:4720"], "Called", 44100, 1, 1, 0, 60)
    good_host(guest)
