# SPDX-License-Identifier: GPL-2.0
"""Memory that a guest in simulated time shares with the harness.

A job goes in and a result comes out without a device that answers at the speed of this machine,
so the guest's time does not depend on it.
"""

import json
import struct

SIZE = 128 << 20
ADDRESS = 4 << 30       # in the guest's physical memory, which its kernel leaves alone
JOB, RESULT = 4096, 64 << 20
HEADER = struct.Struct("<8sQQ")     # what is there, length of the description, length of the files
EMPTY, READY = bytes(8), b"HVSREADY"


def write(memory, offset, description, files=b""):
    """Puts a description (any JSON) and a tar archive into the memory at this offset."""
    text = json.dumps(description).encode()
    begin = offset + HEADER.size
    if len(text) + len(files) > RESULT - JOB - HEADER.size:
        raise ValueError("the mailbox is too small")
    memory[begin:begin + len(text)] = text
    memory[begin + len(text):begin + len(text) + len(files)] = files
    memory[offset:offset + HEADER.size] = HEADER.pack(READY, len(text), len(files))


def clear(memory, offset):
    memory[offset:offset + 8] = EMPTY


def is_ready(memory, offset):
    return memory[offset:offset + 8] == READY


def read(memory, offset):
    """The description and the archive at this offset."""
    _, text, files = HEADER.unpack(memory[offset:offset + HEADER.size])
    begin = offset + HEADER.size
    return (json.loads(memory[begin:begin + text]),
            bytes(memory[begin + text:begin + text + files]))
