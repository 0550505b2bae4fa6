# SPDX-License-Identifier: GPL-2.0
"""No guest: how hvsndd finds the host's sound server, and what it says while there is none."""

import socket
import time

import pytest
from hvsndd_daemon import Daemon
from rig.processes import Processes, until
from rig.pulse import Pulse


@pytest.fixture
def processes(tmp_path):
    started = Processes(tmp_path / "logs")
    yield started
    started.stop()


def test_away(processes, tmp_path):
    """Raw sound without a server: that is said once, with what to do, and so is its coming and going"""
    server = Daemon(processes, tmp_path, "-p", "simple", "-o", "pulse", "--server", f"unix:{tmp_path}/host/control",
                    "-l", f"unix:{tmp_path}/s,name=work")
    away = f"no sound server answers at unix:{tmp_path}/host/control: "
    server.until_said(away)
    line, = [line for line in server.log().splitlines() if away in line]
    assert "Connection refused" in line and "dropped" in line and "--server" in line, line
    guest = socket.socket(socket.AF_UNIX)
    guest.connect(f"{tmp_path}/s")
    guest.setblocking(False)
    until(lambda: guest.send(bytes(1764)) and server.guests()["work"]["dropped_bytes"], 5, "sound is dropped")
    time.sleep(1.5)
    assert server.log().count(away) == 1, f"it repeats itself:\n{server.log()}"

    host = Pulse(processes, tmp_path / "host")
    server.until_said("connected with the host's sound server")
    host.kill()
    server.until_said("the host's sound server is gone: ")
    time.sleep(1.5)
    assert server.log().count(away) == 1 and server.log().count("is gone: ") == 1, server.log()
    host = Pulse(processes, tmp_path / "host2")
    server.stop()
    assert host.server.alive()
