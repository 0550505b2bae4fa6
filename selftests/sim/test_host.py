# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because programs must keep their pace, and 200 loads of the module must leave nothing.

A host that is missing, refuses, is silent or is killed: programs continue in silence, the kernel log names the cause
and the remedy once, and nothing is left over. Invalid module parameters are refused.
"""

import ctypes
import os
import re

import pytest

from rig.processes import Lines
from rig.pulse import Pulse
from rig.vsock import Listener, say_nothing

PLAYER = "aplay -q -D hw:HvSock --period-time=10000 -t raw -f S16_LE -r 48000 -c 2"
# The position waits for a host that may yet answer, for three eighths of aplay's buffer of 0.5 s.
START_S = 0.5 * 3 / 8
PROGRAM_S = 0.05        # aplay's own start and end
# The beginning of PulseAudio 9's answer, of which only the version matters: 31
OLD_ANSWER = (bytes.fromhex("0000000f ffffffff") + bytes(12) + b"L" + (2).to_bytes(4, "big") + b"L" +
              (1).to_bytes(4, "big") + b"L" + (31).to_bytes(4, "big"))
FINIT_MODULE, DELETE_MODULE = 313, 176      # x86-64's system calls
# ALSA's core in Linux 6.1 itself leaks two entries of 192 bytes of /proc, and their names, with each card that goes
# (snd_info_card_disconnect() forgets the card's folder before snd_info_card_free() would free it).
CARD_LEAK_KB = 0.55
AUTH_BYTES = 295        # of the card's first message


def be_old(link):
    received = 0
    while received < AUTH_BYTES:
        received += len(link.recv(AUTH_BYTES - received)) or AUTH_BYTES
    link.sendall(OLD_ANSWER)
    say_nothing(link)


def silence(guest, pattern, wait_s):
    """3 s of aplay take 3 s after wait_s, and the kernel complains once, in these words."""
    before = len(guest.card_log())
    began = guest.now()
    guest.sh(f"{PLAYER} -d 3 /dev/zero")
    took = guest.now() - began
    assert 3 + wait_s <= took <= 3 + wait_s + PROGRAM_S, f"aplay takes {took:.3f} s, expected {3 + wait_s:.3f}"
    complaints = [line for line in guest.card_log()[before:] if "continues in silence" in line]
    assert len(complaints) == 1 and re.search(pattern, complaints[0]), \
        f"not one complaint that has {pattern}: {complaints}"


@pytest.mark.matrix
def test_refused(guest):
    guest.modprobe()
    silence(guest, "nobody listens there \\(error -104\\). Start the audio server on the host", 0)

    silent = Listener(say_nothing)
    silence(guest, "does not answer \\(error -110\\). Check port and protocol", START_S)
    silent.stop()

    old = Listener(be_old)
    silence(guest, "too old", 0)
    old.stop()

    with open("/tmp/cookie", "wb") as file:
        file.write(os.urandom(256))
    # A client of the same user needs no cookie at a UNIX socket.
    Pulse(guest.processes, "/tmp/strict",
          ["module-native-protocol-tcp listen=127.0.0.1 port=4713 auth-cookie=/tmp/cookie"])
    guest.listen(4713, "TCP:127.0.0.1:4713")
    silence(guest, "cookie", 0)


@pytest.mark.matrix
def test_dies(guest):
    """A server that dies in mid-play: the player ends when its time is over; a killed player's connection ends."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    began = guest.now()
    player = guest.spawn(f"{PLAYER} -d 2 /dev/zero")
    host.wait_streams(1)
    host.stop()
    player.wait(5)
    took = guest.now() - began
    assert 2 <= took <= 2 + PROGRAM_S, f"aplay takes {took:.3f} s, expected 2 s"
    complaints = [line for line in guest.card_log() if "continues in silence" in line]
    assert len(complaints) == 1 and "connection lost" in complaints[0], complaints

    host = guest.host()
    host.sink("main")
    reports = Lines(guest.processes, ["pactl", "subscribe"], env=host.env)
    player = guest.spawn(f"{PLAYER} /dev/zero")
    host.wait_streams(1)
    guest.sleep(1)
    reports.rest()
    killed = guest.now()
    player.kill()
    at, _ = reports.next("'remove' on client")
    assert at - killed < 0.01, f"the connection of a killed player ends after {at - killed} s"
    guest.rmmod()
    # Nor is the end of a program's audio data waited for.
    guest.modprobe()
    with open("/tmp/noise", "wb") as file:
        file.write(b"\1" * 96000)
    guest.sh(f"{PLAYER} /tmp/noise")
    began = guest.now()
    guest.rmmod()
    assert guest.now() - began < 0.1, f"rmmod takes {guest.now() - began} s after a program's end"


@pytest.mark.matrix
def test_parameters(guest):
    for parameters, words in (
            ("protocol=raw", "must be one of: pulse"),
            ("role=server", "must be one of: connect listen"),
            ("port=0", "must be a number from 1 to 4294967295"),
            ("port=4294967296", "must be a number from 1 to 4294967295"),
            ("port=sound", "must be a number from 1 to 4294967295"),
            ("playback_streams=65", "must be a number from 0 to 64"),
            ("capture_streams=65", "must be a number from 0 to 64"),
            ("playback_streams=0 capture_streams=0", "one of them must be at least 1")):
        before = len(guest.card_log())
        guest.sh(f"modprobe -q snd-pcm; ! insmod /job/snd-hvsock.ko {parameters}")
        said = guest.card_log()[before:]
        name = parameters.split("=")[0]
        assert any(re.search(f"^{name}=.*: {words}", line) for line in said), f"{parameters}: {said}"
    guest.modprobe("playback_streams=64 capture_streams=64 id=Many port=4294967295")
    for program in ("aplay", "arecord"):
        found = guest.sh(f"{program} -l")
        assert re.search("card 0: Many .*device 0", found) and "Subdevices: 64/64" in found, found
    guest.rmmod()


@pytest.mark.matrix
def test_loads(guest):
    """200 times loaded and unloaded, the module leaves no memory taken."""
    guest.modprobe(debug=False)
    guest.rmmod()
    # By then the kernel has what it needs just once: 5.10 takes longer than 6.1.
    cycle(100)
    before = kilobytes()
    cycle(200)
    grown = kilobytes() - before
    assert grown < 200 * CARD_LEAK_KB, f"{grown} kB more after 200 cycles"


def cycle(count):
    """Loads and unloads the module without a program for each."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/job/snd-hvsock.ko", "rb") as file:
        for _ in range(count):
            for call in ((FINIT_MODULE, file.fileno(), b"", 0), (DELETE_MODULE, b"snd_hvsock", 0)):
                assert libc.syscall(*call) == 0, f"system call {call}: {os.strerror(ctypes.get_errno())}"


def kilobytes():
    """Memory that the kernel does not give back by itself."""
    return sum(int(line.split()[1]) for line in open("/proc/meminfo")
               if line.startswith(("SUnreclaim:", "VmallocUsed:", "Percpu:")))
