# SPDX-License-Identifier: GPL-2.0
"""Under Wine, which make check-wine installs. Real time, with the distribution's signed hv_sock.ko between the card and
hvsndd.exe under Wine, whose AF_HYPERV is TCP on loopback: audio data in both directions through WASAPI, volume and mute
in both directions, and a device that is lost and back while the guest plays.
"""

import array

import pytest

from rig import paths, wine
from rig.machine import LATENCY, SWITCH, VOLUME
from rig.pulse import Pulse
from rig.ramp import Ramp

MACHINE = {"transport": "hyperv"}
pytestmark = [pytest.mark.wine, pytest.mark.long,
              pytest.mark.skipif(not wine.installed(), reason="no Wine: run make check-wine, which installs it")]
GUEST = 3


@pytest.fixture(scope="module", autouse=True)
def cards(machine):
    paths.run("make", "-s", "-C", paths.SELFTESTS / "wine")
    machine.modprobe()
    machine.sh(f"hvsnd set HvSock {LATENCY}")


@pytest.fixture
def hvsndd(processes, machine):
    """hvsndd.exe; connections of the machine's CID 2 and port 4713 are those of guest 3."""
    folder = machine.folder / f"wine{next(machine.names)}"
    folder.mkdir()
    here = wine.Hvsndd(processes, folder)
    host, port = here.address(4713)
    machine.socket(4713).unlink(missing_ok=True)
    processes.spawn(["socat", f"UNIX-LISTEN:{machine.socket(4713)},fork",
                     f"TCP:{host}:{port},bind=127.0.0.{GUEST}"], "socat")
    return here


def start(hvsndd):
    hvsndd.start("--listen", "any:4713", "--guest", f"{wine.VM.format(GUEST)},name=debian,microphone=allow")


def integers(path, frames):
    """Writes frames of floats as S16."""
    path.write_bytes(array.array("h", (round(value * 32768) for frame in frames for value in frame)).tobytes())
    return path


def test_plays(machine, hvsndd):
    start(hvsndd)
    ramp = Ramp(rate=48000, seconds=5)
    machine.play(ramp).wait()
    machine.until(lambda: not hvsndd.sessions(), 60, "all is played")
    played, = hvsndd.played_frames()
    found = machine.check_played(ramp, integers(hvsndd.folder / "heard", played))
    assert found["frames"] == ramp.frames - found["missing"]


def test_records(machine, hvsndd):
    ramp = Ramp(rate=48000, seconds=60)
    ramp.write(machine.folder / "source")
    samples = array.array("h", (machine.folder / "source").read_bytes())
    recorded = hvsndd.folder / "recorded"
    recorded.write_bytes(array.array("f", (value / 32768 for value in samples)).tobytes())
    hvsndd.devices(recorded)
    start(hvsndd)
    machine.record(ramp, 3).wait()
    machine.check_recorded(ramp, 3)


def test_volume(machine, hvsndd):
    """Volume and mute pass from the guest to its session in Windows' mixer, and back"""
    start(hvsndd)
    player = machine.spawn("exec aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 /dev/zero")
    assert hvsndd.session().gain == 1
    machine.controls(f"cset {VOLUME} 40")
    machine.until(lambda: abs(hvsndd.session().gain - 0.4 ** 3) < 0.002, 60, "the session has the guest's volume")
    machine.controls(f"cset {SWITCH} off")
    machine.until(lambda: hvsndd.session().mute, 60, "the session has the guest's mute")
    hvsndd.mixer(f"set {hvsndd.session().number} {0.7 ** 3} 0")
    machine.until(lambda: ": values=70," in machine.controls(f"cget {VOLUME}"), 60, "the guest has the user's volume")
    machine.until(lambda: ": values=on" in machine.controls(f"cget {SWITCH}"), 60, "the guest has the user's mute")
    machine.controls("sset 'Hardware Master' 100%")
    player.stop()


def test_device_is_lost(machine, hvsndd, processes):
    """The audio service ends and starts again while the guest plays: the guest plays on, to the end"""
    folder = hvsndd.folder / "pulse"

    def service():
        server = Pulse(processes, folder)
        server.sink("main")
        return server

    server = service()
    hvsndd.env["PULSE_SERVER"] = server.env["PULSE_SERVER"]
    start(hvsndd)
    ramp = Ramp(rate=48000, seconds=15)
    player = machine.play(ramp)
    machine.until(lambda: server.streams(), 60, "the guest plays")
    server.kill()
    hvsndd.until_log("the audio device failed")
    server = service()
    recording = server.record("main", machine.folder / "heard", latency_ms=500)
    hvsndd.until_log("the audio device is back")
    player.wait()
    (machine.folder / "recorded").write_bytes(recording.stop().read_bytes())
    ramp.write(machine.folder / "source")
    machine.check_pieces(ramp)
