# SPDX-License-Identifier: GPL-2.0
"""No guest, and no PulseAudio: hvsndd serves PulseAudio's protocol itself to real clients at a UNIX socket.

The output is a file. hvsndd is built with ASan and UBSan.
"""

import os
import re
import socket
import subprocess
import time

import pytest
from hvsndd_daemon import Daemon
from rig.processes import Processes, until
from rig.ramp import PULSE_FORMATS, Ramp, channel_map

WAV_HEADER = 44
COOKIE_SIZE = 256
LIMIT_S = 30
# (ALSA's format, rate, channels) that cover all sizes of samples and both byte orders
FORMATS = [("S16_LE", 48000, 2), ("U8", 8000, 1), ("MU_LAW", 8000, 1), ("S24_3LE", 44100, 6),
           ("FLOAT_LE", 96000, 2), ("S32_BE", 48000, 8)]
ASOUND = """
</usr/share/alsa/alsa.conf>
pcm.pulse { type pulse }
ctl.pulse { type pulse }
"""


@pytest.fixture
def processes(tmp_path):
    started = Processes(tmp_path / "logs")
    yield started
    started.stop()


class Native(Daemon):
    """hvsndd, whose clients are programs of this machine."""

    def __init__(self, processes, folder, *options):
        self.out = folder / "out"
        self.socket = folder / "native"
        super().__init__(processes, folder, "-o", f"file:{self.out}", "--rate", "48000",
                         "-l", f"unix:{self.socket},name=work", *options)
        (folder / "asound.conf").write_text(ASOUND)
        self.client_env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder / "run"),
                           "XDG_RUNTIME_DIR": str(folder / "run"), "PULSE_SERVER": f"unix:{self.socket}",
                           "ALSA_CONFIG_PATH": str(folder / "asound.conf")}

    def client(self, *command, status=0):
        """Output of a client, which must end with this status."""
        done = subprocess.run([str(word) for word in command], env=self.client_env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S,
                              check=False)
        assert done.returncode == status, f"{command}: status {done.returncode}: {done.stdout}\n{self.log()}"
        return done.stdout

    def pactl(self, *words):
        return self.client("pactl", *words)

    def spawn(self, *command):
        return self.processes.spawn([str(word) for word in command], command[0], env=self.client_env)

    def processor_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def heard(self, folder):
        """The only WAV file, without its header."""
        path, = self.out.glob("*.wav")
        data = path.read_bytes()[WAV_HEADER:]
        path.unlink()
        (folder / "heard").write_bytes(data)
        return folder / "heard"


@pytest.fixture
def native(processes, tmp_path):
    server = Native(processes, tmp_path)
    yield server
    server.stop()


def options(ramp):
    return ["--raw", f"--format={PULSE_FORMATS[ramp.format]}", f"--rate={ramp.rate}", f"--channels={ramp.channels}",
            f"--channel-map={channel_map(ramp.channels)}"]


@pytest.mark.parametrize("format, rate, channels", FORMATS)
def test_paplay(native, tmp_path, format, rate, channels):
    ramp = Ramp(format, rate, channels, seconds=0.5)
    ramp.write(tmp_path / "sent")
    native.client("paplay", *options(ramp), tmp_path / "sent")
    ramp.check(native.heard(tmp_path))


def test_order(native, tmp_path):
    """A program's own order of channels is changed to the output's."""
    (tmp_path / "sent").write_bytes(b"".join(bytes([n, 0]) for n in range(1, 7)) * 4800)
    native.client("paplay", "--raw", "--rate=48000", "--channels=6",
                  "--channel-map=front-left,front-right,front-center,lfe,rear-left,rear-right", tmp_path / "sent")
    heard = native.heard(tmp_path).read_bytes()
    # ALSA's order has the rear before the center.
    assert heard == b"".join(bytes([n, 0]) for n in (1, 2, 5, 6, 3, 4)) * 4800


