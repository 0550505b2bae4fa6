# SPDX-License-Identifier: GPL-2.0
"""hvsndd as the audio server of a card, in the place of pulse.Pulse. Used in guests.

It has one sink and one source. Each stream that plays is a file, in the stream's own format. Each stream that records
gets the file of play() from its beginning. With ALSA's loopback as the device, the source delivers what play() plays.
"""

import json
import os
import pathlib
import shlex
import shutil
import socket
import struct
import time

from .processes import shell, until

WAV_HEADER = 44
COOKIE_SIZE = 256
# PulseAudio's commands: those that pactl does not have, or that must be quick
AUTH, KILL_SINK_INPUT, KILL_SOURCE_OUTPUT, SUSPEND_SINK, SUSPEND_SOURCE = 8, 49, 50, 70, 71
KILL = {"kill-sink-input": KILL_SINK_INPUT, "kill-source-output": KILL_SOURCE_OUTPUT}
ALL = 0xffffffff
QUIET_S = 0.5           # without new data, after which nothing more is expected
# What is recorded goes into hw:Loopback,0,1. What is played comes out of hw:Loopback,1,0.
ASOUND = """
</usr/share/alsa/alsa.conf>
pcm.native {
    type asym
    playback.pcm "hw:Loopback,0,0"
    capture.pcm "hw:Loopback,1,1"
}
"""


