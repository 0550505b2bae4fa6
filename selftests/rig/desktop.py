# SPDX-License-Identifier: GPL-2.0
"""A Debian desktop's system on a disk, for a guest in real time: systemd, udev with the packages' own rules, and a
user's session with PipeWire and WirePlumber, or with PulseAudio, none of them configured by the tests.
"""

import json
import pathlib
import re
import shlex
import shutil
import tempfile

from . import clean, image, machine as machines, paths
from .processes import Processes, until
from .pulse import Pulse

SUITE = "trixie"
BASE = ("systemd", "systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd", "kmod", "udev", "alsa-utils",
        "alsa-ucm-conf")
PIPEWIRE = ("pipewire", "pipewire-pulse", "pipewire-alsa", "wireplumber")
PULSEAUDIO = ("pulseaudio",)
PACKAGES = (*BASE, "rtkit", *PIPEWIRE, "pulseaudio-utils", "pavucontrol", "xvfb")
UNNEEDED = ("var/cache", "var/lib/apt", "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/zoneinfo")
# ext4 asks for the second one by an alias.
DISK_MODULES = ("virtio_blk", "ext4", "crc32c_generic")
MODULES = ("snd-pcm", "snd-timer", "snd-hrtimer", "snd-seq", "snd-hda-intel", "snd-hda-codec-generic", "vsock",
           "vmw_vsock_virtio_transport", "vsock_loopback", "hv_sock", "virtio_console", "virtio_pci", "9p",
           "9pnet_virtio", *DISK_MODULES)
# The sound card that hypervisors emulate
EMULATED_CARD = ("-audiodev", "none,id=nowhere", "-device", "intel-hda", "-device", "hda-duplex,audiodev=nowhere")
USER, UID = "listener", 1000
RUNTIME = f"/run/user/{UID}"
COMMANDS = paths.SELFTESTS / "rig/guest/machine-commands"
# One of the files that make install-desktop installs
METERS = "/usr/share/pipewire/pipewire-pulse.conf.d/snd-hvsock-meters.conf"
# What the packages install
PACKAGED = {"etc/modules-load.d/snd-hvsock.conf": "snd-hvsock\n"}
FILES = {
    "etc/machine-id": "",
    "etc/hostname": "desktop\n",
    "etc/systemd/system/machine-commands.service":
        "[Service]\nExecStart=/usr/local/sbin/machine-commands\nKillMode=process\n"
        "[Install]\nWantedBy=multi-user.target\n",
    # Who starts getty@tty1 logs the user in.
    "etc/systemd/system/getty@tty1.service.d/login.conf":
        f"[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin {USER} --noclear --noreset %I linux\n",
}
MEMORY_MB = 1536
OWN_SPACE_MB = 300


def installed(folder):
    """What make install-desktop installs into a folder"""
    paths.run("make", "-s", "-C", paths.TOP / "user", "install-desktop", f"DESTDIR={folder}")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def make_disk(folder, kernel, system, packaged=False, files=()):
    """Writes folder/disk: a system, which a folder has, for this kernel. packaged: it has our packages. files: more
    files, a mapping of names to texts.
    """
    root = folder / "root"
    paths.run("cp", "-a", system, root)
    for name in UNNEEDED:
        shutil.rmtree(root / name, ignore_errors=True)
    image.copy_modules(kernel, MODULES, root)
    shutil.copy(COMMANDS, root / "usr/local/sbin")
    if not packaged:
        installed(root)
    paths.run("chroot", root, "useradd", "-m", "-s", "/bin/bash", "-u", str(UID), USER)
    for name, text in {**FILES, **({} if packaged else PACKAGED), **dict(files)}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    paths.run("chroot", root, "systemctl", "-q", "enable", "machine-commands.service")
    paths.run("chroot", root, "systemctl", "-q", "disable", "getty@tty1.service")
    # It would be a second session at the console.
    paths.run("chroot", root, "systemctl", "-q", "mask", "serial-getty@ttyS0.service")
    used_mb = int(paths.run("du", "-sm", root).split()[0])
    paths.run(image.find_program("mke2fs"), "-q", "-t", "ext4", "-O", "^has_journal", "-d", root,
              folder / "disk", f"{used_mb * 11 // 10 + OWN_SPACE_MB}M")
    shutil.rmtree(root)
    return folder / "disk"


