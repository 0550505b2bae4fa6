# SPDX-License-Identifier: GPL-2.0
"""No guest: in the protocol simple, hvsndd expects the card's default rate, and warns of another rate.

In real time: the rate of arrival is measured over 5 s, with a tolerance of 1.5 %.
"""

import socket
import threading
import time

import pytest
from hvsndd_daemon import Daemon
from rig import paths
from rig.processes import Processes

CHUNK_S = 0.02
SECONDS = 6.5


@pytest.fixture
def processes(tmp_path):
    started = Processes(tmp_path / "logs")
    yield started
    started.stop()


def send(path, rate):
    """Plays silence at a rate, as a card does; rate None: as fast as hvsndd receives."""
    with socket.socket(socket.AF_UNIX) as guest:
        guest.connect(str(path))
        begin = time.monotonic()
        sent = 0
        while (now := time.monotonic() - begin) < SECONDS:
            due = int(now * rate) * 4 - sent if rate else 100000
            guest.sendall(bytes(due))
            sent += due
            time.sleep(CHUNK_S)


def test_rate(processes, tmp_path):
    """Of guests at 44.1 and 48 kHz and one that floods, hvsndd warns only of the one at 48 kHz"""
    guests = {"right": 44100, "other": 48000, "flood": None}
    places = [word for name in guests for word in ("-l", f"unix:{tmp_path}/{name},name={name}")]
    server = Daemon(processes, tmp_path, "-p", "simple", "-o", "null", *places)
    threads = [threading.Thread(target=send, args=(tmp_path / name, rate)) for name,
               rate in guests.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = [line for line in server.log().splitlines() if "wrong pitch" in line]
    expected = "other: wrong pitch: audio arrives at 48000 frames/s and is played at 44100"
    assert len(said) == 1 and expected in said[0] and "--rate 48000" in said[0], server.log()
    server.stop()


def test_default():
    """The card (kernel/core/proto/simple.c), hvsndd and both documents have the same default"""
    def text(name):
        return (paths.TOP / name).read_text()

    assert ".rate = 44100" in text("kernel/core/proto/simple.c")
    assert "SAMPLE_S16LE, 44100, 2" in text("user/hvsndd/config.c")
    assert "--rate RATE          (44100)" in text("user/hvsndd/options_system.h")
    assert "(s16le, 44100, 2" in text("Documentation/man/hvsndd.1")
    assert "44100 frames/s" in text("Documentation/man/snd-hvsock.conf.5")
