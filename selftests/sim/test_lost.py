# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because back-off and timeouts are bounds in milliseconds, and some of them take minutes.

A host is lost and found again while programs play and record. They get silence in between.
"""

import itertools
import os
import signal

from rig.processes import Lines
from rig.ramp import Ramp
from rig.vsock import Listener, hang_up, say_nothing

OPTIONS = "--period-time=10000 --buffer-time=100000"
PLAYER = f"aplay -q -D hw:HvSock {OPTIONS} -t raw -f S16_LE -r 48000 -c 2"
RATE = 48000
LATE = 9 / 8            # the kernel's timers come late by an eighth of their time at most, and a tick or two of 4 ms
TICKS_S = 0.008
AT_ONCE_S = 0.01        # no timer is in the way
BACK_OFF_S = (0.1, 0.2, 0.4)        # between attempts, the last one from then on while a stream runs
IDLE_BACK_OFF_S = (0.8, 1.6, 2)     # ... and while it does not
PATIENCE_S = (2, 4, 8, 16, 32, 35)      # for the answer of a host that was there before
FIRST_PATIENCE_S = 35
# 30 ms between the card's position and the host's loudspeaker are asked for, for these periods, and a device that is
# just opened adds up to two chunks of 10 ms.
DELAY = RATE * 50 // 1000
# Chosen, not derived: a tenth of a chunk of the host's device.
DELAY_LIMIT_MS = 1
FIRST_DELAY_LIMIT_MS = 20       # two chunks


class Away:
    """A host that is away, and comes back later in this very process's time."""

    def __init__(self, guest):
        self.guest = guest
        self.host = guest.host(port=None)
        self.host.sink("main")
        self.reports = Lines(guest.processes, ["pactl", "subscribe"], env=self.host.env)
        guest.sleep(0.1)

    def listen(self, kind="sink-input"):
        """When it listens, and when the card's stream was there."""
        self.reports.rest()
        began = self.guest.now()
        self.host.others.append(self.guest.listen(4713, f"UNIX-CONNECT:{self.host.folder}/card"))
        at, _ = self.reports.next(f"'new' on {kind} ")
        return began, at


def assert_back(began, at, back_off_s=BACK_OFF_S[-1]):
    """A stream is there after the longest wait between two attempts; socat takes some milliseconds to listen."""
    limit = back_off_s * LATE + TICKS_S + AT_ONCE_S + 0.02
    assert at - began < limit, f"a stream {at - began:.3f} s after the server is back, expected {limit:.3f}"


def test_back_off(guest):
    """Attempts to connect: soon, then ever less often, at once when the program begins anew."""
    guest.modprobe()
    listener = Listener(hang_up)
    player = guest.spawn(f"{PLAYER} /dev/zero")
    guest.sleep(4)
    running = waits(listener)
    # Nothing runs after the underrun of a program that stands still.
    player.signal(signal.SIGSTOP)
    guest.sleep(20)
    # Where the program has not been too late yet when an attempt fails, the next one comes as while it plays.
    idle = list(itertools.dropwhile(lambda wait: wait < 0.75 * IDLE_BACK_OFF_S[0], waits(listener)[len(running):]))
    resumed = guest.now()
    player.signal(signal.SIGCONT)
    guest.sleep(0.1)
    again = [at for at, _ in listener.connections if at >= resumed]
    print(running, idle)
    assert len(running) >= 9 and len(idle) >= 9, "too few attempts"
    check_waits(running, BACK_OFF_S)
    check_waits(idle, IDLE_BACK_OFF_S)
    assert again and again[0] - resumed < 0.02, f"no attempt when the program goes on: {again}"


def waits(listener):
    times = [at for at, _ in listener.connections]
    return [after - before for before, after in zip(times, times[1:])]


def check_waits(found, steps):
    """Each wait is between three quarters of its step and the step."""
    for number, wait in enumerate(found):
        step = steps[min(number, len(steps) - 1)]
        assert 0.75 * step <= wait <= step * LATE + TICKS_S + AT_ONCE_S, \
            f"wait {number} is {wait:.3f} s, not 3/4 of {step} s to {step} s: {found}"