def kept_disk(kernel, system=None):
    """The disk of a desktop of SUITE with PACKAGES, made once. system: the folder of one with our packages, whose name
    changes with its content. Raises clean.Unavailable.
    """
    packaged = system is not None
    system = system or pathlib.Path(clean.System(SUITE, *PACKAGES).root)
    with tempfile.TemporaryDirectory() as folder:
        own = installed(pathlib.Path(folder))
        key = paths.digest(system.name, str(kernel.modules), COMMANDS, *(str(path.relative_to(folder)) for path in own),
                           *own, pathlib.Path(__file__))
    return paths.cached("desktop", key, lambda folder: make_disk(folder, kernel, system, packaged)) / "disk"


class Host(Pulse):
    """The host of a desktop's card, which notes each stream that it gets."""

    def __init__(self, machine):
        super().__init__(machine.host_processes, machine.folder / "host")
        self.sink("main")
        self.events = self.processes.spawn(["pactl", "subscribe"], "subscribe", env=self.env)
        self.others.append(self.events)
        until(lambda: '"pactl"' in self.cli("list-clients"), 60, "pactl subscribes")
        # Last, so that no stream is missed.
        self.configure(f"load-module module-native-protocol-unix socket={machine.socket(4713)} auth-anonymous=1")

    def new(self, kind):
        """How many streams of a kind (sink-input, source-output) there have been."""
        return len(re.findall(rf"'new' on {kind} ", self.events.output()))


class Desktop(machines.Machine):
    """A desktop that has booted, on which nobody has logged in yet. Its host is there since before it booted.

    disk: its disk, by default that of kept_disk(kernel, system). options: more of QEMU's arguments.
    """

    def __init__(self, kernel, files, system=None, disk=None, options=()):
        drive = f"file={disk or kept_disk(kernel, system)},format=raw,if=virtio,snapshot=on"
        super().__init__(kernel, files, words="hvsnd.root=/dev/vda systemd.show_status=1",
                         options=("-drive", drive, *options), modules=DISK_MODULES, memory_mb=MEMORY_MB)
        booted = self.spawn("systemctl is-system-running --wait")
        assert self.wait_boot(lambda: not booted.alive()), f"units do not start:\n{self.tail(self.console)}"

    def boot(self):
        self.host_processes = Processes(self.folder / "logs/host")
        self.host = Host(self)
        super().boot()

    def kill(self):
        super().kill()
        self.host_processes.stop()

    def start_host(self):
        """Starts the host's server again, after host.stop() or host.kill()."""
        self.socket(4713).unlink(missing_ok=True)
        self.host = Host(self)

    def log_in(self):
        self.sh("systemctl start getty@tty1")
        self.until_sound()

    def until_sound(self):
        self.until(lambda: self.user("pactl info >/dev/null 2>&1 && echo yes", status=None), 180,
                   "the user's sound server answers")

    def default(self, kind):
        """The session's default sink or source, as pactl has it in JSON."""
        def chosen():
            name = self.user(f"pactl get-default-{kind}").strip()
            return [one for one in json.loads(self.user(f"LC_ALL=C pactl -f json list {kind}s"))
                    if one["name"] == name and not name.startswith("auto_null")]
        return self.until(chosen, 180, f"the session has a default {kind}")[0]

    def user(self, command, limit_s=120, status=0):
        """As sh(), by the user, in the session."""
        return self.sh(self.as_user(command), limit_s, status)

    def spawn_user(self, command):
        return self.spawn(self.as_user(command))

    @staticmethod
    def as_user(command):
        environment = f"HOME=/home/{USER} XDG_RUNTIME_DIR={RUNTIME} DBUS_SESSION_BUS_ADDRESS=unix:path={RUNTIME}/bus"
        return f"exec runuser -u {USER} -- env {environment} sh -c {shlex.quote(command)}"
