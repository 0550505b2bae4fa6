# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because periods and buffers are judged. Every frame that aplay writes arrives at PulseAudio's
monitor, in order, from the first to the last, and no stream reports a fault.

test_cases.py tests the sample formats.
"""

import os
import signal
import time

import pytest

from rig.ramp import Ramp
from rig.streams import Streams, case

WHOLE = {
    "10 ms periods": "--period-time=10000",
    "10 ms periods, mmap": "--period-time=10000 -M",
    "2.5 ms periods": "--period-time=2500 --buffer-time=40000",
    "aplay's own periods": "",
}
STANDSTILL_S = 0.2      # for so long a machine may stand still (kernel/core/geometry.c)
ANSWER_S = 0.25


@pytest.mark.matrix
def test_whole(guest):
    guest.modprobe()
    host = guest.host()
    streams = Streams(guest)
    for name, options in WHOLE.items():
        with case(name):
            guest.plays(host, seconds=2, options=options)
            streams.faultless()


@pytest.mark.matrix
def test_few_frames(guest):
    """Fewer frames than the host waits for before it starts, down to one millisecond"""
    guest.modprobe()
    host = guest.host()
    streams = Streams(guest)
    for seconds in (0.001, 0.005, 0.03, 0.06):
        with case(f"{seconds} s"):
            guest.plays(host, seconds=seconds)
            streams.faultless()


@pytest.mark.simulated(limit_s=100)
@pytest.mark.parametrize("period_us, buffer_us, seconds", [
    (1000, 20000, 2), (2500, 40000, 5),
    pytest.param(1000, 20000, 20, marks=pytest.mark.long), pytest.param(2500, 40000, 60, marks=pytest.mark.long)])
def test_small_periods(guest, period_us, buffer_us, seconds):
    """The shortest periods that the card offers, and those of PipeWire's small quanta, for long"""
    guest.modprobe()
    streams = Streams(guest)
    guest.plays(guest.host(), seconds=seconds,
                options=f"--period-time={period_us} --buffer-time={buffer_us}")
    streams.faultless()


@pytest.mark.matrix
def test_position(guest):
    """aplay looks at position, delay and room with every period, and finds none that contradict."""
    guest.modprobe()
    guest.host().sink("main")
    ramp = Ramp(seconds=3)
    ramp.write("/tmp/ramp")
    for options in ("--period-time=10000", "--period-time=2500 --buffer-time=40000"):
        with case(options):
            output = guest.sh(f"aplay -q -D hw:HvSock {options} --test-position --test-coef=8 {ramp.alsa} /tmp/ramp")
            assert "suspicious" not in output.lower(), output


def keep_running(pid):
    """A program that runs also while take_processor() has the processor."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setscheduler(int(thread), os.SCHED_FIFO, os.sched_param(60))


def take_processor(seconds):
    """Nothing else runs for so long: no kernel thread, no program but those of keep_running()."""
    child = os.fork()
    if child == 0:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
        os._exit(0)
    os.waitpid(child, 0)


def test_stands_still(guest):
    """Standstills of 0.2 s, not one of which is heard, as the host had enough

    machine: the module's worker, the player and the transport do not run, but the host does, as
    when a hypervisor does not schedule the guest. player, transport: only that one is stopped.
    """
    guest.modprobe()
    host = guest.host()
    sink = host.sink("main")
    ramp = Ramp(seconds=3)
    ramp.write("/tmp/sent")
    streams = Streams(guest)
    for which in ("machine", "player", "transport"):
        with case(which):
            recording = host.record(sink, "/tmp/heard")
            keep_running(host.server.pid)
            keep_running(recording.process.pid)
            player = guest.spawn(f"exec aplay -q -D hw:HvSock {ramp.alsa} /tmp/sent", "aplay")
            guest.sleep(0.5)
            for _ in range(4):
                if which == "machine":
                    take_processor(STANDSTILL_S)
                else:
                    stopped = player if which == "player" else host.others[0]
                    stopped.signal(signal.SIGSTOP)
                    guest.sleep(STANDSTILL_S)
                    stopped.signal(signal.SIGCONT)
                # Not a multiple of any period, so that each standstill begins at another place of it.
                guest.sleep(0.3337)
            player.wait(10)
            ramp.check(recording.stop())
            streams.faultless()


def test_late_answer(guest):
    """A host that takes 0.25 s to answer: the position waits for the first frames to be sent."""
    guest.modprobe()
    host = guest.host(port=None)
    host.others.append(guest.listen(
        4713, f"'SYSTEM:sleep {ANSWER_S}; exec socat - UNIX-CONNECT\\:{host.folder}/card'"))
    streams = Streams(guest)
    guest.plays(host, seconds=2, options="--period-time=10000 --buffer-time=1000000")
    streams.faultless()


@pytest.mark.matrix
def test_four_programs(guest):
    """Each is a stream of its own, under its own name, and arrives whole at the sink that it is moved to."""
    names = [f"aplay{n}" for n in range(1, 5)]
    guest.modprobe()
    host = guest.host()
    ramp = Ramp(seconds=2)
    ramp.write("/tmp/sent", "-l", "1")
    recordings = [host.record(host.sink(f"for.{name}"), f"/tmp/heard.{name}") for name in names]
    players = []
    for name in names:
        os.symlink("/usr/bin/aplay", f"/tmp/{name}")
        players.append(guest.spawn(f"exec /tmp/{name} -q -D hw:HvSock --period-time=10000 "
                                   f"--buffer-time=80000 {ramp.alsa} /tmp/sent", name))
    found = {stream["properties"]["application.name"]: stream["index"] for stream in host.wait_streams(4)}
    assert sorted(found) == names, f"the host's streams are named {sorted(found)}, expected {names}"
    # All that is moved within the leading second of silence.
    for name in names:
        host.configure(f"move-sink-input {found[name]} for.{name}")
    for player in players:
        player.wait(10)
    for name, recording in zip(names, recordings):
        with case(name):
            ramp.check(recording.stop())
