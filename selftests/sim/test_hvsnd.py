# SPDX-License-Identifier: GPL-2.0
"""Simulated time, since hvsnd waits, tries again and moves streams within bounds that a test can
then state exactly; vsock_loopback passes a half-close on, as few transports of VMs do.

The program hvsnd, with all its subcommands: cat and relay over vsock, probe and doctor against
hosts of all kinds, cards by netlink, configuration files.
"""

import hashlib
import json
import os
import pathlib
import re
import socket
import struct

NOBODY = "nobody listens there"
PLAY = "aplay -q -t raw -f S16_LE -r 48000 -c 2"
AS_NOBODY = "env LD_LIBRARY_PATH=/job/lib su -p nobody -s /bin/sh -c"
DATA_BYTES = 1 << 20            # four times what a vsock connection buffers
COOKIE = bytes(range(256))
SERVICE_GUID = "facb-11e6-bd58-64006a7986d3"


def says(guest, status, words, command):
    """Output of a command that ends with the status and prints the regular expression."""
    output = guest.sh(command, status=status)
    assert re.search(words, output, re.M), f"{command} does not print {words}:\n{output}"
    return output


def show(guest):
    return json.loads(guest.sh("hvsnd show -j"))["cards"]


def names(guest):
    return [card["name"] for card in show(guest)]


