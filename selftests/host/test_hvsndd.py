# SPDX-License-Identifier: GPL-2.0
"""No guest: hvsndd at UNIX sockets, with programs of this machine as guests, and a PulseAudio as the host's server.
hvsndd is built with ASan and UBSan.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import pytest

from rig import paths
from rig.processes import Processes, until
from rig.pulse import Pulse
from rig.ramp import Ramp

SANITIZED = paths.TOP / "user/hvsndd/build/asan/hvsndd"
PLAIN = paths.TOP / "user/hvsndd/hvsndd"
GUESTS_TOOL = paths.SELFTESTS / "hvsndd/build/guests"
# Memory that a library keeps on purpose is not a leak.
LSAN_OPTIONS = f"suppressions={paths.SELFTESTS}/hvsndd/lsan.supp:print_suppressions=0"
WAV_HEADER = 44
# Codes of protocol qubes that a guest sends
PLAY, STOP_PLAYING = 0x00020001, 0x00020000
RECORD, STOP_RECORDING = 0x00010001, 0x00010000
MANY = int(os.environ.get("GUESTS") or 64)
MANY_S = int(os.environ.get("SECONDS_LOAD") or 5)


@pytest.fixture
def folder():
    path = pathlib.Path(tempfile.mkdtemp(dir=paths.scratch_base(), prefix="hvsnd-host."))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def processes(folder):
    here = Processes(folder / "logs")
    yield here
    here.stop()


@pytest.fixture
def host(processes, folder):
    """PulseAudio with a sink of 48 kHz, the default one, and one of 44.1 kHz"""
    server = Pulse(processes, folder / "pulse")
    server.sink("qubes", rate=44100)
    server.sink("main")
    return server


class Daemon:
    """hvsndd, with the control sockets in the folder `control`."""

    def __init__(self, processes, folder):
        self.processes, self.folder = processes, folder
        self.control = folder / "control"
        self.process = None

    def start(self, *options, program=SANITIZED, before=(), env=()):
        """Starts hvsndd and waits until it answers. before: command line of a program that starts it."""
        self.program = program
        env = {**os.environ, "LSAN_OPTIONS": LSAN_OPTIONS, **dict(env)}
        self.process = self.processes.spawn(
            [*before, program, "--verbose", "--rate", "48000", "--server",
             f"unix:{self.folder}/pulse/control", "--control-dir", self.control, *options], "hvsndd", env=env)
        if not before:
            until(self.answers, 60, "hvsndd answers")

    def answers(self):
        assert self.process.alive(), f"hvsndd has ended:\n{self.process.output()}"
        return self.run("list").returncode == 0

    def run(self, *words):
        return subprocess.run([str(SANITIZED), "ctl", "--control-dir", str(self.control), *words],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              env={**os.environ, "LSAN_OPTIONS": LSAN_OPTIONS})

    def ctl(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, f"ctl {words}: {done.stdout}"
        return done.stdout

    def status(self, guest):
        return json.loads(self.ctl("-j", "status", guest))["guests"][0]

    def until_status(self, guest, key, value):
        until(lambda: self.status(guest)[key] == value, 60, f"{key} of {guest} is {value}")

    def command(self, guest, *pieces, wait_s=0.2):
        """Sends a command in these pieces to the guest's control socket, and returns the answer."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(f"{self.control}/audio-control.{guest}")
            for number, piece in enumerate(pieces):
                if number:
                    time.sleep(wait_s)
                control.sendall(piece)
            control.shutdown(socket.SHUT_WR)
            answer = b""
            # hvsndd does not read the rest of a line that is too long, which resets the connection after the answer.
            with contextlib.suppress(ConnectionResetError):
                while data := control.recv(4096):
                    answer += data
            return answer.decode()

    def stop(self):
        """Ends hvsndd as a user would: no socket is left, and no sanitizer has found anything."""
        assert self.process.alive(), f"hvsndd has ended by itself:\n{self.process.output()}"
        os.kill(self.process.pid, signal.SIGTERM)
        self.process.popen.wait(60)
        left = os.listdir(self.control) if self.control.exists() else []
        assert not left, f"hvsndd leaves {left}"
        self.check()
        self.process = None

    def check(self):
        found = [line for line in self.process.output().splitlines() if "ERROR: " in line or "runtime error" in line]
        assert not found, self.process.output()


