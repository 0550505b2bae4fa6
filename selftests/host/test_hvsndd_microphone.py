# SPDX-License-Identifier: GPL-2.0
"""No guest: the decisions of hvsndd ctl allow and deny are saved, also for guests that have not connected yet.

Guests are programs at UNIX sockets; user/tests/test_guest.c tests CIDs.
"""

import socket

import pytest
from hvsndd_daemon import Daemon
from rig.processes import Processes, until


@pytest.fixture
def processes(tmp_path):
    started = Processes(tmp_path / "logs")
    yield started
    started.stop()


def daemon(processes, tmp_path, *options, **more):
    return Daemon(processes, tmp_path, "-p", "qubes", "-o", "null", "-l",
                  f"unix:{tmp_path}/record,name=work,direction=record", *options, **more)


def connect(tmp_path):
    guest = socket.socket(socket.AF_UNIX)
    guest.connect(f"{tmp_path}/record")
    return guest


def microphones(server):
    return {name: guest["microphone"] for name, guest in server.guests().items()}


def test_lasts(processes, tmp_path):
    """Decisions about new guests, by CID and by name, last over connections and restarts until they change"""
    server = daemon(processes, tmp_path)
    server.do("allow", "work")
    server.do("allow", "vm3")
    server.do("allow", "4")
    server.do("deny", "vm5")
    expected = {"work": "allowed", "vm3": "allowed", "vm4": "allowed", "vm5": "closed"}
    assert microphones(server) == expected
    # A CID denotes the guest with its name.
    assert server.do("status", "3").startswith("vm3: ")
    assert microphones(server) == expected, "to look at a guest made one"
    with connect(tmp_path):
        until(lambda: server.guests()["work"]["connections"] == 1, 5, "the guest is there")
    until(lambda: server.guests()["work"]["connections"] == 0, 5, "the guest is gone")
    assert microphones(server) == expected, "after a connection has ended"
    server.stop()
    server.start()
    assert microphones(server) == expected, "after a restart"
    server.do("deny", "4")
    server.do("forget", "vm3")
    server.process.kill()
    server.start()
    assert microphones(server) == {"work": "allowed", "vm4": "closed",
                                   "vm5": "closed"}, "after a crash"
    # microphone=never on the command line takes precedence; its name denotes the same guest.
    server.stop()
    server.options += ("-g", "work,microphone=never", "-g", "4,name=games", "-g",
                       "5,microphone=allow")
    server.start()
    assert microphones(server) == {"work": "never", "games": "closed", "vm5": "closed"}
    status, _, error = server.ctl("allow", "work")
    assert status == 1 and "microphone=never" in error, error
    server.stop()


def test_file(processes, tmp_path):
    """Format of the state file, and messages if it cannot be read or written, or if there is none"""
    server = daemon(processes, tmp_path, state="new/state")
    server.do("allow", "vm3")
    state = tmp_path / "new/state/microphones"
    assert [line for line in state.read_text().splitlines()
            if not line.startswith("#")] == ["allow vm3"]
    server.stop()
    state.write_text("# by hand\nallow a/b\nfrown x\n\ndeny vm4\nallow\n")
    server.start()
    assert microphones(server) == {"work": "closed", "vm4": "closed"}
    for line in (2, 3, 6):
        assert f"{state}:{line}: " in server.log(), server.log()
    server.stop()

    server.state = tmp_path / "microphones"
    server.state.write_text("in the way")
    server.process.kill()
    status, output, error = server.run("--control-dir", server.control, "--state-dir", server.state)
    assert status == 1 and f"{server.state}/microphones: Not a directory" in error, (status, error)
    server.state.unlink()
    server.start()
    server.state.write_text("in the way")
    status, _, error = server.ctl("allow", "vm7")
    assert status == 1 and f"{server.state}/microphones cannot be written: " in error and \
        "--state-dir" in error, (status, error)
    assert microphones(server)["vm7"] == "allowed", "it holds while hvsndd runs"
    server.state.unlink()
    server.stop()

    # An hvsndd with another control directory does not use the default file.
    server.state = None
    server.start()
    status, _, error = server.ctl("allow", "vm8")
    assert status == 0 and "holds until hvsndd ends" in error, (status, error)
    server.stop()


def test_away(processes, tmp_path):
    """While hvsndd does not run (systemd starts it for the first guest), hvsndd ctl writes the file"""
    server = daemon(processes, tmp_path, start=False)
    assert "does not run" in server.do("allow", "vm3")
    server.do("allow", "work")
    server.do("deny", "work")
    server.start()
    assert microphones(server) == {"work": "closed", "vm3": "allowed"}
    server.stop()


def test_other_ways(processes, tmp_path):
    """A decision by the guest's socket lasts until hvsndd ends, but a denial also changes a saved permission"""
    def tell(line):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(f"{tmp_path}/control/audio-control.work")
            control.sendall(line)
            assert control.recv(100).startswith(b"ok: ")

    server = daemon(processes, tmp_path)
    tell(b"audio-input 1\n")
    assert microphones(server)["work"] == "allowed"
    server.stop()
    server.start()
    assert microphones(server)["work"] == "closed", "the socket's decision outlived hvsndd"
    server.do("allow", "work")
    tell(b"audio-input 0\n")
    server.stop()
    server.start()
    assert microphones(server)["work"] == "closed", "a denial was forgotten"
    server.stop()
