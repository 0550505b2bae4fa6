# SPDX-License-Identifier: GPL-2.0
"""Real time, because a guest in simulated time has no sound server. Programs of a Debian 13 desktop with PipeWire play
a tone of 440 Hz and record one, and mixers show the card.

A busy machine lets programs run dry, so the length of the tone and the gaps are not judged. With KEEP=1 the results
have them in `share/applications`, for the table of Documentation/desktops.rst. The card has a long delay, and the sound
server and its clients have large buffers.

Long, because of 1 GB of packages, and because an emulated machine needs up to half a minute for each program.
"""

import array
import math
import pathlib
import tempfile
import wave

import pytest

from rig import clean, desktop, paths
from rig.machine import LATENCY

pytestmark = pytest.mark.long
PACKAGES = (
    "rtkit", *desktop.PIPEWIRE, "pulseaudio-utils", "mpv", "ffmpeg", "gstreamer1.0-tools", "gstreamer1.0-alsa",
    "gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good", "gstreamer1.0-pulseaudio", "gstreamer1.0-pipewire",
    "python3-pyaudio", "libopenal1", "jackd2", "libjack-jackd2-0", "chromium",
    "jack-example-tools", "xvfb", "pavucontrol", "xterm")
RATE, HZ, SECONDS, AMPLITUDE = 48000, 440, 3, 10000
CARD = "plughw:HvSock"
FILES = {
    "etc/pipewire/pipewire.conf.d/quantum.conf":
        "context.properties = { default.clock.quantum = 8192 default.clock.min-quantum = 8192"
        " default.clock.max-quantum = 8192 }\n",
    "etc/wireplumber/wireplumber.conf.d/headroom.conf":
        "monitor.alsa.rules = [ { matches = [ { node.name = \"~alsa_output.*\" } ]"
        " actions = { update-props = { api.alsa.headroom = 16384 } } } ]\n",
}
BUFFERS = "export PIPEWIRE_ALSA='{ alsa.buffer-bytes=384000 alsa.period-bytes=96000 }' PULSE_LATENCY_MSEC=2000"
PORTAUDIO = """
import pyaudio, sys, wave
pa = pyaudio.PyAudio()
if sys.argv[1] == "play":
    file = wave.open(sys.argv[2])
    stream = pa.open(rate=48000, channels=2, format=pyaudio.paInt16, output=True)
    stream.write(file.readframes(file.getnframes()))
else:
    stream = pa.open(rate=48000, channels=2, format=pyaudio.paInt16, input=True)
    open(sys.argv[2], "wb").write(stream.read(48000 * 5))
stream.stop_stream()
"""
OPENAL = """
import ctypes, sys, time, wave
AL_BUFFER, AL_SOURCE_STATE, AL_STOPPED, AL_FORMAT_STEREO16 = 0x1009, 0x1010, 0x1014, 0x1103
al = ctypes.CDLL("libopenal.so.1")
al.alcOpenDevice.restype = al.alcCreateContext.restype = ctypes.c_void_p
al.alcMakeContextCurrent(ctypes.c_void_p(al.alcCreateContext(ctypes.c_void_p(al.alcOpenDevice(None)), None)))
file = wave.open(sys.argv[1])
frames = file.readframes(file.getnframes())
buffer, source, state = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_int()
al.alGenBuffers(1, ctypes.byref(buffer))
al.alBufferData(buffer, AL_FORMAT_STEREO16, frames, len(frames), 48000)
al.alGenSources(1, ctypes.byref(source))
al.alSourcei(source, AL_BUFFER, buffer.value)
al.alSourcePlay(source)
while state.value != AL_STOPPED:
    time.sleep(0.1)
    al.alGetSourcei(source, AL_SOURCE_STATE, ctypes.byref(state))
"""
SCRIPTS = {"portaudio.py": PORTAUDIO, "openal.py": OPENAL,
           "browser.py": (paths.SELFTESTS / "rig/guest/browser.py").read_text()}
