# SPDX-License-Identifier: GPL-2.0
"""An unmodified PulseAudio server, as the host of a card. Used in guests and on this machine."""

import json
import os
import pathlib
import shlex
import socket
import subprocess

from . import ramp
from .processes import shell, until


class Pulse:
    """A PulseAudio server of the test's own, in a folder of its own.

    processes: what starts programs. folder: its home. doors: protocol modules by which the card
    comes in, each a string of module name and arguments. log_level: PulseAudio's. preload: a library
    that the server runs with.
    """

    last_socket = "cli"     # once this one exists, the server is worth asking

    def __init__(self, processes, folder, doors=(), log_level="info", preload=None):
        self.processes = processes
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sinks = {}
        self.others = []
        self.env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self.folder),
                    "XDG_RUNTIME_DIR": str(self.folder),
                    "PULSE_SERVER": f"unix:{self.folder}/control"}
        self.server = self.start(doors, log_level, preload)
        until(self.ready, 60, "the host's audio server answers")

    def start(self, doors, log_level, preload):
        """Starts the server; returns its process."""
        command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
                   "--disable-shm", "--realtime=no", "--high-priority=no", "--log-target=stderr",
                   f"--log-level={log_level}",
                   "-L", f"module-native-protocol-unix socket={self.folder}/control auth-anonymous=1",
                   "-L", f"module-cli-protocol-unix socket={self.folder}/cli"]
        for door in doors:
            command += ["-L", door]
        env = {**self.env, "LD_PRELOAD": preload} if preload else self.env
        return self.processes.spawn(command, "pulseaudio", env=env)

    def ready(self):
        assert self.server.alive(), f"the host's audio server has ended:\n{self.server.output()}"
        return os.path.exists(f"{self.folder}/{self.last_socket}") and \
            subprocess.run(["pactl", "info"], env=self.env, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False).returncode == 0

    def stop(self):
        """Ends the server and the processes that connect to it."""
        self.end(self.server.stop)

    def kill(self):
        """Kills the server, as a crash would."""
        self.end(self.server.kill)

    def end(self, how):
        how()
        for process in self.others:
            process.stop()
        for name in ("control", "cli"):
            (self.folder / name).unlink(missing_ok=True)

    def pactl(self, *words):
        """Output of pactl with these arguments. Fails if pactl fails."""
        return shell(shlex.join(["pactl", *map(str, words)]), env=self.env).strip()

    def cli(self, command):
        """Output of a command of pacmd(1), which has more commands than pactl and is 50 times as fast."""
        with socket.socket(socket.AF_UNIX) as cli:
            cli.connect(f"{self.folder}/cli")
            cli.sendall(f"{command}\n".encode())
            cli.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: cli.recv(65536), b"")).decode(errors="replace")

    def configure(self, command):
        """Runs a command that must print nothing."""
        output = self.cli(command)
        assert not output.strip(), f"{command}: {output}"

    def list(self, kind):
        """Objects of a kind (sink-inputs, source-outputs, sinks, clients ...) in PulseAudio's JSON."""
        return json.loads(self.pactl("-f", "json", "list", kind) or "[]")

    def streams(self, kind="sink-inputs"):
        """The streams of a kind, without the recordings of this class."""
        return [stream for stream in self.list(kind)
                if stream["properties"].get("media.name") != "hvsnd-test"]

    def wait_streams(self, count, kind="sink-inputs", seconds=5):
        """Waits until there are this many streams and returns them."""
        def as_many():
            found = self.streams(kind)
            return (found,) if len(found) == count else None
        return until(as_many, seconds, f"the host has {count} {kind}")[0]

    def sink(self, name, format="S16_LE", rate=48000, channels=2, default=True, options="norewinds=1",
             channel_map=None):
        """Adds a null sink with these properties. It does not rewind: a monitor does not get rewritten data."""
        channel_map = channel_map or ramp.channel_map(channels)
        self.configure(f"load-module module-null-sink sink_name={name} "
                       f"format={ramp.PULSE_FORMATS[format]} rate={rate} channels={channels} "
                       f"channel_map={channel_map} sink_properties=device.description={name} {options}")
        self.sinks[name] = (ramp.PULSE_FORMATS[format], rate, channels, channel_map)
        if default:
            self.configure(f"set-default-sink {name}\nset-default-source {name}.monitor")
        return name

    def record(self, sink, path, latency_ms=20):
        """Starts to record what a sink plays, bit by bit, into a file; returns when the recording runs."""
        return Recording(self, sink, path, latency_ms)

    def play(self, sink, sound, path, latency_ms=200, channel_map=None):
        """Plays a raw file of this format (a Ramp) to a sink, bit by bit."""
        return self.processes.spawn(
            ["pacat", "--playback", "--raw", "--no-remap", "--no-remix", "-d", sink,
             f"--latency-msec={latency_ms}", f"--format={ramp.PULSE_FORMATS[sound.format]}",
             f"--rate={sound.rate}", f"--channels={sound.channels}", "--stream-name=hvsnd-test",
             f"--channel-map={channel_map or ramp.channel_map(sound.channels)}", str(path)], "pacat", env=self.env)


class Recording:
    """The recording of a sink, in the file `path`."""

    def __init__(self, server, sink, path, latency_ms):
        format, rate, channels, channel_map = server.sinks[sink]
        self.path = pathlib.Path(path)
        self.path.write_bytes(b"")
        sample = {"u8": 1, "alaw": 1, "ulaw": 1}.get(format) or \
            (2 if "16" in format else 3 if format.startswith("s24") and "32" not in format else 4)
        self.bytes_per_second = rate * channels * sample
        self.process = server.processes.spawn(
            ["parec", "-d", f"{sink}.monitor", "--raw", f"--format={format}", f"--rate={rate}",
             f"--channels={channels}", f"--channel-map={channel_map}", "--no-remix", "--no-remap",
             f"--latency-msec={latency_ms}", "--stream-name=hvsnd-test", str(path)], "parec",
            env=server.env)
        until(lambda: self.path.stat().st_size, 10, f"the recording of {sink} begins")

    def stop(self, more_s=0.5):
        """Records for more_s seconds, so that the last audio data arrives, and ends."""
        size = self.path.stat().st_size + self.bytes_per_second * more_s
        until(lambda: self.path.stat().st_size >= size, 10 + more_s, "the recording goes on")
        self.process.stop()
        return self.path
