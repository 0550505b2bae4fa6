# SPDX-License-Identifier: GPL-2.0
"""Real time, because a guest in simulated time has no sound server. Desktops of Debian 12 and 13 with PipeWire and with
PulseAudio, and with the sound card that a hypervisor emulates: the session prefers the host's card, names it after the
host, has the host's volume in hardware, and leaves nothing open.

Long since each desktop boots for minutes.
"""

import array
import json
import pathlib
import tempfile

import pytest

from rig import clean, desktop, paths

pytestmark = pytest.mark.long
DESKTOPS = [("trixie", desktop.PIPEWIRE), ("trixie", desktop.PULSEAUDIO), ("bookworm", desktop.PIPEWIRE),
            ("bookworm", desktop.PULSEAUDIO)]
# A sound server suspends a device 5 s after its last stream ended, and this machine may stand still.
SUSPENDED_S = 60
SETTLES_S = 10
SURROUND = "front-left,front-right,rear-left,rear-right,front-center,lfe"
STREAMS = {"sink": ("sink-input", "exec pacat --raw /dev/zero"),
           "source": ("source-output", "exec parec --raw /dev/null")}


@pytest.fixture(scope="module", params=DESKTOPS, ids=lambda of: f"{of[0]}-{of[1][0]}")
def session(request, guests, kernel, product):
    """A desktop with a user who has logged in"""
    suite, server = request.param
    try:
        system = clean.System(suite, *desktop.BASE, *server, "pulseaudio-utils")
    except clean.Unavailable as reason:
        pytest.skip(str(reason))
    # Four such disks would fill a small cache.
    with tempfile.TemporaryDirectory(dir=paths.scratch_base()) as folder, guests() as start:
        here = start(kernel, {"snd-hvsock.ko": product["snd-hvsock.ko"]}, kind=desktop.Desktop,
                     disk=desktop.make_disk(pathlib.Path(folder), kernel, system.root), options=desktop.EMULATED_CARD)
        here.suite, here.pipewire = suite, server == desktop.PIPEWIRE
        here.log_in()
        yield here


def has_volume(device, percent, mute):
    """Whether its left channel has this volume and its mute is this. Sound servers count in decibels and the card in
    percent, so they may differ by 1.
    """
    channel = next(iter(device["volume"].values()))
    return abs(int(channel["value_percent"].rstrip("%")) - percent) <= 1 and device["mute"] == mute


def opens_little(session):
    """Fails if the session has opened the host's microphone, or has played. PulseAudio cannot be kept from opening a
    sink for 5 s.
    """
    session.sh(f"sleep {SETTLES_S}")
    assert not session.host.new("source-output"), "the session opens the microphone"
    assert session.host.new("sink-input") <= (0 if session.pipewire else 1), "the session opens a stream"
    session.host.wait_streams(0, seconds=SUSPENDED_S)


@pytest.fixture(scope="module")
def microphone(session):
    """With PulseAudio the profile with the microphone, which its user chooses"""
    if not session.pipewire:
        session.user("pactl set-card-profile alsa_card.platform-snd_hvsock.0 "
                     "output:analog-stereo+input:analog-microphone")
        session.host.wait_streams(0, "source-outputs", SUSPENDED_S)


def test_login(session):
    session.default("sink")
    opens_little(session)


def test_host_restarts(session):
    """The session uses another device while the host is away, and the host's again when it is back."""
    job = session.spawn_user("exec pacat --raw /dev/zero")
    session.host.wait_streams(1, seconds=60)
    session.host.kill()
    session.until(lambda: "snd_hvsock" not in session.user("pactl get-default-sink"), 180, "the session notices")
    job.stop()
    session.start_host()
    session.until(lambda: "snd_hvsock" in session.user("pactl get-default-sink"), 180, "the session is back")
    opens_little(session)


def test_names(session, microphone):
    """The default sink and source are those of the host's card, though there is an emulated one."""
    assert "Intel" in session.sh("cat /proc/asound/cards"), "there is no emulated card"
    assert session.default("sink")["description"] == "Host Audio Stereo"
    assert session.default("source")["description"] == "Host Audio Microphone"


def test_profiles(session, microphone):
    card, = [text for text in session.user("LC_ALL=C pactl list cards").split("Card #") if "snd_hvsock" in text]
    for words in ("Stereo Output + Microphone Input", "Surround 5.1 Output + Microphone Input",
                  "Surround 7.1 Output + Microphone Input", "Stereo Output (", "Microphone Input ("):
        assert words in card, card
    assert "Active Profile: output:analog-stereo+input:analog-microphone" in card
    for port in ("snd-hvsock-output: Speakers (", "snd-hvsock-input: Microphone ("):
        line, = [line for line in card.splitlines() if port in line]
        assert line.endswith(", available)"), line