def test_aplay(native, tmp_path):
    """ALSA's plugin: each frame is played, and the mixer changes the sink's volume"""
    ramp = Ramp(seconds=0.5)
    ramp.write(tmp_path / "sent")
    native.client("aplay", "-q", "-D", "pulse", *ramp.alsa.split(), tmp_path / "sent")
    ramp.check(native.heard(tmp_path))
    assert "[50%]" in native.client("amixer", "-D", "pulse", "sset", "Master", "50%")
    assert "50%" in native.pactl("get-sink-volume", "@DEFAULT_SINK@")
    native.pactl("set-sink-mute", "@DEFAULT_SINK@", 1)
    assert "[off]" in native.client("amixer", "-D", "pulse", "sget", "Master")


def test_volume(native, tmp_path):
    """A stream of a program is muted by another program of the guest, and loud again."""
    (tmp_path / "sent").write_bytes(b"\x01\x02" * 96000 * 4)
    events = native.spawn("pactl", "subscribe")
    until(lambda: native.pactl("info") and events.output(), LIMIT_S, "pactl reports events")
    player = native.spawn("paplay", "--raw", "--rate=48000", "--channels=2", "--latency-msec=50", tmp_path / "sent")
    until(lambda: native.pactl("list", "short", "sink-inputs"), LIMIT_S, "the stream exists")
    index = native.pactl("list", "short", "sink-inputs").split()[0]
    until(lambda: native.out.exists() and any(path.stat().st_size for path in native.out.iterdir()), LIMIT_S,
          "the first frames are played")
    native.pactl("set-sink-input-volume", index, "50%")
    name, = os.listdir(native.out)
    # 0x0201 (513) at 50 %, cubed, is 64.
    until(lambda: b"\x40\x00\x40\x00" in (native.out / name).read_bytes(), LIMIT_S, "half of the volume is heard")
    text = native.pactl("list", "sink-inputs")
    assert "32768 /  50%" in text and 'application.name = "paplay"' in text, text
    native.pactl("set-sink-input-mute", index, 1)
    assert "Mute: yes" in native.pactl("list", "sink-inputs")
    until(lambda: (native.out / name).read_bytes().endswith(bytes(8)), LIMIT_S, "nothing is heard")
    player.stop()
    until(lambda: f"'remove' on sink-input #{index}" in events.output(), LIMIT_S, "the end is reported")
    assert f"'new' on sink-input #{index}" in events.output()
    assert events.output().count(f"'change' on sink-input #{index}") == 2, events.output()
    assert native.heard(tmp_path).read_bytes().startswith(b"\x01\x02\x01\x02"), "the first frames are not as loud"


def test_pactl(native):
    # What hvsndd does not have is an error, and the program goes on.
    assert "Not supported" in native.client("pactl", "load-module", "module-null-sink", status=1)
    native.until_said("LOAD_MODULE (51) is not supported")
    assert "Server Name: hvsndd" in native.pactl("info")
    for kind in ("sinks", "sources", "clients", "modules", "cards", "sink-inputs", "source-outputs", ""):
        native.pactl("list", *kind.split())
    native.pactl("set-default-sink", "hvsndd")
    assert "No such entity" in native.client("pactl", "set-default-sink", "other", status=1)


def test_suspend(native, tmp_path):
    """While the sink is suspended, nothing is played, and afterwards nothing is missing. Likewise the source."""
    ramp = Ramp(seconds=1)
    ramp.write(tmp_path / "sent")
    native.do("allow", "work")
    native.pactl("suspend-source", "@DEFAULT_SOURCE@", 1)
    recorder = native.spawn("parec", "--raw", "--latency-msec=20", tmp_path / "recorded")
    native.pactl("suspend-sink", "hvsndd", 1)
    assert "State: SUSPENDED" in native.pactl("list", "sinks")
    player = native.spawn("paplay", *options(ramp), tmp_path / "sent")
    until(lambda: native.pactl("list", "short", "sink-inputs"), LIMIT_S, "the stream exists")
    until(lambda: native.guests()["work"]["played_bytes"], LIMIT_S, "data arrives")
    time.sleep(0.3)
    assert not native.guests()["work"]["recording"], "the microphone is open"
    assert not native.out.exists() or not os.listdir(native.out), "a suspended sink plays"
    assert not (tmp_path / "recorded").stat().st_size, "a suspended source records"
    # Without a name: all of them
    native.pactl("suspend-sink", 0)
    native.pactl("suspend-source", 0)
    player.wait(LIMIT_S)
    ramp.check(native.heard(tmp_path))
    until(lambda: (tmp_path / "recorded").stat().st_size > 10000, LIMIT_S, "the source records")
    recorder.stop()


