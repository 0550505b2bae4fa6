# SPDX-License-Identifier: GPL-2.0
"""Many streams at once, with 10 ms periods and 40 ms buffers: each plays its part of what the host
hears, whole, and none has an xrun.

Simulated time: what many streams cost is counted in instructions, and a processor of known speed
either has the time for them or has not. One program plays them all, as mixers and games do.
"""

import re

import pytest

from rig.ramp import Ramp

RATE = 48000
NEVER = ("reconnects", "resyncs", "dropped", "inserted", "underflows", "overflows", "xruns")


def play_together(guest, count, seconds, options=""):
    guest.modprobe(f"playback_streams={count}", debug=False)
    host = guest.host(relay=False)
    sink = host.sink("exact")
    recording = host.record(sink, "/tmp/heard", latency_ms=200)
    slot_s = seconds / count
    # With silence of a third between them, the pieces cannot run into each other.
    piece = Ramp(seconds=round(slot_s * 2 / 3, 2))
    piece.write("/tmp/sent")
    program = guest.spawn(f"exec streams {options} -k {count} -s {seconds} /tmp/sent", "streams")
    guest.sleep(seconds - 0.5)
    card, = guest.stats()["cards"]
    print(program.wait())
    said = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", program.output())}
    assert said["xruns"] == 0, f"the program had xruns: {program.output()}"
    recording.stop()
    assert len(card["stream-list"]) == count, f"{len(card['stream-list'])} streams are open, not {count}"
    lost = {(stream["substream"], name): stream["stats"][name] for stream in card["stream-list"]
            for name in NEVER if stream["stats"][name]}
    assert not lost, f"the streams had {lost}, and nothing of these is expected"
    heard_pieces(count)


def heard_pieces(count):
    """The recording has the sent file so many times, each between silence."""
    with open("/tmp/sent", "rb") as file:
        sent = file.read().strip(b"\0")
    with open("/tmp/heard", "rb") as file:
        heard = file.read()
    pieces = [piece.strip(b"\0") for piece in re.split(rb"\0{400,}", heard) if piece]
    wrong = [number for number, piece in enumerate(pieces) if piece != sent]
    assert len(pieces) == count and not wrong, \
        f"{len(pieces)} pieces were heard of {count}; not what was sent are {wrong}"


@pytest.mark.parametrize("options", ["", "-l"])
def test_sixteen(guest, options):
    play_together(guest, 16, 5, options)


@pytest.mark.long
def test_sixty_four(guest):
    play_together(guest, 64, 60)
