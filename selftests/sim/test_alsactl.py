# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because no real transport is needed. alsactl at boot and at shutdown prints nothing, and changes no
volume on the host unless its user or a user of the guest asked for it.
"""

PLAY = "aplay -q -D hw:HvSock --period-time=10000 -t raw -f S16_LE -r 48000 -c 2"
# Its exit status where it has no state of a card, and initialised the card
GENERIC = 99


def volume(guest, host):
    """Percent of a new stream on the host."""
    player = guest.spawn(f"{PLAY} -d 2 /dev/zero")
    stream, = host.wait_streams(1)
    guest.sleep(0.3)
    stream, = host.streams()
    player.wait()
    host.wait_streams(0)
    return {channel: int(value["value_percent"].rstrip("%")) for channel, value in stream["volume"].items()}


def silent(guest, state, verb):
    """Without -U alsa-lib complains of every card that has no use case configuration."""
    said = guest.sh(f"alsactl -U -f {state} {verb}", status=None)
    assert not said, f"alsactl {verb} says: {said}"


def both(percent):
    return {"front-left": percent, "front-right": percent}


def test_first_boot(guest):
    """Without a saved state alsactl sets what its generic list names to -20 dB."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    guest.sh("alsactl -f /tmp/none restore", status=GENERIC)
    for element in ("Hardware Master Playback", "Mic Capture"):
        assert ": values=100,100" in guest.controls(f"cget name='{element} Volume'")
        assert ": values=on" in guest.controls(f"cget name='{element} Switch'")
    assert volume(guest, host) == both(100)
    guest.sh("alsactl init", status=GENERIC)
    assert volume(guest, host) == both(100)


def test_users_volume_is_kept(guest):
    """-20 dB that a user set is the volume after a reload, also on the host."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    guest.controls("-q sset 'Hardware Master' -- -20dB")
    # alsa-lib rounds -20 dB up: 47 % of the host's cubic scale are -19.7 dB.
    quiet = volume(guest, host)
    assert quiet == both(47), quiet
    guest.sh("alsactl -f /tmp/state store")
    guest.rmmod()
    guest.modprobe()
    silent(guest, "/tmp/state", "restore")
    assert volume(guest, host) == quiet


def test_hosts_volume_is_kept(guest):
    """A state that was saved while nobody had set a volume is no wish of the guest's."""
    guest.modprobe()
    guest.sh("alsactl -f /tmp/state store")
    host = guest.host()
    host.sink("main")
    host.pactl("load-module", "module-stream-restore")
    player = guest.spawn(f"{PLAY} -d 2 /dev/zero")
    stream, = host.wait_streams(1)
    host.pactl("set-sink-input-volume", stream["index"], "63%")
    player.wait()
    # PulseAudio writes its database a while later.
    guest.sleep(15)
    guest.rmmod()
    guest.modprobe()
    silent(guest, "/tmp/state", "restore")
    assert volume(guest, host) == both(63)


def test_silent(guest):
    """store and restore say nothing, with nothing open and while a program plays and records."""
    guest.modprobe()
    host = guest.host()
    host.sink("main")
    guest.sh("alsactl -f /tmp/state store")
    for state in ("idle", "busy"):
        silent(guest, f"/tmp/{state}", "store")
        for saved in ("state", state):
            silent(guest, f"/tmp/{saved}", "restore")
        if state == "idle":
            guest.spawn(f"{PLAY} -d 60 /dev/zero")
            guest.spawn(f"{PLAY.replace('aplay', 'arecord')} -d 60 /dev/null")
            host.wait_streams(1)
            host.wait_streams(1, "source-outputs")
    guest.processes.stop()
    host = guest.host(port=0)
    silent(guest, "/tmp/busy", "restore")