@pytest.fixture
def hvsndd(processes, folder):
    """A Daemon, which is stopped at the end of the test."""
    here = Daemon(processes, folder)
    yield here
    if here.process:
        here.stop()


def connected(path):
    """A connection. A socket's file exists a moment before somebody listens at it."""
    def connect():
        guest = socket.socket(socket.AF_UNIX)
        try:
            guest.connect(str(path))
        except ConnectionRefusedError:
            guest.close()
            return None
        return guest
    return until(connect, 60, f"there is a listener at {path}")


def send(path, data):
    """Plays as a guest and disconnects. hvsndd receives at the speed at which it plays."""
    with connected(path) as guest:
        guest.sendall(data)


def code(number):
    return struct.pack("<I", number)


def check_wav(path, ramp, folder, *options):
    """The audio data of a WAV file, as much as its header says."""
    wav = path.read_bytes()
    size, = struct.unpack_from("<I", wav, WAV_HEADER - 4)
    (folder / "heard").write_bytes(wav[WAV_HEADER:WAV_HEADER + size])
    ramp.check(folder / "heard", *options)


def names(host, kind="sink-inputs"):
    return sorted(stream["properties"]["application.name"] for stream in host.streams(kind))


@pytest.mark.parametrize("arguments", [
    "--nonsense", "--listen nonsense", "--listen tcp:127.0.0.1:1", "--protocol opus", "--guest 3,microphone=yes",
    "--listen vsock:any:1,name=x", "--latency 0", "--protocol qubes --listen unix:/x", "word", "--cookie /dev/null",
    "--guest ../x", "ctl", "ctl allow", "ctl allow ../x", "ctl list x"])
def test_wrong_usage(arguments):
    """Wrong usage: one line, and exit status 2"""
    done = subprocess.run([str(SANITIZED), *arguments.split()], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, check=False)
    assert done.returncode == 2, f"exit status {done.returncode}, expected 2: {done.stderr}"
    assert len(done.stderr.splitlines()) == 1, f"not one line:\n{done.stderr}"


