# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because a device starts seconds after the audio data, and frames are counted.

A host whose device starts late, as PulseAudio's null sink does after module-suspend-on-idle. Nothing is lost, the
timing of the program does not change, and snd_pcm_delay() returns the delay of the host.
"""

import re
import signal
from collections import Counter

from rig.ramp import Ramp

RATE = 48000
IDLE_S = 1
# A null sink that wakes takes what the host has, and the next only after its longest block. A recorder would wake it:
# it comes later, and does not hear the first half second.
BLOCK_S = 2
UNHEARD_S = 0.5
BLOCKED_S = 4           # as long as it takes to connect a headset
DELAY_S = 0.03          # what the card asks for, with periods of 10 ms
DEVICE_S = 0.12         # what any device may add to it


def suspended_host(guest):
    """A host whose default sink, late, sleeps when nobody uses it, and is asleep."""
    guest.modprobe()
    host = guest.host()
    host.sink("late", options="")
    host.pactl("load-module", "module-suspend-on-idle", f"timeout={IDLE_S}")
    wait_suspended(guest, host)
    return host


def wait_suspended(guest, host):
    guest.sleep(IDLE_S + 1)
    assert re.search(r"\blate\b.*SUSPENDED", host.pactl("list", "short", "sinks")), "the sink is not suspended"


def behind(output, after=0):
    """How many seconds the loudspeaker was behind each position that a program told later than this."""
    return [(int(position) - int(device)) / RATE for t, position, device in
            re.findall(r"^status t=(\d+) .* position=(-?\d+) device=(-?\d+)", output, re.MULTILINE)
            if int(t) / 1e9 > after]


def nothing_lost(guest):
    closed = [line for line in guest.card_log() if " closed: " in line]
    assert closed, "no stream was closed"
    for line in closed:
        assert "dropped 0, inserted 0, underflows 0, overflows 0, reconnects 0, resyncs 0" in line, line


def test_plays(guest):
    """What ends before the device begins, and what goes on after it has."""
    host = suspended_host(guest)
    for seconds in 1, 3:
        ramp = Ramp(seconds=seconds)
        ramp.write("/tmp/sent")
        program = guest.spawn(f"exec program play -i /tmp/sent run:{seconds} drain", "program")
        guest.sleep(0.2)
        recording = host.record("late", "/tmp/heard")
        output = program.wait(seconds + 5)
        guest.sleep(BLOCK_S + 1)
        (_, first, length), = ramp.pieces(recording.stop(), "/tmp/sent")
        assert first < UNHEARD_S * RATE and first + length == seconds * RATE, \
            f"of {seconds * RATE} frames {length} are heard, from {first} on"
        begin, end = (int(re.search(rf"^{what} t=(\d+)", output, re.MULTILINE)[1]) / 1e9 for what in ("run", "drained"))
        assert end - begin < seconds + 0.05, f"{seconds} s of audio data took the program {end - begin:.3f} s"
        told = behind(output, begin + BLOCK_S + 0.5)
        assert seconds < BLOCK_S or (1 < min(told) and max(told) < BLOCK_S), \
            f"the device is said to be {min(told):.3f} to {max(told):.3f} s behind"
        wait_suspended(guest, host)
    nothing_lost(guest)


def test_comes_back(guest):
    """Where the program plays silence the host catches up, and the program knows."""
    host = suspended_host(guest)
    # The silence begins before it is known what the device adds, and goes on after that.
    with open("/tmp/sent", "wb") as file:
        for seconds, octet in ((3, 1), (4, 0), (1, 1)):
            file.write(bytes([octet]) * seconds * RATE * 4)
    program = guest.spawn("exec program play -i /tmp/sent run:8 drain", "program")
    guest.sleep(0.2)
    recording = host.record("late", "/tmp/heard")
    program.wait(20)
    guest.sleep(BLOCK_S)
    heard = Counter(recording.stop().read_bytes().strip(b"\0"))
    told = behind(program.output())
    assert max(told) > 1, f"the device was at most {max(told):.3f} s behind"
    assert told[-1] < DELAY_S + DEVICE_S + 0.01, f"the device is still {told[-1]:.3f} s behind"
    # Only silence is missing.
    sound = heard[1] / 4 / RATE
    assert 4 - UNHEARD_S < sound <= 4, f"{sound:.3f} s of 4 s are heard"
    missing = 4 - heard[0] / 4 / RATE
    assert abs(missing - (max(told) - told[-1])) < 0.01, \
        f"{missing:.3f} s of silence are missing, and the host caught up by {max(told) - told[-1]:.3f} s"
    nothing_lost(guest)


def test_blocked(guest):
    """A host that answers nothing while its device begins: what was drained and closed before is heard whole."""
    guest.modprobe()
    host = guest.host()
    recording = host.record(host.sink("main"), "/tmp/heard")
    ramp = Ramp(seconds=1)
    ramp.write("/tmp/sent")
    program = guest.spawn("exec program play -i /tmp/sent run:1 drain", "program")
    guest.until(lambda: "run t=" in program.output(), 2, "the program runs")
    guest.sleep(0.02)
    host.server.signal(signal.SIGSTOP)
    program.wait(3)
    guest.sleep(BLOCKED_S - 1)
    host.server.signal(signal.SIGCONT)
    guest.sleep(1.5)
    # A null sink that stood still plays as fast as it can, and then silence.
    pieces = ramp.pieces(recording.stop(), "/tmp/sent")
    assert sum(length for _, _, length in pieces) == RATE, f"of 1 s are heard {pieces}"
    nothing_lost(guest)


def test_moved(guest):
    """The stream is moved to a sink that is suspended: that plays all that the other one did not."""
    host = suspended_host(guest)
    host.sink("main")
    ramp = Ramp(seconds=4)
    ramp.write("/tmp/sent")
    main = host.record("main", "/tmp/main")
    program = guest.spawn("exec program play -i /tmp/sent run:4 drain", "program")
    guest.sleep(1)
    stream, = host.streams()
    host.cli(f"move-sink-input {stream['index']} late")
    guest.sleep(0.2)
    late = host.record("late", "/tmp/late")
    program.wait(20)
    guest.sleep(BLOCK_S)
    (_, first, played), = ramp.pieces(main.stop(), "/tmp/sent")
    (_, begin, rest), = ramp.pieces(late.stop(), "/tmp/sent")
    assert first == 0 and 0 <= begin - played <= (UNHEARD_S + 0.01) * RATE and begin + rest == 4 * RATE, \
        f"main plays {played} frames from {first} on, late {rest} from {begin} on"
    nothing_lost(guest)


def test_records(guest):
    """A source that begins late, also one that the stream is moved to: silence until then, and nothing is lost."""
    host = suspended_host(guest)
    ramp = Ramp(seconds=10)
    ramp.write("/tmp/source")
    for moved in False, True:
        if moved:
            host.sink("main")
            wait_suspended(guest, host)
        recorder = guest.spawn(f"arecord -q -D hw:HvSock {ramp.alsa} -d 6 /tmp/recorded", "arecord")
        guest.sleep(0.2)
        if moved:
            stream, = host.streams("source-outputs")
            host.cli(f"move-source-output {stream['index']} late.monitor")
            guest.sleep(0.2)
        # It is awake by now, and hears what the card should.
        recording = host.record("late", "/tmp/heard")
        source = host.play("late", ramp, "/tmp/source")
        recorder.wait(20)
        (_, heard, _), = ramp.pieces(recording.stop(), "/tmp/source")
        source.stop()
        (at, first, length), = ramp.pieces("/tmp/recorded", "/tmp/source")
        assert at < (BLOCK_S + 1) * RATE and first == heard and at + length == 6 * RATE, \
            f"{length} frames from {first} on are recorded, to frame {at + length}; the source begins with {heard}"
    nothing_lost(guest)
