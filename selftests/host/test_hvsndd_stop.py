# SPDX-License-Identifier: GPL-2.0
"""No guest: hvsndd ends while guests play and record. hvsndd is built with ASan and UBSan, which find what is used
after it was freed, and what is not freed.
"""

import os
import socket
import wave

import pytest
from hvsndd_daemon import Daemon
from rig.processes import Processes, until
from rig.pulse import Pulse

LIMIT_S = 60
LATENCY_MS = 2000       # so long plays a stream that is closed
FRAME_BYTES, RATE = 4, 48000
RAW = ("--raw", "--format=s16le", f"--rate={RATE}", "--channels=2")
# ALSA's plugin for PulseAudio plays in real time.
OUTPUTS = {"null": "null", "file": "file:{}/out", "alsa": "alsa:host", "pulse": "pulse"}
PLAYING = ("work", "raw", "called")


@pytest.fixture
def processes(tmp_path):
    started = Processes(tmp_path / "logs")
    yield started
    started.stop()


@pytest.fixture
def host(processes, tmp_path):
    server = Pulse(processes, tmp_path / "host")
    server.sink("main")
    (tmp_path / "asound.conf").write_text("</usr/share/alsa/alsa.conf>\n"
                                          f'pcm.host {{ type pulse server "{server.env["PULSE_SERVER"]}" }}\n')
    return server


def clients_of(processes, tmp_path, host):
    """Starts programs that play and record without end."""
    env = {**host.env, "PULSE_SERVER": f"unix:{tmp_path}/work"}
    return [processes.spawn(["pacat", *RAW, "/dev/zero"], env=env),
            processes.spawn(["parec", *RAW, "/dev/null"], env=env),
            processes.spawn(["socat", "-u", "/dev/zero", f"UNIX-CONNECT:{tmp_path}/raw"])]


def play_and_end(path):
    """A guest whose stream is closed and still plays"""
    with socket.socket(socket.AF_UNIX) as guest:
        guest.connect(str(path))
        guest.sendall(bytes(RATE * FRAME_BYTES * LATENCY_MS // 1000))


@pytest.mark.parametrize("output", OUTPUTS)
def test_stop(processes, tmp_path, host, output):
    """SIGTERM disconnects guests that play and record, stops what a closed stream still plays, and frees everything."""
    (tmp_path / "out").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "called"))
        listener.listen()
        listener.settimeout(LIMIT_S)
        simple = "protocol=simple"
        server = Daemon(processes, tmp_path, "-o", OUTPUTS[output].format(tmp_path), "--server",
                        host.env["PULSE_SERVER"], "--rate", str(RATE), "--latency", str(LATENCY_MS), "-g",
                        "work,microphone=allow", "-l", f"unix:{tmp_path}/work,name=work", "-l",
                        f"unix:{tmp_path}/raw,name=raw,{simple}", "-l", f"unix:{tmp_path}/ended,name=ended,{simple}",
                        "-c", f"unix:{tmp_path}/called,name=called,{simple}", "-c",
                        f"unix:{tmp_path}/none,name=away,{simple}",
                        environment={"ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")})
        called, _ = listener.accept()
        called.sendall(bytes(RATE * FRAME_BYTES))
        clients = clients_of(processes, tmp_path, host)
        until(lambda: all(server.guests().get(name, {"played_bytes": 0})["played_bytes"] for name in PLAYING), LIMIT_S,
              "all play")
        until(lambda: server.guests()["work"]["recording"], LIMIT_S, "a program records")
        play_and_end(tmp_path / "ended")
        server.until_said("ended: disconnected")
        # It holds its guest until it has played its queue.
        assert server.guests()["ended"]["connections"] == (output in ("alsa", "pulse"))
        server.stop()
        called.settimeout(LIMIT_S)
        assert called.recv(1) == b"", "the guest that hvsndd connected to is not disconnected"
        called.close()
    for client in clients:
        assert client.ends_within(LIMIT_S), f"{client.command} goes on:\n{client.output()}"
    assert not os.listdir(server.control)
    for path in (tmp_path / "out").glob("*.wav"):
        with wave.open(str(path)) as file:
            assert file.getnframes() * FRAME_BYTES + 44 == path.stat().st_size
    host.wait_streams(0)
