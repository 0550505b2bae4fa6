# SPDX-License-Identifier: GPL-2.0
"""Simulated time: the module plays to and records from hvsndd, which serves PulseAudio's protocol itself.

There is no PulseAudio. Times are compared to milliseconds, and rates to some ppm.
"""

import os

import pytest

from rig import ktap
from rig.native import WAV_HEADER, Native
from rig.ramp import Ramp
from rig.streams import Streams, case

RATE = 48000
DELAY_LIMIT_MS = 5
NEVER = ("reconnects", "resyncs", "dropped", "inserted", "underflows", "overflows", "xruns")
WHOLE = {"aplay's own periods": "", "2.5 ms periods": "--period-time=2500 --buffer-time=40000"}


def job_files():
    """Called outside the guest: hvsndd"""
    from rig import paths
    return {"bin/hvsndd": paths.TOP / "user/hvsndd/hvsndd"}


def start(guest, **options):
    guest.modprobe()
    return Native(guest.processes, "/tmp/host", **options)


def test_ramp(guest):
    """Each frame of 5 s arrives at the output, in order."""
    host = start(guest)
    streams = Streams(guest)
    for name, options in WHOLE.items():
        with case(name):
            ramp = Ramp(seconds=2 if options else 5)
            ramp.write("/tmp/sent")
            recording = host.record(None, "/tmp/heard")
            guest.sh(f"aplay -q -D hw:HvSock {ramp.alsa} {options} /tmp/sent")
            ramp.check(recording.stop())
            streams.faultless()


def playback_status(card):
    """Application pointer and delay of the card's first playback substream, in frames"""
    with open(f"/proc/asound/{card}/pcm0p/sub0/status") as file:
        words = {name.strip(): value for name, value in (line.split(":", 1) for line in file if ":" in line)}
    return int(words["appl_ptr"]), int(words["delay"])


