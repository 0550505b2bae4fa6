# SPDX-License-Identifier: GPL-2.0
"""The counters that the module reports for each stream when the stream is closed. Used in guests."""

import contextlib
import re

# Counters that must be 0 if neither the host nor the program is late
FAULTS = ("dropped", "inserted", "underflows", "overflows", "reconnects", "resyncs")


class Streams:
    """The streams that are closed from now on, read from the kernel log. The module must be loaded with debug."""

    def __init__(self, guest):
        self.guest = guest
        self.taken = len(self.closed())

    def closed(self):
        """A dict for each closed stream: application, frames, delay, and counters."""
        found = []
        for line in self.guest.card_log():
            match = re.match(r"(.+) closed: (\d+) frames, (.*)", line)
            if match:
                counters = {name: int(value) for name, value in re.findall(r"(\w+) (\d+)", match[3])}
                found.append({"application": match[1], "frames": int(match[2]), **counters})
        return found

    def new(self, count=1):
        """The streams that were closed since the last call. There must be this many."""
        found = self.closed()[self.taken:]
        self.taken += len(found)
        assert len(found) == count, f"{len(found)} streams were closed, expected {count}: {found}"
        return found

    def faultless(self, count=1, but=()):
        """Like new(). Counters of faults must be 0, except for those named."""
        for stream in self.new(count):
            bad = {name: stream[name] for name in FAULTS if stream[name] and name not in but}
            assert not bad, f"{stream['application']} closed with {bad}, expected 0 each"


@contextlib.contextmanager
def case(name):
    """Context for one case of a loop: a failure in it names the case."""
    print(f"{name}:")
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{name}: {error}") from error
