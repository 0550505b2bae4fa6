# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because times of waiting and of connecting again are judged. protocol=pulse role=listen: the host
connects to the guest, once for each stream, and keeps one connection ready.

The host is PulseAudio in the same guest. hvsndd connects its server and the card, over vsock_loopback, where every
client has CID 1. kernel/tests/test_pool.c tests the order of connections.
"""

import re
import socket
import sys

import pytest

from rig.ramp import Ramp
from rig.streams import Streams

CARD = "role=listen cid=1"
PORT = 4713
OPTIONS = "--period-time=10000 --buffer-time=100000"
PLAYER = f"aplay -q -D hw:HvSock {OPTIONS} -t raw -f S16_LE -r 48000 -c 2"
RATE = 48000
KEPT = 8                # unused connections (kernel/transport/pool.h)
AWAY_S = 6              # without any connection, the host is away
SILENT_S = 2            # a program waits for the host so long before it gets an error, or the log a warning
RETRY_S = 0.4           # between two attempts, while a stream runs
AUTH_S = 60             # PulseAudio closes connections that have not authenticated
LATE = 9 / 8            # the kernel's timers come late by an eighth of their time at most, and some ticks of 4 ms
NOT_CONNECTED = "the host has not connected"


def job_files():
    """Called outside the guest: hvsndd, all of whose libraries are PulseAudio's or hvsnd's."""
    from rig import paths
    return {"bin/hvsndd": paths.TOP / "user/hvsndd/hvsndd"}


def link(guest):
    """The state of the card's link, as hvsnd shows it"""
    return guest.stats()["cards"][0]["link"]


class Relay:
    """hvsndd, which connects to the card."""

    def __init__(self, guest, host, *options):
        self.guest = guest
        self.process = guest.spawn(
            ["hvsndd", *options, "-p", "pulse", "--connect", f"vsock:1:{PORT}", "--guest",
             "1,name=self,microphone=allow", "--server", f"unix:{host.folder}/control",
             "--control-dir", f"/tmp/{guest.name('control')}"], "hvsndd")

    def wait_ready(self, seconds=2):
        self.guest.until(lambda: link(self.guest) == "up", seconds, "hvsndd has an unused connection")

    def said(self, words):
        return self.process.output().count(words)


def ready(guest):
    """A card that listens, a PulseAudio, and hvsndd between them."""
    guest.modprobe(CARD)
    host = guest.host(port=None)
    relay = Relay(guest, host, "--verbose")
    relay.wait_ready()
    return host, relay


def connect():
    """A connection to the card, or None if it was refused."""
    host = socket.socket(socket.AF_VSOCK)
    try:
        host.connect((1, PORT))
    except ConnectionError:
        host.close()
        return None
    return host


def is_open(host):
    """Whether the card has neither closed the connection nor sent anything."""
    host.setblocking(False)
    try:
        return host.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def test_both_ways(guest):
    """Bit by bit. While nothing is open there is one connection, and PulseAudio has no client."""
    host, relay = ready(guest)
    assert not host.list("clients")[1:], "PulseAudio has another client than pactl"
    streams = Streams(guest)
    guest.plays(host, seconds=1, options=OPTIONS)
    guest.records(host, seconds=1, options=OPTIONS)
    streams.faultless(2)
    guest.sleep(0.1)
    # One connection for each stream, and the unused one
    assert relay.said("self: connected") == 3, relay.process.output()
    assert relay.said("self: disconnected") == 2, relay.process.output()


@pytest.mark.long
def test_eight(guest, count=8, seconds=4):
    """Eight streams of one program at once: the host receives all data of each."""
    guest.modprobe(f"{CARD} playback_streams={count}", debug=False)
    host = guest.host(port=None)
    Relay(guest, host).wait_ready()
    sink = host.sink("exact")
    recording = host.record(sink, "/tmp/heard", latency_ms=200)
    # With silence of a third between them, the pieces cannot run into each other.
    Ramp(seconds=round(seconds / count * 2 / 3, 2)).write("/tmp/sent")
    program = guest.spawn(f"exec streams -k {count} -s {seconds} /tmp/sent", "streams")
    guest.sleep(seconds - 0.5)
    card, = guest.stats()["cards"]
    print(program.wait())
    recording.stop()
    faults = {(stream["substream"], name): number for stream in card["stream-list"]
              for name, number in stream["stats"].items() if number and name in ("dropped", "reconnects", "xruns")}
    assert len(card["stream-list"]) == count and not faults, f"{len(card['stream-list'])} streams, faults {faults}"
    with open("/tmp/sent", "rb") as file:
        sent = file.read().strip(b"\0")
    with open("/tmp/heard", "rb") as file:
        pieces = [piece.strip(b"\0") for piece in re.split(rb"\0{400,}", file.read()) if piece]
    good = sum(piece == sent for piece in pieces)
    assert good == len(pieces) == count, f"of {len(pieces)} pieces that were heard, {good} are right, expected {count}"


