# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because volumes must pass between the card and the host at once, in both directions.

The card's volume and mute are those of its streams on the host. Each change causes one notification. The elements
follow ALSA's conventions, the jacks show whether the host is reachable, and a program's channel map is used by the
host.
"""

import array
import os
import re

import pytest

from rig.processes import Lines

PLAYER = "aplay -q -D hw:HvSock --period-time=10000 -t raw -f S16_LE -r 48000 -c 2"
RECORDER = "arecord -q -D hw:HvSock --period-time=10000 -t raw -f S16_LE -r 48000 -c 2 /dev/null"
# No timer is in the way of a change, so it takes only the time in which the programs run. From Linux 6.6 on (EEVDF),
# one that has just woken may have to wait for a tick of 4 ms for each other that runs: two pactl, PulseAudio, socat and
# this test. They run for less than 1 ms.
LINUX = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
AT_ONCE_S = 0.005 if LINUX < (6, 6) else 0.021
# The longest wait between two attempts to connect while a stream runs, and the lateness of the kernel's timers,
# an eighth. socat begins to listen within 20 ms; the handshake that follows waits for nothing.
RETRY_S = 0.4 * 9 / 8 + 0.02 + AT_ONCE_S * 2
LOOK_S = 10.0           # idle-retry-s
AMPLITUDE = 16448


class Mixer:
    """The card and its host, what they report, and a few players."""

    def __init__(self, guest):
        self.guest = guest
        self.players = []
        self.start_host()
        guest.modprobe()
        # The card looks for its host.
        guest.sleep(0.1)
        self.events = Lines(guest.processes, ["controls", "HvSock", "watch"])
        self.events.next("^watching$")

    def start_host(self):
        self.host = self.guest.host(port=None)
        self.host.sink("other")
        self.host.sink("main")
        self.reports = Lines(self.guest.processes, ["pactl", "subscribe"], env=self.host.env)
        self.guest.sleep(0.2)
        self.listens_since = self.guest.now()
        self.host.others.append(self.guest.listen(4713, f"UNIX-CONNECT:{self.host.folder}/card"))

    def end(self):
        self.stop()
        self.events.process.stop()
        self.guest.rmmod()

    # Players

    def start(self, command=PLAYER + " /dev/zero", kind="sink-input"):
        """One more stream; its number on the host."""
        self.reports.rest()
        self.players.append(self.guest.spawn(command))
        _, text = self.reports.next(f"'new' on {kind} ")
        self.guest.sleep(0.2)
        return int(text.split("#")[1])

    def stop(self):
        for player in self.players:
            player.stop()
        self.players.clear()
        self.guest.sleep(1)
        assert not self.states() and not self.states("source-outputs"), "streams remain after their programs"

    def states(self, kind="sink-inputs"):
        """Volumes in percent and mute of the streams that the host lists."""
        text = self.host.cli(f"list-{kind}")
        volumes = [[int(percent) for percent in re.findall(r"(\d+)%", line)]
                   for line in re.findall(r"^\tvolume: (.*)", text, re.M)]
        return list(zip(volumes, re.findall(r"^\tmuted: (\w+)", text, re.M)))

    def assert_host(self, volumes, mute, kind="sink-inputs", count=1):
        seen = self.states(kind)
        assert seen == [(volumes, mute)] * count, f"{kind}: {seen}, not {count} times {volumes} {mute}"

    # Changes

    def get(self, element):
        """Values of an element in the card, as text."""
        return re.search(r"^ *: values=(.*)", self.guest.controls(f"cget {element}"), re.M)[1].replace(",", " ")

    def set(self, words, volumes, mute, kind="sink-inputs", count=1):
        """Has amixer change something: the host has it at once, and no change comes later."""
        self.guest.controls(f"-q {words}")
        self.assert_at_once(kind)
        self.assert_host(volumes, mute, kind, count)

    def assert_at_once(self, kind="sink-inputs"):
        """What was set just now has reached the host; nothing comes later."""
        done = self.guest.now()
        self.guest.sleep(0.3)
        at = max(at for at, text in self.reports.lines if f"'change' on {kind[:-1]} " in text)
        assert at - done < AT_ONCE_S, f"a change reaches the host {1000 * (at - done):.3f} ms after amixer"

    def change(self, line, command, kind="sink-input"):
        """Has the host change something: exactly this event comes, at once."""
        self.events.rest()
        self.reports.rest()
        command()
        changed, _ = self.reports.next(f"'change' on {kind} ")
        at, text = self.events.next("")
        assert text == line, f"event is {text}, expected {line}"
        assert at - changed < AT_ONCE_S, f"{line} comes {1000 * (at - changed):.3f} ms after the host's change"
        self.guest.sleep(0.3)
        assert not (rest := self.events.rest()), f"more events than {line}: {rest}"

    def volume(self, line, index, *percents, kind="sink-input"):
        """Has pactl set a stream's volume."""
        self.change(line, lambda: self.host.pactl(f"set-{kind}-volume", index, *(f"{p}%" for p in percents)), kind)

    def mute(self, line, index, on, kind="sink-input"):
        self.change(line, lambda: self.host.cli(f"set-{kind}-mute {index} {on}"), kind)


