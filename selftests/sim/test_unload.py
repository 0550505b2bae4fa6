# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because the duration of unloading is judged, in every state of a stream and of a connection.

The module is unloaded within a bound and leaves nothing. While a program has the card open, the kernel refuses to
unload the module.
"""

import errno
import fcntl
import os
import pathlib
import signal
import socket
import struct

import pytest

FORMAT = "-t raw -f S16_LE -r 48000 -c 2 --period-time=10000 --buffer-time=100000"
PLAY = f"exec aplay -q -D hw:HvSock {FORMAT} /dev/zero"
RECORD = f"exec arecord -q -D hw:HvSock {FORMAT} /dev/null"
SOON_S = 0.1            # nothing waits for the host
# A connection attempt is never given up half-way: the handshake timeout after the first connection.
CONNECTING_S = 2.1
SILENT_CID = 42         # of a machine whose vsock device has no driver
VHOST_SET_OWNER = 0xaf01
VHOST_VSOCK_SET_GUEST_CID = 0x4008af60


def unloads(guest, state, program=None, limit_s=SOON_S):
    """Kills the program and unloads the module at once, within limit_s seconds."""
    if program:
        guest.sh("rmmod snd-hvsock", status=1)
        assert os.path.exists("/sys/module/snd_hvsock"), f"{state}: unloaded under a program"
    began = guest.now()
    if program:
        program.signal(signal.SIGKILL)
        guest.until(lambda: program.popen.poll() is not None, 1, f"{state}: the program ends")
    guest.sh("rmmod snd-hvsock", limit_s=20)
    took = guest.now() - began
    print(f"{state}: {took:.3f} s")
    assert took < limit_s, f"{state}: unloading took {took:.3f} s, expected {limit_s} s at most"
    assert not os.path.exists("/sys/module/snd_hvsock"), state
    assert "HvSock" not in pathlib.Path("/proc/asound/cards").read_text(), state


def wait_state(guest, state, seconds=1, card="HvSock"):
    guest.until(lambda: state in guest.sh(f"hvsnd show {card}"), seconds, f"{card} is '{state}'")


@pytest.mark.matrix
def test_host(guest):
    """The host is there."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    unloads(guest, "idle")

    guest.modprobe()
    aplay = guest.spawn(PLAY)
    host.wait_streams(1)
    guest.sleep(1)
    unloads(guest, "playing", aplay)
    host.wait_streams(0, seconds=0.2)

    guest.modprobe()
    arecord = guest.spawn(RECORD)
    host.wait_streams(1, "source-outputs")
    unloads(guest, "recording", arecord)
    host.wait_streams(0, "source-outputs", seconds=0.2)

    guest.modprobe()
    guest.sh("head -c 4000000 /dev/zero >/tmp/zeros")
    player = guest.spawn("exec player -b 50 -p 1:60 /tmp/zeros")
    guest.sleep(1.5)
    wait_state(guest, "paused")
    unloads(guest, "paused", player)
    host.wait_streams(0, seconds=0.2)

    # The host still plays what a program, which has ended, wrote last.
    guest.modprobe()
    guest.sh(f"aplay -q -D hw:HvSock {FORMAT} -d 1 /dev/zero")
    unloads(guest, "draining")
    host.wait_streams(0, seconds=0.2)
    guest.modprobe()
    unloads(guest, "loaded again")


def refuses(cid):
    """Whether the kernel refuses at once to connect to a machine that is not ready, as Linux 7.2 does."""
    with socket.socket(socket.AF_VSOCK) as attempt:
        attempt.setblocking(False)
        return attempt.connect_ex((cid, 4713)) == errno.EHOSTUNREACH


@pytest.mark.matrix
def test_no_host(guest):
    """The host does not answer, or is gone."""
    # A connection to a CID whose packets nobody fetches
    guest.modprobe(module="vhost_vsock")
    device = os.open("/dev/vhost-vsock", os.O_RDWR)
    fcntl.ioctl(device, VHOST_SET_OWNER)
    fcntl.ioctl(device, VHOST_VSOCK_SET_GUEST_CID, struct.pack("<Q", SILENT_CID))
    guest.modprobe(f"cid={SILENT_CID}")
    aplay = guest.spawn(PLAY)
    guest.sleep(0.5)
    wait_state(guest, "link down" if refuses(SILENT_CID) else "link unknown")
    unloads(guest, "connecting", aplay, CONNECTING_S)
    os.close(device)

    # The kernel accepts for this listener, which says nothing.
    silent = socket.socket(socket.AF_VSOCK)
    silent.bind((socket.VMADDR_CID_ANY, 4713))
    silent.listen(8)
    guest.modprobe()
    aplay = guest.spawn(PLAY)
    guest.sleep(0.5)
    unloads(guest, "within the handshake", aplay)
    silent.close()

    guest.modprobe()
    host = guest.host()
    host.sink("main")
    aplay = guest.spawn(PLAY)
    host.wait_streams(1)
    host.kill()
    wait_state(guest, "link down")
    guest.sleep(2)
    unloads(guest, "connecting again and again", aplay)

    guest.modprobe()
    guest.sh(f"aplay -q -D hw:HvSock {FORMAT} -d 1 /dev/zero")
    wait_state(guest, "link down")
    guest.sleep(2)
    unloads(guest, "nobody plays, and the host is gone")


@pytest.mark.matrix
def test_listening(guest):
    """The host connects to the guest."""
    for connected in (False, True):
        guest.modprobe()
        guest.sh("netlink add Called cid 1 protocol qubes role listen port 4720")
        links = []
        if connected:
            for port in (4720, 4721):
                links.append(socket.socket(socket.AF_VSOCK))
                links[-1].connect((1, port))
            wait_state(guest, "link up", card="Called")
        unloads(guest, "connected" if connected else "listening")
        for link in links:
            link.settimeout(0.2)
            # What the module sent before, then the end
            while link.recv(100):
                pass
            link.close()

    for connected in (False, True):
        guest.modprobe("role=listen cid=1")
        links = [socket.socket(socket.AF_VSOCK) for _ in range(3 * connected)]
        for link in links:
            link.connect((1, 4713))
        aplay = None if connected else guest.spawn(PLAY)
        guest.sleep(0.5)
        unloads(guest, "unused connections" if connected else "waiting for the host to connect", aplay)
        for link in links:
            assert link.recv(1) == b"", "an unused connection is not closed"
            link.close()


@pytest.mark.matrix
def test_suspended(guest):
    """The machine slept, and a program has not noticed."""
    test = pathlib.Path("/sys/power/pm_test")
    assert test.exists(), "this kernel has no CONFIG_PM_DEBUG"
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    aplay = guest.spawn(PLAY)
    host.wait_streams(1)
    aplay.signal(signal.SIGSTOP)
    # Instead of sleeping the kernel would read the clock in a loop, which costs the emulator 20 s.
    pathlib.Path("/sys/module/suspend/parameters/pm_test_delay").write_text("0")
    test.write_text("devices")
    guest.sh("echo freeze >/sys/power/state")
    assert "suspend exit" in guest.kernel_log(), "the machine did not sleep"
    unloads(guest, "suspended", aplay)
