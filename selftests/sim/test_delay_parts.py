# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because the connection delays by chosen times, and delays are compared to milliseconds.

hvsnd shows the parts of the delay, and why frames were dropped.
"""

import re

from rig.ramp import Ramp

RATE = 48000
PERIOD = RATE // 100
JITTER_MS = 30              # of two periods and 10 ms
ONE_WAY_MS = 5
PLAYER = (f"exec aplay -q -D hw:HvSock --period-size={PERIOD} --buffer-size={50 * PERIOD} -t raw -f S16_LE -r {RATE}"
          " -c 2 /tmp/sent")


def play(guest, *relay):
    """aplay with /tmp/sent, over a relay with these words (jitter.c), to a sink that runs: what that plays."""
    guest.modprobe()
    host = guest.host(port=None)
    recording = host.record(host.sink("main"), "/tmp/heard")
    guest.spawn(["jitter", "-b", 262144, "-d", ONE_WAY_MS, 1, 4713, f"{host.folder}/card", *relay], "jitter")
    guest.sleep(0.1)
    guest.spawn(PLAYER, "aplay")
    return recording


def stream_of(guest):
    card, = guest.stats()["cards"]
    stream, = card["stream-list"]
    return stream


def test_parts(guest):
    Ramp(seconds=5).write("/tmp/sent")
    play(guest)
    guest.sleep(3)
    stream = stream_of(guest)
    print(stream)
    assert stream["jitter-delay"] == JITTER_MS * RATE // 1000
    # A null sink has up to two blocks, each of a period.
    assert 0 < stream["device-delay"] <= 2 * PERIOD
    assert 2 * ONE_WAY_MS <= stream["round-trip-us"] / 1e3 < 2 * ONE_WAY_MS + 2
    output = guest.sh("hvsnd show")
    print(output)
    whole, = re.findall(r"delay (\S+) of", output)
    parts, = re.findall(r"delay: (\S+) ms for jitter, (\S+) ms in the host's device, (\S+) ms else", output)
    assert float(parts[0]) == JITTER_MS
    assert abs(sum(map(float, parts)) - float(whole)) < 0.21, "the parts, rounded, are not the whole"


def test_dropped(guest):
    """Nothing passes for 0.6 s, but 0.3 s are sent ahead: some frames are late, and the host trails by what it got
    afterwards. What is counted is what is missing.
    """
    ramp = Ramp(seconds=7)
    ramp.write("/tmp/sent")
    # After the first eight reports: during them the host's trailing becomes excess, and there is no resync.
    recording = play(guest, "4:hang:600")
    guest.sleep(6)
    stats = stream_of(guest)["stats"]
    output = guest.sh("hvsnd stats")
    print(stats, output)
    late, resync = stats["dropped-late"], stats["dropped-resync"]
    assert late > 0 and resync > 0 and stats["resyncs"] == 1
    assert stats["dropped"] == late + resync
    assert f"dropped: {late} too late, {resync} by resyncs, 0 at the end" in output
    guest.sleep(1.5)
    found = ramp.pieces(recording.stop(), "/tmp/sent")
    heard = sum(frames for _, _, frames in found)
    assert 7 * RATE - heard == late + resync, f"{heard} frames of {7 * RATE} are heard: {found}"
