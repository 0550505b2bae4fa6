# SPDX-License-Identifier: GPL-2.0
"""Real time, in minimal systems of the suites: dkms builds and installs the tarball of make dist without git, and the
module plays on the suite's kernel.
"""

import subprocess

import pytest

from rig import clean, image, paths, rows
from rig.machine import LATENCY

pytestmark = pytest.mark.matrix("bullseye", "bookworm", "trixie", rows.NEWEST)
VERSION = (paths.TOP / "VERSION").read_text().strip()


class Built:
    """A clean system of the suite, with make dist's files in a folder that is /host/tree there."""

    def __init__(self, suite, folder):
        self.system = clean.with_headers(suite)
        self.folder = folder
        arch = clean.architecture()
        self.release = self.system.headers(f"linux-headers-{arch}")
        self.cloud = self.system.headers(f"linux-headers-cloud-{arch}")
        clean.unpack_dist(folder)

    def run(self, script):
        return self.system.run(script, self.folder, version=VERSION, release=self.release, cloud=self.cloud)


@pytest.fixture(scope="module")
def built(row, tmp_path_factory):
    suite = row or image.os_suite()
    try:
        return Built(suite, tmp_path_factory.mktemp(suite))
    except clean.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def module(built):
    """The module as dkms installed it"""
    print(built.run("""
        cp -r /host/tree /usr/src/snd-hvsock-$version
        dkms add snd-hvsock/$version
        dkms build snd-hvsock/$version -k $release || { cat /var/lib/dkms/snd-hvsock/$version/build/make.log; exit 1; }
        dkms install snd-hvsock/$version -k $release
        dkms status
        cp -v /lib/modules/$release/updates/dkms/snd-hvsock.ko* /host/
        """))
    packed, = built.folder.glob("snd-hvsock.ko*")
    if packed.suffix == ".xz":
        subprocess.run(["xz", "-d", packed], check=True)
    return built.folder / "snd-hvsock.ko"


def test_plays(module, built, start_machine, product, pulse_for):
    assert paths.run("modinfo", "-F", "version", module) == VERSION
    machine = start_machine(image.kernel(built.system.suite, built.release), {**product, "snd-hvsock.ko": module})
    machine.modprobe()
    machine.sh(f"hvsnd set HvSock {LATENCY}")
    assert machine.sh("cat /sys/module/snd_hvsock/version").strip() == VERSION
    machine.plays(pulse_for(machine))
    machine.rmmod()


@pytest.mark.matrix("bookworm", "trixie", rows.NEWEST)
def test_cloud_kernel(built):
    """A kernel without sound: 77 is dkms's "not for this kernel", and its autoinstall goes on after it.

    The dkms of bullseye does not know BUILD_EXCLUSIVE_CONFIG.
    """
    built.run("""
        cp -r /host/tree /usr/src/snd-hvsock-$version
        dkms add snd-hvsock/$version
        status=0
        dkms build snd-hvsock/$version -k $cloud >/tmp/said 2>&1 || status=$?
        cat /tmp/said
        echo "status $status"
        [ $status = 77 ]
        grep -q BUILD_EXCLUSIVE /tmp/said
        """)


@pytest.mark.long
def test_kernel_upgrade(built):
    """What an upgrade of the kernel runs: dkms builds the module for the new kernel if its headers are there, which is
    what the README's metapackage is for, and says why if they are not. The new kernel is a copy of the old
    one's headers. Long since it compiles the module twice more.
    """
    assert "linux-headers-$(dpkg --print-architecture)" in (paths.TOP / "README.md").read_text()
    built.run("""
        old=/lib/modules/$release new=/lib/modules/$release-next
        cp -r /host/tree /usr/src/snd-hvsock-$version
        dkms add snd-hvsock/$version
        dkms install snd-hvsock/$version -k $release
        mkdir $new
        run-parts --arg=$release-next /etc/kernel/postinst.d || true
        [ -z "$(find $new -name 'snd-hvsock.ko*')" ]
        cp -r "$(readlink -f $old/build)" /usr/src/linux-headers-$release-next
        cd /usr/src/linux-headers-$release-next
        # Where Makefile names its own folder, the module would be built in the old one.
        sed -i "s/$release/&-next/" Makefile .kernelvariables include/config/kernel.release \
            include/generated/utsrelease.h
        ln -s $PWD $new/build
        /etc/kernel/header_postinst.d/dkms $release-next || true
        dkms status
        for folder in $old $new; do find $folder/updates/dkms -name 'snd-hvsock.ko*' | grep .; done
        """)


def test_without_dkms(module, built):
    """modprobe finds what make modules_install has installed, and no longer after make uninstall."""
    built.run("""
        cp /host/snd-hvsock.ko /host/tree/kernel/
        cd /host/tree
        make modules_install
        [ "$(modinfo -k $release -n snd-hvsock)" = /lib/modules/$release/updates/snd-hvsock.ko ]
        make uninstall
        ! modinfo -k $release snd-hvsock 2>/dev/null
        """)


def test_missing_headers(built):
    """make says which package has the headers that it misses, in one line."""
    built.run("""
        rm -f /lib/modules/$(uname -r)/build
        cd /host/tree
        status=0
        make >/tmp/said 2>&1 || status=$?
        cat /tmp/said
        [ $status = 2 ]
        [ $(grep -cv "^make:" /tmp/said) = 1 ]
        grep -q "install linux-headers-$(uname -r)" /tmp/said
        """)
