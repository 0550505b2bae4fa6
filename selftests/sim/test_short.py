# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because the host answers at a chosen time among the calls of the program.

Short plays, one after the other, before the host has answered for the first time. Dropped data is not played, and
drained data is played completely.
"""

import signal

import pytest

from rig.ramp import Ramp

ANSWER_S = 1.5
RATE = 48000


class Heard:
    """A host, and what it hears of a file that programs play"""

    def __init__(self, guest):
        self.host = guest.host(port=None)
        self.ramp = Ramp(seconds=2)
        self.ramp.write("/tmp/sent")
        self.recording = self.host.record(self.host.sink("exact"), "/tmp/heard")

    def exactly(self, *wanted):
        """wanted: (second of the file, seconds) of each part"""
        self.recording.stop()
        found = []
        for _, begin, length in self.ramp.pieces("/tmp/heard", "/tmp/sent"):
            if found and sum(found[-1]) == begin:
                found[-1] = (found[-1][0], found[-1][1] + length)
            else:
                found.append((begin, length))
        wanted = [(int(begin * RATE), int(length * RATE)) for begin, length in wanted]
        assert found == wanted, f"heard {found} (frame, frames), expected {wanted}"


@pytest.mark.parametrize("actions, wanted", [
    ("run:0.1 drop run:0.2 drain", [(0.1, 0.2)]),
    # Two drops, and the first sound has begun.
    ("run:0.3 rest:0.05 drop run:0.1 drop run:0.2 drain", [(0.4, 0.2)]),
    ("run:0.2 drain run:0.2 drain run:0.05 drain", [(0, 0.45)]),
    ("run:0.2 drain run:0.1 drop run:0.2 drain", [(0, 0.2), (0.3, 0.2)]),
])
def test_late_answer(guest, actions, wanted):
    guest.modprobe()
    heard = Heard(guest)
    heard.host.others.append(guest.listen(
        4713, f"'SYSTEM:sleep {ANSWER_S}; exec socat - UNIX-CONNECT\\:{heard.host.folder}/card'"))
    guest.sh(f"program play -b 24000 -i /tmp/sent {actions}", limit_s=30)
    guest.sleep(2 * ANSWER_S)
    heard.exactly(*wanted)


def test_late_stream(guest):
    """A sound whose stream the host makes late does not end with the drain of the one before, which was played over
    an earlier connection.
    """
    guest.modprobe()
    heard = Heard(guest)
    to_host = f"UNIX-CONNECT:{heard.host.folder}/card"
    first = guest.listen(4713, to_host)
    program = guest.spawn("exec program play -b 24000 -i /tmp/sent run:0.2 drain rest:6 run:0.2 drain", "program")
    guest.sleep(1)
    first.stop()
    second = guest.listen(4713, to_host)
    heard.host.others.append(second)
    guest.sleep(4)
    second.signal(signal.SIGSTOP)
    program.wait(10)
    guest.sleep(1)
    second.signal(signal.SIGCONT)
    guest.sleep(2)
    heard.exactly((0, 0.4))
