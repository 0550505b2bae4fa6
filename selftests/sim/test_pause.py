# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because times are judged: pauses, xruns, drops, the duration of a play, linked streams, and the cost
of an idle card. The program is selftests/alsa/player.c.
"""

import re

import pytest

from rig.ramp import Ramp
from rig.streams import Streams, case

RATE = 48000
PERIOD_MS = 10
BUFFER_MS = 10 * PERIOD_MS
DELAY_MS = 2 * PERIOD_MS + 10       # how far the host trails: kernel/core/geometry.c
# What PulseAudio's null sink adds: what it has rendered, and what it renders at a time, of 20 ms each
DEVICE_MS = 60
# player starts its stream, and looks for its end, in steps of 1 ms.
PLAYER_MS = 2
PAUSES = "-p 1:0.5 -p 1.5:0.2"


def start(guest, seconds):
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    ramp = Ramp(seconds=seconds)
    ramp.write("/tmp/sent")
    return host, ramp


def number(pattern, text):
    match = re.search(pattern, text)
    assert match, f"nothing like {pattern!r} in:\n{text}"
    return float(match[1])


@pytest.mark.matrix
@pytest.mark.parametrize("cases", [["", PAUSES, f"-m {PAUSES}"], ["-n", f"-n -m {PAUSES}"]],
                         ids=["wakeups", "no-wakeups"])
def test_pauses(guest, cases):
    """All is heard, with as many silences within as there are pauses, and a play takes as long as it is."""
    host, ramp = start(guest, 2)
    streams = Streams(guest)
    for options in cases:
        with case(f"player {options}"):
            recording = host.record("main", "/tmp/heard")
            output = guest.sh(f"player {options} /tmp/sent")
            print(output)
            found = ramp.check(recording.stop(), "-g")
            assert found["gaps"] == options.count("-p"), f"{found['gaps']} silences within: {output}"
            took = number(r"of sound took ([0-9.]+) ms", output)
            assert 0 <= took - ramp.seconds * 1000 <= PERIOD_MS + PLAYER_MS, \
                f"{ramp.seconds} s and their drain took {took} ms"
            streams.faultless()


def test_no_later_after_xruns(guest):
    """A program that is late again and again, and begins anew each time while the host still plays
    what it had, is heard no later in the end: by the delay, and what the host's device adds."""
    host, ramp = start(guest, 1)
    behind = {}
    for xruns in (0, 2, 12):
        output = guest.sh(f"player -x {xruns} -b 4 /tmp/sent")
        behind[xruns] = number(r"heard (-?\d+) ms behind the position", output)
    print(behind)
    assert all(DELAY_MS <= ms <= DELAY_MS + DEVICE_MS for ms in behind.values()), \
        f"by number of xruns heard so many ms behind the position: {behind}"


@pytest.mark.matrix
def test_dropped(guest):
    """What was sent ahead of the position, 300 ms of it, is not heard when the program drops it."""
    host, ramp = start(guest, 2)
    recording = host.record("main", "/tmp/heard")
    output = guest.sh("player -b 40 -d 1.5 /tmp/sent")
    at = number(r"dropped at (\d+)", output)
    heard = ramp.check(recording.stop(), "-u")["frames"]
    more_ms = (heard - at) * 1000 / RATE
    print(f"heard {more_ms:.1f} ms more than the position had passed")
    # The host trails the position by the delay and its device's latency; the device keeps what it has rendered.
    assert -(DELAY_MS + 3 * PERIOD_MS) <= more_ms <= 0, f"heard {more_ms:.1f} ms more than the position had passed"


def corked(host):
    stream, = host.wait_streams(1)
    return stream["corked"]


@pytest.mark.matrix
def test_corked(guest):
    """The host is told of a pause, and of its end."""
    host, _ = start(guest, 2)
    player = guest.spawn("exec player -p 1:1 /tmp/sent", "player")
    guest.until(lambda: "paused" in player.output(), 2, "player pauses")
    began = guest.now()
    guest.until(lambda: corked(host), 0.1, "the stream is corked in the pause")
    guest.sleep(began + 0.9 - guest.now())
    assert corked(host), "the stream is not corked at the end of the pause"
    guest.sleep(0.2)
    assert not corked(host), "the stream is corked after the pause"
    player.wait(5)


@pytest.mark.matrix
def test_restarted_in_pause(guest):
    """The host is killed and comes back while the program pauses; what follows the pause is heard to the end."""
    host, ramp = start(guest, 3)
    for options in ("", "-m -n"):
        with case(f"player {options}"):
            host = restarted_in_pause(guest, host, ramp, options)


