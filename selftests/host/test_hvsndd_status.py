# SPDX-License-Identifier: GPL-2.0
"""No guest: hvsndd ctl status counts the audio data of a guest that uses PulseAudio's protocol, and nothing else."""

import os

import pytest
from hvsndd_daemon import Daemon
from rig.processes import Processes, until
from rig.pulse import Pulse

PLAYED = 48000 * 4


@pytest.fixture
def processes(tmp_path):
    started = Processes(tmp_path / "logs")
    yield started
    started.stop()


def test_counts(processes, tmp_path):
    """No byte of the protocol is counted, and every byte of audio"""
    host = Pulse(processes, tmp_path / "host")
    host.sink("main")
    server = Daemon(processes, tmp_path, "--server", f"unix:{tmp_path}/host/control", "-l",
                    f"unix:{tmp_path}/g,name=work")
    env = {**host.env, "PULSE_SERVER": f"unix:{tmp_path}/g"}
    sound = "--raw --format=s16le --rate=48000 --channels=2".split()

    def counts():
        guest = server.guests()["work"]
        return guest["played_bytes"], guest["recorded_bytes"]

    assert processes.spawn(["pactl", "list", "sinks"], env=env).wait()
    assert counts() == (0, 0), "after pactl list sinks"
    (tmp_path / "sound").write_bytes(bytes(PLAYED))
    processes.spawn(["pacat", "--playback", *sound, tmp_path / "sound"], env=env).wait()
    assert counts() == (PLAYED, 0), "after pacat"

    recording = processes.spawn(["parec", *sound, "--latency-msec=20", tmp_path / "recorded"],
                                env=env)
    until(lambda: server.guests()["work"]["wants_microphone"], 5, "the guest wants the microphone")
    assert counts() == (PLAYED, 0), "with the microphone closed"
    assert "recorded 0" in server.do("status", "work")
    server.do("allow", "work")
    until(lambda: counts()[1] > 40000, 5, "sound is recorded")
    played, recorded = counts()
    until(lambda: os.path.getsize(tmp_path / "recorded") >= recorded, 5,
          f"{recorded} bytes have arrived")
    recording.stop()
    until(lambda: server.guests()["work"]["connections"] == 0, 5, "the guest is gone")
    played, recorded = counts()
    size = os.path.getsize(tmp_path / "recorded")
    assert played == PLAYED and size <= recorded < size + 48000, \
        f"{recorded} bytes recorded, {size} in the file"
    server.stop()
