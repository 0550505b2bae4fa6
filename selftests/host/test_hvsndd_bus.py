# SPDX-License-Identifier: GPL-2.0
"""No guest: messages of hvsndd when D-Bus refuses the name of a guest, on a bus that the test starts."""

import shutil

import pytest
from hvsndd_daemon import Daemon
from rig.processes import Processes, until

POLICY = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen>
<policy context="default"><allow send_destination="*"/><allow
eavesdrop="true"/>{own}</policy></busconfig>
"""


@pytest.fixture
def processes(tmp_path):
    started = Processes(tmp_path / "logs")
    yield started
    started.stop()


@pytest.mark.skipif(not shutil.which("dbus-daemon"), reason="dbus-daemon is not installed")
@pytest.mark.parametrize("own, expected", [
    ("", "no name on D-Bus: "),
    ('<allow own="*"/>', "no name on D-Bus: another program owns the name. Stop the other hvsndd"),
])
def test_refused(processes, tmp_path, own, expected):
    path = tmp_path / "bus"
    (tmp_path / "bus.conf").write_text(POLICY.format(path=path, own=own))
    processes.spawn(["dbus-daemon", f"--config-file={tmp_path}/bus.conf", "--nofork",
                     "--nopidfile"])
    until(path.exists, 10, "the bus is there")
    environment = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}
    servers = []
    for name in ("first", "second") if own else ("only",):
        servers.append(Daemon(processes, tmp_path / name, "--bus", "user", "-p", "qubes", "-o",
                              "null", "-l",
                              f"unix:{tmp_path}/{name}/s,name=work,direction=record",
                              environment=environment))
    servers[-1].until_said(expected)
    if not own:
        assert '<allow own_prefix="org.qubesos.Audio"/>' in servers[0].log(), servers[0].log()
    for server in servers:
        server.stop()
