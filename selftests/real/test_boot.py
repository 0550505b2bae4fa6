# SPDX-License-Identifier: GPL-2.0
"""Real time, on a Debian 13 desktop with our packages (rig/desktop.py). apt installed them, and dkms built the module.
After the boot the cards exist before anyone's session looks for them, and they play.

Long since it builds the packages, and the module with dkms.
"""

import inspect
import pathlib
import re
import textwrap

import pytest

from rig import clean, desktop, image, packages, paths, sources

pytestmark = pytest.mark.long
CONFIGURATION = "[HvSock]\\n[studio]\\nport = 4714\\n"
# What a disk needs no more once dkms has built the module
BUILT_WITH = "/usr/src/linux-* /usr/lib/gcc /usr/libexec/gcc /usr/lib/linux-kbuild-* /usr/lib/linux/kbuild-*"


def installed():
    """Folder with a desktop that has the packages, and its kernel's release"""
    debs = packages.Packages(desktop.SUITE)
    arch = clean.architecture()
    system = clean.System(desktop.SUITE, *desktop.PACKAGES, *packages.depends(desktop.SUITE),
                          f"linux-headers-{arch}")
    release = system.headers(f"linux-headers-{arch}")

    key = paths.digest(debs.key, pathlib.Path(system.root).name, CONFIGURATION, BUILT_WITH,
                       inspect.getsource(installed))

    def make(folder):
        (folder / "debs").mkdir()
        for deb in (debs.folder / "new").glob("*.deb"):
            (folder / "debs" / deb.name).write_bytes(deb.read_bytes())
        print(system.run(f"""
            export DEBIAN_FRONTEND=noninteractive
            apt-get -qq -y --no-install-recommends install /host/debs/*.deb 2>&1
            modinfo -k $release snd-hvsock
            printf '{CONFIGURATION}' >/etc/snd-hvsock.conf
            rm -rf {BUILT_WITH} /lib/modules/$release/build /lib/modules/$release/source
            cp -ax / /host/root
            rmdir /host/root/host
            """, folder, release=release))
        (folder / "root").rename(folder / key)

    return paths.cached("boot", key, make) / key, release


@pytest.fixture(scope="module")
def booted(start_machine):
    try:
        system, release = installed()
        return start_machine(image.kernel(desktop.SUITE, release), {}, kind=desktop.Desktop, system=system)
    except clean.Unavailable as reason:
        pytest.skip(str(reason))


def test_cards_before_login(booted):
    """The card of the module, which modules-load.d names, and that of /etc/snd-hvsock.conf"""
    cards = booted.sh("cat /proc/asound/cards")
    assert "HvSock" in cards and "studio" in cards, cards
    failed = booted.sh("systemctl --failed --no-legend --plain")
    assert "snd-hvsock" not in failed and "modules-load" not in failed, failed
    assert booted.sh("modinfo -n snd-hvsock").strip().split("/")[-2] == "dkms"


def test_cards_before_sessions(booted):
    """They exist before anyone can log in: both units have ended by then, and systemd waits for them."""
    def shown(unit, value):
        return booted.sh(f"systemctl show -P {value} {unit}").strip()

    logins = "systemd-user-sessions.service"
    begins = int(shown(logins, "InactiveExitTimestampMonotonic"))
    for unit in ("systemd-modules-load.service", "snd-hvsock.service"):
        ends = int(shown(unit, "ActiveEnterTimestampMonotonic"))
        assert 0 < ends < begins, f"{unit} ends at {ends} us, logins begin at {begins} us"
    assert logins in shown("snd-hvsock.service", "Before").split()
    assert "sysinit.target" in shown("systemd-modules-load.service", "Before").split()


def test_streams_named_after_the_card(booted):
    """The steps of Documentation/desktops.rst, with a new load of the module instead of the reboot"""
    page = sources.text("Documentation/desktops.rst")
    load = re.search(r"sudo (rmmod snd-hvsock) && sudo (modprobe snd-hvsock)\n", page).expand(r"\1 && \2")
    steps = page.split("\n1. Load the module with another name")[1]
    options = re.search(r"echo '(.*)' \| sudo tee (/etc/modprobe\.d/\S+)", steps)
    configuration = textwrap.dedent(re.search(r"(?m)^( +)\[desk\]\n(?:\1.*\n)+", steps)[0])
    named = re.search(r"should show ``(desk: desk on) *\n? *guest``", steps)[1]
    booted.sh(f"""cp /etc/snd-hvsock.conf /tmp/kept
        echo '{options[1]}' >{options[2]}
        echo '{configuration}' >/etc/snd-hvsock.conf
        {load} && systemctl restart snd-hvsock && hvsnd save""")
    player = booted.spawn("exec aplay -q -D plughw:desk -f cd /dev/zero")
    stream, = booted.host.wait_streams(1, seconds=120)
    player.stop()
    booted.host.wait_streams(0, seconds=120)
    booted.sh(f"""rm {options[2]}
        mv /tmp/kept /etc/snd-hvsock.conf
        {load} && systemctl restart snd-hvsock""")
    properties = stream["properties"]
    assert f"{properties['application.name']}: {properties['media.name']}" == f"{named} desktop", properties


def test_session(booted):
    """The session's sound server has both cards, which udev has prepared before it starts."""
    cards = [int(booted.sh(f"udevadm info -q property --property=USEC_INITIALIZED --value /sys/class/sound/card{card}"))
             for card in (0, 1)]
    booted.log_in()
    begins = int(booted.user("systemctl --user show -P ExecMainStartTimestampMonotonic wireplumber"))
    assert all(0 < ready < begins for ready in cards), \
        f"cards are ready at {cards} us, WirePlumber begins at {begins} us"
    booted.until(lambda: booted.user("pactl list short cards").count("snd_hvsock") == 2, 180, "it has both cards")


def test_plays(booted):
    """The session's sound server plays on the host."""
    player = booted.spawn_user("exec pacat --raw /dev/zero")
    booted.host.wait_streams(1, seconds=120)
    player.stop()
    booted.host.wait_streams(0, seconds=120)


def test_autopkgtest(booted):
    """The test of debian/tests that needs a guest"""
    script = booted.share / "play"
    script.write_bytes((paths.TOP / "debian/tests/play").read_bytes())
    print(booted.sh("sh /host/play", limit_s=600))
