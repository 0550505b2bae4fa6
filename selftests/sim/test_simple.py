# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because the end of a stream, messages and reconnects are judged by time. protocol=simple: raw PCM
that an unmodified module-simple-protocol-unix accepts and delivers.
"""

import os
import re
import signal
import socket
import threading
import time

import pytest

from rig.ramp import Ramp
from rig.streams import Streams, case

SOUND = {"format": "S16_LE", "rate": 44100, "channels": 2}
ALSA = "-q -D hw:raw"
PORT = 4715
PERIOD_S = 0.01
# The host takes 0.3 s at a time: the card lets it trail by twice that and 10 ms. After the last frame
# it sends one chunk of silence, for a host that waits for a whole one, and lets one more pass.
CHUNK_S = 0.3
DELAY_S = 2 * CHUNK_S + 0.01
SILENCE_BYTES = 5120    # of silence, in one message
RETRY_S = 0.4       # between attempts to connect, while a stream runs
ROOM_S = (256 << 10) / (44100 * 4)      # what a vsock connection's buffer has room for
GIVE_UP_S = 2       # a host that takes nothing for so long is gone


class Simple:
    """PulseAudio's simple protocol at the card's port."""

    def __init__(self, guest, host, arguments):
        door = f"{host.folder}/simple"
        self.host = host
        self.module = host.pactl("load-module", "module-simple-protocol-unix", f"socket={door}",
                                 "format=s16le", "rate=44100", "channels=2", *arguments.split())
        self.listener = guest.listen(PORT, f"UNIX-CONNECT:{door}")
        host.others.append(self.listener)

    def stop(self):
        self.host.configure(f"unload-module {self.module}")
        self.listener.stop()


def start(guest):
    guest.modprobe(f"id=raw protocol=simple port={PORT}")
    return guest.host(port=None)


def plays(guest, host, seconds, options):
    """A ramp arrives whole; the connection ends when the host has played all of it."""
    ramp = Ramp(**SOUND, seconds=seconds)
    ramp.write("/tmp/sent")
    sink = host.sink(guest.name("exact"), **SOUND)
    simple = Simple(guest, host, f"playback=1 record=0 sink={sink}")
    recording = host.record(sink, "/tmp/heard")
    guest.sh(f"aplay {ALSA} {options} {ramp.alsa} /tmp/sent")
    # The position has passed everything when aplay ends. 0.1 s is what asking the host takes.
    host.wait_streams(0, seconds=DELAY_S + 2 * CHUNK_S + 0.1)
    found = ramp.check(recording.stop())
    simple.stop()
    return found


@pytest.mark.matrix
def test_playing(guest):
    host = start(guest)
    streams = Streams(guest)
    for options in ("--period-time=10000", "-M"):
        with case(options):
            plays(guest, host, 2, options)
            streams.faultless()


def test_messages(guest):
    """One message for each period at most, besides those of the silence before and after: not one
    for each frame that the position moves on while a message is sent"""
    seconds = 2
    host = start(guest)
    os.makedirs("/tmp/trace")
    guest.sh("mount -t tracefs none /tmp/trace")
    guest.sh("echo 1 >/tmp/trace/events/vsock/virtio_transport_alloc_pkt/enable")
    plays(guest, host, seconds, "--period-time=10000")
    guest.sh("echo 0 >/tmp/trace/events/vsock/enable")
    with open("/tmp/trace/trace") as file:
        lines = [line for line in file if f":{PORT} " in line and "op=RW" in line]
    guest.sh("umount /tmp/trace")
    sizes = [int(size) for size in re.findall(r"len=(\d+)", "".join(lines))]
    print(f"{len(lines)} messages of {sum(sizes)} bytes")
    assert sum(sizes) >= seconds * SOUND["rate"] * 4, f"only {sum(sizes)} bytes are in the trace"
    limit = seconds / PERIOD_S + (DELAY_S + CHUNK_S) * SOUND["rate"] * 4 / SILENCE_BYTES + 2
    assert len(lines) <= limit, f"{len(lines)} messages, expected at most {limit:.0f}"


@pytest.mark.matrix
def test_recording(guest):
    host = start(guest)
    ramp = Ramp(**SOUND, seconds=6)
    source = guest.source(host, ramp, "main")
    Simple(guest, host, "playback=0 record=1 source=main.monitor")
    streams = Streams(guest)
    for options in ("--period-time=10000", "-M"):
        with case(options):
            guest.sh(f"arecord {ALSA} {options} {ramp.alsa} -d 2 /tmp/recorded")
            found = ramp.check("/tmp/recorded", "-p")
            assert found["frames"] + found["lead"] == 2 * SOUND["rate"], found
            streams.faultless()
    source.stop()


def test_one_format(guest):
    """The protocol has no message for a format: the card offers only the one that it is configured for."""
    guest.modprobe(f"id=raw protocol=simple port={PORT}")
    for sound, complaint in (("-f S16_LE -r 44100 -c 1", "Channels count non available"),
                             ("-f U8 -r 44100 -c 2", "Sample format non available")):
        output = guest.sh(f"aplay {ALSA} -t raw {sound} -d 1 /dev/zero", status=1)
        assert complaint in output, output
    # aplay takes another rate, but says which.
    output = guest.sh("aplay -D hw:raw -t raw -f S16_LE -r 48000 -c 2 -d 1 /dev/zero")
    assert "rate is not accurate (requested = 48000Hz, got = 44100Hz)" in output, output


def stream_again(guest, direction):
    """A program's stream on the host, which is killed and started again while the program runs."""
    kind, arguments, command = {
        "playback": ("sink-inputs", "playback=1 record=0", "aplay"),
        "capture": ("source-outputs", "playback=0 record=1", "arecord"),
    }[direction]
    device = "sink=main" if direction == "playback" else "source=main.monitor"
    host = start(guest)
    host.sink("main", **SOUND)
    Simple(guest, host, f"{arguments} {device}")
    file = "/dev/zero" if direction == "playback" else "/dev/null"
    program = guest.spawn(f"exec {command} {ALSA} {Ramp(**SOUND).alsa} --period-time=10000 -d 6 {file}", command)
    host.wait_streams(1, kind, 1)
    guest.sleep(0.5)
    host.kill()
    host = guest.host(port=None)
    host.sink("main", **SOUND)
    Simple(guest, host, f"{arguments} {device}")
    host.wait_streams(1, kind, RETRY_S + 0.1)
    program.wait(10)