@pytest.mark.parametrize("kind", STREAMS)
def test_volume(session, microphone, kind):
    """Volume and mute of the session's device are those of the stream on the host, in both directions."""
    assert {"HW_VOLUME_CTRL", "HW_MUTE_CTRL"} <= set(session.default(kind)["flags"])
    stream, command = STREAMS[kind]
    job = session.spawn_user(command)
    there, = session.host.wait_streams(1, f"{stream}s", 60)

    def host_has(*expected):
        return lambda: has_volume(session.host.streams(f"{stream}s")[0], *expected)

    def session_has(*expected):
        return lambda: has_volume(session.default(kind), *expected)

    session.user(f"pactl set-{kind}-volume @DEFAULT_{kind.upper()}@ 50%")
    session.until(host_has(50, False), 60, "the host has the session's volume")
    session.user(f"pactl set-{kind}-mute @DEFAULT_{kind.upper()}@ 1")
    session.until(host_has(50, True), 60, "the host has the session's mute")
    session.host.pactl(f"set-{stream}-volume", there["index"], "30%")
    session.host.pactl(f"set-{stream}-mute", there["index"], "0")
    session.until(session_has(30, False), 60, "the session has the host's volume and mute")
    session.user(f"pactl set-{kind}-volume @DEFAULT_{kind.upper()}@ 100%")
    job.stop()
    session.host.wait_streams(0, f"{stream}s", SUSPENDED_S)


def port_latencies_ns(session, node_name):
    """What PipeWire tells the program of this node of the delay behind its ports"""
    objects = json.loads(session.user("pw-dump"))
    nodes = {one["id"] for one in objects if one["type"] == "PipeWire:Interface:Node"
             and one["info"]["props"].get("node.name") == node_name}
    return [latency["minNs"] for one in objects if one["type"] == "PipeWire:Interface:Port"
            and one["info"]["props"]["node.id"] in nodes
            for latency in one["info"]["params"].get("Latency", ()) if latency["direction"] == "Input"]


def test_latency(session):
    """Sound server and program know the delay between the position of the card and the loudspeaker."""
    job = session.spawn_user("exec pacat --raw /dev/zero")
    session.host.wait_streams(1, seconds=60)
    sink = session.default("sink")
    if session.pipewire:
        said = session.user(f"pw-cli enum-params {sink['name']} ProcessLatency")
        assert "Long 70000000" in said, said
        if session.suite == "trixie":
            assert port_latencies_ns(session, "pacat") == [70000000] * 2
    else:
        session.until(lambda: session.default("sink")["latency"]["actual"] > 50000, 60, "PulseAudio has the delay")
    job.stop()
    session.host.wait_streams(0, seconds=SUSPENDED_S)


def test_default(session):
    """aplay's default is the session's default."""
    seen = session.host.new("sink-input")
    session.user("aplay -q -D default -f cd -d 1 /dev/zero")
    assert session.host.new("sink-input") == seen + 1
    session.host.wait_streams(0, seconds=SUSPENDED_S)


def test_alsa_names(session):
    """Each name of ALSA's library for the card plays without the session's server."""
    for name, channels in (("sysdefault", 2), ("front", 2), ("surround21", 3), ("surround40", 4), ("surround41", 5),
                           ("surround50", 5), ("surround51", 6), ("surround71", 8)):
        seen = session.host.new("sink-input")
        session.user(f"aplay -q -D {name}:HvSock -t raw -f S16_LE -r 48000 -c {channels} -d 1 /dev/zero")
        assert session.host.new("sink-input") == seen + 1, f"{name} opens no stream on the host"
    session.host.wait_streams(0, seconds=SUSPENDED_S)


def test_surround(session):
    """speaker-test is heard from each of the six speakers in turn."""
    recording = session.host.record(session.host.sink("six", channels=6, channel_map=SURROUND), session.folder / "six")
    session.user("speaker-test -D surround51:HvSock -c 6 -t sine -f 440 -l 1")
    samples = array.array("h", recording.stop().read_bytes())
    heard = {}
    for channel in range(6):
        loud = [frame for frame, sample in enumerate(samples[channel::6]) if abs(sample) > 1000]
        assert len(loud) > 48000 // 2, f"channel {channel} has {len(loud)} loud samples"
        heard[channel] = loud[0], loud[-1]
    times = sorted(heard.values())
    assert all(ends < begins for (_, ends), (begins, _) in zip(times, times[1:])), f"speakers sound together: {heard}"
    session.host.wait_streams(0, seconds=SUSPENDED_S)


def test_idle(session):
    """The session, left alone, has nothing open on the host."""
    before = session.host.new("sink-input"), session.host.new("source-output")
    session.sh(f"sleep {SETTLES_S}")
    assert not session.host.streams() and not session.host.streams("source-outputs")
    assert before == (session.host.new("sink-input"), session.host.new("source-output"))