def test_back(guest):
    """hvsndd is killed in a play, and is back 1 s later: the play takes its time, and its end arrives whole."""
    host, relay = ready(guest)
    sink = host.sink("main")
    ramp = Ramp(seconds=4)
    ramp.write("/tmp/sent")
    recording = host.record(sink, "/tmp/heard")
    began = guest.now()
    player = guest.spawn(f"{PLAYER} /tmp/sent")
    host.wait_streams(1)
    guest.sleep(0.5)
    relay.process.kill()
    guest.sleep(1)
    back = guest.now()
    Relay(guest, host)
    host.wait_streams(1)
    waited = guest.now() - back
    player.wait(10)
    took = guest.now() - began
    first, second = ramp.pieces(recording.stop(), "/tmp/sent")
    print(f"a stream {waited:.2f} s after hvsndd, play of {took:.2f} s, pieces {first} {second}")
    assert first[1] == 0 and second[1] + second[2] == ramp.frames, "the begin or the end is missing"
    # hvsndd takes some tenths of a second to start.
    assert second[1] / RATE <= 0.5 + 1 + RETRY_S * LATE + 1, f"heard again from {second[1] / RATE:.2f} s on"
    assert ramp.seconds <= took <= ramp.seconds + 0.5, f"the play took {took:.2f} s"


def test_none(guest):
    """Without a host a program gets silence and the log a line, or with on-lost=error the program an error."""
    guest.modprobe(CARD)
    began = guest.now()
    guest.sh(f"{PLAYER} -d 3 /dev/zero")
    assert guest.now() - began >= 3
    said = [line for line in guest.card_log() if NOT_CONNECTED in line]
    assert len(said) == 1 and "aplay continues in silence" in said[0], guest.card_log()
    assert link(guest) == "down" and "values=off" in guest.controls("cget iface=CARD,name='Line Out Jack'")
    guest.sh("hvsnd set HvSock on-lost error")
    began = guest.now()
    guest.sh(f"{PLAYER} -d 20 /dev/zero", status=1)
    assert SILENT_S <= guest.now() - began <= SILENT_S * LATE + 0.5, f"an error after {guest.now() - began:.2f} s"
    card, = guest.stats()["cards"]
    assert card["reason"].startswith(NOT_CONNECTED), card


@pytest.mark.long
def test_link(guest):
    """The jack is plugged in while an unused connection is there, or within 6 s of it. Long: test_pool.c has it."""
    guest.modprobe(CARD)
    guest.sleep(AWAY_S * LATE + 0.1)
    assert link(guest) == "down"
    host = connect()
    guest.until(lambda: link(guest) == "up", 0.1, "the host is there")
    guest.sleep(AWAY_S + 2)
    assert link(guest) == "up"
    host.close()
    guest.sleep(AWAY_S - 2)
    assert link(guest) == "up", "a host that may be about to connect again is away"
    guest.sleep(2 + AWAY_S * (LATE - 1) + 0.1)
    assert link(guest) == "down"


def test_too_many(guest):
    """A hundred connections: few are kept, the log has some lines, and after them a good host plays."""
    guest.modprobe(CARD)
    hosts = [connect() for _ in range(100)]
    guest.sleep(0.5)
    kept = [host for host in hosts if host and is_open(host)]
    assert len(kept) == KEPT, f"{len(kept)} unused connections are kept"
    said = [line for line in guest.card_log() if "too many connections that no program uses" in line]
    assert 1 <= len(said) <= 10, f"{len(said)} lines in the log"
    assert link(guest) == "up"
    # The oldest one is taken, and says nothing.
    guest.sh(f"{PLAYER} -d 3 /dev/zero")
    assert kept[0].recv(65536), "the oldest connection was not used"
    assert all(map(is_open, kept[1:])), "an unused connection is gone"
    for host in filter(None, hosts):
        host.close()
    host = guest.host(port=None)
    relay = Relay(guest, host, "--verbose")
    # The link stays down, because the host did not answer, until a stream is served.
    guest.until(lambda: relay.said("self: connected"), 2, "hvsndd has an unused connection")
    guest.plays(host, seconds=1, options=OPTIONS)