def test_restarted_while_playing(guest):
    stream_again(guest, "playback")
    log = "\n".join(guest.card_log())
    assert "aplay continues in silence" in log and "connected again" in log, log


def test_restarted_while_recording(guest):
    stream_again(guest, "capture")


def test_takes_nothing(guest):
    """A host that is there, but takes nothing: the full connection shows it, after 2 s. It counts
    as back only when it took more than a connection's buffers have room for."""
    host = start(guest)
    host.sink("main", **SOUND)
    simple = Simple(guest, host, "playback=1 record=0 sink=main")
    player = guest.spawn(f"exec aplay {ALSA} {Ramp(**SOUND).alsa} --period-time=10000 -d 14 /dev/zero", "aplay")
    host.wait_streams(1, seconds=1)
    guest.sleep(0.5)

    def said(text):
        return [line for line in guest.card_log() if text in line]

    simple.listener.signal(signal.SIGSTOP)
    began = guest.now()
    guest.until(lambda: said("stopped receiving"), ROOM_S + GIVE_UP_S + 0.5, "a host that takes nothing is given up")
    took = guest.now() - began
    print(f"given up after {took:.2f} s")
    assert abs(took - ROOM_S - GIVE_UP_S) <= 0.1, f"given up after {took:.2f} s, expected {ROOM_S + GIVE_UP_S:.2f} s"
    guest.sleep(2)
    assert not said("connected again"), "a host that takes nothing counts as back"
    simple.listener.signal(signal.SIGCONT)
    guest.until(lambda: said("connected again"), GIVE_UP_S + 3 * RETRY_S, "the host is there again")
    # The old stream ends when the host has played what the connection and PulseAudio's socket had room for.
    host.wait_streams(1, seconds=2 * ROOM_S + RETRY_S)
    player.wait(15)


def drain(listener):
    """Takes nothing at first, and then, each period, what the card adds in that time."""
    connection, _ = listener.accept()
    time.sleep(0.5)
    due = time.monotonic()
    while connection.recv(int(SOUND["rate"] * PERIOD_S) * 4):
        due += PERIOD_S
        time.sleep(max(due - time.monotonic(), 0))


def test_stays_full(guest):
    """A host that takes sound is there, even where the connection to it stays full for longer than a host may take
    nothing."""
    guest.modprobe(f"id=raw protocol=simple port={PORT}")
    with socket.socket(socket.AF_VSOCK) as listener:
        # Less than the delay, and so little that each read makes room known.
        listener.setsockopt(socket.AF_VSOCK, socket.SO_VM_SOCKETS_BUFFER_SIZE, 32 << 10)
        listener.bind((socket.VMADDR_CID_ANY, PORT))
        listener.listen()
        threading.Thread(target=drain, args=(listener,), daemon=True).start()
        player = guest.spawn(f"exec aplay {ALSA} {Ramp(**SOUND).alsa} --period-time=10000 -d 6 /dev/zero", "aplay")
        guest.sleep(0.5 + 2 * GIVE_UP_S)
        card, = guest.stats("raw")["cards"]
        counted = card["stream-list"][0]["stats"]
        print(counted)
        assert counted["dropped"], "the connection was never full"
        assert not counted["reconnects"] and not [line for line in guest.card_log() if "stopped receiving" in line]
        player.stop()