def test_exit_status(folder):
    """Exit status: 0 for help, 3 if no hvsndd runs, 1 if hvsndd cannot listen"""
    def status(*words):
        return subprocess.run([str(SANITIZED), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)

    assert "--listen" in status("--help").stdout
    assert status("ctl", "--control-dir", f"{folder}/nothing", "list").returncode == 3
    assert status("--listen", f"unix:{folder}/no/folder", "--control-dir", f"{folder}/control").returncode == 1


@pytest.mark.parametrize("protocol, keys, rate", [("simple", "name=work", 48000),
                                                  ("qubes", "name=work,direction=playback", 44100)])
def test_files(hvsndd, folder, protocol, keys, rate):
    """Output file: a WAV file for each connection, named after the guest, bit-exact."""
    hvsndd.start("-p", protocol, "-o", f"file:{folder}/wav", "-l", f"unix:{folder}/s,{keys}")
    ramp = Ramp(rate=rate, seconds=1)
    data = ramp.write(folder / "ramp").read_bytes()
    for name in ("work.wav", "work-2.wav"):
        send(folder / "s", data)
        hvsndd.until_status("work", "connections", 0)
        check_wav(folder / "wav" / name, ramp, folder)


def test_killed(hvsndd, folder):
    """After hvsndd was killed, the WAV file is valid, and its socket files do not prevent a new start."""
    options = ("-p", "simple", "-o", f"file:{folder}/wav", "-l", f"unix:{folder}/s,name=killed")
    hvsndd.start(*options)
    ramp = Ramp(seconds=10)
    guest = connected(folder / "s")
    guest.setblocking(False)
    data = memoryview(ramp.write(folder / "ramp").read_bytes())
    wav = folder / "wav/killed.wav"

    def sent():
        nonlocal data
        try:
            data = data[guest.send(data):]
        except BlockingIOError:
            pass
        return wav.exists() and wav.stat().st_size > 200000

    until(sent, 60, "a second is written")
    hvsndd.process.kill()
    check_wav(wav, ramp, folder, "-p")
    hvsndd.start(*options)


def test_alsa(hvsndd, folder):
    """Output alsa: ALSA's file plugin is the device."""
    (folder / "asound.conf").write_text(
        f'pcm.nowhere {{ type null }}\npcm.kept {{ type file slave.pcm "nowhere" file "{folder}/kept" format raw }}\n')
    hvsndd.start("-p", "simple", "-o", "alsa:kept", "-l", f"unix:{folder}/s,name=work",
                 env={"ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{folder}/asound.conf"})
    ramp = Ramp(seconds=2)
    send(folder / "s", ramp.write(folder / "ramp").read_bytes())
    hvsndd.until_status("work", "connections", 0)
    hvsndd.stop()
    ramp.check(folder / "kept")


def test_pulse(hvsndd, host, folder):
    """Output pulse: simple and qubes arrive at PulseAudio bit by bit."""
    hvsndd.start("-p", "simple", "-o", "pulse", "--drift", "ignore", "--latency", "1000",
                 "-l", f"unix:{folder}/s,name=work",
                 "-l", f"unix:{folder}/qp,name=vault,protocol=qubes,direction=playback")
    for door, sink, rate in (("s", "main", 48000), ("qp", "qubes", 44100)):
        ramp = Ramp(rate=rate, seconds=3)
        host.pactl("set-default-sink", sink)
        recording = host.record(sink, folder / "heard", latency_ms=500)
        send(folder / door, ramp.write(folder / "ramp").read_bytes())
        host.wait_streams(0, seconds=60)
        print(hvsndd.status("work"), hvsndd.status("vault"))
        ramp.check(recording.stop())


def test_two_guests(hvsndd, host, folder):
    """Two guests have two streams with their names."""
    hvsndd.start("-p", "simple", "-o", "pulse", "-l", f"unix:{folder}/a,name=work",
                 "-l", f"unix:{folder}/b,name=personal")
    data = Ramp(seconds=30).write(folder / "ramp").read_bytes()
    guests = {name: connected(folder / door) for name, door in (("work", "a"), ("personal", "b"))}
    for guest in guests.values():
        guest.setblocking(False)
        guest.send(data)
    until(lambda: names(host) == ["personal", "work"], 60, "the host has both streams")
    guests["work"].close()
    until(lambda: names(host) == ["personal"], 60, "the stream of the guest that is left")
    guests["personal"].close()
    host.wait_streams(0, seconds=60)


def test_qubes_codes(hvsndd, host, folder):
    """Codes cork and uncork the stream, also in parts; unknown codes change nothing."""
    hvsndd.start("-p", "qubes", "-o", "pulse", "-l", f"unix:{folder}/qp,name=vault,direction=playback",
                 "-l", f"unix:{folder}/qr,name=vault,direction=record")
    record, play = connected(folder / "qr"), connected(folder / "qp")
    data = Ramp(seconds=5).write(folder / "ramp").read_bytes()

    def corked(value):
        until(lambda: [stream["corked"] for stream in host.streams()] == [value], 60, f"corked is {value}")

    play.sendall(data[:100000])
    corked(False)
    record.sendall(code(0x00010004))
    record.sendall(code(STOP_PLAYING))
    corked(True)
    record.sendall(code(PLAY)[:2])
    time.sleep(0.2)
    assert [stream["corked"] for stream in host.streams()] == [True], "half a code has an effect"
    record.sendall(code(PLAY)[2:])
    corked(False)
    record.sendall(code(STOP_PLAYING))
    corked(True)
    play.sendall(data[:40000])
    corked(False)


def listen_to(guest, heard):
    """Receives until the end; appends the times of data that is not silent to heard."""
    def read():
        while True:
            try:
                data = guest.recv(65536)
            except OSError:
                return
            if not data:
                return
            if any(data):
                heard.append(time.monotonic())
    threading.Thread(target=read, daemon=True).start()


@pytest.mark.parametrize("protocol", ["qubes", "simple", "pulse"])
def test_microphone(hvsndd, host, folder, processes, protocol):
    """A guest receives nothing until its microphone is allowed, and nothing after it is denied."""
    keys = {"qubes": "protocol=qubes,direction=record", "simple": "protocol=simple,direction=record",
            "pulse": "protocol=pulse"}
    hvsndd.start("-o", "pulse", "-l", f"unix:{folder}/g,name=work,{keys[protocol]}")
    ramp = Ramp(seconds=60)
    ramp.write(folder / "tone")
    host.play("main", ramp, folder / "tone")
    heard = []
    if protocol == "pulse":
        client = subprocess.Popen(["parec", "--raw", "--format=s16le", "--rate=48000", "--channels=2"],
                                  env={**host.env, "PULSE_SERVER": f"unix:{folder}/g"}, stdout=subprocess.PIPE)
        guest = client.stdout
        guest.recv = lambda size: os.read(guest.fileno(), size)
    else:
        client, guest = None, connected(folder / "g")
        if protocol == "qubes":
            guest.sendall(code(0x00010004) + code(RECORD))
    try:
        listen_to(guest, heard)
        hvsndd.until_status("work", "wants_microphone", True)
        time.sleep(0.5)
        assert not hvsndd.status("work")["recording"] and not host.streams("source-outputs"), "it records unasked"
        assert not heard, "the guest hears before it is allowed"
        assert hvsndd.command("work", b"audio-input 1\n") == "ok: microphone allowed\n"
        hvsndd.until_status("work", "recording", True)
        until(lambda: heard, 60, "the guest hears")
        assert len(host.streams("source-outputs")) == 1, names(host, "source-outputs")
        hvsndd.ctl("deny", "work")
        host.wait_streams(0, "source-outputs", seconds=60)
        time.sleep(0.5)
        count = len(heard)
        time.sleep(1)
        assert len(heard) == count, "the guest hears after it is denied"
    finally:
        if client:
            client.kill()
            client.wait()
        else:
            guest.close()


def test_microphone_is_wanted(hvsndd, host, folder):
    """If the microphone is allowed, the host still records only while the guest wants to."""
    hvsndd.start("-p", "qubes", "-o", "pulse", "-g", "vault,microphone=allow",
                 "-l", f"unix:{folder}/qr,name=vault,direction=record")
    guest = connected(folder / "qr")
    hvsndd.until_status("vault", "connections", 1)
    time.sleep(0.5)
    assert not host.streams("source-outputs"), "it records before the guest wants it"
    guest.sendall(code(RECORD))
    hvsndd.until_status("vault", "recording", True)
    guest.sendall(code(STOP_RECORDING))
    hvsndd.until_status("vault", "recording", False)
    host.wait_streams(0, "source-outputs", seconds=60)


def test_control_lines(hvsndd, folder):
    """The control socket accepts its two commands and nothing else."""
    hvsndd.start("-p", "qubes", "-o", "null", "-l", f"unix:{folder}/qr,name=vault,direction=record")
    for line in (b"audio-input", b"", b"audio-input 1", b"audio-input 1\naudio-input 1\n", b"audio-input 1\n\n",
                 b"audio-input 2\n", b"audio-input  1\n", b" audio-input 1\n", b"AUDIO-INPUT 1\n", b"audio-input 1\r\n",
                 b"audio-input 11\n", b"audio-input 1\0\n", b"audio-input 1" + b" " * 2000 + b"\n", b"a"):
        answer = hvsndd.command("vault", line)
        assert answer.startswith("refused:") and answer.count("\n") == 1, f"{line[:40]}: answered {answer!r}"
        assert hvsndd.status("vault")["microphone"] == "closed", f"{line[:40]}: the microphone is open"
    assert hvsndd.command("vault", b"audio-in", b"put 1\n").startswith("ok:"), "a line in two pieces"
    assert hvsndd.status("vault")["microphone"] == "allowed"
    # A client that keeps its connection open also receives the answer.
    with connected(f"{hvsndd.control}/audio-control.vault") as control:
        control.sendall(b"audio-input 0\n")
        assert control.recv(4096).startswith(b"ok:")
    assert hvsndd.status("vault")["microphone"] == "closed"


def test_bus(hvsndd, folder, processes):
    """D-Bus: the property RecAllowed of each guest, and its signal, as in Qubes OS."""
    for name in ("dbus-daemon", "busctl"):
        if not shutil.which(name):
            pytest.skip(f"no {name}")
    bus = f"unix:path={folder}/bus"
    processes.spawn(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={bus}"])
    until((folder / "bus").exists, 60, "dbus-daemon listens")
    hvsndd.start("--bus", "user", "-p", "qubes", "-o", "null", "-l", f"unix:{folder}/a,name=work,direction=record",
                 "-l", f"unix:{folder}/b,name=2nd-vm,direction=record", env={"DBUS_SESSION_BUS_ADDRESS": bus})

    def property_of(guest, *value):
        return paths.run("busctl", f"--address={bus}", "set-property" if value else "get-property",
                         f"org.qubesos.Audio.{guest}", "/org/qubesos/audio", "org.qubesos.Audio", "RecAllowed", *value)

    monitor = processes.spawn(["busctl", f"--address={bus}", "monitor", "org.qubesos.Audio.work"], "signals")
    until(lambda: "Monitoring" in monitor.output(), 60, "busctl monitors")
    property_of("work", "b", "true")
    assert hvsndd.status("work")["microphone"] == "allowed"
    assert hvsndd.status("2nd-vm")["microphone"] == "closed"
    assert property_of("_2nd_vm") == "b false"
    hvsndd.ctl("allow", "2nd-vm")
    assert property_of("_2nd_vm") == "b true"
    until(lambda: "RecAllowedChanged" in monitor.output(), 60, "the signal comes")


def test_relay_rules(hvsndd, host, folder):
    """A client of the native protocol has streams with the guest's name, and no access to anything else."""
    hvsndd.start("-p", "pulse", "-l", f"unix:{folder}/g,name=work", "-l", f"unix:{folder}/n,name=mute",
                 "-g", "mute,playback=off,microphone=never")
    ramp = Ramp(seconds=4)
    ramp.write(folder / "ramp")
    recording = host.record("main", folder / "heard", latency_ms=500)

    def client(door, *words):
        return subprocess.run(list(map(str, words)), env={**host.env, "PULSE_SERVER": f"unix:{folder}/{door}"},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, check=False)

    player = subprocess.Popen(
        ["pacat", "-p", "--raw", "--latency-msec=1000", "--format=s16le", "--rate=48000", "--channels=2", "-n",
         "its own name", str(folder / "ramp")], env={**host.env, "PULSE_SERVER": f"unix:{folder}/g"})
    stream, = host.wait_streams(1, seconds=60)
    assert names(host) == ["work: its own name"]
    clients = [one["properties"].get("application.name") for one in host.list("clients")]
    assert "work: its own name" in clients, clients
    number = stream["index"]
    for words in ("load-module module-null-sink", "unload-module module-null-sink", "suspend-sink main 1",
                  "set-sink-volume main 10%", "set-sink-mute main 1", f"set-sink-input-volume {number} 10%",
                  f"set-sink-input-mute {number} 1", f"move-sink-input {number} qubes", "set-default-sink qubes",
                  "list clients", "list modules", "list sink-inputs", "exit"):
        assert client("g", "pactl", *words.split()).returncode, f"a guest may: {words}"
    assert "Default Sink: main" in client("g", "pactl", "info").stdout
    assert "main" in client("g", "pactl", "list", "short", "sinks").stdout
    assert player.wait(60) == 0
    host.wait_streams(0, seconds=60)
    ramp.check(recording.stop())
    for words in (("pacat", "-p", "--raw", folder / "ramp"), ("parec", "--raw", "/dev/null")):
        done = client("n", *words)
        assert done.returncode and "denied" in done.stdout, f"{words[0]} is not refused: {done.stdout}"


def test_limits(hvsndd, folder):
    """Connections beyond the limits of one guest, and of all, are refused."""
    hvsndd.start("-p", "simple", "-o", "null", "--max-guest-connections", "3", "--max-connections", "5",
                 "-l", f"unix:{folder}/a,name=work", "-l", f"unix:{folder}/b,name=two")
    guests = [connected(folder / "a") for _ in range(4)]
    until(lambda: "work: refused: too many connections of this guest" in hvsndd.process.output(), 60, "a guest's limit")
    assert hvsndd.status("work")["connections"] == 3
    guests += [connected(folder / "b") for _ in range(3)]
    until(lambda: "two: refused: too many connections" in hvsndd.process.output(), 60, "the limit of all")
    assert hvsndd.status("two")["connections"] == 2


def test_connects(hvsndd, folder):
    """hvsndd connects to a guest that listens, and connects again after the connection was closed."""
    hvsndd.start("-p", "simple", "-o", f"file:{folder}/wav", "-c", f"unix:{folder}/listening,name=listener")
    ramp = Ramp(seconds=1)
    data = ramp.write(folder / "ramp").read_bytes()
    for name in ("listener.wav", "listener-2.wav"):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / "listening"))
            listener.listen()
            listener.settimeout(60)
            with listener.accept()[0] as guest:
                guest.sendall(data)
        (folder / "listening").unlink()
        hvsndd.until_status("listener", "connections", 0)
        check_wav(folder / "wav" / name, ramp, folder)


