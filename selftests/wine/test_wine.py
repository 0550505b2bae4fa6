# SPDX-License-Identifier: GPL-2.0
"""hvsndd.exe under Wine. Its object files are those of the product; AF_HYPERV is TCP on loopback (shim.c)."""

import itertools
import os
import pathlib
import shutil
import socket
import struct
import tempfile
import wave

import pytest

from rig import paths, wine
from rig.processes import Processes, until

pytestmark = [pytest.mark.wine, pytest.mark.long,
              pytest.mark.skipif(not wine.installed(), reason="no Wine: run make check-wine, which installs it")]

PORTS = itertools.count(20000 + os.getpid() % 20 * 1000, 50)


def frames(first, count):
    """Stereo S16 frames, each of which tells its number."""
    return b"".join(struct.pack("<hh", n % 30011, -(n % 30011)) for n in range(first, first + count))


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
    return wine.Hvsndd(processes, folder, next(PORTS))


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
    if not path.exists():
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
