# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because instructions are counted: what streams cost with this card, and in other ways.

A test prints a line, and make bench-simulated writes all lines as tables. Host and guest are one machine there, so
the transport's work for the host (vsock_loopback) counts too, for the card and for each way over a vsock alike.
"""

import contextlib
import statistics

import pytest
from rig.cost import Meter

SHIFT = 2
SETTLE_S = 3            # the host lengthens and shortens its buffer at first
SECONDS = 3
LENGTH_S = SETTLE_S + SECONDS + 1
PLAYS = 5
SHIFT_S = 0.0237        # between plays; neither periods nor the host's cycle are a multiple of it
LINGER_S = 10           # longer than a connection stays without a program
IDLE_PERCENT = 20
PERIOD, PERIODS = 480, 10       # 10 ms
ALSA = f"-q -t raw -f S16_LE -r 48000 -c 2 --period-size={PERIOD} --buffer-size={PERIOD * PERIODS}"
RAW_PORT = 4720
PULSE_SOCKET = "/tmp/pulse"
PLAYED = {"module": (1, 4, 16, 32), "dummy": (1, 4, 16, 32), "floor": (1, 4, 16, 32), "aloop": (1, 4, 8),
          "pulse": (1, 4)}
CASES = [("play", way, streams) for way, counts in PLAYED.items() for streams in counts] + [
    (what, way, streams) for what, way in (("record", "module"), ("record", "dummy"), ("timed", "module"))
    for streams in (1, 16)]
SPLIT = [("play", "module", 1), ("play", "floor", 1), ("play", "dummy", 1), ("record", "module", 1)]


def job_files():
    """Called outside the guest: the program that plays, and ALSA's pulse plugin"""
    from rig import paths
    paths.run("make", "-s", "-C", paths.TOP / "bench", "sound", "mark")
    library = f"/usr/lib/{paths.run('gcc', '-print-multiarch').strip()}/alsa-lib"
    return {"bin/sound": paths.TOP / "bench/sound", "bin/mark": paths.TOP / "bench/mark",
            **{f"plugins/{name}": f"{library}/{name}"
               for name in ("libasound_module_pcm_pulse.so", "libasound_module_conf_pulse.so")}}


class Way:
    """How audio data gets from a program to the host or back; hosts: the host's processes."""

    def __init__(self, guest, name, streams):
        self.guest, self.streams = guest, streams
        self.hosts, self.helpers = [], []
        self.pcm = getattr(self, f"start_{name}")()

    def start_module(self):
        self.guest.modprobe(f"playback_streams={self.streams} capture_streams={self.streams}", debug=False)
        self.start_pulseaudio()
        return "hw:HvSock"

    def start_dummy(self):
        self.guest.sh(f"modprobe snd-dummy pcm_substreams={self.streams} fake_buffer=0")
        return "hw:Dummy"

    def start_floor(self):
        self.listen()
        return f"vsock:{RAW_PORT}"

    def start_aloop(self):
        self.listen()
        self.guest.sh("modprobe snd-aloop id=Loop pcm_substreams=8")
        self.helpers = [f"arecord -D hw:Loop,1,{number} {ALSA} | socat -u - VSOCK-CONNECT:2:{RAW_PORT}"
                        for number in range(self.streams)]
        return "hw:Loop"

    def start_pulse(self):
        self.start_pulseaudio()
        self.guest.spawn(f"exec socat UNIX-LISTEN:{PULSE_SOCKET},fork VSOCK-CONNECT:2:4713")
        with open("/etc/asound.conf", "w") as file:
            file.write("pcm_type.pulse { lib /job/plugins/libasound_module_pcm_pulse.so }\n"
                       "pcm.pulse { type pulse handle_underrun 1 }\n")
        return "pulse"

    def start_pulseaudio(self):
        host = self.guest.host(relay=False)
        host.sink("main")
        self.hosts = [host.server]

    def listen(self):
        self.hosts = [self.guest.spawn(f"exec socat -u VSOCK-LISTEN:{RAW_PORT},fork OPEN:/dev/null")]
        self.guest.sleep(0.2)

    def command(self, what):
        """Plays or records; "timed" plays without period wakeups."""
        if what == "play":
            return (f"PULSE_SERVER=unix:{PULSE_SOCKET} exec sound -k {self.streams} -p {PERIOD} -n {PERIODS} "
                    f"-w {SETTLE_S} -s {SECONDS + 1} {self.pcm}")
        program = {"record": f"arecord -D {self.pcm} {ALSA} -d {LENGTH_S} /dev/null",
                   "timed": f"player -n -f {PERIOD} -b {PERIODS} -c {self.pcm.removeprefix('hw:')} /tmp/silence"}[what]
        return "".join(f"{program} & " for _ in range(self.streams)) + "wait"

    @contextlib.contextmanager
    def running(self, what):
        """The programs, and what else the way needs meanwhile"""
        helpers = [self.guest.spawn(command) for command in self.helpers]
        self.guest.sleep(0.2)
        yield self.guest.spawn(self.command(what))
        for helper in helpers:
            helper.stop()


@pytest.mark.long
@pytest.mark.simulated(shift=SHIFT)
@pytest.mark.parametrize("what, name, streams", SPLIT)
def test_split(guest, what, name, streams):
    """For bench/split.py: runs one way between two marks, after two marks between which nothing plays."""
    with open("/tmp/silence", "wb") as file:
        file.truncate(LENGTH_S * 48000 * 4)
    way = Way(guest, name, streams)
    Meter(guest, SHIFT, way.hosts)      # so that the processor never idles, as in test_cost()
    guest.sleep(SETTLE_S)
    guest.sh("mark")
    guest.sleep(SECONDS)
    guest.sh("mark")
    with way.running(what) as program:
        guest.sleep(SETTLE_S)
        guest.sh("mark")
        guest.sleep(SECONDS)
        guest.sh("mark")
        program.wait()
    guest.sh("cat /proc/kallsyms >/tmp/kallsyms")


@pytest.mark.long
@pytest.mark.simulated(shift=SHIFT)
@pytest.mark.parametrize("what, name, streams", CASES)
def test_cost(guest, what, name, streams):
    """Instructions per second and stream of one way, and no xrun."""
    with open("/tmp/silence", "wb") as file:
        file.truncate(LENGTH_S * 48000 * 4)
    way = Way(guest, name, streams)
    meter = Meter(guest, SHIFT, way.hosts)
    guest.sleep(SETTLE_S)
    before = meter.cost(SECONDS)
    plays = []
    for number in range(PLAYS):
        guest.sleep(number * SHIFT_S)
        with way.running(what) as program:
            guest.sleep(SETTLE_S)
            plays.append(meter.cost(SECONDS))
            said = program.wait()
        if what == "play":
            assert f"running={streams} " in said and " xruns=0 " in said, said
        else:
            assert not any(word in said for word in ("player:", "arecord:", "wrong", "run!!!")), said
    guest.sleep(LINGER_S)
    after = meter.cost(SECONDS)
    assert abs(before - after) <= before * IDLE_PERCENT / 100, \
        f"while nothing plays, {before:.0f} instructions per second before, and {after:.0f} after"
    idle = (before + after) / 2
    print(f"cost what={what} way={name} streams={streams} "
          f"instructions={(statistics.median(plays) - idle) / streams:.0f} "
          f"plays={','.join(f'{(play - idle) / streams:.0f}' for play in plays)} idle={idle:.0f}")