def test_activated(hvsndd, folder):
    """systemd starts hvsndd with a socket whose name consists of keys."""
    if not shutil.which("systemd-socket-activate"):
        pytest.skip("no systemd-socket-activate")
    hvsndd.start("-o", f"file:{folder}/wav", before=[
        "systemd-socket-activate", "-E", "LSAN_OPTIONS", "-l", f"{folder}/activated",
        "--fdname=name=work,protocol=simple"])
    until((folder / "activated").exists, 60, "the socket is there")
    ramp = Ramp(seconds=1)
    send(folder / "activated", ramp.write(folder / "ramp").read_bytes())
    until(hvsndd.answers, 60, "hvsndd answers")
    hvsndd.until_status("work", "connections", 0)
    check_wav(folder / "wav/work.wav", ramp, folder)


def processor_seconds(pid):
    """What a process has used of the processors"""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.long
def test_many(hvsndd, host, folder):
    """All audio of many guests is played while one floods hvsndd, one sends nothing, and one sends garbage.

    The guests fail if they wait for long. Run this on a machine that does nothing else.
    """
    doors = [word for number in range(1, MANY + 1)
             for word in ("-l", f"unix:{folder}/m.{number},name=guest{number},protocol=simple")]
    # Without the sanitizers, whose costs must not count.
    hvsndd.start("-o", f"file:{folder}/wav", *doors, "-l", f"unix:{folder}/flood,name=flood,protocol=simple",
                 "-l", f"unix:{folder}/stalled,name=stalled,protocol=pulse",
                 "-l", f"unix:{folder}/garbage,name=garbage,protocol=pulse", program=PLAIN)
    ramp = Ramp(seconds=MANY_S)
    ramp.write(folder / "ramp")
    begun = processor_seconds(hvsndd.process.pid)
    paths.run(GUESTS_TOOL, "-n", MANY, "-f", folder / "flood", "-s", folder / "stalled", "-g", folder / "garbage",
              folder / "ramp", folder / "m")
    share = (processor_seconds(hvsndd.process.pid) - begun) / MANY_S
    resident, = re.findall(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{hvsndd.process.pid}/status").read_text())
    print(f"{MANY} guests for {MANY_S} s: hvsndd takes {share:.1%} of a processor, and {resident} kB of memory")
    for number in range(1, MANY + 1):
        hvsndd.until_status(f"guest{number}", "connections", 0)
        check_wav(folder / f"wav/guest{number}.wav", ramp, folder)


def test_server_restarts(hvsndd, host, folder, processes):
    """The host's server ends and another one starts while a guest plays: the guest is not disturbed."""
    hvsndd.start("-p", "simple", "-o", "pulse", "-l", f"unix:{folder}/s,name=work")
    data = Ramp(seconds=60).write(folder / "ramp").read_bytes()
    guest = connected(folder / "s")
    ended = threading.Event()

    def play():
        """Ten milliseconds at a time, each when it is due, until the test ends"""
        begin = time.monotonic()
        for number in range(0, len(data) // 1920):
            if ended.wait(max(0, begin + number / 100 - time.monotonic())):
                return
            guest.sendall(data[number * 1920:][:1920])

    player = threading.Thread(target=play)
    player.start()
    try:
        until(lambda: names(host) == ["work"], 60, "the host has the stream")
        host.stop()
        again = Pulse(processes, folder / "pulse")
        again.sink("main")
        until(lambda: names(again) == ["work"], 60, "the new server has the stream")
        assert player.is_alive(), "the guest's connection has failed"
    finally:
        ended.set()
        player.join()
        guest.close()
