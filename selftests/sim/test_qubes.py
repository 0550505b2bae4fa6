# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because the times of codes and of reconnects are judged. protocol=qubes, and cards to which the host
connects (role=listen) with it and with protocol=simple. The host is selftests/vm/raw_host.py in the same guest.

With vsock_loopback every client has CID 1. With protocol=simple the tests are long: the module does the same as with
protocol=qubes.
"""

import os

import pytest

from rig.ramp import Ramp
from rig.streams import Streams, case

RATE = 44100
SOUND = {"format": "S16_LE", "rate": RATE, "channels": 2}
BYTES_PER_MS = RATE * 4 / 1000
OPTIONS = "-q -D hw:HvSock --period-time=10000"
# The host takes 24 ms at a time; the delay is twice that and 10 ms. After the last frame the card sends
# one chunk of silence, lets one more pass, and ends.
CHUNK_MS = 24
DELAY_MS = 2 * CHUNK_MS + 10
# An alarm counts jiffies of 4 ms: it is late by up to two of them, and comes once more if it was early.
ALARM_MS = 12
END_S = (DELAY_MS + 2 * CHUNK_MS + 2 * ALARM_MS) / 1000 + 0.05
HOST_MS = 6         # raw_host.py looks every 5 ms, and its times are whole milliseconds.
RETRY_S = 0.4       # between attempts to connect, while a stream runs
HOST_RETRY_S = 0.2  # raw_host.py's

PLAY, NO_PLAY, RECORD, NO_RECORD = "00020001", "00020000", "00010001", "00010000"
FIRST = [NO_RECORD, NO_PLAY]        # the state that a host is told when it connects, if the guest wants nothing


class RawHost:
    """raw_host.py, and what it tells of connections, codes and audio data."""

    def __init__(self, guest, places, *options):
        self.guest = guest
        self.folder = f"/tmp/{guest.name('raw_host')}"
        self.places = places
        self.process = guest.spawn(["/usr/bin/python3", "/job/bin/raw_host.py", *options, self.folder, *places])
        guest.until(lambda: os.path.exists(f"{self.folder}/events"), 5, "raw_host.py runs")

    @property
    def heard(self):
        """The file of what was played to it"""
        return f"{self.folder}/sound"

    def events(self):
        """Lists of milliseconds, bytes heard until then, kind, what"""
        with open(f"{self.folder}/events") as file:
            return [(int(ms), int(size), kind, what) for ms, size, kind, what in map(str.split, file)]

    def count(self, kind):
        return sum(event[2] == kind for event in self.events())

    def codes(self):
        return [what for _, _, kind, what in self.events() if kind == "code"]

    def wait_connected(self, seconds):
        self.guest.until(lambda: self.count("up") == len(self.places), seconds, "the host has its connections")

    def wait_ended(self, seconds):
        self.guest.until(lambda: self.count("down") == len(self.places), seconds, "the connections end")

    def wait_code(self, code, seconds):
        self.guest.until(lambda: self.codes() and self.codes()[-1] == code, seconds, f"code {code} comes")

    def stop(self):
        self.process.stop()

    def check_codes(self, *changes, connected_before=False):
        """The host was told the state when it connected, and then these changes of it.

        Unless it had connected before a program started, its connection may have come up only after that: then the
        state has the first of the changes already.
        """
        started = [changes[0] if state[:4] == changes[0][:4] else state for state in FIRST]
        right = [[*FIRST, *changes]] + ([] if connected_before else [[*started, *changes[1:]]])
        found = self.codes()
        assert found in right, f"codes {found}, expected {' or '.join(map(str, right))}"


HERE = ["vsock:4713", "vsock:4714"]


def sent(seconds):
    ramp = Ramp(**SOUND, seconds=seconds)
    ramp.write("/tmp/sent")
    return ramp


def microphone():
    ramp = Ramp(**SOUND, seconds=10)
    ramp.write("/tmp/microphone")
    return ramp


@pytest.mark.matrix
def test_playing(guest):
    """The host is told the state, that the guest plays, and with the last frame that it does not any more."""
    guest.modprobe("protocol=qubes")
    assert "Subdevices: 1/1" in guest.sh("aplay -l"), "there is one connection per direction, so one substream"
    ramp = sent(2)
    host = RawHost(guest, HERE)
    streams = Streams(guest)
    guest.sh(f"aplay {OPTIONS} {ramp.alsa} /tmp/sent")
    host.wait_ended(END_S)
    host.stop()
    host.check_codes(PLAY, NO_PLAY)
    found = ramp.check(host.heard)
    streams.faultless()
    size = os.path.getsize(host.heard)
    (begin, before, _, _), (end, until, _, _) = [event for event in host.events() if event[2] == "code"][-2:]
    assert before == 0, f"{before} bytes came before the code that announces them"
    assert until == size, f"{size - until} bytes came after the code that says there are no more"
    took, length = end - begin, size / BYTES_PER_MS
    print(f"told after {took} ms that {length:.0f} ms of audio data are over")
    assert abs(found["lead"] * 4 / BYTES_PER_MS - DELAY_MS) <= 1, f"{found['lead']} frames of silence came first"
    assert CHUNK_MS - HOST_MS <= took - length <= CHUNK_MS + ALARM_MS + HOST_MS, \
        f"told after {took} ms that {length:.0f} ms are over"


def test_recording(guest):
    guest.modprobe("protocol=qubes")
    ramp = microphone()
    host = RawHost(guest, HERE, "-m", "/tmp/microphone")
    streams = Streams(guest)
    guest.sh(f"arecord {OPTIONS} {ramp.alsa} -d 2 /tmp/recorded")
    host.wait_ended(0.1)
    host.check_codes(RECORD, NO_RECORD)
    assert not os.path.getsize(host.heard), "a recording has played something"
    found = ramp.check("/tmp/recorded", "-p")
    assert found["frames"] + found["lead"] == 2 * RATE, found
    streams.faultless()
    # A buffer that is shorter than the delay: the silence that makes the delay is not played.
    guest.sh(f"arecord {OPTIONS} --buffer-time=40000 {ramp.alsa} -d 1 /dev/null")
    assert not os.path.getsize(host.heard), "a recording into a small buffer has played something"


@pytest.mark.matrix
def test_both_ways(guest):
    """Playing and recording at once, with a host that sends audio data also while nothing records"""
    guest.modprobe("protocol=qubes")
    played, recorded = sent(3), microphone()
    host = RawHost(guest, HERE, "-u", "-m", "/tmp/microphone")
    streams = Streams(guest)
    player = guest.spawn(f"exec aplay {OPTIONS} {played.alsa} /tmp/sent", "aplay")
    host.wait_code(PLAY, 1)
    guest.sleep(0.5)
    guest.sh(f"arecord {OPTIONS} {recorded.alsa} -d 1 /tmp/recorded")
    player.wait(5)
    host.wait_ended(END_S)
    host.check_codes(PLAY, RECORD, NO_RECORD, NO_PLAY)
    played.check(host.heard)
    found = recorded.check("/tmp/recorded", "-p")
    assert found["frames"] + found["lead"] == RATE, found
    streams.faultless(2)


def test_one_after_the_other(guest):
    """Three plays follow one another on the same connections, each whole, with silence at most between them."""
    guest.modprobe("protocol=qubes")
    ramp = sent(1)
    host = RawHost(guest, HERE)
    guest.sh(f"for i in 1 2 3; do aplay {OPTIONS} {ramp.alsa} /tmp/sent || exit; done")
    host.wait_ended(END_S)
    with open(host.heard, "rb") as file, open("/tmp/sent", "rb") as other:
        heard, one = file.read(), other.read()
    times = heard.count(one)
    assert times == 3, f"{times} of 3 plays arrived whole"
    rest = heard.replace(one, b"")
    assert not rest.strip(b"\0"), "between the plays is something that is no silence"
    print(f"{len(rest) / BYTES_PER_MS:.0f} ms of silence in all, codes {host.codes()}")
    # Whether the end of a play is told when the next one follows at once, depends on how soon it comes.
    codes = host.codes()
    turns = codes.count(PLAY)
    assert 1 <= turns <= 3, f"codes {codes}"
    host.check_codes(*turns * [PLAY, NO_PLAY])


def test_restarted(guest):
    """The host is killed in a play and comes back: it is told the state, and hears the rest."""
    guest.modprobe("protocol=qubes")
    ramp = sent(4)
    host = RawHost(guest, HERE)
    player = guest.spawn(f"exec aplay {OPTIONS} {ramp.alsa} /tmp/sent", "aplay")
    host.wait_code(PLAY, 1)
    guest.sleep(1)
    host.process.kill()
    host = RawHost(guest, HERE)
    begin = guest.now()
    host.wait_code(PLAY, RETRY_S)
    away = guest.now() - begin
    player.wait(10)
    host.wait_ended(END_S)
    host.check_codes(PLAY, NO_PLAY)
    heard = ramp.check(host.heard, "-e")["frames"] / RATE
    print(f"{heard:.2f} s heard after the restart, {away:.2f} s after it")
    assert heard >= 4 - 1.1 - RETRY_S - 0.5, f"{heard:.2f} s of 4 s were heard by the host that came after 1 s"


def card_link(guest):
    """The state of the card's link, as hvsnd shows it"""
    card, = guest.stats()["cards"]
    return card["link"]