def test_patience(guest):
    """How long a host may take to answer: 35 s the first time, 2 s and then ever longer once it has answered."""
    guest.modprobe()
    silent = Listener(say_nothing)
    player = guest.spawn(f"{PLAYER.replace(OPTIONS, '')} /dev/zero")
    guest.sleep(FIRST_PATIENCE_S * LATE + 1)
    check_patience(silent, [FIRST_PATIENCE_S])
    silent.stop()
    host = guest.host()
    host.sink("main")
    # The attempt that runs is given its time. To ask with pactl all that time would cost most of the test.
    Lines(guest.processes, ["pactl", "subscribe"], env=host.env).next("'new' on sink-input ", FIRST_PATIENCE_S * LATE)
    host.kill()
    silent = Listener(say_nothing)
    guest.sleep(sum(PATIENCE_S) * LATE + 4)
    check_patience(silent, PATIENCE_S)
    player.stop()
    complaints = [line for line in guest.card_log() if "continues in silence" in line]
    assert len(complaints) == 2 and "does not answer" in complaints[0] and "connection lost" in complaints[1], \
        f"not one complaint for each: {complaints}"


def check_patience(silent, expected):
    found = [end - begin for begin, end in silent.connections if end]
    assert len(found) >= len(expected), f"connections of {found} s, expected {expected}"
    for seconds, limit in zip(found, expected):
        assert limit <= seconds <= limit * LATE + TICKS_S + AT_ONCE_S, f"connections of {found} s, not {expected}"


def test_silent_first(guest):
    """A connection that somebody else took, and is silent, costs no more than a host's 2 s to answer."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    guest.spawn(f"{PLAYER} /dev/zero")
    host.wait_streams(1)
    away = Away(guest)
    silent = Listener(say_nothing, port=4714)
    guest.sh("hvsnd set HvSock port 4714")
    guest.until(lambda: silent.connections, 0.1, "the silent one has a connection")
    silent.stop()
    host.stop()
    taken = silent.connections[0][0]
    away.host.others.append(guest.listen(4714, f"UNIX-CONNECT:{away.host.folder}/card"))
    at, _ = away.reports.next("'new' on sink-input ")
    assert 2 <= at - taken <= (2 + BACK_OFF_S[0]) * LATE + 2 * TICKS_S + AT_ONCE_S, \
        f"a stream {at - taken:.3f} s after a silent one took the connection"


def test_playing(guest):
    """A server is away for 3 s of 7: the play takes 7 s, and what follows is at its place, to the last frame."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    ramp = Ramp(seconds=7)
    ramp.write("/tmp/sent")
    player = guest.spawn(f"{PLAYER} /tmp/sent")
    host.wait_streams(1)
    guest.sleep(1)
    away_since = guest.now()
    host.kill()
    away = Away(guest)
    recording = away.host.record("main", "/tmp/heard")
    guest.sleep(away_since + 3 - guest.now())
    began, at = away.listen()
    assert_back(began, at)
    player.wait(10)
    start = guest.now() - ramp.seconds
    (_, begin, length), = ramp.pieces(recording.stop(), "/tmp/sent")
    assert begin + length == ramp.frames, "the end is missing"
    # What is heard first is what the program plays at that time: nothing is heard late, or lost since.
    assert abs((at - start) * RATE - begin) <= DELAY, \
        f"frame {begin} is the first, {(at - start) * RATE:.0f} were played when the stream was back"
    guest.sleep(1)
    line = [line for line in guest.card_log() if " closed: " in line][-1]
    assert " 336" in line and "reconnects 1, resyncs 0" in line, line


