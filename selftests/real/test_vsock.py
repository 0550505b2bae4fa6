# SPDX-License-Identifier: GPL-2.0
"""Real time, because the test needs virtio-vsock between a guest and servers on this machine, which a guest in
simulated time does not have. All audio data arrives in both directions, with PulseAudio's protocol and as raw PCM; a
host that is killed is found again; the host can be the side that connects; volumes pass in both directions.

Hosts have a second of audio data ahead, so a busy machine does not matter.
"""

import signal
import sys
import time

import pytest

from rig import paths
from rig.machine import LATENCY
from rig.ramp import Ramp

MACHINE = {"ports": (4713, 4715, 4716, 4717)}
pytestmark = pytest.mark.matrix
CALLED_PORT = 4720


@pytest.fixture(scope="module", autouse=True)
def cards(machine):
    machine.modprobe()
    machine.sh(f"hvsnd set HvSock {LATENCY} && hvsnd add raw protocol simple port 4715 {LATENCY} &&"
               f" hvsnd add qubes protocol qubes port 4716 {LATENCY} &&"
               f" hvsnd add called protocol simple role listen port {CALLED_PORT} {LATENCY}")


def test_play(machine, host):
    machine.plays(host)


def test_play_another_format(machine, host):
    """Frames of 15 bytes, which no packet and no page holds whole"""
    machine.plays(host, format="S24_3BE", rate=44100, channels=5)


def test_record(machine, host):
    machine.records(host)


def test_play_raw(machine, host, raw_pcm):
    machine.plays(host, rate=44100, card="raw")


def test_record_raw(machine, host, raw_pcm):
    machine.records(host, rate=44100, card="raw")


@pytest.fixture
def raw_pcm(machine, host):
    """Raw PCM to the host's default sink, and from its default source"""
    host.pactl("load-module", "module-simple-protocol-unix", f"socket={machine.socket(4715)}", "format=s16le",
               "rate=44100", "channels=2", "playback=1", "record=1")


def test_play_to_a_new_host(machine, new_host):
    """The host is killed and another one starts: what is played from then on arrives whole, to the end."""
    first = new_host()

    def disturb():
        first.kill()
        return new_host()

    machine.plays_through(first, disturb)


def test_record_from_a_new_host(machine, new_host):
    """The host is killed and another one starts: the recording goes on with what the new host delivers."""
    first = new_host()
    ramp, _ = machine.source(first)
    recorder = machine.record(ramp, 15)
    first.wait_streams(1, "source-outputs", seconds=60)
    first.kill()
    second = new_host()
    ramp, source = machine.source(second)
    second.wait_streams(1, "source-outputs", seconds=60)
    recorder.wait()
    source.stop()
    machine.check_recorded(ramp, 15, last_s=4)


def both_ways(machine, processes, card, *places):
    """Audio data arrives both ways at raw_host.py, which listens or connects at these places."""
    ramp = Ramp(rate=44100, seconds=3)
    source = Ramp(rate=44100, seconds=60)
    source.write(machine.folder / "source")
    folder = machine.folder / card
    raw_host = processes.spawn([sys.executable, paths.SELFTESTS / "vm/raw_host.py", "-m", machine.folder / "source",
                                folder, *places])
    machine.until((folder / "events").exists, 60, "raw_host.py runs")
    if ":" in str(places[0]):
        machine.until(lambda: " up " in (folder / "events").read_text(), 60, "the host is connected")
    machine.play(ramp, card).wait()
    machine.record(source, 3, card).wait()
    raw_host.stop()
    machine.check_played(ramp, folder / "sound")
    machine.check_recorded(source, 3)


def test_qubes(machine, processes):
    """A connection each way, on two ports"""
    both_ways(machine, processes, "qubes", machine.socket(4716), machine.socket(4717))


def test_host_connects(machine, processes):
    """The guest listens and the host connects in."""
    both_ways(machine, processes, "called", machine.door(CALLED_PORT))


def test_machine_stands_still(machine, host):
    """A program whose machine stands still for longer than the buffer lasts has an xrun at most, and plays on."""
    host.sink("main")
    player = machine.spawn("exec aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 --period-time=10000"
                           " --buffer-time=100000 /dev/zero")
    host.wait_streams(1, seconds=60)
    for _ in range(6):
        machine.qemu.signal(signal.SIGSTOP)
        time.sleep(1)
        machine.qemu.signal(signal.SIGCONT)
        machine.sh("sleep 0.3")
    assert player.alive(), f"the program has ended:\n{player.output()}"
    player.stop()


def test_volume(machine, host):
    machine.volumes_follow(host)


def test_unload(machine):
    """Without a stream the module can be removed."""
    machine.rmmod()
