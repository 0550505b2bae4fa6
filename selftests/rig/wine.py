# SPDX-License-Identifier: GPL-2.0
"""Programs for Windows, under Wine. The Wine prefix is kept in the cache."""

import array
import functools
import itertools
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import typing

from . import paths
from .processes import until

# No installers of .NET and Gecko, no menus, no debugger
QUIET = {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=d;winedbg.exe=d"}
VM = "{:08x}-0000-0000-0000-000000000000"
GUEST_PORTS = 50        # selftests/wine/shim.c
MIXER_PORT = 49         # selftests/wine/mixer.c


def installed():
    return shutil.which("wine") is not None and shutil.which("x86_64-w64-mingw32-gcc") is not None


def version():
    return paths.run("wine", "--version", stderr=subprocess.DEVNULL)


def environment(prefix, **more):
    """Variables for a program under Wine. There is no display."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(prefix), "WINEPREFIX": str(prefix / "prefix"),
            **QUIET, **{name: str(value) for name, value in more.items()}}


def prefix():
    """Folder with a Wine prefix. Wine's sound driver is winepulse if a server answers, winealsa otherwise."""
    def make(folder):
        env = environment(folder)
        for command in ("wine wineboot -i", "wineserver -w"):
            subprocess.run(command.split(), env=env, check=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
    return paths.cached("wine", paths.digest(version(), "2"), make)


@functools.cache
def own_ports():
    """First of 3000 TCP ports that no other process of these tests uses, below those that Linux gives to clients; and
    what holds them.
    """
    for first in range(10000, 31000, 3000):
        lock = socket.socket()
        try:
            lock.bind(("127.0.0.1", first + 2999))
            return first, lock
        except OSError:
            lock.close()
    raise AssertionError("no TCP ports from 10000 to 30999 are free: too many of these tests run at once")


# Others for each test, because Linux keeps the port of a closed connection for a minute
BASES = itertools.cycle(range(0, 2000, 50))


def windows_path(path):
    return f"Z:{path}"


class Session(typing.NamedTuple):
    """An entry in the volume mixer of hvsndd.exe"""
    number: int
    gain: float
    mute: bool
    buffer_frames: int
    name: str


class Hvsndd:
    """hvsndd.exe, whose AF_HYPERV is TCP on this machine, from the port `base` on.

    Guest N is 127.0.0.N and has the VM id VM.format(N).
    """

    def __init__(self, processes, folder, **env):
        self.processes, self.folder = processes, pathlib.Path(folder)
        self.base = own_ports()[0] + next(BASES)
        self.env = environment(prefix(), HVSNDD_SHIM=self.base, WSL_VM_ID=windows_path(self.folder / "wsl"),
                               ALSA_CONFIG_PATH=self.folder / "asound.conf",
                               PULSE_SERVER=f"unix:{self.folder}/none", **env)
        self.devices()
        self.program = self.folder / "hvsndd.exe"
        for name in ("hvsndd.exe", "wsl.exe", "wslhost.exe"):
            shutil.copy(paths.SELFTESTS / "wine/build" / name, self.folder / name)
        self.state = self.folder / "state"
        self.process = None

    def devices(self, recorded=None):
        """Each PCM that is opened writes what it plays to a file of its own, and records the file `recorded`."""
        infile = f'infile "{recorded}"' if recorded else ""
        (self.folder / "asound.conf").write_text(
            "</usr/share/alsa/alsa.conf>\n"
            f"""pcm.!default {{ type file slave.pcm "null" file "|cat >{self.folder}/played.$$" {infile} format "raw" }}
""")

    def played(self):
        """What each PCM has played: stereo frames without those of silence, and the number of those."""
        both = self.played_frames()
        return [(kept, len(frames) - len(kept))
                for frames in both if (kept := [frame for frame in frames if frame != (0, 0)])]

    def played_frames(self):
        """What each PCM has played, as stereo frames of floats"""
        found = []
        for path in sorted(self.folder.glob("played.*"), key=lambda path: path.stat().st_ctime):
            data = path.read_bytes()
            samples = array.array("f")
            samples.frombytes(data[:len(data) // 8 * 8])
            found.append(list(zip(samples[::2], samples[1::2])))
        return found

    def mixer(self, line="list"):
        """What the mixer (selftests/wine/mixer.c) answers. It runs from the first stream on."""
        try:
            with socket.create_connection(("127.0.0.1", self.base + MIXER_PORT)) as mixer:
                mixer.sendall(f"{line}\n".encode())
                return mixer.makefile().read()
        except ConnectionRefusedError:
            return ""

    def sessions(self):
        found = [line.split(" ", 4) for line in self.mixer().splitlines()]
        return [Session(int(number), float(gain), mute == "1", int(frames), name)
                for number, gain, mute, frames, name in found]

    def session(self):
        """The only session, as soon as there is one"""
        return until(self.sessions, 60, "there is a session")[0]

    def start(self, *options, waits_for="serves guests"):
        self.process = self.processes.spawn(
            ["wine", self.program, "--verbose", "--state-dir", windows_path(self.state), "--instance", self.base,
             *options], "hvsndd",
            env=self.env)
        if waits_for:
            self.until_log(waits_for)

    def log(self):
        return self.process.output()

    def until_log(self, text, count=1):
        def found():
            assert self.process.alive(), f"hvsndd.exe has ended:\n{self.log()}"
            return self.log().count(text) >= count
        until(found, 60, f"hvsndd.exe logs '{text}'")

    def run(self, *words, program=None):
        """Exit status and output of hvsndd.exe with these words."""
        # Not a pipe: if this is the first program of the prefix, Wine's services inherit its end, and outlast it.
        with tempfile.TemporaryFile("w+", dir=self.folder) as output:
            done = subprocess.run(["wine", program or self.program, *map(str, words)], env=self.env,
                                  stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=120,
                                  check=False)
            output.seek(0)
            # Wine itself may print a hint first.
            return done.returncode, output.read().replace("\r", "")

    def ctl(self, *words):
        return self.run("ctl", "--instance", self.base, *words)

    def spawn(self, name, *words):
        return self.processes.spawn(["wine", self.folder / name, *words], name, env=self.env)

    def address(self, port, vm=0):
        """TCP address at which hvsndd.exe listens for the wildcard (0) or for guest N."""
        return "127.0.0.1", self.base + 100 * vm + port % 100

    def guest_address(self, port, guest):
        """TCP address at which guest N listens."""
        return "127.0.0.1", self.base + GUEST_PORTS + 100 * guest + port % 100
