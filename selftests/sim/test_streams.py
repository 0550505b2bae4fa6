# SPDX-License-Identifier: GPL-2.0
"""Many streams at once, 16 of them with periods of 10 ms and buffers of 40 ms. The host receives all data of each
stream, and no stream has an xrun.

Simulated time: the cost of many streams is counted in instructions, and a processor of known speed either has the time
for them or not. One program plays all streams, as mixers and games do.
"""

import os
import re

import pytest

from rig.ramp import Ramp

RATE = 48000
GROUPS = 4              # PulseAudio mixes at most 32 streams in a sink (MAX_MIX_CHANNELS in its sink.c).
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
    faultless(card, count)
    heard_pieces("/tmp/heard", count)


def faultless(card, count):
    """So many streams are open, and none of them lost or waited for anything."""
    assert len(card["stream-list"]) == count, f"{len(card['stream-list'])} streams are open, not {count}"
    lost = {(stream["substream"], name): stream["stats"][name] for stream in card["stream-list"]
            for name in NEVER if stream["stats"][name]}
    assert not lost, f"the streams had {lost}, and nothing of these is expected"


def heard_pieces(path, count):
    """The recording has the sent file so many times, each between silence."""
    with open("/tmp/sent", "rb") as file:
        sent = file.read().strip(b"\0")
    with open(path, "rb") as file:
        heard = file.read()
    pieces = [piece.strip(b"\0") for piece in re.split(rb"\0{400,}", heard) if piece]
    wrong = [number for number, piece in enumerate(pieces) if piece != sent]
    assert len(pieces) == count and not wrong, \
        f"{len(pieces)} pieces were heard of {count}; not what was sent are {wrong}"


@pytest.mark.parametrize("options", ["", "-l"])
def test_sixteen(guest, options):
    play_together(guest, 16, 5, options)


def group_sinks(guest, host):
    """A sink for each of the programs streams0, streams1 ..., and a recording of each sink: its processes.

    A program's stream is moved to the program's sink; PulseAudio then puts the program's later streams there.
    The card's streams are all 64 clients that PulseAudio accepts, so the recordings use another protocol.
    """
    host.configure("load-module module-stream-restore restore_volume=false restore_muted=false")
    recordings = []
    for name in (f"group{number}" for number in range(GROUPS)):
        host.sink(name, default=False)
    for number in range(GROUPS):
        program = guest.spawn(["pacat", f"--client-name=streams{number}", "--raw", "/dev/zero"], "pacat", env=host.env)
        stream, = host.wait_streams(1)
        host.configure(f"move-sink-input {stream['index']} group{number}")
        guest.sleep(0.1)
        program.stop()
        os.symlink("/job/bin/streams", f"/tmp/streams{number}")
        host.configure(f"load-module module-simple-protocol-unix socket=/tmp/monitor{number} playback=false "
                       f"record=true source=group{number}.monitor format=s16le rate={RATE} channels=2")
        recordings.append(guest.spawn(f"exec socat -u UNIX-CONNECT:/tmp/monitor{number} CREATE:/tmp/heard{number}"))
    return recordings


@pytest.mark.long
@pytest.mark.simulated(limit_s=900)
def test_sixty_four(guest, seconds=60):
    """Four programs with 16 streams each, 40 ms periods and 160 ms buffers. Long: a minute takes 130 s."""
    count = 16
    guest.modprobe(f"playback_streams={GROUPS * count}", debug=False)
    host = guest.host(relay=False)
    recordings = group_sinks(guest, host)
    for task in os.listdir(f"/proc/{host.server.pid}/task"):
        # Otherwise each packet wakes PulseAudio at once, and at each wakeup it polls all its connections.
        os.sched_setscheduler(int(task), os.SCHED_BATCH, os.sched_param(0))
    Ramp(seconds=round(seconds / count * 2 / 3, 2)).write("/tmp/sent")
    programs = [guest.spawn(f"exec /tmp/streams{number} -p 1920 -g 40 -k {count} -s {seconds} /tmp/sent", "streams")
                for number in range(GROUPS)]
    guest.sleep(seconds - 0.5)
    card, = guest.stats()["cards"]
    for program in programs:
        said = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", program.wait())}
        assert said["xruns"] == 0, f"a program had xruns: {program.output()}"
    guest.sleep(0.5)
    for recording in recordings:
        recording.stop()
    faultless(card, GROUPS * count)
    for number in range(GROUPS):
        heard_pieces(f"/tmp/heard{number}", count)
