# SPDX-License-Identifier: GPL-2.0
"""hvsndd.exe under Wine. Its object files are those of the product; AF_HYPERV is TCP on loopback (shim.c)."""

import contextlib
import hashlib
import math
import operator
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import wave
import zipfile

import pytest

from rig import paths, wine
from rig.processes import Processes, until
from rig.pulse import Pulse

pytestmark = [pytest.mark.wine, pytest.mark.long,
              pytest.mark.skipif(not wine.installed(), reason="no Wine: run make check-wine, which installs it")]

SOAK_S = 600 if "LONG" in os.environ else 0


def frames(first, count):
    """Stereo S16 frames, each of which tells its number."""
    return b"".join(struct.pack("<hh", n % 30011, -(n % 30011)) for n in range(first, first + count))


# Tests that use the same keys of the registry
REGISTRY = pytest.mark.xdist_group("registry")


@pytest.fixture(scope="session")
def programs():
    paths.run("make", "-s", "-C", paths.SELFTESTS / "wine")


@pytest.fixture
def folder(programs):
    path = pathlib.Path(tempfile.mkdtemp(dir=paths.scratch_base(), prefix="hvsnd-wine."))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def processes(folder):
    here = Processes(folder / "logs")
    yield here
    here.stop()


@pytest.fixture
def hvsndd(processes, folder):
    here = wine.Hvsndd(processes, folder)
    yield here
    if here.process:
        print(here.log()[-20000:])


def connect(hvsndd, guest, port=4713, vm=0):
    return socket.create_connection(hvsndd.address(port, vm), source_address=(f"127.0.0.{guest}", 0))


def to_file(hvsndd, *options):
    """Starts hvsndd.exe with raw PCM of 48 kHz into files."""
    if "--listen" not in options:
        options = ["--listen", "any:4713", *options]
    hvsndd.start("--protocol", "simple", "--rate", "48000",
                 "--output", f"file:{wine.windows_path(hvsndd.folder / 'out')}", *options)


def recording(hvsndd, name):
    path = hvsndd.folder / "out" / f"{name}.wav"
    # Its header is written after the file was made.
    if not path.exists() or path.stat().st_size < 44:
        return b""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48000, 2, 2)
        return file.readframes(file.getnframes())


def plays(hvsndd, guest, name, data, **where):
    """All that the guest plays arrives in the file of this name."""
    with connect(hvsndd, guest, **where) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        until(lambda: len(recording(hvsndd, name)) >= len(data), 60, f"{name} arrives")
    assert recording(hvsndd, name) == data


def test_file(hvsndd):
    """Guests at the wildcard are named after their VM ids; each one's audio data arrives unchanged"""
    to_file(hvsndd, "--guest", f"{wine.VM.format(4)},name=four", "--guest", "any")
    plays(hvsndd, 3, wine.VM.format(3), frames(0, 96000))
    plays(hvsndd, 4, "four", frames(7, 48000))
    hvsndd.until_log("disconnected", 2)


def test_refused(hvsndd):
    """Where a VM id is named, no other VM may connect"""
    to_file(hvsndd, "--guest", f"{wine.VM.format(4)},name=four")
    with connect(hvsndd, 3) as connection:
        connection.sendall(frames(0, 10))
        hvsndd.until_log(f"VM {wine.VM.format(3)}: refused: the guest may not connect")
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            pass
    plays(hvsndd, 4, "four", frames(0, 1000))


def test_wsl(hvsndd):
    """WSL2's listener is bound to its VM id, again when the id changes, and not while WSL2 does not run"""
    (hvsndd.folder / "wsl").write_text(wine.VM.format(5))
    to_file(hvsndd, "--listen", "any:4713", "--listen", "wsl:4713")
    with pytest.raises(ConnectionRefusedError):
        connect(hvsndd, 5, vm=5)
    wslhost = hvsndd.spawn("wslhost.exe")
    hvsndd.until_log("listening at wsl:4713")
    plays(hvsndd, 5, "wsl", frames(0, 10000), vm=5)
    (hvsndd.folder / "wsl").write_text(wine.VM.format(6))
    hvsndd.until_log("listening at wsl:4713", 2)
    assert f"WSL2 runs: VM {wine.VM.format(6)}" in hvsndd.log()
    with pytest.raises(ConnectionRefusedError):
        connect(hvsndd, 5, vm=5)
    plays(hvsndd, 6, "wsl-2", frames(5, 10000), vm=6)
    wslhost.stop()
    hvsndd.until_log("WSL2 does not run")
    with pytest.raises(ConnectionRefusedError):
        connect(hvsndd, 6, vm=6)