def test_delay(guest):
    """The application pointer minus the delay is what the output has played.

    The file grows at the moment at which the clock of the output passes the data.
    """
    host = start(guest)
    ramp = Ramp(seconds=4)
    ramp.write("/tmp/sent")
    recording = host.record(None, "/tmp/heard")
    player = guest.spawn(f"exec aplay -q -D hw:HvSock --period-time=10000 {ramp.alsa} /tmp/sent", "aplay")
    guest.until(host.files, 5, "the output plays")
    file, = host.files()
    began, size, errors = guest.now(), 0, []
    while guest.now() - began < 3:
        guest.sleep(0.0005)
        grown = file.stat().st_size
        if grown == size:
            continue
        size = grown
        appl, delay = playback_status("HvSock")
        played = (size - WAV_HEADER) / ramp.frame_bytes
        errors.append((appl - delay - played) / RATE * 1e3)
    player.wait(10)
    # The module begins with silence, which the delay does not count.
    lead_ms = ramp.check(recording.stop())["lead"] / RATE * 1e3
    settled = [error + lead_ms for error in errors[len(errors) // 4:]]
    print(f"{len(settled)} samples: {min(settled):.2f} to {max(settled):.2f} ms")
    assert len(settled) > 20, f"{len(errors)} samples"
    assert all(abs(error) <= DELAY_LIMIT_MS for error in settled), settled


@pytest.mark.long
def test_volume(guest):
    """The card's volume changes the stream's, and the stream's the card's. Long: others test the parts."""
    host = start(guest)
    guest.spawn("exec aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 /dev/zero", "aplay")
    stream, = host.wait_streams(1)
    index = stream["index"]
    guest.controls("-q sset 'Hardware Master' 50%")
    guest.until(lambda: "[50%]" in guest.controls("sget 'Hardware Master'"), 2, "the card has the volume")
    stream, = host.streams()
    assert stream["volume"]["front-left"]["value_percent"] == "50%", stream
    host.pactl("set-sink-input-volume", index, "20%")
    host.pactl("set-sink-input-mute", index, 1)
    guest.until(lambda: "[20%]" in (text := guest.controls("sget 'Hardware Master'")) and "[off]" in text, 2,
                "the card has the volume and the mute of the stream")
    guest.controls("-q sset 'Hardware Master' on")
    guest.until(lambda: not host.streams()[0]["mute"], 2, "the stream is not mute")


@pytest.mark.long
def test_microphone(guest):
    """A program records silence until the microphone is allowed, then what the device delivers. Long: likewise."""
    host = start(guest, loopback=True, microphone="ask")
    source = Ramp(seconds=9)
    source.write("/tmp/source")
    host.play(None, source, "/tmp/source")
    recorder = guest.spawn(f"exec arecord -q -D hw:HvSock {source.alsa} -d 4 /tmp/recorded", "arecord")
    guest.sleep(1)
    status = host.status()
    assert status["wants_microphone"] and not status["recording"] and not status["recorded_bytes"], status
    host.ctl("allow card")
    recorder.wait(20)
    assert host.status()["recorded_bytes"]
    with open("/tmp/recorded", "rb") as file:
        data = file.read()
    with open("/tmp/allowed", "wb") as file:
        file.write(data[2 * RATE * source.frame_bytes:])
    source.check("/tmp/allowed", "-p")


@pytest.mark.long
def test_alsa(guest):
    """An ALSA device plays each frame of the card, and of a program that ends right after its DRAIN. Long: likewise."""
    host = start(guest, loopback=True)
    ramp = Ramp(seconds=2)
    ramp.write("/tmp/sent")
    streams = Streams(guest)
    for name, player in (("the card", ["aplay", "-q", "-D", "hw:HvSock", *ramp.alsa.split()]),
                         ("pacat", ["pacat", "--playback", "--raw", "--rate=48000", "--channels=2"])):
        with case(name):
            recorder = guest.spawn(f"exec arecord -q -D hw:Loopback,1,0 {ramp.alsa} -d 4 /tmp/heard", "arecord")
            guest.processes.spawn([*player, "/tmp/sent"], player[0], env=host.env).wait(10)
            recorder.wait(10)
            ramp.check("/tmp/heard")
    streams.faultless()


@pytest.mark.long
@pytest.mark.simulated(limit_s=150)
@pytest.mark.parametrize("ppm", [300, -300])
def test_rate(guest, ppm):
    """The card's position follows a device whose clock is 300 ppm off, and no frame is lost. Long: 40 s of audio."""
    host = start(guest, loopback=True)
    # In units of 10 ppm of the length of a period
    guest.sh("amixer -q -c Loopback cset iface=PCM,device=1,subdevice=0,name='PCM Rate Shift 100000'"
             f" {100000 - ppm // 10}")
    ramp = Ramp(seconds=40)
    ramp.write("/tmp/sent")
    recorder = guest.spawn(f"exec arecord -q -D hw:Loopback,1,0 {ramp.alsa} -d 44 /tmp/heard", "arecord")
    position = guest.spawn(["position", "-d", ramp.seconds + 1, "-m", 10, "-p", 40, "-w", 10, "-s", ppm, "-t", 20,
                            "-i", 10, "-f", "/tmp/sent", "-o", os.devnull])
    guest.sleep(ramp.seconds - 1)
    stream, = guest.stats()["cards"][0]["stream-list"]
    print(position.wait())
    ktap.check(position.output())
    recorder.wait(20)
    ramp.check("/tmp/heard")
    lost = {name: stream["stats"][name] for name in NEVER if stream["stats"][name]}
    assert not lost, f"the stream had {lost}, and nothing of these is expected"
    assert not host.status()["underruns"]


class Listening:
    """A card that listens, hvsndd connected to it, and programs that play on it at once"""

    def __init__(self, guest, count, seconds):
        self.guest, self.count, self.ramp = guest, count, Ramp(seconds=seconds)
        self.ramp.write("/tmp/sent")
        guest.modprobe(f"role=listen cid=1 playback_streams={count}")
        self.host = self.connect("/tmp/host")
        options = f"--period-time=10000 --buffer-time=100000 {self.ramp.alsa}"
        self.players = [guest.spawn(f"exec aplay -q -D hw:HvSock {options} /tmp/sent", "aplay") for _ in range(count)]
        guest.until(lambda: len(self.host.files()) == count, 2, "all play")

    def connect(self, folder):
        return Native(self.guest.processes, folder, port=None, connect=4713)

    def end(self):
        for player in self.players:
            player.wait(self.ramp.seconds + 10)
        self.guest.sleep(0.5)

    def pieces(self, host):
        """What the only piece of each stream has of the ramp: begin and length in frames"""
        found = []
        for path in host.files():
            with open("/tmp/heard", "wb") as file:
                file.write(path.read_bytes()[WAV_HEADER:])
            (_, begin, length), = self.ramp.pieces("/tmp/heard", "/tmp/sent")
            found.append((begin, length))
        print("begin and length:", found)
        assert len(found) == self.count
        return found


@pytest.mark.long
def test_listens(guest):
    """role=listen: each frame of 8 streams at once arrives. Long: 8 programs."""
    card = Listening(guest, count=8, seconds=2)
    card.end()
    assert card.pieces(card.host) == [(0, card.ramp.frames)] * card.count


@pytest.mark.long
def test_listens_again(guest):
    """hvsndd is killed while 8 streams play, and is back 1 s later: what each stream has sent before arrives whole, and
    so does its end. Long: 8 programs.
    """
    card = Listening(guest, count=8, seconds=5)
    guest.sleep(1)
    card.host.kill()
    guest.sleep(1)
    back = card.connect("/tmp/back")
    card.end()
    assert all(begin == 0 and length > RATE / 2 for begin, length in card.pieces(card.host))
    assert all(begin + length == card.ramp.frames and length > RATE for begin, length in card.pieces(back))


def relayed(guest):
    """PulseAudio with a null sink, and hvsndd that forwards to it"""
    host = guest.host(port=None)
    host.sink("main")
    guest.spawn(["hvsndd", "-o", "pulse", "--server", f"unix:{host.folder}/control", "--control-dir", "/tmp/control",
                 "-g", "1,name=card", "-l", "vsock:any:4713"])
    guest.until(lambda: os.path.exists("/tmp/control/control"), 5, "hvsndd listens")


def device(latency_ms):
    return lambda guest: Native(guest.processes, "/tmp/host", loopback=True, options=["--latency", str(latency_ms)])


JITTER_MS = 30          # what the module chooses for periods of 10 ms
# Name of the host: milliseconds that it may add, what starts it
HOSTS = {
    "hvsndd, a file": (2, lambda guest: Native(guest.processes, "/tmp/host")),
    "hvsndd, ALSA's loopback with a latency of 20 ms": (20, device(20)),
    "hvsndd, ALSA's loopback with a latency of 40 ms": (40, device(40)),
    "hvsndd, ALSA's loopback with a latency of 100 ms": (105, device(100)),
    "PulseAudio with a null sink": (25, lambda guest: guest.host().sink("main")),
    "PulseAudio with a null sink, forwarded by hvsndd": (25, relayed),
}


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTS)
def test_latency(guest, name):
    """The delay from the card to the end of the host's device. Long: it measures, for Documentation."""
    limit_ms, start_host = HOSTS[name]
    guest.modprobe()
    start_host(guest)
    player = guest.spawn("exec aplay -q -D hw:HvSock --period-time=10000 --buffer-time=100000 -t raw -f S16_LE -r 48000"
                         " -c 2 /dev/zero")
    guest.sleep(5)
    delays = []
    for _ in range(30):
        guest.sleep(0.33)
        stream, = guest.stats()["cards"][0]["stream-list"]
        delays.append(stream["delay"] / RATE * 1e3)
    print(f"{name}: {min(delays):.1f} to {max(delays):.1f} ms")
    player.stop()
    assert max(delays) <= JITTER_MS + limit_ms, delays