MPV = "mpv --no-config --no-video --no-terminal --ao="
GST = "gst-launch-1.0 -q filesrc location={} ! wavparse ! "
GST_RECORD = "timeout -s INT 20 gst-launch-1.0 -q -e"
TO_FILE = "audio/x-raw,format=S16LE,rate=48000,channels=2 ! filesink location={} || true"
FFMPEG = "ffmpeg -v error -channels 2 -sample_rate 48000 -t 5 "
JACK = "jackd -r -d alsa {} hw:HvSock -r 48000 -p 8192 -n 3 >/dev/null 2>&1 & jack_wait -w -t 60 && sleep 3; "
# Commands that play the file {}
PLAYERS = {
    "aplay, default": "aplay -q {}",
    "aplay, plughw:HvSock": f"aplay -q -D {CARD} {{}}",
    "paplay": "paplay {}",
    "pw-play": "pw-play {}",
    "mpv, ALSA, plughw:HvSock": f"{MPV}alsa --audio-device=alsa/{CARD} {{}}",
    "mpv, PulseAudio": f"{MPV}pulse {{}}",
    "mpv, PipeWire": f"{MPV}pipewire {{}}",
    "mpv, SDL": f"{MPV}sdl {{}}",
    "ffplay, SDL": "ffplay -v error -nodisp -autoexit {}",
    "ffmpeg, ALSA": "ffmpeg -v error -i {} -f alsa default",
    "ffmpeg, ALSA, plughw:HvSock": f"ffmpeg -v error -i {{}} -f alsa {CARD}",
    "ffmpeg, PulseAudio": "ffmpeg -v error -re -i {} -f pulse tone",
    "GStreamer alsasink": GST + "alsasink",
    "GStreamer pulsesink": GST + "pulsesink",
    "GStreamer pipewiresink": GST + "audioconvert ! audioresample ! pipewiresink",
    "OpenAL": "python3 /host/openal.py {}",
    "PortAudio": "python3 /host/portaudio.py play {} 2>/dev/null",
    "jackd -d alsa, mpv": JACK.format("-P") + f"{MPV}jack {{}}; sleep 3; kill $!",
    "Chromium": "python3 /host/browser.py play {} 2>/dev/null",
}
# Commands that record to the file {}: S16_LE
RECORDERS = {
    "arecord, default": "arecord -q -t raw -f S16_LE -r 48000 -c 2 -d 6 {}",
    "arecord, plughw:HvSock": f"arecord -q -D {CARD} -t raw -f S16_LE -r 48000 -c 2 -d 6 {{}}",
    "parec": "timeout 12 parec --rate=48000 --channels=2 --format=s16le --raw {} || true",
    "pw-record": "timeout 12 pw-record --rate 48000 --channels 2 --format s16 {}.wav || true; mv {}.wav {}",
    "ffmpeg, ALSA, plughw:HvSock": f"{FFMPEG} -f alsa -i {CARD} -f s16le {{}} 2>/dev/null",
    "ffmpeg, PulseAudio": FFMPEG + "-f pulse -i default -f s16le {} 2>/dev/null",
    "ffmpeg, OpenAL": FFMPEG + "-f openal -i '' -f s16le {} 2>/dev/null",
    "GStreamer alsasrc": f"{GST_RECORD} alsasrc device={CARD} ! {TO_FILE}",
    "GStreamer pipewiresrc": f"{GST_RECORD} pipewiresrc ! audioconvert ! audioresample ! {TO_FILE}",
    "PortAudio": "python3 /host/portaudio.py record {} 2>/dev/null",
    "jackd -d alsa, jack_rec":
        JACK.format("-C") + "jack_rec -f {} -d 5 -b 16 -B 262144 system:capture_1 || true; kill $!",
}
WINDOWS = {
    "pavucontrol": ("500x400", "GSK_RENDERER=cairo exec pavucontrol --tab=3"),
    "alsamixer": ("785x520", "exec xterm -fa Monospace -fs 12 -geometry 78x26+0+0 -e alsamixer -c HvSock -V playback"),
}
LIMIT_S = 400


