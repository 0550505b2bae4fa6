# SPDX-License-Identifier: GPL-2.0
"""No guest: programs of Debian with PulseAudio output or input, as clients of hvsndd. Long, because of their packages,
which these tests install.

Documentation/hvsndd-server.rst has the list of all clients; test_native.py has PulseAudio's own and ALSA's plugin.
"""

import array
import itertools
import re
import subprocess

import pytest
from rig import paths
from rig.pipewire import PipeWire
from rig.processes import Processes, until
from rig.ramp import Ramp
from test_native import LIMIT_S, WAV_HEADER, Native, options

pytestmark = pytest.mark.long
RATE = 48000
PLAYERS = {
    # Without a sample spec: its formats are JSON.
    "mpv": "mpv --ao=pulse --no-video --no-terminal --no-config {}",
    "gstreamer": "gst-launch-1.0 -q filesrc location={} ! wavparse ! pulsesink",
    "ffmpeg": "ffmpeg -loglevel error -re -i {} -f pulse -buffer_duration 100 x",
    "sdl": "ffplay -loglevel error -nodisp -autoexit {}",
}
# They end their stream without DRAIN: what is queued then is lost, as with PulseAudio.
IMPATIENT = ["ffmpeg", "sdl"]
RECORDERS = {
    "ffmpeg": "ffmpeg -loglevel error -f pulse -i default -t 1 -f s16le {}",
    "gstreamer": "gst-launch-1.0 -q pulsesrc num-buffers=100 ! audio/x-raw,format=S16LE,rate=48000,channels=2"
                 " ! filesink location={}",
}
TONE_HZ, TONE_AMPLITUDE, TONE_S = 440, 16000, 10


@pytest.fixture
def server(tmp_path):
    subprocess.run([paths.SELFTESTS / "vm/deps.sh", "clients"], check=True)
    processes = Processes(tmp_path / "logs")
    native = Native(processes, tmp_path)
    native.client_env["SDL_AUDIODRIVER"] = "pulseaudio"
    native.do("allow", "work")
    yield native
    native.stop()
    processes.stop()


@pytest.mark.parametrize("name", PLAYERS)
def test_player(server, tmp_path, name):
    """Each frame is played, in order."""
    ramp = Ramp(seconds=1)
    ramp.write(tmp_path / "sent.wav", wav=True)
    server.client(*PLAYERS[name].format(tmp_path / "sent.wav").split())
    heard = server.heard(tmp_path)
    # On a busy machine, a program may be late, so that there is silence between.
    if name not in IMPATIENT:
        ramp.check(heard, "-g")
        return
    sent, at = (tmp_path / "sent.wav").read_bytes()[WAV_HEADER:], 0
    for piece in filter(None, re.split(rb"\0{64,}", heard.read_bytes())):
        at = sent.find(piece.strip(b"\0"), at)
        assert at >= 0, "what was played is not what was sent, or not in order"
        at += len(piece)
    assert at >= len(sent) / 2, f"only {at} bytes of {len(sent)} were played"


@pytest.mark.parametrize("name", RECORDERS)
def test_recorder(server, tmp_path, name):
    """What the source delivers is recorded, and hvsndd drops nothing."""
    ramp = Ramp(seconds=LIMIT_S)
    ramp.write(server.out / "microphone.raw")
    keep = server.spawn("pactl", "subscribe")
    server.client(*RECORDERS[name].format(tmp_path / "recorded").split())
    recorded = (tmp_path / "recorded").read_bytes()
    assert len(recorded) > RATE // 2 * ramp.frame_bytes
    # A program that is late leaves out whole blocks. Each block of 10 ms that it has is the source's.
    source = (server.out / "microphone.raw").read_bytes()
    block = RATE // 100 * ramp.frame_bytes
    at = 0
    for begin in range(0, len(recorded) - block, block):
        at = source.find(recorded[begin:begin + block], at)
        assert at >= 0, f"what is recorded from byte {begin} on is not of the source, or not in order"
    assert not server.guests()["work"]["dropped_bytes"]
    keep.stop()


def write_tone(path, seconds):
    period = [TONE_AMPLITUDE * (1 if 2 * n < RATE // TONE_HZ else -1) for n in range(RATE // TONE_HZ)]
    mono = itertools.islice(itertools.cycle(period), RATE * seconds)
    path.write_bytes(array.array("h", (sample for value in mono for sample in (value, value))).tobytes())


def check_tone(data):
    """The end of the longest part that is not silent has the tone's pitch and loudness."""
    samples = array.array("h", data[:len(data) // 4 * 4])[::2]
    loud = [abs(sample) > TONE_AMPLITUDE / 4 for sample in samples]
    parts = [(key, len(list(group))) for key, group in itertools.groupby(
        any(loud[n:n + 480]) for n in range(0, len(loud), 480))]
    length = max((count for key, count in parts if key), default=0)
    assert length >= 100, f"no second without a gap: {parts}"
    before = sum(count for _, count in itertools.takewhile(lambda part: part != (True, length), parts))
    end = samples[480 * (before + length) - 4800 - RATE // 2:480 * (before + length) - 4800]
    crossings = sum(one < 0 <= next for one, next in zip(end, end[1:]))
    mean = sum(map(abs, end)) / len(end)
    expected = RATE / (RATE // TONE_HZ) / 2
    assert abs(crossings - expected) <= 2, f"{crossings} periods in half a second, expected {expected}"
    assert abs(mean / TONE_AMPLITUDE - 1) < 0.1, f"a mean of {mean}, expected {TONE_AMPLITUDE}"


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_pipewire_tunnel(server, tmp_path, suite):
    """PipeWire of this suite, whose sink and source are tunnels to hvsndd, plays and records a tone.

    PipeWire resamples. In the first seconds, 1.4 changes the speed by up to 9 %, as it does with PulseAudio.
    """
    write_tone(server.out / "microphone.raw", LIMIT_S)
    write_tone(tmp_path / "sent", TONE_S)
    host = PipeWire(server.processes, tmp_path / "pipewire", suite, tmp_path / "door")
    load = [f"server=unix:{server.socket}", "format=s16le", "rate=48000", "channels=2"]
    host.pactl("load-module", "module-tunnel-sink", "sink_name=out", *load)
    host.pactl("load-module", "module-tunnel-source", "source_name=in", *load)
    until(lambda: "\tout\t" in host.pactl("list", "short", "sinks"), LIMIT_S, "the sink is there")
    until(lambda: "\tin\t" in host.pactl("list", "short", "sources"), LIMIT_S, "the source is there")
    raw = options(Ramp())
    recorder = server.processes.spawn(["parec", "-d", "in", *raw, str(tmp_path / "recorded")], "parec", env=host.env)
    player = server.processes.spawn(["paplay", "-d", "out", *raw, str(tmp_path / "sent")], "paplay", env=host.env)
    player.wait(LIMIT_S)
    until(lambda: (tmp_path / "recorded").stat().st_size > TONE_S * RATE * 4, LIMIT_S, f"{TONE_S} s are recorded")
    recorder.stop()
    check_tone((tmp_path / "recorded").read_bytes())
    check_tone(server.heard(tmp_path).read_bytes())
