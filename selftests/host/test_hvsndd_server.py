# SPDX-License-Identifier: GPL-2.0
"""No guest: how hvsndd finds the host's sound server, and its messages while there is none."""

import os
import pathlib
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
    """Raw audio without a server: one message with the remedy, one when the server appears, one when it is lost"""
    server = Daemon(processes, tmp_path, "-p", "simple", "-o", "pulse", "--server",
                    f"unix:{tmp_path}/host/control",
                    "-l", f"unix:{tmp_path}/s,name=work")
    away = f"no sound server at unix:{tmp_path}/host/control: "
    server.until_said(away)
    line, = [line for line in server.log().splitlines() if away in line]
    assert "Connection refused" in line and "discarded" in line and "--server" in line, line
    guest = socket.socket(socket.AF_UNIX)
    guest.connect(f"{tmp_path}/s")
    guest.setblocking(False)
    until(lambda: guest.send(bytes(1764)) and server.guests()["work"]["dropped_bytes"], 5,
          "sound is dropped")
    assert server.guests()["work"]["played_bytes"] == 0, "what was dropped counts as played"
    time.sleep(1.5)
    assert server.log().count(away) == 1, f"it repeats itself:\n{server.log()}"

    host = Pulse(processes, tmp_path / "host")
    server.until_said("connected to the sound server")
    host.kill()
    server.until_said("lost the connection to the sound server: ")
    time.sleep(1.5)
    assert server.log().count(away) == 1 and server.log().count("lost the connection") == 1, server.log()
    host = Pulse(processes, tmp_path / "host2")
    server.stop()
    assert host.server.alive()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_addresses(processes, tmp_path):
    """--server and PULSE_SERVER have the syntax of PulseAudio's clients; cookies are found where clients find them."""
    port = free_port()
    cookie = tmp_path / "cookie"
    cookie.write_bytes(os.urandom(256))
    host = Pulse(processes, tmp_path / "host",
                 [f"module-native-protocol-tcp port={port} listen=127.0.0.1 auth-cookie={cookie}"])
    unix = f"{tmp_path}/host/control"
    tcp = f"tcp:127.0.0.1:{port}"
    dead = f"unix:{tmp_path}/none tcp:127.0.0.1:{free_port()}"
    machine = pathlib.Path("/etc/machine-id").read_text().strip() if os.path.exists("/etc/machine-id") \
        else socket.gethostname()
    (tmp_path / "config/pulse").mkdir(parents=True)
    (tmp_path / "config/pulse/cookie").write_bytes(cookie.read_bytes())
    cases = [
        (["--server", unix], {}),
        (["--server", f"{{{machine}}}unix:{unix}"], {}),
        (["--server", f"{{elsewhere}}tcp:192.0.2.1 {dead} unix:{unix}"], {}),
        ([], {"PULSE_SERVER": f"unix:{unix}"}),
        (["--server", tcp, "--cookie", str(cookie)], {}),
        (["--server", f"{dead} {tcp}"], {"PULSE_COOKIE": str(cookie)}),
        ([], {"PULSE_SERVER": f"127.0.0.1:{port}", "XDG_CONFIG_HOME": f"{tmp_path}/config"}),
        (["--server", f"tcp4:localhost:{port}"], {"XDG_CONFIG_HOME": f"{tmp_path}/config"}),
    ]
    for number, (options, environment) in enumerate(cases):
        for output in ("relay", "raw"):
            folder = tmp_path / f"{number}{output}"
            place = f"unix:{folder}/g,name=work" + (",protocol=simple" if output == "raw" else "")
            server = Daemon(processes, folder, *options, "-l", place, environment=environment)
            if output == "raw":
                server.until_said("connected to the sound server")
            else:
                processes.spawn(["pactl", "info"], env={**host.env,
                                                        "PULSE_SERVER": f"unix:{folder}/g"}).wait()
            server.stop()


def test_refused(processes, tmp_path):
    """Errors are printed at once, with a remedy"""
    server = Daemon(processes, tmp_path, start=False)
    for words, status, expected in [
            (["-o", "file"], 2, "output 'file' must be pulse, alsa, alsa:DEVICE, file:DIR or null"),
            (["-o", "file:"], 2, "output 'file:' must be"),
            (["-o", "null:x"], 2, "output 'null:x' must be"),
            (["-o", "opus"], 2, "output 'opus' must be"),
            (["--server", "{elsewhere}unix:/x"], 2, "has no server of this machine"),
            (["--server", "unix:"], 2, "unix: must be followed by a path"),
            (["--server", "tcp:"], 2, "must be HOST or HOST:PORT"),
            (["-c", "4713"], 2, "must be the address of one guest: vsock:CID:PORT"),
            (["-p", "simple", "-l", f"unix:{tmp_path}/s", "-o", f"file:{tmp_path}/no/wav"], 1,
             f"output file: the directory {tmp_path}/no/wav cannot be used: No such file or directory. "
             f"Create it: mkdir -p {tmp_path}/no/wav"),
            (["-l", f"unix:{tmp_path}/no/s"], 1, f"Create it: mkdir -p {tmp_path}/no"),
            (["-l", f"unix:{tmp_path}/s", "--bus", "user"], 1,
             "the user's D-Bus cannot be reached: "),
            (["-l", f"unix:{tmp_path}/s", "--control-dir", f"{tmp_path}/".ljust(79, "d"), "-g", "g" * 47], 1,
             "cannot be opened: File name too long. Choose another directory with --control-dir")]:
        found, _, error = server.run(*server.folders(), *words)
        assert found == status and expected in error, (words, found, error)
        assert len(error.splitlines()) == 1, error
    server.env["PULSE_COOKIE"] = f"{tmp_path}/none"
    found, _, error = server.run(*server.folders(), "-l", f"unix:{tmp_path}/s")
    assert found == 2 and f"PULSE_COOKIE '{tmp_path}/none' must be a file of 256 bytes" in error, error


def test_command_names(processes, tmp_path):
    """A refused command has a name in the log"""
    host = Pulse(processes, tmp_path / "host")
    server = Daemon(processes, tmp_path, "--server", f"{tmp_path}/host/control", "-l",
                    f"unix:{tmp_path}/g,name=work")
    env = {**host.env, "PULSE_SERVER": f"unix:{tmp_path}/g"}
    processes.spawn(["pactl", "list", "short", "modules"], env=env).wait(status=None)
    server.until_said("work: refused: the guest may not send PulseAudio's command GET_MODULE_INFO_LIST (26)")
    processes.spawn(["pactl", "set-default-sink", "x"], env=env).wait(status=None)
    server.until_said("command SET_DEFAULT_SINK (44)")
    server.stop()
