# SPDX-License-Identifier: GPL-2.0
"""Simulated time, since streams must stay whole, to the frame, while cards are added, changed
and deleted beside them, and since a change must take effect within a bound.

The netlink family of the module, as the program netlink (selftests/netlink/netlink.c) uses it on
the wire: requests, refusals, malformed messages, rights, dumps, events; then cards that come and
go under players.
"""

import os
import pathlib

import pytest

from rig import ktap
from rig.inside import KMEMLEAK
from rig.ramp import Ramp

PLAY = "exec aplay -q --period-time=10000 -t raw -f S16_LE -r 48000 -c 2"
KERNEL_KB = 50          # by which slabs grow by themselves
# Linux 6.1.192 does not free a card's entries of /proc/asound: snd_info_card_disconnect() clears
# card->proc_root before snd_info_card_free() needs it. This module's data of a card is larger.
ALSA_CARD_KB = 0.5
COOKIE_BYTES = 256


def player(guest, card, seconds):
    """aplay with silence."""
    return guest.spawn(f"{PLAY} -D hw:{card} -d {seconds} /dev/zero", f"aplay.{card}")


def plays_whole(guest, host, seconds, under):
    """A ramp on HvSock arrives whole while under() runs, which must end before the ramp does."""
    ramp = Ramp(seconds=seconds)
    ramp.write("/tmp/sent")
    recording = host.record(host.sink(guest.name("exact")), "/tmp/heard")
    aplay = guest.spawn(f"{PLAY} -D hw:HvSock /tmp/sent")
    host.wait_streams(1)
    under()
    assert aplay.alive(), f"{under} took longer than the player, which printed: {aplay.output()}"
    aplay.wait(seconds + 10)
    ramp.check(recording.stop())


@pytest.mark.matrix
def test_requests(guest):
    """Everything that can be asked for, or refused"""
    guest.modprobe(module="snd-dummy")
    guest.modprobe()
    ktap.check(guest.sh("netlink", status=None))


@pytest.mark.parametrize("seconds", [1, pytest.param(20, marks=pytest.mark.long)])
def test_storm(guest, seconds):
    """Four processes change cards on which three others play and record."""
    guest.modprobe()
    print(guest.sh(f"netlink storm {seconds}", limit_s=seconds + 60))
    guest.rmmod()


@pytest.mark.parametrize("count", [2000, pytest.param(10000, marks=pytest.mark.long)])
def test_random(guest, count):
    """Messages that nearly make sense"""
    guest.modprobe(module="snd-dummy")
    guest.modprobe()
    print(guest.sh(f"netlink random {count} 1", limit_s=300))
    guest.rmmod()


@pytest.mark.matrix
def test_events(guest):
    """Events of a stream's life; and a card that is deleted while it plays."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    listener = guest.spawn("exec netlink events 5", "events")
    guest.sleep(0.5)
    aplay = player(guest, "HvSock", 2)
    stream, = host.wait_streams(1)
    host.pactl("set-sink-input-volume", stream["index"], "40%")
    aplay.wait()
    events = listener.wait().splitlines()
    for event in ("stream-open", "link-up", "stream-start", "volume", "stream-stop",
                  "stream-close"):
        assert f"{event} HvSock" in events, f"no event {event} in {events}"

    def delete():
        doomed = player(guest, "Doomed", 20)
        host.wait_streams(2)
        guest.sleep(1)
        began = guest.now()
        guest.sh("netlink del Doomed")
        said = doomed.wait(status=1)
        took = guest.now() - began
        # ALSA ends a write that waits with EBADFD, and fails the next call with ENODEV.
        assert "No such device" in said or "File descriptor in bad state" in said, said
        # The writer is woken at once.
        assert took < 0.1, f"aplay ended {took:.3f} s after its card was deleted"
        host.wait_streams(1, seconds=0.5)

    guest.sh("netlink add Doomed")
    plays_whole(guest, host, 4, delete)


@pytest.mark.matrix
def test_port(guest):
    """A stream moves to another server, and aplay does not notice."""
    guest.modprobe()
    host, other = guest.host(), guest.host(4714)
    host.sink("main")
    other.sink("main")
    guest.sh("netlink add Studio")
    aplay = player(guest, "Studio", 3)
    host.wait_streams(1)
    guest.sh("netlink set Studio port 4714")
    other.wait_streams(1, seconds=0.3)
    host.wait_streams(0, seconds=0.3)
    aplay.wait()
    guest.sh("netlink del Studio")


@pytest.mark.matrix
def test_cookie(guest):
    """A server that requires a cookie admits the card when the cookie was given, and not before."""
    cookie = bytes(range(COOKIE_BYTES))
    pathlib.Path("/tmp/cookie").write_bytes(cookie)
    guest.modprobe()
    other = guest.host(4714, "auth-cookie=/tmp/cookie")
    other.sink("main")
    guest.sh("netlink add Secret port 4714")
    aplay = player(guest, "Secret", 1)
    guest.sleep(0.8)
    assert not other.streams(), "the server admits a card without a cookie"
    aplay.wait()
    log = guest.card_log()
    assert any("refuses the PulseAudio cookie" in line for line in log), log
    guest.sh("netlink cookie Secret /tmp/cookie")
    aplay = player(guest, "Secret", 2)
    other.wait_streams(1, seconds=1)
    aplay.wait()
    guest.sh("netlink get Secret >/tmp/told")
    told = pathlib.Path("/tmp/told").read_bytes()
    parts = [at for at in range(COOKIE_BYTES - 5) if cookie[at:at + 6] in told]
    assert not parts, f"the kernel tells bytes of the cookie from {parts[0]} on"


@pytest.mark.parametrize("cards", [100, pytest.param(1000, marks=pytest.mark.long)])
def test_cycles(guest, cards):
    """Cards that come and go leave no memory behind, and a player does not notice them."""
    guest.modprobe()
    # A new card looks for its host: the sockets of as many cards wait to be freed as are made in a row.
    guest.sh("netlink cycles 100")
    guest.sleep(1)
    before = slab_kb(guest)
    guest.sh(f"netlink cycles {cards}")
    guest.sleep(1)
    grown = slab_kb(guest) - before
    # A debug kernel's own bookkeeping grows; kmemleak tells there of what is left.
    if not os.path.exists(KMEMLEAK):
        assert grown < KERNEL_KB + cards * ALSA_CARD_KB, f"{cards} cards leave {grown} kB"
    plays_whole(guest, guest.host(), 2 + cards // 100, lambda: guest.sh(f"netlink cycles {cards}"))


def slab_kb(guest):
    """What the kernel keeps that it cannot give back"""
    guest.sh("sync; echo 3 >/proc/sys/vm/drop_caches")
    guest.sleep(1)
    return int(guest.sh("awk '/^SUnreclaim/ { print $2 }' /proc/meminfo"))


@pytest.mark.matrix
def test_not_on_demand(guest):
    """Anyone may look up a family: that loads no module, which would make a card."""
    guest.install()
    said = guest.sh("netlink get HvSock 2>&1", status=None)
    assert not os.path.exists("/sys/module/snd_hvsock"), f"a look-up loads the module: {said}"