FLOOD = f"""
import socket
while True:
    with socket.socket(socket.AF_VSOCK) as host:
        try:
            host.connect((1, {PORT}))
        except OSError:
            pass
"""


@pytest.mark.long
def test_without_end(guest):
    """A machine connects and hangs up without end: hvsndd's streams notice nothing.

    Long: each connection costs the emulator what a second of playing does."""
    host, _ = ready(guest)
    streams = Streams(guest)
    flood = guest.spawn([sys.executable, "-c", FLOOD], "flood")
    guest.sleep(0.5)
    guest.plays(host, seconds=2, options="--period-time=10000")
    assert flood.alive(), flood.output()
    flood.stop()
    stream, = streams.new()
    assert not stream["dropped"], stream


def test_dies_unused(guest):
    """An unused connection ends: the next program gets another one, at once and bit by bit."""
    guest.modprobe(CARD)
    host = guest.host(port=None)
    first = connect()
    guest.until(lambda: link(guest) == "up", 0.1, "the first host is there")
    relay = Relay(guest, host, "--verbose")
    guest.until(lambda: relay.said("self: connected"), 2, "hvsndd has an unused connection as well")
    first.close()
    streams = Streams(guest)
    guest.plays(host, seconds=2, options=OPTIONS)
    streams.faultless()


def test_speaks_first(guest):
    """A host of another protocol sends data at once: it is told to the log, and its connection is closed."""
    guest.modprobe(CARD)
    host = connect()
    host.sendall(bytes(4))
    guest.until(lambda: any("the host sent data before the guest did" in line for line in guest.card_log()), 0.2,
                "the log tells of it")
    assert not is_open(host)


def test_only_the_host(guest):
    """A machine that is not the host is refused, and the log names it; once the card is told that it is, it is kept."""
    guest.modprobe("role=listen cid=2")
    other = connect()
    guest.until(lambda: "connection from CID 1 refused: the card's host is CID 2. If it is the host, set cid to 1"
                in guest.card_log(), 0.2, "the log tells whom the card refused")
    assert not is_open(other) and link(guest) != "up"
    guest.sh("hvsnd set HvSock cid 1")
    kept = connect()
    guest.until(lambda: link(guest) == "up", 0.2, "the host is there")
    assert is_open(kept)


def test_stays_unused(guest):
    """An unused connection stays for longer than PulseAudio lets a client be silent."""
    guest.modprobe(CARD)
    host = guest.host(port=None, arguments="auth-cookie-enabled=0")
    relay = Relay(guest, host, "--verbose")
    relay.wait_ready()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(f"{host.folder}/card")
        guest.sleep(AUTH_S + 5)
        assert not is_open(silent), "PulseAudio keeps a silent connection"
    assert relay.said("self: connected") == 1 and not relay.said("self: disconnected"), relay.process.output()
    streams = Streams(guest)
    guest.plays(host, seconds=1, options=OPTIONS)
    streams.faultless()


def test_away(guest):
    """hvsndd says once that the guest is away, and once that it is connected; PulseAudio away is told as ever."""
    host = guest.host(port=None)
    guest.sh("modprobe vsock_loopback")
    relay = Relay(guest, host)
    guest.sleep(10)
    away = f"vsock:1:{PORT}: cannot connect to the guest: nobody listens there. Add a card with role=listen"
    assert relay.said(away) == 1, relay.process.output()
    guest.modprobe(CARD)
    # The longest pause between two attempts, and hvsndd's timers
    relay.wait_ready(5.5)
    assert relay.said(f"vsock:1:{PORT}: connected to the guest") == 1, relay.process.output()
    host.stop()
    guest.sh(f"{PLAYER} -d 1 /dev/zero")
    assert "self: disconnected: the host's sound server" in relay.process.output(), relay.process.output()
    assert relay.process.alive()


@pytest.mark.long
def test_socat(guest):
    """Without hvsndd: socat in a loop, one for each stream that is used at a time."""
    guest.modprobe(CARD)
    host = guest.host(port=None)
    for _ in range(2):
        guest.spawn(f"while :; do socat VSOCK-CONNECT:1:{PORT} UNIX-CONNECT:{host.folder}/card,su=nobody; sleep 1;"
                    " done", "socat")
    guest.until(lambda: link(guest) == "up", 2, "socat has connected")
    streams = Streams(guest)
    for _ in range(3):
        guest.plays(host, seconds=1, options=OPTIONS)
        guest.sleep(1.2)
    streams.faultless(3)