def test_recording(guest):
    """The same backwards: silence while the server is away, then the source to the end."""
    guest.modprobe()
    host = guest.host()
    ramp = Ramp(seconds=10)
    guest.source(host, ramp, "main")
    recorder = guest.spawn(f"{PLAYER.replace('aplay', 'arecord')} -d 6 /tmp/recorded")
    host.wait_streams(1, "source-outputs")
    guest.sleep(1)
    host.kill()
    killed = guest.now()
    away = Away(guest)
    guest.source(away.host, ramp, "source")
    guest.sleep(killed + 2 - guest.now())
    began, at = away.listen("source-output")
    assert_back(began, at)
    recorder.wait(10)
    assert os.path.getsize("/tmp/recorded") == 6 * RATE * ramp.frame_bytes
    (_, _, _), before, (after, _, length) = [(0, 0, 0), *ramp.pieces("/tmp/recorded", "/tmp/source")]
    silence = after - before[0] - before[2]
    assert after + length == 6 * RATE, "the end is missing"
    assert 0 <= silence - (at - killed) * RATE <= DELAY + RATE // 100, \
        f"{silence} frames of silence for {at - killed:.3f} s without a host"


def test_error(guest):
    """on-lost=error: a program ends when the host goes, and none begins without one."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    guest.sh("hvsnd set HvSock on-lost error")
    player = guest.spawn(f"{PLAYER} -d 20 /dev/zero")
    host.wait_streams(1)
    guest.sleep(1)
    assert player.alive()
    host.stop()
    gone = guest.now()
    assert player.ends_within(1) and guest.now() - gone < AT_ONCE_S and player.popen.returncode == 1, player.output()
    for program in (f"{PLAYER} -d 5 /dev/zero", f"{PLAYER.replace('aplay', 'arecord')} -d 5 /dev/null"):
        began = guest.now()
        guest.sh(program, status=1)
        assert guest.now() - began < 0.1, f"{program} ends after {guest.now() - began} s without a host"
    # One that does not answer is no host after 2 s.
    silent = Listener(say_nothing)
    began = guest.now()
    guest.sh(f"{PLAYER} -d 5 /dev/zero", status=1)
    assert 2 <= guest.now() - began <= 2 * LATE + 0.1, f"ends after {guest.now() - began} s at a silent host"
    silent.stop()
    guest.host().sink("main")
    for program in (f"{PLAYER} -d 1 /dev/zero", f"{PLAYER.replace('aplay', 'arecord')} -d 1 /dev/null"):
        guest.sh(program)


def test_error_of_linked(guest):
    """on-lost=error: what is linked with a lost stream stops too, but is not lost, if it is another card's."""
    guest.modprobe()
    guest.sh("hvsnd set HvSock on-lost error && hvsnd add other port 4714 on-lost error")
    for cards, states in ((("HvSock", "other"), ["DISCONNECTED lost", "SETUP prepared"]),
                          (("HvSock", "HvSock"), ["DISCONNECTED lost", "DISCONNECTED lost"])):
        hosts = [guest.host(port) for port in (4713, 4714)]
        for host in hosts:
            host.sink("main")
        program = guest.spawn(f"linked hw:{cards[0]} hw:{cards[1]}")
        hosts[0].wait_streams(cards.count("HvSock"))
        guest.sleep(0.5)
        assert program.alive(), program.output()
        hosts[0].kill()
        said = program.wait(5)
        assert said.splitlines() == states, f"the two streams: {said}"
        hosts[1].stop()


def test_latency(guest):
    """A delay of the card's own is held, and another one while it plays."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    guest.sh("hvsnd set HvSock latency-us 100000")
    guest.spawn(f"{PLAYER} /dev/zero")
    # The device was just opened: the card makes up for its first chunks by 1 ms a second.
    guest.sleep(1)
    assert_delay(guest, 100, FIRST_DELAY_LIMIT_MS)
    guest.sh("hvsnd set HvSock latency-us 25000")
    # What is too much is dropped at once.
    guest.sleep(4)
    assert_delay(guest, 25, DELAY_LIMIT_MS)


def assert_delay(guest, ms, limit_ms):
    """Two looks, a second apart, find this delay of the only stream."""
    for _ in range(2):
        guest.sleep(1)
        stream, = guest.stats()["cards"][0]["stream-list"]
        assert stream["target-delay"] == ms * RATE // 1000, f"the delay is to be {stream['target-delay']} frames"
        off_ms = 1000 * (stream["delay"] - stream["target-delay"]) / RATE
        assert abs(off_ms) <= limit_ms, f"the delay is {off_ms:+.2f} ms from the {ms} ms that are set"
