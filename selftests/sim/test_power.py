# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because the time until a program continues after a suspend is judged.

The guest sleeps while a program plays or records. The kernel's own test of suspend (pm_test) suspends and resumes the
devices. The host is in the same guest, and its connection is closed.
"""

import os
import pathlib

import pytest

from rig.processes import Lines
from rig.ramp import Ramp

OPTIONS = "--period-time=10000 --buffer-time=100000"
RATE = 48000
CHUNK = RATE // 100         # frames that the host takes or gives at a time: a period
BUFFER = RATE // 10
# 30 ms between the card's position and the host's loudspeaker are asked for, for these periods, and a device that is
# just opened adds up to two chunks.
DELAY = 5 * CHUNK
AT_ONCE_S = 0.01            # no timer is in the way


def sleep(guest):
    """When the kernel began to suspend its devices, and when they run again."""
    test = pathlib.Path("/sys/power/pm_test")
    assert test.exists(), "this kernel has no CONFIG_PM_DEBUG"
    # Instead of sleeping the kernel would read the clock in a loop, which costs the emulator 20 s.
    pathlib.Path("/sys/module/suspend/parameters/pm_test_delay").write_text("0")
    test.write_text("devices")
    began = guest.now()
    pathlib.Path("/sys/power/state").write_text("freeze")
    assert "suspend exit" in guest.kernel_log(), "the guest did not sleep"
    return began, guest.now()


def assert_ends_and_is_back(reports, kind, began, woken):
    """The stream ended while the guest went to sleep, and there was one again when it woke."""
    gone, _ = reports.next(f"'remove' on {kind} ")
    back, _ = reports.next(f"'new' on {kind} ")
    print(f"asleep from {began} to {woken}, the stream's end {gone}, a new one {back}")
    assert began < gone < woken, f"the stream ends {gone - began:.3f} s after the guest goes to sleep"
    assert gone < back < woken + AT_ONCE_S, f"a stream {back - woken:.3f} s after the guest is awake"


@pytest.mark.matrix
def test_plays_on(guest):
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    ramp = Ramp(seconds=4)
    ramp.write("/tmp/sent")
    recording = host.record("main", "/tmp/heard")
    reports = Lines(guest.processes, ["pactl", "subscribe"], env=host.env)
    player = guest.spawn(f"aplay -D hw:HvSock {ramp.alsa} {OPTIONS} /tmp/sent")
    guest.sleep(1.5)
    reports.rest()
    began, woken = sleep(guest)
    assert_ends_and_is_back(reports, "sink-input", began, woken)
    player.wait(10)
    pieces = ramp.pieces(recording.stop(), "/tmp/sent")
    assert len(pieces) == 2, f"not two pieces: {pieces}"
    (_, first, played), (_, begin, rest) = pieces
    assert first == 0 and begin + rest == ramp.frames, f"the begin or the end is missing: {pieces}"
    # aplay starts again with an empty buffer, and what the host had got ended with the connection, as did the chunk
    # that its device had taken. The host is a process of this guest, and is frozen before the card is suspended.
    limit = BUFFER + DELAY + CHUNK + round((woken - began) * RATE)
    assert 0 < begin - played <= limit, f"{begin - played} frames are lost, expected {limit} at most"
    guest.rmmod()


@pytest.mark.matrix
def test_records_on(guest):
    guest.modprobe()
    host = guest.host()
    ramp = Ramp(seconds=10)
    guest.source(host, ramp, "main")
    reports = Lines(guest.processes, ["pactl", "subscribe"], env=host.env)
    recorder = guest.spawn(f"arecord -D hw:HvSock {ramp.alsa} {OPTIONS} -d 4 /tmp/recorded")
    guest.sleep(1.5)
    reports.rest()
    began, woken = sleep(guest)
    assert_ends_and_is_back(reports, "source-output", began, woken)
    recorder.wait(10)
    assert os.path.getsize("/tmp/recorded") == 4 * RATE * ramp.frame_bytes
    pieces = ramp.pieces("/tmp/recorded", "/tmp/source")
    assert len(pieces) == 2 and sum(pieces[1][::2]) == 4 * RATE, f"not two pieces, the second to the end: {pieces}"
    (lead, begin, length), (after, again, _) = pieces
    # The jitter buffer fills as it did at the begin.
    limit = lead + (woken - began) * RATE + 2 * CHUNK
    silence = after - lead - length
    assert 0 < silence <= limit, f"{silence} frames of silence, expected {limit:.0f} at most"
    # arecord starts again with an empty buffer.
    lost = again - begin - length - silence
    assert lost <= BUFFER, f"{lost} frames more than the silence are lost"
    guest.rmmod()
