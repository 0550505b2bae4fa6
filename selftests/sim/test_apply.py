# SPDX-License-Identifier: GPL-2.0
"""hvsnd apply: a file is checked whole before a card is touched, and a refused card leaves the old
one.

Simulated time, since only a guest may load the module; no test here depends on time.
"""

import json
import pathlib
import socket

FILE = pathlib.Path("/tmp/cards.conf")


def apply(guest, text, status=0, options=""):
    """Output lines of hvsnd apply with this file."""
    FILE.write_text(text)
    return guest.sh(f"hvsnd apply {options} {FILE}", status=status).splitlines()


def cards(guest):
    """The cards, by name, as the kernel has them."""
    return {card["name"]: card for card in json.loads(guest.sh("hvsnd -j show"))["cards"]}


def events(guest):
    """Starts to collect the module's events; the function that it returns ends that, and returns
    their names."""
    process = guest.spawn("exec hvsnd monitor", "monitor")
    guest.sleep(0.2)

    def stop():
        guest.sleep(0.2)
        process.stop()
        return [line.split()[1] for line in process.output().splitlines()]
    return stop


BAD_FILE = """\
[studio]
port = 4714
[raw]
protocol = raw
cid = 5
on-lost = noise
[low]
latency-us = 1
rate-min = 48000
rate-max = 44100
[1st]
[pulse]
role = serve
[none]
playback-streams = 0
capture-streams = 0
[vault]
protocol = qubes
rate = 48000
format = S32_LE
channels = 1
[keyed]
cookie-file = /nothing
[twin]
index = 5
[brother]
index = 5
[short]
format = S16
nonsense
volume = 1
[a]
role = listen
protocol = qubes
port = 6000
[b]
role = listen
protocol = simple
port = 6001
[Dummy]
[HvSock]
index = 7
"""

# Line, and what must be said of it.
BAD_LINES = {
    4: "protocol 'raw': must be pulse, simple or qubes",
    6: "on-lost 'noise': must be silence or error",
    8: "latency-us '1': must be a number from 1000 to 2000000, or 0",
    9: "rate-min: must not be above rate-max",
    11: "'1st' cannot name a card",
    13: "role 'serve': must be connect or listen",
    15: "playback-streams: must be at least 1, or else capture-streams",
    19: "rate: must be 44100, or 0, with protocol qubes",
    20: "format: must be S16_LE, or any, with protocol qubes",
    21: "channels: must be 2, or 0, with protocol qubes",
    23: "/nothing: No such file or directory",
    27: "index: card twin has number 5, in line 25",
    29: "format 'S16': must be any, U8",
    30: "'nonsense' is neither [CARD] nor KEY = VALUE",
    31: "there is no key 'volume'",
    39: "port: card a listens there, in line 35",
    40: "Dummy: another driver's card has that name",
    42: "index: another driver's card has number 7",
}


def test_bad_file(guest):
    """Each error is told with its own line, in one go; nothing is touched, and --dry-run tells the
    same."""
    guest.sh("modprobe snd-dummy index=7")
    guest.modprobe()
    before = cards(guest)
    collected = events(guest)
    dry = apply(guest, BAD_FILE, status=1, options="-n")
    said = apply(guest, BAD_FILE, status=1)
    assert said == dry, f"apply says {said}, with --dry-run {dry}"
    found = {}
    for line in said:
        assert line.startswith(f"hvsnd: {FILE}:"), f"'{line}' is not about a line of the file"
        number, reason = line.removeprefix(f"hvsnd: {FILE}:").split(": ", 1)
        found[int(number)] = reason
    for number in sorted(BAD_LINES.keys() | found.keys()):
        reason = found.get(number, "nothing")
        assert BAD_LINES.get(number, "nothing") in reason, \
            f"line {number}: '{reason}' is said, expected '{BAD_LINES.get(number, 'nothing')}'"
    assert cards(guest) == before, "the cards have changed"
    assert not (seen := collected()), f"events: {seen}"


