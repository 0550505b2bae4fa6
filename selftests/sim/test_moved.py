# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because lost frames are counted.

The host's user moves a stream, suspends its device, or ends the stream, while a program plays or records. The program
gets no error, and no more than necessary is lost. A stream that was ended is silent until its program prepares the
PCM again.
"""

import os
import re
import signal

from rig.ramp import Ramp

OPTIONS = "--period-time=10000 --buffer-time=100000"
RATE = 48000
CHUNK = RATE // 100         # frames that the host takes or gives at a time: a period
# Frames from the card's position to the host's loudspeaker or from its microphone: 30 ms are asked for, for these
# periods, and a device that is just opened adds up to two chunks.
DELAY = 5 * CHUNK
BLOCK = RATE // 20          # that a null sink with a latency of 200 ms renders at a time
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
    """Moved to another sink, nothing is heard twice, and no more is lost than a sink takes ahead."""
    (main, other), counted = plays(guest, lambda host, index: host.cli(f"move-sink-input {index} other"),
                                   ["main", "other"])
    (_, first, played), (_, begin, rest) = main[0], other[0]
    assert len(main) == len(other) == 1 and first == 0, "a sink has a gap"
    # What the old sink had taken and not played yet is lost. A null sink takes chunks until they reach a chunk
    # ahead: up to two of them, as PulseAudio's own pacat loses at some moments of the move.
    assert 0 <= begin - played <= 2 * CHUNK, f"{begin - played} frames are lost by the move"
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


def kill(guest, kind):
    """An event: the host's user ends the stream, and there is no other one 2 s later."""
    def event(host, index):
        host.cli(f"kill-{kind} {index}")
        guest.sleep(2)
        assert not (left := host.streams(f"{kind}s")), f"after its end the host has {left}"
        log = guest.card_log()
        assert "the host's user or policy ended the stream" in log[-1], log
        assert not any("connected again" in line for line in log), log
    return event


def test_killed(guest):
    """Ended by the host's user, the stream is silent for the rest of the play, which takes its time."""
    (pieces,), counted = plays(guest, kill(guest, "sink-input"), ["main"])
    (_, first, played), = pieces
    assert first == 0 and 0.9 * RATE < played < 1.2 * RATE, f"{played} frames are heard up to the end after 1 s"
    assert counted["reconnects"] == 0, counted
    jacks = guest.sh("amixer -c HvSock contents | grep -A2 Jack | grep values=")
    assert re.findall(": values=(.*)", jacks) == ["on"] * 2, f"the host has not gone, but the jacks are {jacks}"


def test_killed_and_prepared(guest):
    """A program that prepares its PCM again, as players do at the next title, has a stream again."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    player = guest.spawn("aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 /dev/zero")
    host.wait_streams(1)
    guest.sleep(1)
    kill(guest, "sink-input")(host, host.streams()[0]["index"])
    # aplay prepares after an underrun.
    player.signal(signal.SIGSTOP)
    guest.sleep(2)
    player.signal(signal.SIGCONT)
    guest.sleep(0.5)
    assert len(host.streams()) == 1, "no stream half a second after an underrun"
    player.stop()


def record(guest, event, name):
    """5 s of arecord, with the event after 1 s: the pieces of the source's ramp, and what was counted."""
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
    return pieces, closed(guest)


def records(guest, event, name):
    """The same: the two pieces, the silence between them in frames, and what was counted."""
    pieces, counted = record(guest, event, name)
    assert len(pieces) == 2 and sum(pieces[1][::2]) == 5 * RATE, f"not two pieces, the second to the end: {pieces}"
    return *pieces, pieces[1][0] - pieces[0][0] - pieces[0][2], counted


def test_moved_while_recording(guest):
    """Moved to another source and back: silence for that long, then the ramp at its place."""
    def event(host, index):
        host.cli(f"move-source-output {index} other.monitor")
        guest.sleep(1)
        host.cli(f"move-source-output {index} main.monitor")
    before, after, silence, counted = records(guest, event, "main")
    # At some moments of the host's cycle a block of its null sink is lost as well.
    assert -CHUNK <= silence - RATE <= CHUNK + BLOCK, f"{silence} frames of silence in 1 s"
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
    """Silence to the end of the recording, and no stream that records."""
    pieces, counted = record(guest, kill(guest, "source-output"), "main")
    (at, _, length), = pieces
    assert 0.9 * RATE < at + length < 1.2 * RATE, f"the recording's sound ends at frame {at + length}"
    assert counted["reconnects"] == 0, counted