def test_microphone(native, processes, tmp_path):
    """A program waits until the microphone is allowed, and is disconnected when the microphone is denied."""
    recorder = native.spawn("parec", "--raw", "--latency-msec=20", tmp_path / "recorded")
    native.until_said("hvsndd ctl allow work")
    until(lambda: native.guests()["work"]["wants_microphone"], LIMIT_S, "the status shows the request")
    assert not native.guests()["work"]["recording"]
    assert not os.path.exists(tmp_path / "recorded") or not (tmp_path / "recorded").stat().st_size
    native.do("allow", "work")
    until(lambda: (tmp_path / "recorded").stat().st_size > 10000, LIMIT_S, "the program records")
    assert native.guests()["work"]["recording"]
    source = b"\1\2\3\4" * 5000
    for recorded in (bytes(40000), source + bytes(20000)):
        native.client("arecord", "-q", "-D", "pulse", "-f", "S16_LE", "-r", "48000", "-c", "2", "-s", "10000",
                      tmp_path / "arecord.wav")
        heard = (tmp_path / "arecord.wav").read_bytes()[WAV_HEADER:]
        assert heard == recorded, "not what the file output records"
        native.out.mkdir(exist_ok=True)
        (native.out / "microphone.raw").write_bytes(source)
    native.do("deny", "work")
    recorder.wait(LIMIT_S, status=None)
    assert "the microphone was denied" in native.log()


@pytest.mark.parametrize("kind", ["", "-new"])
def test_tunnel(native, processes, tmp_path, kind):
    """A PulseAudio whose sink and source are tunnels to hvsndd: each frame is played, and nothing is repeated.

    The older tunnel sets the name of its stream after each event about the stream. It must not cause another event.
    """
    native.do("allow", "work")
    tunnel = {**native.client_env, "PULSE_SERVER": f"unix:{tmp_path}/tunnel"}
    load = f"server=unix:{native.socket} rate=48000"
    # This one is no client of hvsndd itself.
    native.processes.spawn(["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
                            "--disable-shm", "-L", f"module-tunnel-sink{kind} sink_name=out {load}",
                            "-L", f"module-tunnel-source{kind} source_name=in {load}",
                            "-L", f"module-native-protocol-unix socket={tmp_path}/tunnel auth-anonymous=1"],
                           "pulseaudio", env={**tunnel, "PULSE_SERVER": ""})
    native.client_env = tunnel
    until((tmp_path / "tunnel").exists, LIMIT_S, "PulseAudio listens")
    until(lambda: "\tout\t" in native.pactl("list", "short", "sinks"), LIMIT_S, "the tunnel is there")
    ramp = Ramp(seconds=1)
    ramp.write(tmp_path / "sent")
    native.client("paplay", "-d", "out", *options(ramp), tmp_path / "sent")
    recorder = native.spawn("parec", "-d", "in", "--raw", tmp_path / "recorded")
    until(lambda: (tmp_path / "recorded").exists() and (tmp_path / "recorded").stat().st_size > 10000, LIMIT_S,
          "the tunnel records")
    recorder.stop()
    end = (tmp_path / "sent").read_bytes()[-4000:]
    name, = os.listdir(native.out)
    until(lambda: end in (native.out / name).read_bytes(), LIMIT_S, "the last frame is played")
    # On a busy machine, PulseAudio may be late and send silence in between.
    ramp.check(native.heard(tmp_path), "-g")
    assert native.processor_seconds() < 2, "hvsndd is busy"


