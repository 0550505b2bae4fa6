# SPDX-License-Identifier: GPL-2.0
"""Real time, because `hvsnd doctor` examines the vsock device of a VM and connects to a host. The tests judge what
doctor prints, not how fast.

In a guest that is broken in one way, doctor names that cause and its remedy, and no other. All tests share one guest.
Each restores what it breaks, except for the last one: a lockdown stays until the guest ends.
"""

import contextlib
import json
import re

import pytest

from rig import paths

MACHINE = {"programs": ("setpriv",), "ports": (4713,)}
MODULES = "/lib/modules/$(uname -r)"
# Both by their paths, since busybox's shell would run its own.
USER = "/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups hvsnd doctor"
DEPMOD = "/sbin/depmod"
OTHER_RELEASE = "6.99.0-other"


@pytest.fixture(scope="module", autouse=True)
def installed(machine):
    """modprobe finds the module. The kernel itself loads none: hv_sock would be one for each vsock socket."""
    machine.sh("echo >/proc/sys/kernel/modprobe")
    install(machine)
    machine.sh("modprobe snd-hvsock")


def install(machine, path="/job/snd-hvsock.ko"):
    machine.sh(f"cp {path} {MODULES}/snd-hvsock.ko && {DEPMOD}")


@pytest.fixture
def host(host):
    host.sink("main")
    return host


@pytest.fixture
def unloaded(machine):
    """The module is not loaded; at the end it is."""
    machine.rmmod()
    yield
    install(machine)
    machine.sh("modprobe snd-hvsock")


def finds(machine, *words, command="hvsnd doctor"):
    """What doctor says. Its WRONG lines have these regular expressions, one each, in this order."""
    said = machine.sh(command, status=1)
    wrong = [line for line in said.splitlines() if line.startswith("WRONG")]
    assert len(wrong) == len(words) and all(map(re.search, words, wrong)), \
        f"{command} does not find just {words}:\n{said}"
    return said


@contextlib.contextmanager
def bound(machine, target, prepare):
    """Another file or folder in place of the target; `prepare` makes it as /tmp/instead."""
    machine.sh(f"{prepare} && mount --bind /tmp/instead {target}")
    try:
        yield
    finally:
        machine.sh(f"umount {target} && rm -r /tmp/instead")


def released_as(machine, name):
    """The kernel calls itself by another release in /proc."""
    return bound(machine, "/proc/sys/kernel/osrelease", f"echo {name} >/tmp/instead")


def wsl2(machine):
    return released_as(machine, "6.6.87.2-microsoft-standard-WSL2")


def hyperv(machine):
    return bound(machine, "/sys/bus", "mkdir -p /tmp/instead/vmbus/devices/vmbus_0")


def test_nothing_wrong(machine, host):
    said = machine.sh("hvsnd doctor")
    assert "WRONG" not in said and "would play" in said, said
    found = json.loads(machine.sh("hvsnd doctor -j"))
    assert found["ok"] and {"ok"} == {check["state"] for check in found["checks"]}, found


def test_rights(machine, host):
    mode = machine.sh("stat -c %a /dev/snd/controlC0").strip()
    machine.sh("chmod 600 /dev/snd/controlC0")
    finds(machine, r"rights .*may not open /dev/snd/controlC0. Run sudo usermod -aG audio USER", command=USER)
    machine.sh("chmod 666 /dev/snd/controlC0")
    machine.sh(USER)
    machine.sh(f"chmod {mode} /dev/snd/controlC0")


def test_cards(machine, host):
    machine.sh("hvsnd del HvSock")
    finds(machine, "cards .*there is no card. Run sudo hvsnd add")
    machine.sh("hvsnd add studio port 4799")
    finds(machine, "host .*vsock:2:4799.*(nobody listens|no answer)")
    machine.sh("hvsnd del studio && hvsnd add HvSock")


def test_silent_host(machine):
    """On Hyper-V nobody learns why a connection fails; vhost-device-vsock refuses in the same way: hvsnd probe names
    three causes with their remedies, in one line.
    """
    with hyperv(machine):
        said = machine.sh("hvsnd probe", status=None)
    for words in ("nobody listens at port 4713", '00001269-facb-11e6-bd58-64006a7986d3" /v ElementName',
                  "auto_wsl2=true"):
        assert words in said, f"hvsnd probe does not say {words!r}: {said}"
    assert len(said.splitlines()) == 1, said


