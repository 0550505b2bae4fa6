# SPDX-License-Identifier: GPL-2.0
"""No guest: what the guides say about building and installing, command by command, in a clean Debian 13 that has only
git and a compiler. The packages that a guide names must therefore be all that are needed.

The guides' commands for dkms are tested in real/test_dkms.py. Long since it fetches packages and compiles all of it.
"""

import re
import textwrap

import pytest

from rig import clean, sources

pytestmark = pytest.mark.long
# apt asks nobody, and nothing is started: a clean system has no systemd that runs.
PREPARE = """
    export DEBIAN_FRONTEND=noninteractive
    echo 'APT::Get::Assume-Yes "true"; APT::Install-Recommends "false";' >/etc/apt/apt.conf.d/99guide
    exec 2>&1
    apt-get -qq update
    git config --global --add safe.directory '*'
    sudo() { "$@"; }
    systemctl() { :; }
"""


def block(name, command):
    """The block of commands in a document that has this one"""
    for found in re.finditer(r"(?m)^( {4,})\S.*\n(?:\1.*\n|\n(?=\1))*", sources.text(name)):
        lines = textwrap.dedent(found[0])
        if f"\n{command}\n" in f"\n{lines}":
            return lines.replace("URL", "/host/repository")
    raise AssertionError(f"{name} has no commands with {command}")


@pytest.fixture(scope="module")
def follow(tmp_path_factory):
    """A function that runs commands in the system, and returns what they print."""
    try:
        system = clean.System("trixie", "build-essential", "ca-certificates", "git")
    except clean.Unavailable as reason:
        pytest.skip(str(reason))
    share = tmp_path_factory.mktemp("share")
    (share / "repository").mkdir()
    clean.repository(share / "repository")
    return lambda *commands: system.run("\n".join([textwrap.dedent(PREPARE), "cd /root", *commands]), share)


def test_server(follow):
    """hvsndd from its source"""
    follow(block("Documentation/host-linux.rst", "make hvsndd"), "hvsndd --version", "sudo make uninstall",
           "test ! -e /usr/bin/hvsndd")
    follow(block("Documentation/quickstart.rst", "make hvsndd"), "hvsndd --version")


def test_tools(follow):
    """hvsnd from its source, without doctor, which would open a vsock"""
    commands = block("Documentation/quickstart.rst", "make tools").replace("hvsnd doctor", "hvsnd --version")
    follow("git clone -q /host/repository snd-hvsock && cd snd-hvsock", commands)


def test_packages(follow):
    """Packages, built and installed by README.md"""
    debs = "sudo apt install ./packages/{}_*.deb\n"
    assert debs.format("hvsndd") in block("README.md", debs.format("hvsndd").strip())
    build = block("README.md", "cd snd-hvsock && sudo apt-get build-dep ./ && make deb")
    follow(build, debs.format("hvsndd"), debs.format("hvsnd"), "hvsndd --version", "hvsnd --version")


DOMAIN = """
    <domain type='qemu'>
      <name>guest</name>
      <memory>100000</memory>
      <os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices>{}</devices>
    </domain>
"""


def test_libvirt(tmp_path):
    """libvirt makes QEMU's vsock device of the element. The device is not started: that needs /dev/vhost-vsock."""
    try:
        system = clean.System("trixie", "libvirt-clients", "libvirt-daemon-driver-qemu", "qemu-system-x86")
    except clean.Unavailable as reason:
        pytest.skip(str(reason))
    element = re.search(r"<vsock.*?</vsock>", sources.text("Documentation/hypervisors.rst"), re.S)[0]
    (tmp_path / "domain.xml").write_text(DOMAIN.format(element))
    said = system.run("virsh -c 'qemu:///embed?root=/tmp/libvirt' domxml-to-native qemu-argv /host/domain.xml",
                      tmp_path)
    assert '"driver":"vhost-vsock-pci"' in said, said