def data_file():
    """A file that hardly repeats itself; its SHA-256"""
    block = b"".join(hashlib.sha256(struct.pack("<I", n)).digest() for n in range(2048))
    data = b"".join(bytes([n]) + block[1:] for n in range(DATA_BYTES // len(block)))
    pathlib.Path("/tmp/data").write_bytes(data)
    return hashlib.sha256(data).hexdigest()


class Server:
    """socat at a vsock port, which runs a command for each connection."""

    def __init__(self, guest, port, command):
        guest.counts["server"] = guest.counts.get("server", 0) + 1
        script = f"/tmp/server{guest.counts['server']}"
        pathlib.Path(script).write_text(f"#!/bin/sh\n{command}\n")
        os.chmod(script, 0o755)
        self.process = guest.listen(port, f"EXEC:{script}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


def test_command_line(guest):
    """What needs no module and no host"""
    commands = re.findall(r"^  ([a-z][a-z-]+)  ", guest.sh("hvsnd --help"), re.M)
    assert commands == ["show", "stats", "add", "set", "del", "cookie", "monitor", "apply", "save",
                        "probe", "doctor", "address", "host-setup", "cat", "relay"], commands
    for command in commands:
        text = guest.sh(f"hvsnd {command} --help")
        assert text.startswith(f"usage: hvsnd {command}"), text
    for wrong in ("", "nothing", "cat", "address x", "add a-b", "add a port", "set a port 0",
                  "cat -t 0 1", "show --loud", "host-setup --reg linux",
                  "host-setup -p 2147483648 windows"):
        guest.sh(f"hvsnd {wrong}", status=2)
    json.loads(guest.sh("hvsnd -j address 4713"))
    # Output that cannot be written is a failure.
    guest.sh("hvsnd address 4713 >/dev/full", status=1)

    json.loads(guest.sh("hvsnd host-setup -j linux"))
    guest.sh("hvsnd host-setup linux")
    registry = rf"GuestCommunicationServices\00001269-{SERVICE_GUID}"
    windows, wsl2 = (guest.sh(f"hvsnd host-setup {option} -j windows") for option in ("", "--wsl2"))
    assert json.loads(windows) and "auto_wsl2" not in windows, windows
    assert json.loads(wsl2) and "auto_wsl2=true" in wsl2 and "wslpath" in wsl2, wsl2
    lines = guest.sh("hvsnd host-setup --reg windows").splitlines()
    assert any(line.startswith("[HKEY_LOCAL_MACHINE") and line.endswith(f"{registry}]")
               for line in lines), lines
    assert any(line.startswith('"ElementName"="') for line in lines), lines
    assert registry in guest.sh("hvsnd host-setup --powershell windows")
    assert "00001770-facb" in guest.sh("hvsnd host-setup -p 6000 --reg windows")


def test_cat(guest):
    """Every byte arrives, either end may end first, and failures are told."""
    sha = data_file()
    with Server(guest, 5001, "echo hello"):
        # socat takes the bytes that address prints for the address that they are.
        guest.sh("socat -u $(hvsnd address vsock:1:5001 | sed -n 's/^socat *//p') -"
                 " | grep -x hello")
        # A peer that has gone for good ends cat although standard input goes on.
        cat = guest.spawn("sleep 60 | { hvsnd cat vsock:1:5001; date >/tmp/ended; }")
        # socat closes 0.5 s after its command has ended, and cat looks for that once a second.
        guest.until(lambda: os.path.exists("/tmp/ended"), 1.6, "cat ends with its peer")
        assert "hello" in cat.output(), cat.output()
        cat.kill()
    # The sum comes when the server has read the end of the data; the connection is still open.
    with Server(guest, 5000, "sha256sum"):
        for address in ("5000", "vsock:1:5000", f"hvsock://parent/00001388-{SERVICE_GUID}"):
            says(guest, 0, f"^{sha}", f"hvsnd cat {address} </tmp/data")

    cat = guest.spawn("echo hello"
                      f" | exec hvsnd cat --retry hvsock://parent/0000138a-{SERVICE_GUID}", "retry")
    guest.sleep(3)
    assert cat.alive(), cat.output()
    with Server(guest, 5002, "head -n 1"):
        assert "hello" in cat.wait(2)

    cat = guest.spawn("exec hvsnd cat -l vsock:any:6000 >/tmp/got </tmp/data", "listen")
    guest.sh("hvsnd cat --retry vsock:1:6000 </tmp/data >/tmp/back")
    cat.wait()
    guest.sh("cmp /tmp/got /tmp/data && cmp /tmp/back /tmp/data")
    says(guest, 3, "nobody has connected", "hvsnd cat -l --timeout 1 vsock:any:6000")

    echo = guest.spawn("exec hvsnd cat -l --echo unix:/tmp/echo", "echo")
    guest.until(lambda: os.path.exists("/tmp/echo"), 1, "cat listens")
    clients = [guest.spawn("hvsnd cat unix:/tmp/echo </tmp/data | cmp - /tmp/data", "client")
               for _ in range(8)]
    for client in clients:
        client.wait()
    echo.stop()
    assert echo.popen.returncode == 0 and not os.path.exists("/tmp/echo"), echo.popen.returncode

    says(guest, 3, NOBODY, "hvsnd cat 5999 </dev/null")
    says(guest, 3, "no such socket", "hvsnd cat unix:/tmp/nothing </dev/null")
    says(guest, 3, "Linux has no CID",
         f"hvsnd cat hvsock://children/00001388-{SERVICE_GUID} </dev/null")
    says(guest, 1, "broke off|reset", "hvsnd cat -l unix:/tmp/once >/dev/full </tmp/data & n=$!;"
         " hvsnd cat --retry unix:/tmp/once </tmp/data >/dev/null; wait $n")


def test_relay(guest):
    """Many connections at once, a slow server, a target that is not there"""
    data_file()
    relay = guest.spawn("exec hvsnd relay /tmp/relay vsock:1:5001", "relay")
    guest.until(lambda: os.path.exists("/tmp/relay"), 1, "the relay listens")
    with Server(guest, 5001, "sha256sum"):
        parts = [pathlib.Path("/tmp/data").read_bytes()[n * 1000:300000] for n in range(12)]
        clients = []
        for n, part in enumerate(parts):
            pathlib.Path(f"/tmp/part{n}").write_bytes(part)
            clients.append(guest.spawn(f"exec hvsnd cat unix:/tmp/relay </tmp/part{n}",
                                       f"client{n}"))
        for part, client in zip(parts, clients):
            assert hashlib.sha256(part).hexdigest() in client.wait(), client.output()
    left = os.listdir(f"/proc/{relay.pid}/fd")
    assert len(left) <= 6, f"the relay keeps descriptors open: {left}"

    # A server that reads nothing stops the sender; the relay does not collect what the sender has.
    before = resident_kb(relay.pid)
    with Server(guest, 5001, "sleep 4; sha256sum"):
        client = guest.spawn("head -c 3000000 /dev/zero | hvsnd cat unix:/tmp/relay", "slow")
        guest.sleep(3)
        grown = resident_kb(relay.pid) - before
        assert client.alive(), "the sender has ended before the server read anything"
        assert hashlib.sha256(bytes(3000000)).hexdigest() in client.wait(), client.output()
        assert grown < 1000, f"the relay has taken {grown} kB more for 3000 kB that nobody reads"
    relay.stop()
    assert relay.popen.returncode == 0 and not os.path.exists("/tmp/relay"), relay.popen.returncode

    # A socket file that a killed program left is no obstacle; a program that listens there is one.
    socket.socket(socket.AF_UNIX).bind("/tmp/relay")
    for _ in range(2):
        relay = guest.spawn("exec hvsnd relay /tmp/relay 5000", "relay")
        guest.sleep(0.2)
        for _ in range(2):
            guest.sh("hvsnd cat unix:/tmp/relay </dev/null")
        said = relay.output()
        assert said.count(NOBODY) == 2 and relay.alive(), said
        says(guest, None, "another program listens there", "hvsnd relay /tmp/relay 5000")
        relay.kill()


def resident_kb(pid):
    return int(re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def probes(guest, status, words, options=""):
    """probe says it in one line, and doctor agrees."""
    said = says(guest, status, words, f"hvsnd probe {options}")
    assert said.count("\n") == 1, said
    if status == 0:
        says(guest, 0, "^ok +host .*would play", f"hvsnd doctor {options}")
    else:
        said = says(guest, 1, f"^WRONG +host .*({words})", f"hvsnd doctor {options}")
        assert len(re.findall("^WRONG", said, re.M)) == 1, said


def pretend_virtio(guest):
    """doctor asks sysfs for a vsock device and its driver; vsock_loopback has neither."""
    modules = {name: {} for name in os.listdir("/sys/module")}
    for name, files in modules.items():
        for file in ("initstate", "version"):
            path = pathlib.Path("/sys/module", name, file)
            if path.exists():
                files[file] = path.read_text()
    modules["vmw_vsock_virtio_transport"] = {"initstate": "live\n"}
    devices = {"virtio/devices/virtio0": {"device": "0x0013\n"}}
    for folder, children in (("/sys/module", modules), ("/sys/bus", devices)):
        guest.sh(f"mount -t tmpfs tmpfs {folder}")
        for name, files in children.items():
            os.makedirs(f"{folder}/{name}")
            for file, text in files.items():
                pathlib.Path(folder, name, file).write_text(text)


def test_probe(guest):
    """Hosts of all kinds"""
    guest.modprobe()
    pretend_virtio(guest)
    probes(guest, 3, NOBODY)
    silent = socket.socket(socket.AF_VSOCK)
    silent.bind((socket.VMADDR_CID_ANY, 4713))
    silent.listen(8)
    probes(guest, 1, "does not answer")
    silent.close()
    # The beginning of a handshake with PulseAudio 9, where only the version matters: 31
    reply = b"".join(b"L" + struct.pack(">I", word) for word in (2, 1, 31))
    head = struct.pack(">IIIII", len(reply), 0xffffffff, 0, 0, 0)
    pathlib.Path("/tmp/old").write_bytes(head + reply)
    for command, words in (
            ("true", "connection lost"),
            ("cat /dev/urandom", "does not speak the PulseAudio protocol|share memory"),
            ("head -c 295 >/dev/null; cat /tmp/old; sleep 10", "too old")):
        with Server(guest, 4713, command):
            probes(guest, 1, words)
    pathlib.Path("/tmp/cookie").write_bytes(COOKIE)
    host = guest.host(arguments="auth-cookie=/tmp/cookie")
    host.sink("main")
    probes(guest, 1, "refuses the PulseAudio cookie")
    probes(guest, 0, "would play", "-k /tmp/cookie")
    host.stop()
    guest.host().sink("main")
    probes(guest, 0, "would play")
    guest.spawn("exec hvsnd relay /tmp/pulse 4713", "relay")
    guest.until(lambda: os.path.exists("/tmp/pulse"), 1, "the relay listens")
    says(guest, 0, "would play", "hvsnd probe unix:/tmp/pulse")


def test_cards(guest):
    """Cards are added and changed by root, refusals are explained, and others may only read."""
    guest.install()
    # Only root loads the module, which makes a card.
    says(guest, 1, "Run sudo modprobe snd-hvsock", f"{AS_NOBODY} 'hvsnd show'")
    assert not os.path.exists("/sys/module/snd_hvsock")
    assert names(guest) == ["HvSock"]
    says(guest, 0, "card 1: studio",
         "hvsnd add studio port 4714 protocol pulse latency-us 10000 && aplay -l")
    says(guest, 0, "latency-us 10000", "hvsnd show studio")
    cards = show(guest)
    assert [card["name"] for card in cards] == ["HvSock", "studio"], cards
    assert (cards[1]["port"], cards[1]["latency-us"]) == (4714, 10000), cards

    # What no kernel takes is an error of usage.
    for words, command in (("must be pulse, simple or qubes", "set studio protocol raw"),
                           ("must be a number from 1000 to", "set studio latency-us 1"),
                           ("cannot name a card", "add 1a")):
        says(guest, 2, words, f"hvsnd {command}")
    for words, command in (
            ("studio: .*another card has this name", "add studio"),
            ("No such file", "add third cookie-file /nothing"), (".", "show third"),
            (".", "del nobody"), (".", "show nobody"),
            ("256 bytes", "cookie studio /etc/passwd"),
            ("No such file", "cookie studio /nothing")):
        said = says(guest, 1, words, f"hvsnd {command}")
        assert said.count("\n") == 1, f"hvsnd {command} prints more than one line:\n{said}"
    assert show(guest)[1]["latency-us"] == 10000
    says(guest, 0, "latency is an old name: write latency-us", "hvsnd set studio latency 20000")
    assert show(guest)[1]["latency-us"] == 20000
    guest.sh("hvsnd set studio latency-us 10000")
    says(guest, 1, "network namespace", "/bin/busybox unshare -n hvsnd show")

    pathlib.Path("/tmp/cookie").write_bytes(COOKIE)
    for status, words, command in (
            (0, "studio.*4714", "show"), (0, "played", "stats"),
            (1, "not permitted. Run it as root", "add other"), (1, "not permitted", "set studio port 1"),
            (1, "not permitted", "del studio"),
            (1, "not permitted", "cookie studio /tmp/cookie")):
        says(guest, status, words, f"{AS_NOBODY} 'hvsnd {command}'")
    assert names(guest) == ["HvSock", "studio"]


def test_moves(guest):
    """A card changes hosts under a player, then is deleted; monitor and stats tell of it."""
    guest.modprobe()
    host, other = guest.host(), guest.host(4714)
    host.sink("main")
    other.sink("main")
    guest.sh("hvsnd add studio port 4714")
    monitor = guest.spawn("exec hvsnd monitor -j", "monitor")
    guest.sleep(0.5)
    aplay = guest.spawn(f"exec {PLAY} -D hw:studio /dev/zero")
    other.wait_streams(1)
    card = show(guest)[1]
    assert card["link"] == "up", card
    streams = [(stream["application"], stream["state"]) for stream in card["stream-list"]]
    assert streams == [("aplay", "running")], card
    guest.sh("hvsnd show; hvsnd stats; hvsnd stats -j studio")
    # stats -w prints the figures each second until nobody reads.
    began = guest.now()
    lines = guest.sh("hvsnd stats -w -j | head -n 3").splitlines()
    assert len([json.loads(line) for line in lines]) == 3, lines
    took = guest.now() - began
    assert 1.9 < took < 3.1, f"three lines of stats -w took {took:.3f} s"

    guest.sh("hvsnd set studio port 4713")
    host.wait_streams(1, seconds=0.5)
    other.wait_streams(0, seconds=0.5)
    began = guest.now()
    guest.sh("hvsnd del studio")
    said = aplay.wait(status=1)
    took = guest.now() - began
    assert took < 0.2, f"aplay ended {took:.3f} s after its card was deleted"
    # ALSA ends a write that waits with EBADFD, and fails the next call with ENODEV.
    assert re.search("No such device|File descriptor in bad state", said), said
    guest.sh(f"{PLAY} -D hw:HvSock -d 1 /dev/zero")
    monitor.stop()
    events = [json.loads(line) for line in monitor.output().splitlines()]
    assert all("time-ms" in event for event in events), events
    found = [event["event"] for event in events]
    order = ["stream-open", "link-up", "stream-start", "card-set", "card-del"]
    assert all(name in found for name in order) and found.count("card-set") == 1, found
    first = [found.index(name) for name in order]
    assert first[0] == min(first) and first[3] < first[4], found


def test_cookie(guest):
    """With its cookie the host lets the card in, and hvsnd does not print the cookie."""
    pathlib.Path("/tmp/cookie").write_bytes(COOKIE)
    guest.modprobe()
    other = guest.host(4714, "auth-cookie=/tmp/cookie")
    other.sink("main")
    guest.sh("hvsnd add locked port 4714")
    says(guest, 0, "cookie", f"{PLAY} -D hw:locked -d 1 /dev/zero; hvsnd show locked")
    guest.sh(f"hvsnd cookie locked - </tmp/cookie && {PLAY} -D hw:locked -d 1 /dev/zero")
    said = says(guest, 0, "link up", "hvsnd show locked")
    assert "cookie given" in said, said
    card = show(guest)[1]
    assert card["has-cookie"] and "cookie" not in card, card
    printed = guest.sh("hvsnd show -j; hvsnd save")
    assert COOKIE[:8].hex() not in printed, printed
    said = guest.sh("hvsnd cookie --forget locked; hvsnd show locked")
    assert "cookie given" not in said, said


def test_apply(guest):
    """The cards become what a file says, and save prints that file."""
    pathlib.Path("/tmp/cookie").write_bytes(COOKIE)
    pathlib.Path("/tmp/conf").write_text("""
# two cards, and not the default one
[studio]
port = 4714   # the other server
latency-us = 10000
mic = off
cookie-file = /tmp/cookie
[second]
playback-streams = 1
""")
    guest.modprobe()
    changes = says(guest, 0, "^del HvSock", "hvsnd apply --dry-run /tmp/conf")
    assert re.search("^add studio", changes, re.M), changes
    assert names(guest) == ["HvSock"], "a dry run changes cards"
    says(guest, 0, "^add second", "hvsnd apply /tmp/conf")
    cards = show(guest)
    assert [card["name"] for card in cards] == ["studio", "second"], cards
    assert cards[0]["mic"] == "off" and cards[0]["has-cookie"], cards
    assert cards[1]["playback-streams"] == 1, cards
    again = guest.sh("hvsnd apply /tmp/conf")
    assert not again, f"applied again, the file changes something:\n{again}"

    saved = guest.sh("hvsnd save | tee /tmp/saved")
    again = guest.sh("hvsnd apply -n /tmp/saved")
    assert not again, f"what save printed changes something:\n{saved}{again}"
    guest.sh("hvsnd set studio port 4713 latency-us 0; hvsnd del second; hvsnd add third")
    changes = guest.sh("hvsnd apply -n /tmp/saved").splitlines()
    for change in ("set studio port 4713 -> 4714", "set studio latency-us 0 -> 10000", "del third",
                   "add second"):
        assert any(line.startswith(change) for line in changes), f"no '{change}' in {changes}"
    guest.sh("hvsnd apply /tmp/saved && hvsnd save | cmp - /tmp/saved")
    assert '"latency-us": "10000"' in json.dumps(json.loads(guest.sh("hvsnd save -j")))
    guest.sh("sed 's/playback-streams = 1/playback-streams = 4/' /tmp/saved >/tmp/other")
    changes = guest.sh("hvsnd apply -j -n /tmp/other")
    assert json.loads(changes) and "renew" in changes, changes

    for text, words in (
            ("[a]\nprot = 1\n",
             "/tmp/bad:2: there is no key .prot.: must be one of .* idle-retry-s cookie-file$"),
            ("[studio]\nport = 4714\n[b]\nprotocol = raw\n",
             "/tmp/bad:4: protocol 'raw': must be pulse, simple or qubes")):
        pathlib.Path("/tmp/bad").write_text(text)
        says(guest, 1, words, "hvsnd apply /tmp/bad")
    says(guest, 1, "/nothing: No such file", "hvsnd apply /nothing")