def connects(protocol):
    """What raw_host.py connects to, when the card listens"""
    return [f"1:{port}" for port in ((4713, 4714) if protocol == "qubes" else (4713,))]


@pytest.mark.matrix
@pytest.mark.parametrize("protocol", ["qubes", pytest.param("simple", marks=pytest.mark.long)])
def test_listening(guest, protocol):
    """The host connects: the connections stay when a program ends, and another host may follow."""
    guest.modprobe(f"protocol={protocol} role=listen cid=1")
    played, recorded = sent(2), microphone()
    guest.sh(f"aplay {OPTIONS} {played.alsa} -d 1 /dev/zero")
    log = "\n".join(guest.card_log())
    assert "the host has not connected" in log, f"nothing is said of a host that did not connect:\n{log}"
    for turn in ("first host", "second host"):
        with case(turn):
            host = RawHost(guest, connects(protocol), "-m", "/tmp/microphone")
            host.wait_connected(HOST_RETRY_S)
            streams = Streams(guest)
            guest.sh(f"aplay {OPTIONS} {played.alsa} /tmp/sent")
            guest.sleep(1)
            assert not host.count("down"), "a connection ended with the program"
            played.check(host.heard)
            size = os.path.getsize(host.heard)
            guest.sh(f"arecord {OPTIONS} {recorded.alsa} -d 1 /tmp/recorded")
            assert os.path.getsize(host.heard) == size, "a recording has played something"
            recorded.check("/tmp/recorded", "-p")
            streams.faultless(2)
            if protocol == "qubes":
                host.check_codes(PLAY, NO_PLAY, RECORD, NO_RECORD, connected_before=True)
            host.stop()
            # The card sees at once that the host is gone.
            guest.sleep(0.1)
            assert card_link(guest) == "down", f"the link is {card_link(guest)} without a host"


