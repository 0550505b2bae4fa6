# SPDX-License-Identifier: GPL-2.0
"""Simulated time, since a seed then always gives the same run: which program connects first and
which byte is the last do not depend on the machine.

Hosts that attack (hostile_host.py), at each step of a handshake and at each byte of it. The
programs that play and record notice nothing but silence. Then a good host plays bit by bit.
"""

import collections
import pathlib
import sys

import pytest

SEED = 1
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