def level(*values, element="Hardware Master Playback"):
    return f"{element} Volume: " + " ".join(map(str, values if len(values) == 8 else values * (8 // len(values))))


def conventions(guest):
    """selftests/alsa/controls: every value of every channel, what is refused, decibels, the events."""
    said = guest.sh("controls HvSock")
    assert said.count("\nok ") == 12 and "not ok" not in said, said


def test_card_info(guest):
    """What a mixer program shows of the card"""
    guest.modprobe()
    info = guest.sh("amixer -c HvSock info")
    assert "'HvSock'/'HvSock at vsock:" in info and "Mixer name\t: 'HvSock'" in info, info


def test_names(guest):
    """The host's mixer names the program, the card and the guest; name-streams has the card's name first."""
    mixer = Mixer(guest)
    for first in ("aplay", "HvSock"):
        mixer.start()
        stream, = mixer.host.streams()
        found = {name: stream["properties"].get(name) for name in ("application.name", "media.name")}
        assert found == {"application.name": first, "media.name": f"HvSock on {os.uname().nodename}"}
        mixer.stop()
        guest.sh("hvsnd set HvSock name-streams card")
    mixer.end()


@pytest.mark.matrix
def test_untouched(guest):
    """Nobody in the guest has touched a control: the host decides, and the card shows what the host has."""
    mixer = Mixer(guest)
    mixer.volume(level(33), mixer.start(), 33)
    mixer.stop()
    mixer.reports.rest()
    mixer.players.append(guest.spawn(f"{PLAYER} /dev/zero"))
    at, text = mixer.events.next("")
    assert text == level(100), f"event of a new stream is {text}"
    began, _ = mixer.reports.next("'new' on sink-input ")
    assert at - began < AT_ONCE_S, f"the volume comes {1000 * (at - began):.3f} ms after the new stream"
    mixer.assert_host([100, 100], "no")
    assert not mixer.events.rest()
    mixer.end()


@pytest.mark.matrix
def test_both_ways(guest):
    mixer = Mixer(guest)
    index = mixer.start()
    mixer.set("sset 'Hardware Master' 40%", [40, 40], "no")
    mixer.set("cset name='Hardware Master Playback Volume' 30,60,1,2,3,4,5,6", [30, 60], "no")
    mixer.set("cset name='Hardware Master Playback Switch' off", [30, 60], "yes")
    mixer.set("cset name='Hardware Master Playback Switch' on", [30, 60], "no")
    assert mixer.get("name='Hardware Master Playback Volume'") == "30 60 1 2 3 4 5 6"
    # The channels that the stream lacks follow only a channel that changed.
    mixer.volume(level(30, 75, 1, 75, 3, 75, 5, 75), index, 30, 75)
    mixer.volume(level(20), index, 20)
    mixer.mute("Hardware Master Playback Switch: 0", index, 1)
    mixer.mute("Hardware Master Playback Switch: 1", index, 0)

    # What changes nothing is no event.
    mixer.events.rest()
    mixer.host.pactl("set-sink-input-volume", index, "20%")
    mixer.host.cli(f"set-sink-input-mute {index} 0")
    guest.controls("-q cset name='Hardware Master Playback Volume' 20")
    guest.controls("-q cset name='Hardware Master Playback Switch' on")
    mixer.host.cli(f"move-sink-input {index} other")
    guest.sleep(1)
    assert not (rest := mixer.events.rest()), f"events although nothing changed: {rest}"
    mixer.volume(level(21), index, 21)

    # What the host amplifies shows as 100, and stays so until that channel is set.
    mixer.volume(level(100), index, 120, 150)
    mixer.set("cset name='Hardware Master Playback Switch' off", [120, 150], "yes")
    mixer.set("cset name='Hardware Master Playback Volume' 50,100,100,100,100,100,100,100", [50, 150], "yes")
    mixer.set("cset name='Hardware Master Playback Switch' on", [50, 150], "no")
    mixer.end()


@pytest.mark.matrix
def test_conventions(guest):
    """ALSA's conventions hold with nothing open, and while two streams play whose host echoes each change."""
    mixer = Mixer(guest)
    conventions(guest)
    mixer.start()
    mixer.start()
    mixer.set("sset 'Hardware Master' 70%", [70, 70], "no", count=2)
    mixer.set("cset name='Hardware Master Playback Switch' off", [70, 70], "yes", count=2)
    mixer.set("cset name='Hardware Master Playback Switch' on", [70, 70], "no", count=2)
    conventions(guest)
    mixer.end()


@pytest.mark.matrix
def test_burst(guest):
    """Of many changes in a moment the last one holds, here and on the host."""
    mixer = Mixer(guest)
    mixer.start()
    mixer.start()
    changes = "".join(f'sset "Hardware Master" {percent}%\\n' for percent in (10, 90, 50, 20, 80, 60) * 5)
    guest.sh(f"printf '{changes.replace('%', '%%')}' | amixer -q -s -c HvSock")
    mixer.assert_at_once()
    mixer.assert_host([60, 60], "no", count=2)
    assert mixer.get("name='Hardware Master Playback Volume'") == " ".join(["60"] * 8)
    mixer.end()


@pytest.mark.matrix
def test_kept(guest):
    """What is set stays while nothing is open; a new stream has it from its first frame on."""
    mixer = Mixer(guest)
    guest.controls("-q sset 'Hardware Master' 60%")
    mixer.start()
    mixer.assert_host([60, 60], "no")
    mixer.stop()
    assert mixer.get("name='Hardware Master Playback Volume'") == " ".join(["60"] * 8)
    guest.controls("-q sset 'Hardware Master' 50%")
    mixer.start()
    mixer.assert_host([50, 50], "no")
    mixer.stop()
    assert mixer.get("name='Hardware Master Playback Volume'") == " ".join(["50"] * 8)
    # PulseAudio's volume is cubic, and exact at a half.
    assert played(mixer) == {AMPLITUDE // 8: 48000}
    guest.controls("-q cset name='Hardware Master Playback Switch' off")
    assert played(mixer) == {}
    mixer.end()


def played(mixer):
    """What the host plays of 0.5 s of a constant: each sample that is not 0, and how many there are."""
    with open("/tmp/constant", "wb") as file:
        file.write(AMPLITUDE.to_bytes(2, "little") * 48000)
    recording = mixer.host.record("main", "/tmp/heard")
    mixer.guest.sh(f"{PLAYER} /tmp/constant")
    samples = array.array("h", recording.stop().read_bytes())
    return {value: samples.count(value) for value in set(samples) - {0}}


@pytest.mark.matrix
def test_capture(guest):
    mixer = Mixer(guest)
    guest.controls("-q cset name='Mic Capture Volume' 50")
    index = mixer.start(RECORDER, "source-output")
    mixer.assert_host([50, 50], "no", "source-outputs")
    mixer.volume(level(25, 35, element="Mic Capture"), index, 25, 35, kind="source-output")
    mixer.mute("Mic Capture Switch: 0", index, 1, kind="source-output")
    mixer.set("cset name='Mic Capture Volume' 45", [45, 45], "yes", "source-outputs")
    mixer.set("cset name='Mic Capture Switch' on", [45, 45], "no", "source-outputs")
    mixer.end()


def jack(mixer):
    return mixer.get("iface=CARD,name='Line Out Jack'")


def jacks(mixer, state):
    """Both jacks report this state, nothing else comes; the time of the first event."""
    at, _ = mixer.events.next(f"^Line Out Jack: {state}$", seconds=15)
    mixer.guest.sleep(0.3)
    assert (rest := mixer.events.rest()) == [f"Mic Jack: {state}"], f"events are {rest}"
    return at


@pytest.mark.matrix
def test_jack(guest):
    """The jacks follow a host that goes and comes back under a player."""
    mixer = Mixer(guest)
    assert jack(mixer) == "on"
    guest.controls("-q sset 'Hardware Master' 50%")
    mixer.start()
    mixer.events.rest()
    stopped = guest.now()
    mixer.host.stop()
    ended = guest.now()
    at = jacks(mixer, 0)
    assert stopped < at < ended + AT_ONCE_S, f"jacks report {at - ended} s after the host's end"
    assert jack(mixer) == "off"
    guest.sleep(3)
    mixer.start_host()
    at = jacks(mixer, 1)
    assert at - mixer.listens_since < RETRY_S, f"the jack follows {at - mixer.listens_since} s after the host is back"
    assert jack(mixer) == "on"
    mixer.assert_host([50, 50], "no")
    mixer.end()


@pytest.mark.matrix
def test_jack_without_streams(guest):
    """A host that went is looked for every 10 s with nothing open, and left alone once it is back."""
    mixer = Mixer(guest)
    mixer.host.stop()
    guest.sh(f"{PLAYER} -d 4 /dev/zero")
    jacks(mixer, 0)
    guest.sleep(31)
    assert jack(mixer) == "off" and not mixer.events.rest()
    mixer.start_host()
    at = jacks(mixer, 1)
    assert at - mixer.listens_since < LOOK_S * 9 / 8, f"the host is found after {at - mixer.listens_since} s"
    mixer.reports.rest()
    guest.sleep(60)
    assert not (rest := mixer.reports.rest()), f"a host that is there hears of the card: {rest}"
    mixer.end()


@pytest.mark.matrix
def test_channel_map(guest):
    """A program's own order of channels is the host's; a change in mid-play is refused."""
    mixer = Mixer(guest)
    mixer.start(f"{PLAYER} -m FR,FL /dev/zero")
    assert "channel map: front-right,front-left\n" in mixer.host.cli("list-sink-inputs")
    number = re.search(r"numid=(\d+),.*'Playback Channel Map'", guest.controls("controls"))[1]
    assert mixer.get(f"numid={number}") == "4 3 0 0 0 0 0 0"
    guest.sh(f"amixer -q -c HvSock cset numid={number} 3,4,0,0,0,0,0,0", status=1)
    mixer.stop()
    mixer.start()
    assert "channel map: front-left,front-right\n" in mixer.host.cli("list-sink-inputs")
    mixer.end()
