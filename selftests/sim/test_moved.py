# SPDX-License-Identifier: GPL-2.0
"""Simulated time, since what is lost is counted in frames.

Tested: the host's user moves a stream, suspends its device, or ends the stream, while a program
plays or records. The program notices nothing; no more is lost than has to be.
"""

import os
import re

from rig.ramp import Ramp

OPTIONS = "--period-time=10000 --buffer-time=100000"
RATE = 48000
CHUNK = RATE // 100         # frames that the host takes or gives at a time: a period
# Frames from the card's position to the host's loudspeaker or from its microphone: 30 ms are asked for, for these
# periods, and a device that is just opened adds up to two chunks.
DELAY = 5 * CHUNK
# The first attempt to connect comes after at most 100 ms, and the kernel's timers are late by up to an eighth and one
# tick of 4 ms; connecting and PulseAudio's handshake take the programs' time only.
RETRY = RATE * (100 * 9 // 8 + 4 + 4) // 1000
AWAY_S = 2


def closed(guest):
    """What the card counted of the stream that was closed last."""
    line = [line for line in guest.card_log() if " closed: " in line][-1]
    found = {name: int(value) for name, value in re.findall(r"([a-z]+) (-?\d+)", line)}
    assert found["underflows"] == found["overflows"] == found["resyncs"] == 0, line
    return found


def suspend(guest, host, device):
    host.cli(f"suspend-sink {device} 1")
    guest.sleep(AWAY_S)
    host.cli(f"suspend-sink {device} 0")


def plays(guest, event, sinks):
    """5 s of aplay with the event after 1 s: the pieces of the ramp that these sinks played, and what was counted."""
    guest.modprobe()
    host = guest.host()
    host.sink("other")
    host.sink("main")
    ramp = Ramp(seconds=5)
    ramp.write("/tmp/sent")
    recordings = [host.record(sink, f"/tmp/{sink}") for sink in sinks]
    began = guest.now()
    player = guest.spawn(f"aplay -q -D hw:HvSock {ramp.alsa} {OPTIONS} /tmp/sent")
    guest.sleep(1)
    stream, = host.streams()
    event(host, stream["index"])
    player.wait(10)
    took = guest.now() - began
    # It starts once its buffer is full, and plays whole periods.
    assert 5 <= took < 5.1, f"aplay takes {took} s for 5 s"
    pieces = [ramp.pieces(recording.stop(), "/tmp/sent") for recording in recordings]
    print(pieces)
    return pieces, closed(guest)


def test_moved(guest):
    """Moved to another sink, nothing is heard twice, and no more is lost than a sink takes at a time."""
    (main, other), counted = plays(guest, lambda host, index: host.cli(f"move-sink-input {index} other"),
                                   ["main", "other"])
    (_, first, played), (_, begin, rest) = main[0], other[0]
    assert len(main) == len(other) == 1 and first == 0, "a sink has a gap"
    # What the old sink had taken and not played yet is lost.
    assert 0 <= begin - played <= CHUNK, f"{begin - played} frames are lost by the move"
    assert begin + rest == 5 * RATE
    assert counted["dropped"] == counted["inserted"] == counted["reconnects"] == 0, counted


def test_suspended(guest):
    """What would be played while the device is suspended is not heard later, and nothing else is lost."""
    (pieces,), counted = plays(guest, lambda host, _: suspend(guest, host, "main"), ["main"])
    (_, first, played), (_, begin, rest) = pieces
    lost = begin - played
    assert first == 0 and begin + rest == 5 * RATE
    # What the host had got before is old as well.
    assert 0 <= lost - AWAY_S * RATE <= DELAY, f"{lost} frames are not heard in {AWAY_S} s"
    assert counted["reconnects"] == 0 and counted["inserted"] == 0, counted


def test_killed(guest):
    """Ended by the host's user, the stream comes back with the first attempt to connect."""
    (pieces,), counted = plays(guest, lambda host, index: host.cli(f"kill-sink-input {index}"), ["main"])
    (_, first, played), (_, begin, rest) = pieces
    lost = begin - played
    assert first == 0 and begin + rest == 5 * RATE
    assert 0 < lost <= RETRY + DELAY, f"{lost} frames are lost"
    assert counted["reconnects"] == 1, counted


def records(guest, event, name):
    """5 s of arecord, with the event after 1 s: the two pieces of the source's ramp, the silence between them in
    frames, and what was counted.
    """
    guest.modprobe()
    host = guest.host()
    host.sink("other")
    ramp = Ramp(seconds=10)
    guest.source(host, ramp, name)
    recorder = guest.spawn(f"arecord -q -D hw:HvSock {ramp.alsa} {OPTIONS} -d 5 /tmp/recorded")
    guest.sleep(1)
    stream, = host.streams("source-outputs")
    event(host, stream["index"])
    recorder.wait(10)
    assert os.path.getsize("/tmp/recorded") == 5 * RATE * ramp.frame_bytes
    pieces = ramp.pieces("/tmp/recorded", "/tmp/source")
    print(pieces)
    assert len(pieces) == 2 and sum(pieces[1][::2]) == 5 * RATE, f"not two pieces, the second to the end: {pieces}"
    return *pieces, pieces[1][0] - pieces[0][0] - pieces[0][2], closed(guest)


def test_moved_while_recording(guest):
    """Moved to another source and back: silence for that long, then the ramp at its place."""
    def event(host, index):
        host.cli(f"move-source-output {index} other.monitor")
        guest.sleep(1)
        host.cli(f"move-source-output {index} main.monitor")
    before, after, silence, counted = records(guest, event, "main")
    assert abs(silence - RATE) <= CHUNK, f"{silence} frames of silence in 1 s"
    moved = after[1] - after[0] - (before[1] - before[0])
    assert abs(moved) <= CHUNK, f"the recording is {moved} frames off after it"
    assert counted["reconnects"] == 0, counted


def test_suspended_while_recording(guest):
    """A monitor goes with its sink, and what plays to the sink stands still."""
    before, after, silence, counted = records(guest, lambda host, _: suspend(guest, host, "main"), "main")
    assert abs(silence - AWAY_S * RATE) <= 2 * CHUNK, f"{silence} frames of silence in {AWAY_S} s"
    assert 0 <= after[1] - before[1] - before[2] <= 2 * CHUNK, f"lost: from {before} to {after}"
    assert counted["reconnects"] == 0, counted


def test_killed_while_recording(guest):
    before, after, silence, counted = records(guest, lambda host, index: host.cli(f"kill-source-output {index}"),
                                              "main")
    # The jitter buffer fills anew.
    assert 0 < silence <= RETRY + DELAY, f"{silence} frames of silence"
    moved = after[1] - after[0] - (before[1] - before[0])
    assert abs(moved) <= CHUNK, f"the recording is {moved} frames off after it"
    assert counted["reconnects"] == 1, counted