def test_port_clash(hvsndd):
    """A port that another program has is reported once, and used as soon as it is free"""
    with socket.create_server(hvsndd.address(4713)):
        to_file(hvsndd)
        hvsndd.until_log("cannot listen at any:4713")
    assert "Another program has this port" in hvsndd.log()
    hvsndd.until_log("listening at any:4713")
    assert hvsndd.log().count("cannot listen") == 1
    plays(hvsndd, 3, wine.VM.format(3), frames(0, 1000))


def test_connects(hvsndd):
    """hvsndd.exe connects to a guest that listens, says once that it is away, and connects again"""
    hvsndd.start("--protocol", "simple", "--rate", "48000", "--connect", f"{wine.VM.format(7)}:4720", "--guest",
                 f"{wine.VM.format(7)},name=seven", "--output", f"file:{wine.windows_path(hvsndd.folder / 'out')}")
    hvsndd.until_log("cannot connect to the guest")
    with socket.create_server(hvsndd.guest_address(4720, 7)) as guest:
        guest.settimeout(60)
        for name, data in (("seven", frames(0, 20000)), ("seven-2", frames(9, 20000))):
            connection, _ = guest.accept()
            with connection:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                until(lambda: recording(hvsndd, name) == data, 60, f"{name} arrives")
    assert hvsndd.log().count("Start the guest, and add a card") >= 1


def test_flood(hvsndd):
    """A guest that sends as fast as it can, and one that stalls, do not disturb another"""
    to_file(hvsndd)
    with connect(hvsndd, 3) as fast, connect(hvsndd, 4) as stalled:
        fast.settimeout(0.1)
        stalled.sendall(b"\1")
        try:
            while True:
                fast.sendall(bytes(65536))
        except TimeoutError:
            pass
        plays(hvsndd, 5, wine.VM.format(5), frames(0, 96000))
    assert hvsndd.process.alive()


def to_device(hvsndd, *options, rate=48000, drift="ignore"):
    """Starts hvsndd.exe with raw PCM into WASAPI. Values of frames() are never silent from 1 on."""
    hvsndd.start("--protocol", "simple", "--rate", rate, "--drift", drift, "--listen", "any:4713", *options)


def as_integers(kept):
    return b"".join(struct.pack("<hh", round(left * 32768), round(right * 32768)) for left, right in kept)


def test_wasapi(hvsndd):
    """All frames arrive at the device, in order and unchanged; two guests are two streams of it"""
    to_device(hvsndd)
    first, second = frames(1, 30000), frames(5, 29000)
    with connect(hvsndd, 3) as one, connect(hvsndd, 4) as two:
        for guest, data in ((one, first), (two, second)):
            guest.sendall(data)
            guest.shutdown(socket.SHUT_WR)
        until(lambda: hvsndd.log().count("disconnected") == 2, 60, "all is sent")
        until(lambda: sum(len(kept) for kept, _ in hvsndd.played()) >= 59000, 60, "all is played")
    played = hvsndd.played()
    assert {as_integers(kept) for kept, _ in played} == {first, second}
    print("frames of silence:", [silence for _, silence in played])


def tone(samples, rate, hz):
    """Amplitude of the tone in the samples, and the ratio in dB of its power to that of all else"""
    sines = [math.sin(2 * math.pi * hz / rate * n) for n in range(len(samples))]
    cosines = [math.cos(2 * math.pi * hz / rate * n) for n in range(len(samples))]
    ss, sc, cc = (sum(map(operator.mul, a, b)) for a, b in ((sines, sines), (sines, cosines), (cosines, cosines)))
    s, c = (sum(map(operator.mul, a, samples)) for a in (sines, cosines))
    s, c = (s * cc - c * sc) / (ss * cc - sc * sc), (c * ss - s * sc) / (ss * cc - sc * sc)
    fit = [s * a + c * b for a, b in zip(sines, cosines)]
    rest = sum((a - b) ** 2 for a, b in zip(samples, fit))
    return math.hypot(s, c), 10 * math.log10(sum(a * a for a in fit) / rest)


def test_wasapi_resampled(hvsndd):
    """A tone of 44.1 kHz keeps its pitch, its level and its purity on a device of 48 kHz"""
    # The whole tone fits into the device's buffer, so that nothing is late on a busy machine.
    to_device(hvsndd, "--latency", "2000", rate=44100, drift="follow")
    # The right channel tells the tone's own zeros from silence.
    data = b"".join(struct.pack("<hh", round(16384 * math.sin(2 * math.pi * 1000 / 44100 * n)), 8192)
                    for n in range(44100))
    with connect(hvsndd, 3) as guest:
        guest.sendall(data)
        guest.shutdown(socket.SHUT_WR)
        # Following the guest's clock changes the number of frames, by at most 0.3 %.
        until(lambda: sum(len(kept) for kept, _ in hvsndd.played()) >= 47700, 60, "the tone is played")
    (kept, _), = hvsndd.played()
    # In the first second the rate has its nominal value.
    amplitude, ratio = tone([left for left, _ in kept[2400:26400]], 48000, 1000)
    # The limit of 16 bits is 92 dB below this tone.
    assert abs(amplitude - 0.5) < 0.001 and ratio > 85, (amplitude, ratio)


