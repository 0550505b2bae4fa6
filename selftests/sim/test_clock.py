# SPDX-License-Identifier: GPL-2.0
"""The device of the host runs 500 ppm faster or slower than the guest's clock. The position follows the device, the
delay to its loudspeaker stays constant, and no frame is lost or repeated.

Simulated time, because slopes of some ppm are measured against a clock that no load disturbs. The device is a program
at the other end of PulseAudio's pipe sink, which saves what it plays.
"""

import re

import pytest

from rig import ktap
from rig.ramp import Ramp

RATE = 48000
TICK_MS = 10            # how often the device takes audio data, as sound cards do
BUFFER_MS = 400
SETTLE_S = 10           # until the clock's loop has found the device's speed
# Chosen, not derived: a tenth of a tick of the device, to which the host reports its delay.
DELAY_LIMIT_MS = 1
NEVER = ("reconnects", "resyncs", "dropped", "inserted", "underflows", "overflows", "xruns")


def device(guest, host, frames_per_second, tick_ms):
    """A new default sink of the host, whose device takes so many frames in a second; its process."""
    host.pactl("load-module", "module-pipe-sink", "sink_name=paced", "file=/tmp/fifo", "format=s16le",
               f"rate={RATE}", "channels=2")
    host.pactl("set-default-sink", "paced")
    process = guest.spawn(["pace", "-t", tick_ms, "/tmp/fifo", frames_per_second, 4, "/tmp/heard"])
    guest.sleep(1)
    return process


def follows(guest, ppm, seconds, tolerance_ppm, interval_ms, period_ms=10, tick_ms=TICK_MS):
    """A ramp is whole, the position keeps to the device's clock, and so does the delay."""
    frames_per_second = round(RATE * (1 + ppm / 1e6))
    guest.modprobe()
    paced = device(guest, guest.host(relay=False), frames_per_second, tick_ms)
    ramp = Ramp(seconds=seconds)
    ramp.write("/tmp/sent")
    # What is measured ends a second after the file.
    position = guest.spawn(["position", "-d", seconds + 1, "-m", period_ms, "-p", BUFFER_MS // period_ms,
                            "-w", SETTLE_S, "-s", ppm, "-t", tolerance_ppm, "-i", interval_ms,
                            "-f", "/tmp/sent", "-o", "/tmp/points"])
    guest.sleep(seconds - 1)
    card, = guest.stats()["cards"]
    stream, = card["stream-list"]
    print(position.wait())
    ktap.check(position.output())
    guest.sleep(1)
    paced.stop()
    print(paced.output())
    found = ramp.check("/tmp/heard")
    lost = {name: stream["stats"][name] for name in NEVER if stream["stats"][name]}
    assert not lost, f"the stream had {lost}, and nothing of these is expected"
    begin = int(re.search(r"begin=(\d+)", paced.output())[1])
    delays = true_delays(begin, found["lead"], frames_per_second, seconds)
    target = stream["target-delay"] / RATE * 1e3
    print(f"{len(delays)} samples of the delay to the loudspeaker: {min(delays):.2f} to {max(delays):.2f} ms;"
          f" it is to be {target:.2f} ms")
    far = [delay for delay in delays if abs(delay - target) > DELAY_LIMIT_MS]
    assert not far, (f"of {len(delays)} samples of the delay {len(far)} are more than {DELAY_LIMIT_MS} ms from"
                     f" the {target:.2f} ms that it is to be: {min(far):.2f} to {max(far):.2f} ms")


def true_delays(begin_ns, lead, frames_per_second, seconds):
    """How many milliseconds after the card's position passed a frame the device played that frame."""
    found = []
    for line in open("/tmp/points"):
        time_ns, frames = map(int, line.split())
        if SETTLE_S < frames / RATE < seconds:
            heard_ns = begin_ns + (lead + frames) / frames_per_second * 1e9
            found.append((heard_ns - time_ns) / 1e6)
    return found


@pytest.mark.parametrize("ppm", [500, -500])
def test_drift(guest, ppm):
    """A minute: 5 ppm are 0.25 ms in the 50 s that are measured."""
    follows(guest, ppm, seconds=60, tolerance_ppm=5, interval_ms=10)


@pytest.mark.long
@pytest.mark.simulated(limit_s=900)
@pytest.mark.parametrize("ppm", [500, -500])
def test_drift_ten_minutes(guest, ppm):
    """Ten minutes: 1 ppm is 0.6 ms in the 590 s that are measured.

    Wakeups of the guest are what its time costs: periods, the device's ticks and the samples are longer here.
    """
    follows(guest, ppm, seconds=600, tolerance_ppm=1, interval_ms=40, period_ms=100, tick_ms=20)