def test_only_the_host(guest):
    """A machine that is not the host is refused; once the card is told that it is, it is taken."""
    guest.modprobe("protocol=qubes role=listen")
    host = RawHost(guest, connects("qubes"))
    guest.until(lambda: "connection from CID 1 refused: the card's host is CID 2. If it is the host, set cid to 1"
                in guest.card_log(), 1, "the card says whom it refused")
    assert card_link(guest) != "up", "another machine than the host is taken"
    guest.sh("hvsnd set HvSock cid 1")
    guest.until(lambda: card_link(guest) == "up", 2 * HOST_RETRY_S, "the host is taken")
    host.stop()
    guest.sleep(0.1)
    assert card_link(guest) == "down"


@pytest.mark.parametrize("protocol", ["qubes", pytest.param("simple", marks=pytest.mark.long)])
def test_replaced(guest, protocol):
    """A host that connects and reads nothing is given up for another that connects."""
    guest.modprobe(f"protocol={protocol} role=listen cid=1")
    ramp = sent(8)
    idle = RawHost(guest, connects(protocol), "-q")
    idle.wait_connected(HOST_RETRY_S)
    player = guest.spawn(f"exec aplay {OPTIONS} {ramp.alsa} /tmp/sent", "aplay")
    guest.sleep(1)
    host = RawHost(guest, connects(protocol))
    player.wait(15)
    guest.sleep(1)
    host.stop()
    heard = ramp.check(host.heard, "-e")["frames"] / RATE
    print(f"{heard:.2f} s heard")
    # A connection's buffers have room for 256 KiB, 1.5 s; 2 s later it is given up, and the other is taken.
    assert heard >= 8 - 1.5 - 2 - RETRY_S - 0.4, f"{heard:.2f} s of 8 s were heard by the second host"


REFUSED = [
    ("add a role listen port 4294967295", "port: must be less than 4294967295"),
    ("add a protocol qubes port 4294967295", "port: must be less than 4294967295"),
    ("add a protocol qubes rate 48000", "rate: must be 44100"),
    ("add a protocol qubes format S32_LE", "format: must be S16_LE"),
    ("add a protocol qubes channels 1", "channels: must be 2"),
    ("add a protocol qubes role listen port 5000", None),
    ("add b protocol simple role listen port 5001", "port: another program listens there"),
    ("add b protocol simple role listen port 5002", None),
    ("set b port 5000", "port: another program listens there"),
    ("set b role connect", "role: must be connect or listen. To change it, delete"),
    ("set b port 5003", None),
    ("set a port 5001", None),
    ("del a", None),
    ("del b", None),
]


def test_refused(guest):
    """Keys that contradict each other, and ports that are taken; None: is accepted"""
    guest.modprobe()
    for words, complaint in REFUSED:
        with case(f"hvsnd {words}"):
            output = guest.sh(f"hvsnd {words}", status=None if complaint else 0)
            assert not complaint or complaint in output, f"{output!r}, expected {complaint!r}"