class Native:
    """The interface of pulse.Pulse that tests of the card use.

    port: vsock port for the card, or None. connect: vsock port of a card that listens. loopback: the device is ALSA's
    loopback. microphone: allow or ask. options: more of hvsndd's.
    """

    def __init__(self, processes, folder, port=4713, connect=None, loopback=False, microphone="allow", options=()):
        self.processes = processes
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.out = self.folder / "out"
        self.loopback = loopback
        self.others = []
        self.env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self.folder),
                    "XDG_RUNTIME_DIR": str(self.folder), "PULSE_SERVER": f"unix:{self.folder}/control"}
        env = dict(os.environ)
        if loopback:
            shell("modprobe snd-aloop")
            (self.folder / "asound.conf").write_text(ASOUND)
            env["ALSA_CONFIG_PATH"] = str(self.folder / "asound.conf")
        doors = ["-l", f"vsock:any:{port}"] if port else []
        doors += ["-c", f"vsock:1:{connect}"] if connect else []
        for name in ("control", "card"):
            doors += ["-l", f"unix:{self.folder}/{name},name=card"]
        self.command = ["hvsndd", "--verbose", "-o", "alsa:native" if loopback else f"file:{self.out}",
                        "--rate", "48000", "-g", f"1,name=card,microphone={microphone}", *doors,
                        "--max-guest-connections", "200", "--control-dir", f"{self.folder}/ctl", *options]
        self.server = processes.spawn(self.command, "hvsndd", env=env)
        until(lambda: os.path.exists(f"{self.folder}/ctl/control"), 10, "hvsndd listens")

    def stop(self):
        self.end(self.server.stop)

    def kill(self):
        """Kills hvsndd, as a crash would."""
        self.end(self.server.kill)

    def end(self, how):
        how()
        for process in self.others:
            process.stop()

    def ctl(self, words):
        return shell(f"hvsndd ctl --control-dir {self.folder}/ctl {words}")

    def status(self):
        return json.loads(self.ctl("-j status card"))["guests"][0]

    def pactl(self, *words):
        """Output of pactl with these arguments. Fails if pactl fails."""
        return shell(shlex.join(["pactl", *map(str, words)]), env=self.env).strip()

    def list(self, kind):
        return json.loads(self.pactl("-f", "json", "list", kind) or "[]")

    def streams(self, kind="sink-inputs"):
        return self.list(kind)

    def wait_streams(self, count, kind="sink-inputs", seconds=5):
        """Waits until there are this many streams and returns them."""
        def as_many():
            found = self.streams(kind)
            return (found,) if len(found) == count else None
        return until(as_many, seconds, f"the host has {count} {kind}")[0]

    def sink(self, name, *_, **__):
        """The name; there is one sink, which takes any format."""
        return name

    def configure(self, _command):
        """Nothing: there are no modules, and one sink."""

    def cli(self, command):
        """Output of one of PulseAudio's own commands: list-KIND, or one that pactl has as well."""
        name, *arguments = command.split()
        if name in KILL:
            return self.tell([(KILL[name], int(arguments[0]))])
        if name == "suspend-sink":
            # PulseAudio's monitor goes with its sink.
            return self.tell([(command, ALL, None, arguments[-1] == "1") for command in (SUSPEND_SINK, SUSPEND_SOURCE)])
        if name == "move-sink-input":
            arguments[-1] = "hvsndd"
        if not name.startswith("list-"):
            return self.pactl(name, *arguments)
        lines = []
        for stream in self.list(name.removeprefix("list-")):
            volumes = ", ".join(f"{channel}: {volume['value_percent']}" for channel, volume in stream["volume"].items())
            muted = "yes" if stream["mute"] else "no"
            lines += [f"\tchannel map: {stream['channel_map']}", f"\tvolume: {volumes}", f"\tmuted: {muted}"]
        return "\n".join([*lines, ""])

    def tell(self, commands):
        """Sends commands and their values, each of which hvsndd must answer without an error."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{self.folder}/control")
            for values in ((AUTH, 32, bytes(COOKIE_SIZE)), *commands):
                body = b"".join(map(tagged, (values[0], 0, *values[1:])))
                client.sendall(len(body).to_bytes(4, "big") + b"\xff" * 4 + bytes(12) + body)
                size = int.from_bytes(client.recv(20, socket.MSG_WAITALL)[:4], "big")
                reply = client.recv(size, socket.MSG_WAITALL)
                assert reply.startswith(tagged(2)), f"the reply to {values} is {reply}"

    def record(self, _sink, path, **_options):
        """What is played from now on; stop() writes it to this path."""
        return Recording(self, path)

    def play(self, _sink, sound, path, **_options):
        """The source delivers a raw file of this format, until stop() of what this returns."""
        if self.loopback:
            return self.processes.spawn(f"exec aplay -q -D hw:Loopback,0,1 {sound.alsa} {path}", "aplay")
        return Source(self.out, path)

    def files(self):
        """The files of the streams, in the order of their beginning."""
        return sorted(self.out.glob("*.wav"), key=lambda path: (len(path.name), path.name)) if self.out.exists() else []


def tagged(value):
    """A value in the encoding of PulseAudio's protocol"""
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"1" if value else b"0"
    if isinstance(value, bytes):
        return b"x" + len(value).to_bytes(4, "big") + value
    return b"L" + value.to_bytes(4, "big")


class Source:
    """What each stream that begins records, from the beginning of the file `path`"""

    def __init__(self, folder, path):
        folder.mkdir(exist_ok=True)
        self.path = folder / "microphone.raw"
        shutil.copy(path, self.path)

    def stop(self):
        self.path.unlink(missing_ok=True)


class Recording:
    """What is played, in the file `path` after stop()."""

    def __init__(self, host, path):
        self.host = host
        self.path = pathlib.Path(path)
        self.process = host.server
        self.before = set(host.files())

    def stop(self, more_s=QUIET_S):
        size = -1
        while (now := sum(path.stat().st_size for path in self.host.files())) != size:
            size = now
            time.sleep(max(more_s, QUIET_S))
        files = [path.read_bytes() for path in self.host.files() if path not in self.before]
        # A device goes on with silence.
        after = silence(files[-1][:WAV_HEADER]) if files else b""
        self.path.write_bytes(b"".join(data[WAV_HEADER:] for data in files) + after)
        return self.path


def silence(header):
    """Half a second of silence in the format of a WAV file"""
    tag, _channels, _rate, per_second, _frame, bits = struct.unpack_from("<HHIIHH", header, 20)
    value = {6: 0xd5, 7: 0xff}.get(tag, 0x80 if bits == 8 else 0)
    return bytes([value]) * (per_second // 2)
