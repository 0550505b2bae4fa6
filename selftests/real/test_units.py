# SPDX-License-Identifier: GPL-2.0
"""Real time, in a guest with systemd and with everything installed in a minimal system of this suite. The card of
/etc/snd-hvsock.conf exists after the boot, and its audio data arrives at hvsndd, which systemd starts when the card
connects. Host and guest are the same machine, over vsock_loopback.
"""

import collections
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from rig import clean, image, kernel_log, machine as machines, paths
from rig.processes import Processes, until
from rig.ramp import Ramp

PACKAGES = ("systemd", "systemd-sysv", "dbus", "libpam-systemd", "kmod", "alsa-utils", "pulseaudio-utils",
            "libnl-genl-3-200", "libjson-c5", "libkmod2")
# An emulated guest needs 30 ms to unpack a megabyte, and as long to start a program.
UNNEEDED = ("var/cache", "var/lib/apt", "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/zoneinfo",
            "usr/share/perl*", "usr/lib/*/perl*", "usr/lib/*/libperl*", "usr/bin/perl*", "usr/lib/*/gconv",
            "usr/lib/systemd/system-generators")
MODULES = ("snd-pcm", "snd-timer", "vsock_loopback", "vsock", "hv_sock")
PROVE = paths.SELFTESTS / "rig/guest/prove-units"
LIMIT_S = 600
MEMORY_MB = 2048
OPTIONS = "HVSNDD_OPTIONS=--protocol simple --rate 44100 --guest 1,name=self --output file:"
FILES = {
    "etc/snd-hvsock.conf": "[studio]\ncid = 1\nprotocol = simple\nlatency-us = 1000000\n",
    "etc/modules-load.d/vsock.conf": "vsock_loopback\n",
    "etc/default/hvsndd": f"{OPTIONS}/var/lib/hvsndd\n",
    "home/listener/.config/hvsndd": f"{OPTIONS}/home/listener/sound\n",
    "etc/systemd/system/prove.service":
        "[Unit]\nWants=multi-user.target\nAfter=multi-user.target\n[Service]\nType=oneshot\n"
        "ExecStart=/usr/local/bin/prove-units\n",
    "etc/systemd/system/prove.target": "[Unit]\nWants=prove.service\nAllowIsolate=yes\n",
    "etc/machine-id": "",
}
Proof = collections.namedtuple("Proof", "verdicts said kernel")


def install(root, kernel, module):
    """All of ours, and the modules, in a clean system."""
    paths.run("rm", "-rf", *(path for name in UNNEEDED for path in root.glob(name)))
    for folder in ("user", "user/hvsndd"):
        paths.run("make", "-s", "-C", paths.TOP / folder, "install", f"DESTDIR={root}", stderr=subprocess.STDOUT)
    shutil.copy(module, image.copy_modules(kernel, MODULES, root))
    paths.run(image.find_program("depmod"), "-b", root, kernel.release, stderr=subprocess.DEVNULL)
    for program in (PROVE, paths.SELFTESTS / "alsa/ramp"):
        shutil.copy(program, root / "usr/local/bin")
    Ramp(rate=44100, seconds=4).write(root / "ramp")
    paths.run("chroot", root, "useradd", "-m", "-u", "1000", "listener")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    paths.run("chroot", root, "chown", "-R", "listener:", "/home/listener")
    paths.run("chroot", root, "systemctl", "-q", "enable", "snd-hvsock.service", "hvsndd.socket")
    # It would wait 90 s for a console that no udev tells it of.
    paths.run("chroot", root, "systemctl", "-q", "mask", "serial-getty@ttyS0.service")
    (root / "init").symlink_to("sbin/init")


@pytest.fixture(scope="module")
def folder():
    path = pathlib.Path(tempfile.mkdtemp(dir=paths.scratch_base(), prefix="hvsnd-units."))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def proof(folder, kernel, product):
    """What came of each part, in one boot"""
    try:
        system = clean.System(image.os_suite(), *PACKAGES)
    except clean.Unavailable as reason:
        pytest.skip(str(reason))
    paths.run("cp", "-a", system.root, folder / "root")
    install(folder / "root", kernel, product["snd-hvsock.ko"])
    # Not compressed: an emulated guest needs longer to unpack it.
    subprocess.run("find . -xdev | cpio -o -H newc --quiet", shell=True, check=True,
                   cwd=folder / "root", stdout=open(folder / "initramfs", "wb"))
    shutil.rmtree(folder / "root")
    for accelerator in dict.fromkeys(machines.accelerators()):
        console = boot(folder, kernel, accelerator)
        if "\nEND" in console:
            break
    else:
        pytest.fail(f"the guest does not come to an end:\n{console[-3000:]}")
    verdicts, said = {}, []
    for line in console.splitlines():
        if line.startswith("SAID "):
            said.append(line[5:])
        elif line.startswith(("PASS ", "FAIL ")):
            verdicts[line[5:]] = (line[:4], "\n".join(said))
            said = []
    kernel_lines = "\n".join(line[7:] for line in console.splitlines() if line.startswith("KERNEL "))
    return Proof(verdicts, "\n".join(said), kernel_lines)


def boot(folder, kernel, accelerator):
    """What the guest writes to its console until it powers off."""
    kind, processor = ("kvm", "host") if accelerator == "kvm" else ("tcg,thread=multi", "max")
    processes = Processes(folder / "logs")
    console = folder / "console"
    console.write_bytes(b"")
    guest = processes.spawn([
        os.environ.get("VM_QEMU", "qemu-system-x86_64"), "-nodefaults", "-no-user-config", "-display", "none",
        "-no-reboot", "-m", str(MEMORY_MB), "-smp", "2", "-kernel", kernel.image, "-initrd", folder / "initramfs",
        "-machine", "q35", "-accel", kind, "-cpu", processor, "-append",
        f"console=ttyS0 {machines.WORDS} loglevel=4 {machines.NO_RANDOM_ADDRESSES} systemd.unit=prove.target"
        " systemd.show_status=0",
        "-chardev", f"file,id=log,path={console}", "-device", "isa-serial,chardev=log"], "qemu")
    try:
        until(lambda: not guest.alive(), LIMIT_S, "the guest powers off")
    except AssertionError:
        pass
    finally:
        processes.stop()
    return console.read_text(errors="replace").replace("\r", "")


@pytest.mark.parametrize("part", ["card", "system", "user", "stops"])
def test_units(proof, part):
    """card: that of the configuration is there after boot. system, user: hvsndd is started by its socket, and what
    is played arrives. stops: all of it stops, and no unit has failed.
    """
    verdict, said = proof.verdicts.get(part, ("missing", ""))
    assert verdict == "PASS", f"{part}: {verdict}\n{said}\nthe journal:\n{proof.said}"


def test_kernel(proof):
    assert proof.kernel, "nothing of the kernel's log"
    found = kernel_log.complaints(proof.kernel)
    assert not found, "the kernel complains:\n" + "\n".join(found)