class Tone:
    """A tone in the samples of one channel: the whole periods in all its parts, its pitch, and what is between."""

    def __init__(self, samples):
        starts, low = [], False
        for frame, sample in enumerate(samples):
            if sample < -AMPLITUDE // 8:
                low = True
            elif low and sample >= 0:
                starts.append(frame - sample / (sample - samples[frame - 1]))
                low = False
        lengths = [end - start for start, end in zip(starts, starts[1:])]
        whole = [length for length in lengths if abs(length * HZ / RATE - 1) < 0.1]
        self.seconds = len(whole) / HZ
        self.pitch = RATE * len(whole) / sum(whole) if whole else 0
        self.gaps = len(lengths) - len(whole)

    def check(self, session, direction, name):
        with open(session.share / "applications", "a") as file:
            print(f"{direction}  {name:30}  {self.seconds:.2f} s  {self.pitch:.1f} Hz  {self.gaps} gaps", file=file)
        assert self.seconds > 0.1 and abs(self.pitch - HZ) < 1, f"{self.seconds} s of a tone, {self.pitch} Hz"


@pytest.fixture(scope="module")
def session(guests, kernel, product):
    """A desktop with the programs, and a user who has logged in"""
    try:
        system = clean.System("trixie", *desktop.BASE, *PACKAGES)
    except clean.Unavailable as reason:
        pytest.skip(str(reason))
    files = {name: path for name, path in product.items()
             if name in ("snd-hvsock.ko", "bin/hvsnd") or name.startswith("lib/")}
    with tempfile.TemporaryDirectory(dir=paths.scratch_base()) as folder, guests() as start:
        here = start(kernel, files, kind=desktop.Desktop,
                     disk=desktop.make_disk(pathlib.Path(folder), kernel, system.root, files=FILES))
        for name, text in SCRIPTS.items():
            (here.share / name).write_text(text)
        with wave.open(str(here.share / "tone.wav"), "wb") as file:
            file.setparams((2, 2, RATE, 0, "NONE", ""))
            file.writeframes(array.array("h", (round(AMPLITUDE * math.sin(2 * math.pi * HZ * frame / RATE))
                                               for frame in range(RATE * SECONDS) for _ in range(2))).tobytes())
        here.sh(f"LD_LIBRARY_PATH=/host/.files/lib /host/.files/bin/hvsnd set HvSock {LATENCY}")
        here.host.configure(f"load-module module-sine-source source_name=tone rate={RATE} frequency={HZ}")
        here.host.configure("set-default-source tone")
        here.log_in()
        here.default("source")
        here.user("pactl set-sink-volume @DEFAULT_SINK@ 100%")
        yield here


def samples(path, channels=2):
    data = path.read_bytes()
    return array.array("h", data[:len(data) // 4 * 4])[::channels]


def heard(session, command):
    """What the host has played of a command of the user, as samples of its left channel"""
    recording = session.host.record("main", session.folder / "heard")
    session.user(f"{BUFFERS}; {command}", limit_s=LIMIT_S)
    session.host.wait_streams(0, seconds=60)
    return samples(recording.stop())


@pytest.mark.parametrize("name", PLAYERS)
def test_play(session, name):
    Tone(heard(session, PLAYERS[name].format("/host/tone.wav"))).check(session, "plays", name)


@pytest.mark.parametrize("name", RECORDERS)
def test_record(session, name):
    session.user(f"{BUFFERS}; {RECORDERS[name].replace('{}', '/tmp/recorded')}", limit_s=LIMIT_S)
    session.sh("mv /tmp/recorded /host/recorded")
    session.host.wait_streams(0, "source-outputs", 60)
    Tone(samples(session.share / "recorded", 1 if "jack_rec" in name else 2)).check(session, "records", name)


@pytest.mark.parametrize("name", WINDOWS)
def test_window(session, name):
    """The picture `share/NAME.png` of the results (KEEP=1) is that of Documentation/pictures."""
    size, command = WINDOWS[name]
    screen = session.spawn(f"exec Xvfb :1 -screen 0 {size}x24")
    player = session.spawn_user("exec pacat --raw /dev/zero")
    window = session.spawn_user(f"sleep 5; DISPLAY=:1 {command}")

    def picture():
        session.sh("sleep 10")
        session.user(f"ffmpeg -v error -y -f x11grab -video_size {size} -i :1 -frames:v 1 /tmp/{name}.png", status=None)
        session.sh(f"cp /tmp/{name}.png /host/", status=None)
        file = session.share / f"{name}.png"
        return file.exists() and file.stat().st_size > 8000

    session.until(picture, 180, f"{name} shows more than one colour")
    for job in (window, player, screen):
        job.stop()
