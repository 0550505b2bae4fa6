# SPDX-License-Identifier: GPL-2.0
"""No guest: hvsnd cat and relay at UNIX sockets, with their modes, owners and abstract names.

What listens at a vsock is in sim/test_addresses.py.
"""

import os
import pathlib
import socket
import stat
import subprocess
import threading

import pytest
from rig import paths
from rig.processes import Processes, until

HVSND = paths.TOP / "user/hvsnd/hvsnd"


@pytest.fixture
def processes(tmp_path):
    started = Processes(tmp_path / "logs")
    yield started
    started.stop()


@pytest.fixture
def echo(tmp_path):
    """Path of a socket where one connection gets back in capitals what it sends."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(f"{tmp_path}/echo")
    server.listen()

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(connection.recv(100).upper())
    threading.Thread(target=serve, daemon=True).start()
    yield f"{tmp_path}/echo"
    server.close()


def hvsnd(*words):
    """Exit status and what is said."""
    done = subprocess.run([HVSND, *map(str, words)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
    return done.returncode, done.stdout.strip()


def through(name):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(name)
        client.sendall(b"sound")
        return client.recv(100)


def relay(processes, listens, *words):
    """Starts a relay; returns when it listens at a path, or an abstract name (\\0...)."""
    process = processes.spawn([HVSND, "relay", *words], "relay")

    def there():
        assert process.alive(), process.output()
        names = [line.split()[-1]
                 for line in pathlib.Path("/proc/net/unix").read_text().splitlines()]
        return listens.replace("\0", "@") in names
    until(there, 5, f"the relay listens at {listens!r}")
    return process


def test_abstract(processes, echo, tmp_path):
    name = f"{tmp_path.name}-{os.getpid()}"
    process = relay(processes, f"\0{name}", f"unix:@{name}", f"unix:{echo}")
    assert through(f"\0{name}") == b"SOUND"
    status, said = hvsnd("relay", f"unix:@{name}", f"unix:{echo}")
    assert status == 1 and "another program listens there" in said, said
    second = relay(processes, f"{tmp_path}/a", f"{tmp_path}/a", f"unix:@{name}")
    assert through(f"{tmp_path}/a") == b"SOUND"
    second.stop()
    process.stop()
    # A name that begins so is no file.
    assert not [path for path in os.listdir(".") if path.startswith("@")]


def test_access(processes, echo, tmp_path):
    """The mode and owner are there from the first moment on that one can connect"""
    path = f"{tmp_path}/X5"
    for mode in ("600", "777", "0660"):
        process = relay(processes, path, "--mode", mode, f"unix:{path}", f"unix:{echo}")
        found = os.stat(path)
        assert stat.S_IMODE(found.st_mode) == int(mode, 8), f"mode {found.st_mode:o}, not {mode}"
        assert through(path) == b"SOUND"
        process.stop()
        assert not os.path.exists(path), "the relay left its socket"
    if os.getuid() == 0:
        process = relay(processes, path, "-m", "600", "-o", "nobody:daemon", path, f"unix:{echo}")
        found = os.stat(path)
        assert (found.st_uid, found.st_gid) == (65534, 1), f"owner {found.st_uid}:{found.st_gid}"
        process.stop()
        process = relay(processes, path, "-o", "1234", path, f"unix:{echo}")
        assert os.stat(path).st_uid == 1234
        process.stop()
    for words, reason in [
            (["--mode", "8", path], "'8' is no mode: must be octal, as 660"),
            (["--mode", "1777", path], "is no mode"),
            (["--owner", "no such", path],
             "'no such' is no owner: must be USER, USER:GROUP or :GROUP"),
            (["--mode", "600", "unix:@x"], "has no mode and no owner"),
            (["--mode", "600", "4713"], "has no mode and no owner")]:
        status, said = hvsnd("relay", *words, f"unix:{echo}")
        assert status == 2 and reason in said, (words, said)


def test_hints(tmp_path):
    """What is wrong, and the command that helps"""
    missing = tmp_path / "no/folder"
    for words in (["relay", f"{missing}/x", "4713"], ["cat", "-l", f"unix:{missing}/x"]):
        status, said = hvsnd(*words)
        assert status in (1, 3) and said == \
            f"hvsnd: unix:{missing}/x: the directory does not exist (No such file or directory). " \
            f"Create it: mkdir -p {missing}", said
    status, said = hvsnd("cat", f"unix:{tmp_path}/x")
    assert status == 3 and "no such socket" in said, said
    (tmp_path / "file").write_text("")
    status, said = hvsnd("relay", f"{tmp_path}/file", "4713")
    assert status == 1 and "there is a file that is not a socket" in said, said
    for address in ("vsock:any:4713", "VSOCK-LISTEN:4713"):
        status, said = hvsnd("cat", address)
        assert status == 3 and "any CID is for listening" in said, said
