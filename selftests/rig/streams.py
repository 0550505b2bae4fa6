# SPDX-License-Identifier: GPL-2.0
"""The counters that the module reports for each stream when the stream is closed. Used in guests."""

import contextlib
import re

# What none of a stream's counters may show where neither host nor program is late
FAULTS = ("dropped", "inserted", "underflows", "overflows", "reconnects", "resyncs")


class Streams:
    """The streams that are closed from now on, read from the kernel log (the module must be loaded with debug)."""

    def __init__(self, guest):
        self.guest = guest
        self.taken = len(self.closed())

    def closed(self):
        """A dict for each closed stream: application, frames, delay, and the counters."""
        found = []
        for line in self.guest.card_log():
            match = re.match(r"(.+) closed: (\d+) frames, (.*)", line)
            if match:
                counters = {name: int(value) for name, value in re.findall(r"(\w+) (\d+)", match[3])}
                found.append({"application": match[1], "frames": int(match[2]), **counters})
        return found

    def new(self, count=1):
        """The streams that were closed since the last call; there must be so many."""
        found = self.closed()[self.taken:]
        self.taken += len(found)
        assert len(found) == count, f"{len(found)} streams were closed, expected {count}: {found}"
        return found

    def faultless(self, count=1, but=()):
        """As new(); no counter of a fault may have moved, but for those named."""
        for stream in self.new(count):
            bad = {name: stream[name] for name in FAULTS if stream[name] and name not in but}
            assert not bad, f"{stream['application']} closed with {bad}, expected 0 each"


@contextlib.contextmanager
def case(name):
    """Names a case of a loop in the failures within it."""
    print(f"{name}:")
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{name}: {error}") from error
