# SPDX-License-Identifier: GPL-2.0
"""No guest: how hvsndd connects to a guest with protocol=pulse. Guest and server are UNIX sockets of the test.

sim/test_role_listen.py plays and records in this way.
"""

import contextlib
import socket
import struct
import time

import pytest
from hvsndd_daemon import Daemon
from rig.processes import Processes, until

# The head of a guest's first message, whose rest does not come
MESSAGE = struct.pack(">5I", 100, 0xffffffff, 0, 0, 0)
NONE_S = 1.5        # so long nothing may come; longer than hvsndd's shortest pause


class Door:
    """A UNIX socket that hvsndd connects to."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()

    def accept(self, seconds=20):
        self.listener.settimeout(seconds)
        return self.listener.accept()[0]

    def is_left_alone(self):
        with contextlib.suppress(TimeoutError):
            self.accept(NONE_S).close()
            return False
        return True


@pytest.fixture
def hvsndd(tmp_path):
    processes = Processes(tmp_path / "logs")
    yield lambda *options: Daemon(processes, tmp_path, "-c", f"unix:{tmp_path}/guest,name=work",
                                  "--server", f"unix:{tmp_path}/server", *options)
    processes.stop()


def has_ended(link):
    link.settimeout(20)
    return link.recv(1) == b""


def test_keeps_one_ready(hvsndd, tmp_path):
    """One connection is ready, and the server has none of it; the guest's first bytes bring the next."""
    guest, server = Door(tmp_path / "guest"), Door(tmp_path / "server")
    daemon = hvsndd()
    links = [guest.accept()]
    assert guest.is_left_alone(), "there is more than one unused connection"
    assert server.is_left_alone(), "the server has a connection that the guest does not use"
    for _ in range(3):
        links[-1].sendall(MESSAGE)
        links.append(guest.accept())
        client = server.accept()
        until(lambda: daemon.guests()["work"]["connections"] == 2, 20, "one is used, one is ready")
        client.close()
        assert has_ended(links[-2]), "the server's end is not the end of the guest's connection"
        until(lambda: daemon.guests()["work"]["connections"] == 1, 20, "the used one is closed")
    assert guest.is_left_alone(), "a connection that was used is replaced once more"
    # The guest closes the unused connection: its module was unloaded, or it sleeps.
    links[-1].close()
    link = guest.accept()
    link.sendall(MESSAGE)
    client = server.accept()
    daemon.stop()
    client.close()


def test_all_in_use(hvsndd, tmp_path):
    """As many connections as the guest uses at once, and one more"""
    guest, server = Door(tmp_path / "guest"), Door(tmp_path / "server")
    daemon = hvsndd()
    links = [guest.accept()]
    clients = []
    for _ in range(10):
        links[-1].sendall(MESSAGE)
        clients.append(server.accept())
        links.append(guest.accept())
    assert guest.is_left_alone() and daemon.guests()["work"]["connections"] == 11
    daemon.stop()


def test_no_server(hvsndd, tmp_path):
    """Without a server, the connection that the guest uses is closed, and another one is ready."""
    guest = Door(tmp_path / "guest")
    daemon = hvsndd()
    link = guest.accept()
    assert not daemon.log().count("sound server"), daemon.log()
    link.sendall(MESSAGE)
    assert has_ended(link)
    daemon.until_said("work: disconnected: the host's sound server")
    link = guest.accept()
    assert guest.is_left_alone()
    daemon.stop()
    link.close()


def test_guest_is_away(hvsndd, tmp_path):
    """The log says once that the guest is away, and once that it is there."""
    daemon = hvsndd()
    away = f"unix:{tmp_path}/guest: cannot connect to the guest: "
    there = f"unix:{tmp_path}/guest: connected to the guest"
    daemon.until_said(away)
    time.sleep(2)
    # --verbose has a line for each attempt, after 0, 0.5, 1 and 2 s ...
    assert daemon.log().count(away) <= 4, daemon.log()
    guest = Door(tmp_path / "guest")
    link = guest.accept()
    daemon.until_said(there)
    assert daemon.log().count(there) == 1
    daemon.stop()
    link.close()


def test_ends_while_connected(hvsndd, tmp_path):
    """hvsndd ends while it is connected to a guest, of each protocol: no timer is set that exists no longer."""
    guest, raw = Door(tmp_path / "guest"), Door(tmp_path / "raw")
    daemon = hvsndd("-o", "null", "-c", f"unix:{tmp_path}/raw,name=raw,protocol=simple")
    links = [guest.accept(), raw.accept()]
    until(lambda: daemon.guests().keys() == {"work", "raw"}, 20, "both are connected")
    daemon.stop()
    for link in links:
        link.close()
