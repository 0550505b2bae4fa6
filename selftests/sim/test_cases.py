# SPDX-License-Identifier: GPL-2.0
"""Simulated time, so that many short cases fit in one guest and none is late. Every sample format, 1 to 8 channels and
many rates are played and recorded bit by bit, and the host lists each with the right format. Then the order of the
channels is tested with a level on each.
"""

import array

import pytest

from rig.ramp import PULSE_FORMATS, Ramp, channel_map
from rig.streams import Streams, case

CASES = [
    ("U8", 8000, 1), ("A_LAW", 11025, 1), ("MU_LAW", 8000, 2), ("S16_LE", 44100, 2),
    ("S16_BE", 48000, 6), ("S24_3LE", 22050, 3), ("S24_3BE", 37800, 4), ("S24_LE", 96000, 5),
    ("S24_BE", 48000, 7), ("S32_LE", 192000, 8), ("S32_BE", 48000, 2), ("FLOAT_LE", 44100, 6),
    ("FLOAT_BE", 96000, 8),
]
# All samples of an 8-bit format and mono are in this short time, which ramp needs to find its place.
PLAY_S, RECORD_S = 0.5, 1
OPTIONS = "-q -D hw:HvSock --period-time=10000 --buffer-time=100000"

ORDER = channel_map(8).split(",")
LEVELS = {name: 1000 * (n + 1) for n, name in enumerate(ORDER)}


def check_listing(host, kind, format, rate, channels):
    stream, = host.wait_streams(1, kind)
    found = stream["sample_specification"].replace("Law", "law"), stream["channel_map"]
    expected = f"{PULSE_FORMATS[format]} {channels}ch {rate}Hz", channel_map(channels)
    assert found == expected, f"the host lists the stream as {found}, expected {expected}"


# Two parts, each as long as one test should be.
@pytest.mark.parametrize("part", [0, 1])
def test_playing(guest, part):
    guest.modprobe()
    host = guest.host()
    streams = Streams(guest)
    for format, rate, channels in CASES[part::2]:
        with case(f"{format}, {rate} Hz, {channels} channels"):
            ramp = Ramp(format, rate, channels, PLAY_S)
            ramp.write("/tmp/sent")
            sink = host.sink(guest.name("exact"), format, rate, channels)
            recording = host.record(sink, "/tmp/heard")
            player = guest.spawn(f"exec aplay {OPTIONS} {ramp.alsa} /tmp/sent", "aplay")
            check_listing(host, "sink-inputs", format, rate, channels)
            player.wait(5)
            ramp.check(recording.stop())
            host.configure("unload-module module-null-sink")
            streams.faultless()


@pytest.mark.parametrize("part", [0, 1])
def test_recording(guest, part):
    guest.modprobe()
    host = guest.host()
    streams = Streams(guest)
    for format, rate, channels in CASES[part::2]:
        with case(f"{format}, {rate} Hz, {channels} channels"):
            ramp = Ramp(format, rate, channels, RECORD_S + 1)
            source = guest.source(host, ramp)
            recorder = guest.spawn(f"exec arecord {OPTIONS} {ramp.alsa} -d {RECORD_S} /tmp/recorded", "arecord")
            check_listing(host, "source-outputs", format, rate, channels)
            recorder.wait(5)
            source.stop()
            found = ramp.check("/tmp/recorded", "-p")
            # arecord takes an even number of bytes.
            expected = RECORD_S * rate * ramp.frame_bytes
            expected = (expected + expected % 2) // ramp.frame_bytes
            assert found["frames"] + found["lead"] == expected, f"{found} recorded, expected {expected} frames"
            host.configure("unload-module module-null-sink")
            streams.faultless()


def frame(names):
    """The frame in which each channel has its own level"""
    return array.array("h", [LEVELS[name] for name in names]).tobytes()


def check_frames(path, names):
    """Silence, that frame over and over, silence; nothing else. Returns how often."""
    with open(path, "rb") as file:
        heard = file.read()
    expected = frame(names)
    found = [list(array.array("h", part)) for part in
             sorted({heard[at:at + len(expected)] for at in range(0, len(heard), len(expected))})]
    assert found == [[0] * len(names), list(array.array("h", expected))], \
        f"{names} have the levels {found[1:]}, expected {list(array.array('h', expected))}"
    piece = heard.strip(b"\0")
    piece += bytes(-len(piece) % len(expected))
    assert piece == len(piece) // len(expected) * expected, "the levels have gaps"
    count = len(piece) // len(expected)
    print(f"{count} frames")
    return count


@pytest.mark.parametrize("channels", [6, 8])
def test_order(guest, channels):
    """Channels arrive at their own places from and at a device that has them in another order."""
    card, device = ORDER[:channels], ORDER[:channels][::-1]
    sound = Ramp(channels=channels, seconds=1)
    guest.modprobe()
    host = guest.host()
    host.sink("turned", channels=channels, channel_map=",".join(device))

    with case("playing"):
        with open("/tmp/sent", "wb") as file:
            file.write(frame(card) * sound.frames)
        recording = host.record("turned", "/tmp/heard")
        guest.sh(f"aplay {OPTIONS} {sound.alsa} /tmp/sent")
        count = check_frames(recording.stop(), device)
        assert count == sound.frames, f"{count} frames arrived of {sound.frames}"

    with case("recording"):
        with open("/tmp/source", "wb") as file:
            file.write(frame(device) * sound.frames)
        source = host.play("turned", sound, "/tmp/source", channel_map=",".join(device))
        guest.sh(f"arecord {OPTIONS} {sound.alsa} -d 1 /tmp/recorded")
        source.stop()
        check_frames("/tmp/recorded", card)
