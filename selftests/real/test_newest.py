# SPDX-License-Identifier: GPL-2.0
"""Real time, with Debian's newest kernel: the module is built in a minimal system of that suite by its compiler,
without warnings, and the suite's kernel runs it. Playback, recording and netlink notifications, whose kernel interfaces
change most often.
"""

import json

import pytest

from rig import clean, rows
from rig.machine import LATENCY


@pytest.fixture(scope="module")
def machine(start_machine, product):
    try:
        built = rows.built(rows.NEWEST)
    except clean.Unavailable as reason:
        pytest.skip(str(reason))
    here = start_machine(built.kernel, {**product, **built.files})
    here.modprobe()
    here.sh(f"hvsnd set HvSock {LATENCY}")
    return here


def test_play(machine, host):
    machine.plays(host)


def test_record(machine, host):
    machine.records(host)


def test_events(machine, host):
    """Netlink tells of a card's and a player's life, and of what the host does to the stream."""
    host.sink("main")
    monitor = machine.spawn("exec hvsnd -j monitor")

    def events():
        return [json.loads(line)["event"] for line in monitor.output().splitlines() if line.endswith("}")]

    def heard_of_set():
        machine.sh(f"hvsnd set HvSock {LATENCY}")
        return "card-set" in events()

    machine.until(heard_of_set, 60, "hvsnd monitor listens")
    # A card of the test's own: the other one may have its link up already.
    machine.sh("hvsnd add fresh")
    player = machine.spawn("exec aplay -q -D hw:fresh -t raw -f S16_LE -r 48000 -c 2 /dev/zero")
    stream, = host.wait_streams(1, seconds=60)
    host.pactl("set-sink-input-volume", stream["index"], "40%")
    machine.until(lambda: "volume" in events(), 60, "the host's volume is an event")
    player.stop()
    machine.until(lambda: "stream-close" in events(), 60, "the end of the stream is an event")
    machine.sh("hvsnd del fresh")
    machine.until(lambda: "card-del" in events(), 60, "the end of the card is an event")
    monitor.stop()
    missing = {"card-add", "stream-open", "link-up", "stream-start", "volume", "stream-stop", "stream-close"} \
        - set(events())
    assert not missing, f"no event {missing}: {events()}"


def test_unload(machine):
    machine.rmmod()