def test_kernel_refuses(guest):
    """A card that only the kernel can refuse leaves what it was to replace, and deletes nothing."""
    guest.modprobe()
    guest.sh("hvsnd add studio port 4714 latency-us 10000")
    before = cards(guest)
    taken = socket.socket(socket.AF_VSOCK)
    taken.bind((socket.VMADDR_CID_ANY, 6000))
    taken.listen()
    listening = "protocol = simple\nrole = listen\nport = 6000\n"

    said = apply(guest, f"[other]\n{listening}", status=1)
    assert said[0].startswith(f"hvsnd: {FILE}:4: other: port: another program listens there. Stop"), said
    assert "add other" not in said, f"an addition that failed is told as one: {said}"
    assert cards(guest) == before, f"the cards have changed: {said}"

    said = apply(guest, f"[studio]\n{listening}[new]\n", status=1)
    assert said[0].startswith(f"hvsnd: {FILE}:4: studio: port: another program listens there"), said
    now = cards(guest)
    assert now.keys() == {"HvSock", "studio", "new"}, f"cards {sorted(now)} after {said}"
    for key in ("index", "port", "protocol", "role", "latency-us"):
        assert now["studio"][key] == before["studio"][key], \
            f"studio's {key} is {now['studio'][key]}, it was {before['studio'][key]}"
    assert "add new" in said and "del HvSock" not in said, said

    taken.close()
    said = apply(guest, f"[studio]\n{listening}[new]\n")
    assert "renew studio role connect -> listen" in said and "del HvSock" in said, said
    assert cards(guest).keys() == {"studio", "new"}


def test_order(guest):
    """Additions come before deletions, unless the deleted card has the number that the added one
    takes."""
    guest.modprobe("index=3")
    collected = events(guest)
    assert apply(guest, "[studio]\n") == ["add studio", "del HvSock"]
    seen = collected()
    assert seen == ["card-add", "card-del"], seen

    number = cards(guest)["studio"]["index"]
    said = apply(guest, f"[first]\nindex = {number}\n")
    assert said == ["del studio", "add first"], said
    # Two cards exchange their numbers.
    guest.sh("hvsnd add second index 9")
    apply(guest, f"[first]\nindex = 9\n[second]\nindex = {number}\n")
    now = cards(guest)
    assert (now["first"]["index"], now["second"]["index"]) == (9, number), now
    # A card that stays takes the number of one that goes, and another one goes as well.
    guest.sh("hvsnd add third index 11")
    said = apply(guest, f"[first]\nindex = {number}\n")
    assert said == ["del second", f"renew first index 9 -> {number}", "del third"], said


def test_again(guest):
    """What is as the file says is not touched, whatever the kernel makes of a key; a cookie is not
    lost."""
    guest.modprobe()
    pathlib.Path("/tmp/cookie").write_bytes(bytes(256))
    text = ("[vault]\nprotocol = qubes\nport = 6000\n[called]\nprotocol = simple\nrole = listen\n"
            "port = 6005\nplayback-streams = 4\n[keyed]\ncookie-file = /tmp/cookie\n")
    apply(guest, text)
    assert cards(guest).keys() == {"vault", "called", "keyed"}
    assert not (said := apply(guest, text)), f"applied again, it changes {said}"
    said = apply(guest, text.replace("cookie-file = /tmp/cookie", "protocol = simple"), status=1)
    assert len(said) == 1 and said[0].startswith(f"hvsnd: {FILE}:9: keyed: ") and "cookie" in said[0], said
    assert cards(guest)["keyed"]["protocol"] == "pulse", "the card was made anew, and its cookie is lost"
    # A key that it does not heed before it is connected anew: the cookie of the file goes along.
    apply(guest, text + "playback-streams = 3\n")
    assert cards(guest)["keyed"]["has-cookie"]
