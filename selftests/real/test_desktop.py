# SPDX-License-Identifier: GPL-2.0
"""Real time, because a guest in simulated time has no PipeWire. A Debian 13 desktop opens nothing on the host by
itself, and does not change the host's volume. It names the card after the host. real/test_desktops.py has more.

The desktop boots with Debian's udev rules and services, and a user logs in (rig/desktop.py). The host counts the
streams from before the boot.
"""

import pytest

from rig import clean, desktop, rows

pytestmark = pytest.mark.matrix(desktop.SUITE, only=True)
# PipeWire suspends a node 5 s after its last stream ended, and this machine may stand still.
SUSPENDED_S = 60
# For what may come later by itself
SETTLES_S = 10
VOLUME = "amixer -c HvSock cget name='Hardware Master Playback Volume'"


@pytest.fixture(scope="module")
def booted(start_machine, row):
    """The desktop before anyone logs in"""
    try:
        built = rows.built(row)
        return start_machine(built.kernel, {"snd-hvsock.ko": built.files["snd-hvsock.ko"]}, kind=desktop.Desktop)
    except clean.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def session(booted):
    """The desktop with a user who has logged in"""
    booted.before_login = streams(booted)
    booted.log_in()
    booted.spawn("exec Xvfb :1")
    return booted


def streams(machine):
    """How many streams the host has had: those that played, and those that recorded."""
    return machine.host.new("sink-input"), machine.host.new("source-output")


def new_streams(machine, before):
    """The same since then, with those that come a while later"""
    machine.sh(f"sleep {SETTLES_S}")
    return tuple(now - then for now, then in zip(streams(machine), before))


def ends(machine, job):
    """Ends a program, whose streams on the host then end as well."""
    job.stop()
    for kind in ("sink-inputs", "source-outputs"):
        machine.host.wait_streams(0, kind, SUSPENDED_S)


def pavucontrol(machine):
    """Starts it; returns when it has a level meter for each of the two sources."""
    job = machine.spawn_user("DISPLAY=:1 GSK_RENDERER=cairo exec pavucontrol")
    machine.until(lambda: len(machine.user("pactl list short source-outputs").splitlines()) == 2, 180,
                  "pavucontrol has a meter for each source")
    return job


def test_boot(booted):
    """alsactl, which udev's rule and a service run, finds no saved state, and leaves the host's volume."""
    assert "alsactl" in booted.sh("journalctl -b --no-pager -u systemd-udevd"), "udev's rule did not run alsactl"
    assert ": values=100,100" in booted.sh(VOLUME)
    player = booted.spawn("exec aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 /dev/zero")
    stream, = booted.host.wait_streams(1, seconds=60)
    assert {channel["value_percent"] for channel in stream["volume"].values()} == {"100%"}, stream["volume"]
    ends(booted, player)


def test_saved_state(booted):
    """With one, udev's rule restores the user's volume without a word."""
    booted.sh("amixer -q -c HvSock sset 'Hardware Master' 47% && alsactl store && udevadm settle")
    said = booted.sh("""since=$(date +%s) && rmmod snd-hvsock && sleep 1 && modprobe snd-hvsock &&
        udevadm settle && sleep 2 &&
        journalctl --no-pager --since=@$since | grep -iE "alsactl|controlC" """, status=None)
    assert ": values=47,47" in booted.sh(VOLUME), "udev's rule restored nothing"
    assert not said, f"alsactl says at a restore:\n{said}"
    booted.sh("amixer -q -c HvSock sset 'Hardware Master' 100%")


def test_name_of_another_card(booted):
    """A card that is not the module's default has its name in that of the desktop."""
    booted.sh("rmmod snd-hvsock && sleep 1 && modprobe snd-hvsock id=studio && udevadm settle")
    said = booted.sh("udevadm info -q property /sys/class/sound/card0")
    assert "ID_MODEL_FROM_DATABASE=Host Audio (studio)\n" in said, said
    booted.sh("rmmod snd-hvsock && sleep 1 && modprobe snd-hvsock && udevadm settle && sleep 2")


def test_names(session):
    """The default sink and source are named after the host, and their volume is that of the host's streams."""
    for kind, name in (("sink", "Host Audio Stereo"), ("source", "Host Audio Microphone")):
        device = session.default(kind)
        assert device["description"] == name
        assert {"HW_VOLUME_CTRL", "HW_MUTE_CTRL"} <= set(device["flags"]), device["flags"]


def test_looks(session):
    """A login, and pactl list, open no stream on the host."""
    assert new_streams(session, session.before_login) == (0, 0), "the login opens streams"
    before = streams(session)
    assert "platform-snd_hvsock" in session.user("pactl list sources"), "PipeWire has no source"
    session.user("pactl list")
    assert new_streams(session, before) == (0, 0), "pactl list opens streams"


def test_level_meters(session):
    """A level meter records only while another program does."""
    before = streams(session)
    window = pavucontrol(session)
    assert new_streams(session, before) == (0, 0), "pavucontrol opens streams"
    recorder = session.spawn_user("exec parecord --raw /dev/null")
    session.host.wait_streams(1, "source-outputs", 60)
    recorder.stop()
    session.host.wait_streams(0, "source-outputs", SUSPENDED_S)
    ends(session, window)
    assert new_streams(session, before) == (0, 1)


def test_level_meters_that_record(session):
    """Without the configuration for that a level meter records itself, until its window is closed."""
    session.sh(f"rm {desktop.METERS}")
    session.user("systemctl --user restart pipewire-pulse")
    session.until_sound()
    before = streams(session)
    window = pavucontrol(session)
    session.host.wait_streams(1, "source-outputs", 60)
    ends(session, window)
    assert new_streams(session, before)[1] == 1