def test_never(processes, tmp_path):
    server = Native(processes, tmp_path, "--guest", "work,microphone=never,playback=off")
    assert "Access denied" in server.client("parec", "--raw", status=1)
    assert "Access denied" in server.client("paplay", "--raw", "/dev/zero", status=1)
    server.stop()


def test_cookie(processes, tmp_path):
    """With --cookie a guest must have the same cookie."""
    (tmp_path / "cookie").write_bytes(bytes(range(COOKIE_SIZE)))
    (tmp_path / "wrong").write_bytes(bytes(COOKIE_SIZE))
    server = Native(processes, tmp_path, "--cookie", str(tmp_path / "cookie"))
    server.client_env["PULSE_COOKIE"] = str(tmp_path / "wrong")
    assert "Access denied" in server.client("pactl", "info", status=1)
    server.client_env["PULSE_COOKIE"] = str(tmp_path / "cookie")
    server.pactl("info")
    server.stop()


def test_garbage(native, tmp_path):
    """A guest that sends anything loses that connection; another one plays on, and not a frame is lost."""
    ramp = Ramp(seconds=2)
    ramp.write(tmp_path / "sent")
    player = native.spawn("paplay", *options(ramp), tmp_path / "sent")
    until(lambda: os.path.exists(native.out) and os.listdir(native.out), LIMIT_S, "the first frames are played")
    for data in (b"GET / HTTP/1.1\r\n\r\n" * 10, bytes(1000), b"\xff" * 1000, os.urandom(4000)):
        with socket.socket(socket.AF_UNIX) as guest:
            guest.connect(str(native.socket))
            guest.settimeout(LIMIT_S)
            guest.sendall(data)
            try:
                assert not guest.recv(1), "hvsndd answers"
            except ConnectionResetError:
                pass
    assert len(re.findall("work: disconnected: what the guest sends is not PulseAudio's protocol",
                          native.log())) == 4, native.log()
    player.wait(LIMIT_S)
    ramp.check(native.heard(tmp_path))


def test_deaf(native):
    """A guest that does not receive is not listened to, and costs no memory; one that floods disturbs nobody."""
    sent = 0
    with socket.socket(socket.AF_UNIX) as guest:
        guest.connect(str(native.socket))
        auth = b"L\0\0\0\x08L\0\0\0\0L\0\0\0\x20x\0\0\1\0" + bytes(COOKIE_SIZE)
        ask = b"L\0\0\0\x14L\0\0\0\1"                      # GET_SERVER_INFO
        for message in (auth, *[ask] * 100000):
            guest.settimeout(1)
            try:
                guest.sendall(len(message).to_bytes(4, "big") + b"\xff" * 4 + bytes(12) + message)
            except TimeoutError:
                break
            sent += 1
        assert sent < 100000, "hvsndd takes any number of questions"
        native.pactl("info")
    until(lambda: native.guests().get("work", {"connections": 0})["connections"] == 0, LIMIT_S, "the guest is gone")


def test_many(native, tmp_path):
    """Eight programs play at once; each has a stream of its own, and each frame arrives."""
    ramps = [Ramp(seconds=1) for _ in range(8)]
    ramps[0].write(tmp_path / "sent")
    players = [native.spawn("paplay", *options(ramps[0]), tmp_path / "sent") for _ in ramps]
    for player in players:
        player.wait(LIMIT_S)
    names = os.listdir(native.out)
    assert len(names) == len(ramps)
    for name in names:
        (tmp_path / "heard").write_bytes((native.out / name).read_bytes()[WAV_HEADER:])
        ramps[0].check(tmp_path / "heard")


def test_pace(native, tmp_path):
    """The output has the speed of a device: a second takes a second, and a DRAIN is answered after the end."""
    ramp = Ramp(seconds=1)
    ramp.write(tmp_path / "sent")
    began = time.monotonic()
    native.client("paplay", *options(ramp), tmp_path / "sent")
    assert time.monotonic() - began >= 1
    ramp.check(native.heard(tmp_path))