def test_idle(hvsndd):
    """After a pause of more than 5 s the device is stopped, and started again by the next data"""
    to_device(hvsndd)
    with connect(hvsndd, 3) as guest:
        guest.sendall(frames(1, 10000))
        until(lambda: sum(len(kept) for kept, _ in hvsndd.played()) == 10000, 60, "the first part is played")
        time.sleep(6)
        guest.sendall(frames(10001, 10000))
        until(lambda: sum(len(kept) for kept, _ in hvsndd.played()) == 20000, 60, "all is played")
    (kept, _), = hvsndd.played()
    assert as_integers(kept) == frames(1, 20000)


def assert_ramp(data):
    """The data is a part of the frames that test_microphone() and test_pulse_records() record, after silence."""
    values = [frame for frame in struct.iter_unpack("<hh", data[:len(data) // 4 * 4]) if frame != (0, 0)]
    expected = [(n % 30011, -(n % 30011)) for n in range(values[0][0], 480000) if n % 30011]
    assert values == expected[:len(values)]


def test_microphone(hvsndd):
    """A guest that may record gets what the device records; another gets nothing"""
    recorded = hvsndd.folder / "recorded"
    recorded.write_bytes(b"".join(struct.pack("<ff", n % 30011 / 32768, -(n % 30011) / 32768)
                                  for n in range(1, 480000)))
    hvsndd.devices(recorded)
    hvsndd.start("--protocol", "simple", "--rate", "48000", "--listen", "any:4713,direction=record",
                 "--guest", f"{wine.VM.format(3)},name=three,microphone=allow", "--guest", "any")
    with connect(hvsndd, 4) as denied, connect(hvsndd, 3) as guest:
        got = b""
        while len(got) < 96000:
            got += guest.recv(65536)
        denied.settimeout(0.1)
        with pytest.raises(TimeoutError):
            denied.recv(1)
    assert_ramp(got)


def as_guest(hvsndd):
    """Variables for a client of PulseAudio that is guest 1"""
    host, port = hvsndd.address(4713)
    return {**os.environ, "PULSE_SERVER": f"tcp:{host}:{port}"}


def as_other_guest(hvsndd, guest):
    """Variables for a client of PulseAudio that is this guest"""
    host, port = hvsndd.address(4713)
    path = hvsndd.folder / f"guest{guest}"
    hvsndd.processes.spawn(["socat", f"UNIX-LISTEN:{path},fork", f"TCP:{host}:{port},bind=127.0.0.{guest}"], "socat")
    until(path.exists, 60, "socat listens")
    return {**os.environ, "PULSE_SERVER": f"unix:{path}"}


def client(hvsndd, *command, env=None):
    """Runs a client of PulseAudio as guest 1"""
    return subprocess.run([*map(str, command)], env=env or as_guest(hvsndd),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)


RAW = ("--raw", "--rate=48000", "--channels=2", "--format=s16le")


def test_pulse_plays(hvsndd):
    """A client of the protocol pulse plays through WASAPI: all frames, in order"""
    hvsndd.start("--listen", "any:4713")
    data = hvsndd.folder / "data"
    data.write_bytes(frames(1, 30000))
    assert b"Server Name: hvsndd" in client(hvsndd, "pactl", "info").stdout
    done = client(hvsndd, "paplay", *RAW, data)
    assert done.returncode == 0, done.stdout
    # On a busy machine, Wine plays the end later than its clock says.
    until(lambda: sum(len(kept) for kept, _ in hvsndd.played()) >= 30000, 60, "all is played")
    (kept, silence), = hvsndd.played()
    assert as_integers(kept) == frames(1, 30000)
    print("frames of silence:", silence)


def test_pulse_to_file(hvsndd):
    hvsndd.start("--listen", "any:4713", "--output", f"file:{wine.windows_path(hvsndd.folder / 'out')}")
    data = hvsndd.folder / "data"
    data.write_bytes(frames(1, 30000))
    assert client(hvsndd, "paplay", *RAW, data).returncode == 0
    assert recording(hvsndd, wine.VM.format(1)) == frames(1, 30000)


def relay(left, right):
    """Passes on what each side sends, until one of them ends"""
    def one_way(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for side in (left, right):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
    for pair in ((left, right), (right, left)):
        threading.Thread(target=one_way, args=pair, daemon=True).start()


def test_pulse_connects(hvsndd):
    """hvsndd.exe keeps one connection ready at a guest that listens: two programs play, one after the other"""
    hvsndd.start("--connect", f"{wine.VM.format(7)}:4720", "--guest", f"{wine.VM.format(7)},name=seven",
                 "--output", f"file:{wine.windows_path(hvsndd.folder / 'out')}")
    data = hvsndd.folder / "data"
    data.write_bytes(frames(1, 20000))
    with socket.create_server(hvsndd.guest_address(4720, 7)) as guest, socket.create_server(("127.0.0.1", 0)) as local:
        env = {**os.environ, "PULSE_SERVER": f"tcp:127.0.0.1:{local.getsockname()[1]}"}
        guest.settimeout(60)
        local.settimeout(60)
        for name in ("seven", "seven-2"):
            player = hvsndd.processes.spawn(["paplay", *RAW, data], "paplay", env=env)
            relay(local.accept()[0], guest.accept()[0])
            # While one is in use, there is another.
            spare, _ = guest.accept()
            player.wait(60)
            assert recording(hvsndd, name) == frames(1, 20000)
            spare.close()


def test_pulse_records(hvsndd):
    """A guest that may record gets what the device records"""
    recorded = hvsndd.folder / "recorded"
    recorded.write_bytes(b"".join(struct.pack("<ff", n % 30011 / 32768, -(n % 30011) / 32768)
                                  for n in range(1, 480000)))
    hvsndd.devices(recorded)
    hvsndd.start("--listen", "any:4713", "--guest", f"{wine.VM.format(1)},name=one,microphone=allow")
    parec = hvsndd.processes.spawn(["parec", *RAW, hvsndd.folder / "got"], "parec", env=as_guest(hvsndd))
    got = hvsndd.folder / "got"
    until(lambda: got.exists() and got.stat().st_size > 96000, 60, "parec records")
    parec.stop()
    data = got.read_bytes()
    assert_ramp(data)


def sink_input(hvsndd, env=None):
    """Volume in percent and mute of the guest's only stream, as a client sees them"""
    text = client(hvsndd, "pactl", "list", "sink-inputs", env=env).stdout.decode()
    return int(re.search(r"Volume: .*?(\d+)%", text)[1]), "Mute: yes" in text


def player(hvsndd, *words, env=None):
    """A client that plays a constant, as guest 1, without end: a device of this rig may play faster than in time"""
    data = hvsndd.folder / "constant"
    data.write_bytes(struct.pack("<hh", 16384, 16384) * 48000)
    return hvsndd.processes.spawn(f"while cat {data}; do :; done | pacat {shlex.join((*RAW, *words))}", "pacat",
                                  env=env or as_guest(hvsndd))


def near(value, expected):
    return abs(value - expected) < 0.002


def test_volume(hvsndd):
    """Volume and mute of a stream pass to its session, and back; the session keeps them for the next stream"""
    hvsndd.start("--listen", "any:4713", "--guest", f"{wine.VM.format(1)},name=one")
    first = player(hvsndd, "--volume", "32768")
    assert near(hvsndd.session().gain, 0.5 ** 3) and sink_input(hvsndd) == (50, False)
    number = re.search(r"Sink Input #(\d+)", client(hvsndd, "pactl", "list", "sink-inputs").stdout.decode())[1]
    client(hvsndd, "pactl", "set-sink-input-volume", number, "60%")
    until(lambda: near(hvsndd.session().gain, 0.6 ** 3), 60, "the session has the client's volume")
    client(hvsndd, "pactl", "set-sink-input-mute", number, "1")
    until(lambda: hvsndd.session().mute, 60, "the session has the client's mute")
    hvsndd.mixer(f"set {hvsndd.session().number} {0.8 ** 3} 0")
    until(lambda: sink_input(hvsndd) == (80, False), 60, "the client has the user's volume")
    until(lambda: any(near(left, 0.5 * 0.8 ** 3) for left, _ in hvsndd.played()[0][0][::1000]), 60,
          "the audio data has the volume once")
    first.stop()
    until(lambda: not hvsndd.sessions(), 60, "the session ends")
    second = player(hvsndd)
    assert near(hvsndd.session().gain, 0.8 ** 3) and sink_input(hvsndd) == (80, False)
    second.stop()


def test_volume_of_raw_pcm(hvsndd):
    """Raw PCM has no volume of its own: the user's stays"""
    to_device(hvsndd)
    with connect(hvsndd, 3) as guest:
        guest.sendall(frames(1, 480))
        hvsndd.mixer(f"set {hvsndd.session().number} 0.25 0")
        assert near(hvsndd.session().gain, 0.25)
        guest.sendall(frames(1, 4800))
        hvsndd.until_log("connected")
        assert near(hvsndd.session().gain, 0.25)


def test_sessions(hvsndd):
    """Two streams of one program are two sessions with volumes of their own"""
    hvsndd.start("--listen", "any:4713")
    one, two = player(hvsndd, "--volume", "32768"), player(hvsndd, "--volume", "65536")
    gains = until(lambda: len(found := sorted(found.gain for found in hvsndd.sessions())) == 2 and found, 60,
                  "there are two sessions")
    assert near(gains[0], 0.5 ** 3) and near(gains[1], 1), gains
    one.stop()
    two.stop()


@pytest.fixture
def two_guests(hvsndd):
    """The sessions of guest `one` at 50 % and of guest `three` at 100 %, and the variables of each guest's clients"""
    guests = [f"{wine.VM.format(1)},name=one", f"{wine.VM.format(3)},name=three"]
    hvsndd.start("--listen", "any:4713", *(word for guest in guests for word in ("--guest", guest)))
    clients = [as_guest(hvsndd), as_other_guest(hvsndd, 3)]
    players = [player(hvsndd, "--volume", volume, env=env) for volume, env in zip(("32768", "65536"), clients)]
    found = until(lambda: len(found := sorted(hvsndd.sessions(), key=lambda session: session.gain)) == 2 and found, 60,
                  "there are two sessions")
    yield found, clients
    for here in players:
        here.stop()


def test_two_guests(hvsndd, two_guests):
    """Two guests are two sessions: what the user does to one does not change the other"""
    (one, three), (client_one, client_three) = two_guests
    assert near(one.gain, 0.5 ** 3) and near(three.gain, 1)
    hvsndd.mixer(f"set {three.number} {0.8 ** 3} 1")
    until(lambda: sink_input(hvsndd, client_three) == (80, True), 60, "guest three has the user's volume")
    assert sink_input(hvsndd, client_one) == (50, False)
    hvsndd.mixer(f"set {one.number} {0.6 ** 3} 0")
    until(lambda: sink_input(hvsndd, client_one) == (60, False), 60, "guest one has the user's volume")
    assert sink_input(hvsndd, client_three) == (80, True)
    one, three = sorted(hvsndd.sessions(), key=lambda session: session.mute)
    assert near(one.gain, 0.6 ** 3) and near(three.gain, 0.8 ** 3)


def test_session_names(two_guests):
    """The mixer shows the guest and the program"""
    names = [session.name for session in two_guests[0]]
    if not any(names):
        pytest.skip(f"{wine.version()} keeps no names of sessions")
    assert names == ["one: pacat", "three: pacat"]


def buffer_while_playing(hvsndd):
    """Frames in the buffer of the device, which plays everything that a guest sends."""
    to_device(hvsndd, "--latency", "40")
    with connect(hvsndd, 3) as guest:
        guest.sendall(frames(1, 480))
        buffer_frames = hvsndd.session().buffer_frames
        guest.sendall(frames(481, 9600))
        guest.shutdown(socket.SHUT_WR)
        until(lambda: sum(len(kept) for kept, _ in hvsndd.played()) == 10080, 60, "all is played")
    (kept, _), = hvsndd.played()
    assert as_integers(kept) == frames(1, 10080)
    print("frames in the device's buffer:", buffer_frames)
    return buffer_frames


def test_small_periods(hvsndd):
    """A device with IAudioClient3 holds less than the latency: the rest waits in hvsndd, which can still change it"""
    if buffer_while_playing(hvsndd) >= 48000 * 40 // 1000:
        pytest.skip(f"{wine.version()} has no IAudioClient3")


def test_locked_period(hvsndd):
    """While another program has a small period, hvsndd plays with the device's usual one"""
    hvsndd.env["HVSNDD_LOCKED"] = "1"
    assert buffer_while_playing(hvsndd) >= 48000 * 40 // 1000


def message(command, *tags):
    """A request of PulseAudio's protocol"""
    body = struct.pack(">cIcI", b"L", command, b"L", 1) + b"".join(tags)
    return struct.pack(">5I", len(body), 0xffffffff, 0, 0, 0) + body


HELLO = message(8, struct.pack(">cI", b"L", 32), b"x", struct.pack(">I", 256), bytes(256)) + message(9, b"PN")
ASK = message(20)       # what the server is


def misbehave(hvsndd, stop):
    """Guests 3 to 6, until the event: one sends garbage, one stalls within a message, one asks without end and reads
    no answer, one connects and ends.
    """
    numbers = random.Random(1)
    host = hvsndd.address(4713)
    with contextlib.ExitStack() as stack:
        def guest(number):
            return socket.create_connection(host, source_address=(f"127.0.0.{number}", 0))
        stalled, flood = stack.enter_context(guest(4)), stack.enter_context(guest(5))
        stalled.sendall(HELLO[:100])
        flood.sendall(HELLO)
        flood.setblocking(False)
        while not stop.wait(0.02):
            with contextlib.suppress(BlockingIOError, OSError):
                for _ in range(100):
                    flood.send(ASK * 100)
            with contextlib.suppress(OSError), guest(3) as garbage, guest(6):
                garbage.sendall(numbers.randbytes(500))


@contextlib.contextmanager
def misbehaving(hvsndd):
    stop = threading.Event()
    others = threading.Thread(target=misbehave, args=(hvsndd, stop))
    others.start()
    try:
        yield
    finally:
        stop.set()
        others.join()


def test_misbehaviour(hvsndd):
    """Guests that send garbage, stall, flood or end do not disturb one that plays through WASAPI"""
    hvsndd.start("--listen", "any:4713")
    data = hvsndd.folder / "data"
    data.write_bytes(3 * frames(1, 30000))
    with misbehaving(hvsndd):
        done = client(hvsndd, "paplay", *RAW, data)
    assert done.returncode == 0, done.stdout
    until(lambda: sum(len(kept) for kept, _ in hvsndd.played()) >= 90000, 60, "all is played")
    (kept, _), = hvsndd.played()
    assert as_integers(kept) == 3 * frames(1, 30000)
    assert all(wine.VM.format(guest) in hvsndd.log() for guest in (3, 4, 5))
    # The one that reads no answer has reset its connection.
    hvsndd.until_log(f"{wine.VM.format(5)}: disconnected: Connection reset by peer")


def use(hvsndd, number):
    """One guest plays raw PCM, one plays and one records with the protocol pulse, and the user moves a slider"""
    with connect(hvsndd, 3 + number % 5, port=4714) as guest:
        guest.sendall(frames(1, 4800))
    data = hvsndd.folder / "data"
    data.write_bytes(frames(1, 9600))
    here = hvsndd.processes.spawn(["paplay", *RAW, data], "paplay", env=as_guest(hvsndd))
    for session in hvsndd.sessions():
        hvsndd.mixer(f"set {session.number} {number % 10 / 10} 0")
    here.wait(60)
    recorder = hvsndd.processes.spawn(["parec", *RAW, "/dev/null"], "parec", env=as_guest(hvsndd))

    def records():
        assert recorder.alive(), recorder.output()
        return "recording" in hvsndd.ctl("status")[1]
    until(records, 60, "parec records")
    recorder.stop()


def use_all(hvsndd, rounds, seconds=0):
    """So many rounds, and until the seconds are over. Returns what is in use when all connections have ended:
    descriptors, handles of Windows and KiB of memory.
    """
    begun, number = time.monotonic(), 0
    with misbehaving(hvsndd):
        while number < rounds or time.monotonic() < begun + seconds:
            use(hvsndd, number)
            number += 1
    until(lambda: not re.search("connections [^0]", hvsndd.ctl("status")[1]), 60, "all connections have ended")
    proc = pathlib.Path(f"/proc/{hvsndd.process.pid}")
    found = (len(list((proc / "fd").iterdir())), int(hvsndd.mixer("handles")),
             int(re.search(r"VmRSS:\s+(\d+)", (proc / "status").read_text())[1]))
    print("rounds, descriptors, handles, KiB:", number, *found)
    return found


def test_no_growth(hvsndd):
    """Guests that come, play, record, misbehave and go leave no handles and no memory behind; LONG=1: in 10 minutes

    Memory grows as well when more guests than before are there at the same time, on a busy machine. A leak would grow
    each time.
    """
    hvsndd.start("--rate", "48000", "--listen", "any:4713", "--listen", "any:4714,protocol=simple",
                 "--guest", f"{wine.VM.format(1)},name=one,microphone=allow", "--guest", "any")
    found = [use_all(hvsndd, 15)]
    while len(found) < 5:
        found.append(use_all(hvsndd, 30, SOAK_S))
        if all(later <= earlier + more for earlier, later, more in zip(*found[-2:], (3, 3, 1024))):
            return
    raise AssertionError(f"descriptors, handles and KiB grow: {found}")


def test_device_lost(hvsndd, processes, folder):
    """A device that is gone is opened again as soon as it is back; the guest plays on"""
    server = Pulse(processes, folder / "pulse")
    server.sink("main")
    hvsndd.env["PULSE_SERVER"] = server.env["PULSE_SERVER"]
    to_device(hvsndd)
    with connect(hvsndd, 3) as guest:
        stop = threading.Event()

        def play():
            while not stop.is_set():
                guest.sendall(frames(1, 4800))
        player = threading.Thread(target=play)
        player.start()
        try:
            until(lambda: "hvsndd" in server.pactl("list", "sink-inputs"), 60, "the guest plays")
            server.kill()
            hvsndd.until_log("the audio device failed")
            server = Pulse(processes, folder / "pulse")
            server.sink("main")
            hvsndd.until_log("the audio device is back")
            until(lambda: "hvsndd" in server.pactl("list", "sink-inputs"), 60, "the guest plays again")
        finally:
            stop.set()
            player.join()
    assert hvsndd.log().count("the audio device failed") == 1


def test_stop(hvsndd, processes, folder):
    """Ctrl+C ends hvsndd.exe while guests play and record, and a stream that is closed plays its queue"""
    server = Pulse(processes, folder / "pulse")
    server.sink("main")
    # Its devices play in real time. heap.c finds what is used after it was freed.
    hvsndd.env |= {"PULSE_SERVER": server.env["PULSE_SERVER"], "HVSNDD_HEAP": "1"}
    hvsndd.start("--rate", "48000", "--latency", "2000", "--listen", "any:4713",
                 "--listen", "any:4714,protocol=simple", "--guest", f"{wine.VM.format(1)},name=one,microphone=allow",
                 "--guest", "any")
    recorder = processes.spawn(["parec", *RAW, "/dev/null"], "parec", env=as_guest(hvsndd))
    until(lambda: "recording" in hvsndd.ctl("status")[1], 60, "parec records")
    clients = [player(hvsndd), recorder]
    with connect(hvsndd, 3, port=4714) as guest:
        guest.sendall(frames(1, 96000))
        until(lambda: len(server.streams()) == 2, 60, "two guests play")
        with connect(hvsndd, 4, port=4714) as ended:
            ended.sendall(frames(1, 96000))
        hvsndd.until_log("disconnected")
        assert f"{wine.VM.format(4)}: connections 1" in hvsndd.ctl("status")[1], "the closed stream has ended"
        os.kill(hvsndd.process.pid, signal.SIGINT)
        hvsndd.process.wait()
        guest.settimeout(60)
        with contextlib.suppress(ConnectionResetError):
            assert guest.recv(1) == b"", "the guest is not disconnected"
    for here in clients:
        assert here.ends_within(60), f"{here.command} goes on"


def test_ctl(hvsndd):
    """hvsndd ctl shows guests, opens and closes microphones, and its decisions outlast hvsndd.exe"""
    three, four = f"{wine.VM.format(3)},name=three", f"{wine.VM.format(4)},name=four,microphone=never"
    assert hvsndd.ctl("list")[0] == 3
    to_file(hvsndd, "--listen", "any:4713,direction=both", "--guest", three, "--guest", four)
    assert hvsndd.ctl("list") == (0, "four\nthree\n")
    with connect(hvsndd, 3) as guest:
        guest.settimeout(0.2)
        until(lambda: "three: connections 1, microphone closed, wants to record" in hvsndd.ctl("status", "three")[1],
              60, "the guest wants to record")
        with pytest.raises(TimeoutError):
            guest.recv(1)
        status, output = hvsndd.ctl("allow", "three")
        assert (status, "microphone allowed, recording" in output) == (0, True), output
        guest.settimeout(30)
        assert guest.recv(1) == b"\0"
        assert "microphone closed" in hvsndd.ctl("deny", "three")[1]
    status, output = hvsndd.ctl("allow", "four")
    assert (status, "this guest may never record" in output) == (1, True), output
    assert hvsndd.ctl("forget", "five")[0] == 1
    assert hvsndd.ctl("allow", "five")[0] == 0
    hvsndd.process.stop()
    assert "allow five\n" in (hvsndd.state / "microphones").read_text()
    assert "deny three\n" in (hvsndd.state / "microphones").read_text()
    to_file(hvsndd, "--guest", "any")
    assert "five: connections 0, microphone allowed" in hvsndd.ctl("status", "five")[1]
    assert "three: microphone allowed" in (hvsndd.state / "hvsndd.log").read_text()


def test_ctl_offline(hvsndd):
    """While no hvsndd.exe runs, decisions are saved for the next one"""
    state = ("--state-dir", wine.windows_path(hvsndd.state))
    status, output = hvsndd.ctl(*state, "allow", "three")
    assert (status, "three: allow was saved in" in output, "hvsndd does not run" in output) == (0, True, True), output
    assert hvsndd.ctl(*state, "allow", "four")[0] == 0
    assert hvsndd.ctl(*state, "forget", "four")[0] == 0
    status, output = hvsndd.ctl(*state, "forget", "four")
    assert (status, "no such guest" in output) == (1, True), output
    assert hvsndd.ctl(*state, "list")[0] == 3
    to_file(hvsndd)
    assert hvsndd.ctl("list") == (0, "three\n")
    assert "three: connections 0, microphone allowed" in hvsndd.ctl("status", "three")[1]


def test_second(hvsndd):
    """A second hvsndd.exe of the same user ends and says why"""
    to_file(hvsndd)
    status, output = hvsndd.run("--instance", hvsndd.base, "--listen", "any:4799", "--output", "null")
    assert (status, "another hvsndd runs. End it first" in output) == (1, True), output


def query(hvsndd, key):
    return hvsndd.run("query", key, program="reg")[1]


@pytest.fixture
def registry(hvsndd):
    """The registry without what a run that was interrupted has left in it"""
    for product in re.findall(r"(\{.+\})\|\|\|hvsndd", hvsndd.run("--list", program="uninstaller")[1]):
        hvsndd.run("/x", product, "/qn", program="msiexec")
    hvsndd.run("register", "--undo")
    hvsndd.run("autostart", "off")


@REGISTRY
def test_registry(hvsndd, registry):
    """register and autostart write and remove what Windows reads; doctor names what is missing"""
    services = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization\GuestCommunicationServices"
    run = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"
    guid = "00001269-facb-11e6-bd58-64006a7986d3"
    status, output = hvsndd.run("doctor")
    assert (status, "port 4713 is not registered" in output, "hvsndd does not run" in output) == (1, True, True), output
    assert hvsndd.run("register")[0] == 0
    assert "ElementName" in query(hvsndd, rf"{services}\{guid}")
    assert "ok       port 4713 is registered" in hvsndd.run("doctor")[1]
    assert hvsndd.run("register", "--undo")[0] == 0
    assert hvsndd.run("register", "--undo")[0] == 0
    assert "ElementName" not in query(hvsndd, rf"{services}\{guid}")
    assert hvsndd.run("autostart", "on", "--rate", "48000")[0] == 0
    assert re.search(r'hvsndd +REG_SZ +".*\\hvsnddw?.exe" serve --rate 48000', query(hvsndd, run))
    assert hvsndd.run("autostart", "off")[0] == 0
    assert "hvsndd" not in query(hvsndd, run)


@REGISTRY
def test_packages(hvsndd, folder, registry):
    """The MSI package installs the program, the service and the autostart, and removes them; zip and winget agree"""
    paths.run(paths.TOP / "packaging/windows/build.sh", folder, "https://example.org/x")
    version = (paths.TOP / "VERSION").read_text().strip()
    package = folder / f"hvsndd-{version}.msi"
    with zipfile.ZipFile(package.with_suffix(".zip")) as archive:
        assert {pathlib.Path(name).name for name in archive.namelist() if name[-1] != "/"} == \
            {"hvsndd.exe", "hvsnddw.exe", "README.txt", "COPYING.txt"}
    sums = dict(reversed(line.split()) for line in package.with_suffix(".sha256").read_text().splitlines())
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == found for name, found in sums.items())
    manifest = (folder / "winget/snd-hvsock.hvsndd.installer.yaml").read_text()
    assert sums[package.name].upper() in manifest and f"/x/{package.name}" in manifest and "@" not in manifest
    services = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization\GuestCommunicationServices"
    run = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run"
    program = pathlib.Path(hvsndd.env["WINEPREFIX"]) / "drive_c/Program Files/hvsndd/hvsndd.exe"
    path = wine.windows_path(package).replace("/", "\\")
    assert hvsndd.run("/i", path, "/qn", program="msiexec")[0] == 0
    assert f"hvsndd {version}" in hvsndd.run("--version", program=program)[1]
    assert "ElementName" in query(hvsndd, rf"{services}\00001269-facb-11e6-bd58-64006a7986d3")
    assert r'"C:\Program Files\hvsndd\hvsnddw.exe" serve' in query(hvsndd, run)
    assert hvsndd.run("/x", path, "/qn", program="msiexec")[0] == 0
    assert not program.exists() and "hvsndd" not in query(hvsndd, run)


def test_usage(hvsndd):
    """Wrong options end with status 2 and say what must be given"""
    for words, expected in ((["--listen", "four:4713"], "must be wsl:PORT, any:PORT or VMID:PORT"),
                            (["--output", "alsa"], "must be wasapi, file:DIR or null"),
                            (["--guest", "{x}"], "must be a VM id, a name, wsl or any"),
                            (["hello"], "must be an option")):
        status, output = hvsndd.run(*words)
        assert (status, expected in output) == (2, True), output
    assert hvsndd.run("--version")[0] == 0
    assert "usage: hvsndd" in hvsndd.run("--help")[1]
