# SPDX-License-Identifier: GPL-2.0
"""No guest: sessions with PulseAudio that were recorded (kernel/tests/vectors) are repeated with hvsndd.

Each command gets the same kind of reply, with the same types of values in the same order.
"""

import re
import socket

import pytest
from hvsndd_daemon import Daemon
from rig import paths
from rig.processes import Processes

VECTORS = paths.TOP / "kernel/tests/vectors"
DESCRIPTOR = 20
CONTROL = b"\xff" * 4
ERROR, REPLY = 0, 2
CREATE_PLAYBACK, CREATE_RECORD = 3, 5
# Commands whose first value is the index of a sink input
BY_INDEX = (29, 37, 49, 67, 69)
# hvsndd has one sink, which is never suspended.
MOVE_SINK_INPUT, SUSPEND_SINK = 67, 70
ELSEWHERE = (MOVE_SINK_INPUT, SUSPEND_SINK)
NAMES = {b"tnull0\0": b"thvsndd\0", b"tnull0.monitor\0": b"thvsndd.microphone\0"}
# Bytes of a value after its type, where the number is fixed
SIZES = {"L": 4, "B": 1, "R": 8, "r": 8, "U": 8, "T": 8, "0": 0, "1": 0, "a": 6, "V": 4, "N": 0}


def load(name):
    """The frames of a recorded session: (side, bytes). What was left out of audio data is silence."""
    frames = []
    for line in (VECTORS / name).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"@([CS])", line):
            frames.append((match[1], bytearray()))
        elif frames:
            frames[-1][1].extend(bytes.fromhex(line.split("#")[0]))
    return [(side, bytes(data).ljust(DESCRIPTOR + int.from_bytes(data[:4], "big"), b"\0")) for side, data in frames]


def number(data, at):
    return int.from_bytes(data[at:at + 4], "big")


def shape(data):
    """Types of the values of a message. A list of properties is one value, and so is a format."""
    at, found = 0, ""
    while at < len(data):
        kind = chr(data[at])
        at += 1
        found += kind.replace("0", "b").replace("1", "b").replace("N", "t")
        if kind == "t":
            at = data.index(0, at) + 1
        elif kind in "mv":
            at += 1 + data[at] * (4 if kind == "v" else 1)
        elif kind == "P":
            at = skip_properties(data, at)
        elif kind == "f":
            at = skip_properties(data, at + 3)
        else:
            at += SIZES[kind]
    return found


def skip_properties(data, at):
    while data[at:at + 1] != b"N":
        at = data.index(0, at) + 1 + 5
        at += 5 + number(data, at + 1)
    return at + 1


class Client:
    """Repeats what the recorded client has sent."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.index = None

    def receive(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            assert part, "hvsndd has closed the connection"
            data += part
        return data

    def send(self, frame):
        """Sends a frame, with the names and indices of this session."""
        head, data = frame[:DESCRIPTOR], frame[DESCRIPTOR:]
        if head[4:8] == CONTROL:
            for old, new in NAMES.items():
                data = data.replace(old, new)
            if number(data, 1) in BY_INDEX:
                data = data[:11] + self.index.to_bytes(4, "big") + data[15:]
        self.socket.sendall(len(data).to_bytes(4, "big") + head[4:] + data)

    def reply(self, tag):
        """The message with this tag; others are skipped."""
        while True:
            head = self.receive(DESCRIPTOR)
            data = self.receive(number(head, 0))
            if head[4:8] == CONTROL and number(data, 6) == tag:
                return data


@pytest.fixture
def native(tmp_path):
    started = Processes(tmp_path / "logs")
    server = Daemon(started, tmp_path, "-o", "null", "--rate", "48000", "-l", f"unix:{tmp_path}/native,name=work",
                    "-g", "work,microphone=allow")
    yield tmp_path / "native"
    server.stop()
    started.stop()


@pytest.mark.parametrize("name", ["05-playback-v32.hex", "06-record-v32.hex", "07-async-events-v32.hex",
                                  "10-flush-and-credit-v32.hex"])
def test_session(native, name):
    frames = load(name)
    expected = {number(data, DESCRIPTOR + 6): data[DESCRIPTOR:] for side, data in frames
                if side == "S" and data[4:8] == CONTROL and number(data, DESCRIPTOR + 1) in (ERROR, REPLY)}
    client, compared = Client(native), 0
    for side, frame in frames:
        if side != "C":
            continue
        client.send(frame)
        if frame[4:8] != CONTROL:
            continue
        command, tag = number(frame, DESCRIPTOR + 1), number(frame, DESCRIPTOR + 6)
        # A DRAIN of a corked stream is answered when the stream is deleted.
        if expected.get(tag) is None or number(expected[tag], 1) == ERROR and command == 12:
            continue
        answer = client.reply(tag)
        if command in (CREATE_PLAYBACK, CREATE_RECORD):
            client.index = number(answer, 16)
        if command in ELSEWHERE:
            continue
        compared += 1
        found, wanted = shape(answer), shape(expected[tag])
        assert found == wanted, f"the reply to command {command} has the values {found}, expected {wanted}"
        assert number(answer, 1) == number(expected[tag], 1), f"command {command}: {answer}"
        if number(answer, 1) == ERROR:
            assert number(answer, 11) == number(expected[tag], 11), f"command {command}: another error: {answer}"
    assert compared >= 7, f"only {compared} replies were compared"
