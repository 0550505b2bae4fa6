# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because no real transport is needed. A program that only probes the card leaves no stream on the
host. Above all it leaves no record stream, which would turn on the indicator of the microphone.
"""

import re

LOOKS = (
    "aplay -q -D hw:HvSock --dump-hw-params -f Z 2>&1 || true",
    "arecord -q -D hw:HvSock --dump-hw-params -f Z 2>&1 || true",
    "probe hw:HvSock playback 5",
    "probe hw:HvSock capture 5",
    "amixer -c HvSock",
    "alsactl -U -f /tmp/state store",
)
RAW = "-t raw -f S16_LE -r 44100 -c 2"


def new_streams(watch):
    """Kinds of the streams that the host got, as pactl subscribe tells them."""
    return re.findall(r"'new' on (sink-input|source-output)", watch.output())


def watch(guest, host):
    process = guest.spawn(["pactl", "subscribe"], "subscribe", env=host.env)
    guest.sleep(0.5)
    return process


def test_looking_creates_no_stream(guest):
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    events = watch(guest, host)
    for look in LOOKS:
        guest.sh(look)
        guest.sleep(0.5)
        assert not new_streams(events), f"after {look} the host had {new_streams(events)}"


def test_streams_at_write_and_start(guest):
    """What is right is not that no stream is ever there: one comes with the first write, or with START."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    events = watch(guest, host)
    guest.sh("probe hw:HvSock playback 2 START")
    guest.sleep(0.5)
    assert new_streams(events) == ["sink-input"]
    guest.sh("probe hw:HvSock capture 2 START")
    guest.sleep(0.5)
    assert new_streams(events) == ["sink-input", "source-output"]


def test_looking_connects_no_raw_pcm(guest):
    """With raw PCM a connection is a stream, so the host gets no connection."""
    guest.modprobe("protocol=simple port=4800")
    host = guest.host(port=0)
    host.sink("main", rate=44100)
    host.pactl("load-module", "module-simple-protocol-unix", "socket=/tmp/simple", "playback=1",
               "record=1", "format=s16le", "rate=44100", "channels=2")
    guest.listen(4800, "UNIX-CONNECT:/tmp/simple")
    events = watch(guest, host)
    guest.sh(f"arecord -q -D hw:HvSock {RAW} --dump-hw-params -d 1 -s 0 /dev/null 2>&1 || true")
    guest.sh("aplay -q -D hw:HvSock --dump-hw-params /dev/null 2>&1 || true")
    guest.sleep(1)
    assert not new_streams(events), new_streams(events)
    guest.sh(f"aplay -q -D hw:HvSock {RAW} -d 1 /dev/zero")
    assert "sink-input" in new_streams(events)