def restarted_in_pause(guest, host, ramp, options):
    player = guest.spawn(f"exec player {options} -p 1:5 /tmp/sent", "player")
    guest.until(lambda: "paused" in player.output(), 5, "player pauses")
    guest.sleep(0.3)
    host.kill()
    guest.sleep(0.5)
    host = guest.host()
    host.sink("main")
    # While paused it tries again every 2 s at most.
    host.wait_streams(1, seconds=2.1)
    assert corked(host), "the stream is not corked in the pause"
    recording = host.record("main", "/tmp/heard")
    player.wait(10)
    print(player.output())
    heard = ramp.check(recording.stop(), "-e")["frames"] * 1000 / RATE
    print(f"{heard} ms heard")
    # The position was behind what was written by at most a buffer.
    assert 2000 <= heard <= 2000 + BUFFER_MS, f"{heard} ms of the last 2000 ms and a buffer were heard"
    return host


@pytest.mark.matrix
def test_linked(guest):
    """An echo in linked streams: what one sink plays comes out of the other, unbroken."""
    seconds = 1
    host, _ = start(guest, 1)
    ramp = Ramp(seconds=seconds + 2)
    sink = host.sink("from", default=False)
    host.configure(f"set-default-source {sink}.monitor")
    ramp.write("/tmp/source")
    streams = Streams(guest)
    # Silence are the recording's delay, and what was dropped: half of the buffer, which player keeps
    # between the two, and what the host had not played. Linked streams start 10 ms after the request.
    missing = 10 + DELAY_MS + BUFFER_MS / 2 + DELAY_MS + DEVICE_MS
    for options in ("", "-m"):
        with case(f"player -e {options}"):
            source = host.play(sink, ramp, "/tmp/source")
            recording = host.record("main", "/tmp/heard")
            print(guest.sh(f"player -e {options} {seconds}"))
            streams.faultless(2)
            source.stop()
            heard = ramp.check(recording.stop(), "-u")["frames"] * 1000 / RATE
            assert heard >= seconds * 1000 - missing, f"{heard} ms of {seconds} s were heard"


def test_linked_drain(guest):
    """A drain starts what has something to play, and no recording linked with it."""
    host = guest.host()
    host.sink("main")
    guest.modprobe()
    program = guest.spawn("exec linked hw:HvSock", "linked")
    guest.until(lambda: program.output() == "SETUP PREPARED\n", 5, "the playback is drained")
    guest.sleep(0.5)
    assert not host.list("source-outputs"), "the host records for a PCM that was not started"


def test_idle(guest):
    """Nothing is open: no timer, no work, no connection, and no attempt at one. The same way of
    looking sees all of them in a play."""
    # In this order the card's look at load finds the host, and is not repeated.
    host = guest.host()
    host.sink("main")
    guest.modprobe()
    trace = "/sys/kernel/debug/tracing"
    guest.sh(f"cd {trace} && echo 0 >tracing_on && for event in workqueue/workqueue_queue_work "
             "timer/hrtimer_start timer/timer_start; do echo 1 >events/$event/enable || exit; done")

    def traced(seconds):
        """How often in that time the card's timers were set, and its work queued"""
        guest.sh(f"cd {trace} && echo >trace && echo 1 >tracing_on")
        guest.sleep(seconds)
        guest.sh(f"echo 0 >{trace}/tracing_on")
        return int(guest.sh(f"grep -c hvsnd_ {trace}/trace", status=None))

    def timers():
        return guest.sh("grep hvsnd_ /proc/timer_list", status=None)

    def clients():
        return [client for client in host.list("clients")
                if client["properties"].get("application.name") == "aplay"]

    player = guest.spawn("exec aplay -q -D hw:HvSock --period-time=10000 -t raw -f S16_LE -r 48000 "
                         "-c 2 -d 3 /dev/zero", "aplay")
    guest.sleep(1)
    busy = traced(1)
    assert timers(), "a play has no timer"
    assert clients(), "a play is no client of the host"
    player.wait(5)
    guest.until(lambda: not clients(), 1, "the client is gone")
    guest.sleep(0.5)
    begin = len(host.server.output())
    idle = traced(60)
    print(f"timers and work: {busy} in a second of playing, {idle} in 60 s of nothing")
    assert not timers(), timers()
    said = [line for line in host.server.output()[begin:].splitlines() if "client" in line.lower()]
    # pactl's own clients come after the trace.
    assert not said, said
    # One timer in each period of 10 ms, and at most as much work.
    assert 100 <= busy <= 250, f"timers and work were set {busy} times in a second of playing"
    assert idle == 0, f"timers and work were set {idle} times in 60 s of nothing"