def test_no_transport(machine, host):
    transport = "vmw_vsock_virtio_transport"
    # Sockets that were closed hold the transport for up to 8 s.
    machine.sh(f"for i in $(seq 20); do rmmod {transport} && exit; sleep 1; done; exit 1", limit_s=60)
    finds(machine, f"vsock .*{transport} is not loaded. Run sudo modprobe {transport}.*modules-load.d")
    machine.sh("rmmod vmw_vsock_virtio_transport_common vsock")
    finds(machine, "vsock .*the kernel has no vsock. Run modprobe vsock")
    machine.sh(f"modprobe {transport}")
    with bound(machine, "/sys/bus/virtio/devices", "mkdir /tmp/instead"):
        finds(machine, "vsock .*the VM has no vsock device. Add one: QEMU -device")
    machine.sh("hvsnd doctor")


def test_hyperv_without_transport(machine):
    not_loaded = "vsock .*hv_sock is not loaded. Run sudo modprobe hv_sock.*modules-load.d"
    with hyperv(machine):
        assert "Hyper-V, Linux" in finds(machine, not_loaded)
    with wsl2(machine):
        assert "WSL2, Linux" in finds(machine, not_loaded)


def test_not_loaded(machine, host, unloaded):
    finds(machine, "module .*snd-hvsock is not loaded. Run sudo modprobe snd-hvsock", command=USER)
    # Root's doctor loads it.
    machine.sh("hvsnd doctor && rmmod snd-hvsock")


def test_not_installed(machine, host, unloaded):
    machine.sh(f"rm {MODULES}/snd-hvsock.ko && {DEPMOD}")
    finds(machine, "module .*is not installed. Run sudo dkms install")
    folder = f"/lib/modules/{OTHER_RELEASE}"
    machine.sh(f"mkdir -p {folder}/updates && cp /job/snd-hvsock.ko {folder}/updates && {DEPMOD} {OTHER_RELEASE}")
    finds(machine, f"module .*is installed for Linux {re.escape(OTHER_RELEASE)}, not for .*"
                   "Run sudo dkms install.*linux-headers-amd64")
    machine.sh(f"rm -r {folder}")


def test_built_for_another_kernel(machine, host, unloaded):
    """By the name of the kernel; by what its name does not tell, which the kernel refuses alone"""
    release = machine.kernel.release
    other = release[:-1] + "X"
    for name, words in ((other, f"module .*was built for Linux {re.escape(other)}, not for {re.escape(release)}"),
                        (release, r"refuses snd-hvsock \(Exec format error\): it was built for another kernel")):
        # The release alone is forgiven by a kernel with symbol versions.
        module = (paths.TOP / "kernel/snd-hvsock.ko").read_bytes()
        changed = module.replace(f"vermagic={release} SMP".encode(), f"vermagic={name} XMP".encode())
        assert changed != module, "the module has no such version magic"
        (machine.share / "snd-hvsock.ko").write_bytes(changed)
        install(machine, "/host/snd-hvsock.ko")
        finds(machine, words)


def test_no_sound(machine, host, unloaded):
    machine.sh(f"rmmod snd_pcm snd_timer snd soundcore; mv {MODULES}/kernel/sound /tmp/sound && {DEPMOD}")
    finds(machine, "sound .*the kernel has no sound. Install one with CONFIG_SND_PCM")
    # A real cloud kernel lacks what this guest talks by.
    with released_as(machine, "6.1.0-9-cloud-amd64"):
        finds(machine, "sound .*this cloud kernel has no sound. Run apt install linux-image-amd64")
    with wsl2(machine):
        finds(machine, "sound .*wsl --update", "vsock .*hv_sock is not loaded")
    machine.sh(f"mv /tmp/sound {MODULES}/kernel/sound")


def test_lockdown(machine, host):
    """The last test: nothing takes a lockdown back."""
    machine.rmmod()
    machine.sh("mount -t securityfs none /sys/kernel/security && echo integrity >/sys/kernel/security/lockdown")
    finds(machine, r"module .*loads signed modules only \(Secure Boot.* is not signed.*mokutil")
