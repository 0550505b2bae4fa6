# SPDX-License-Identifier: GPL-2.0
"""No guest: Debian's packages, built, checked, installed, upgraded and removed in clean systems of each suite, and the
packages of other distributions. All are long since they compile all of it several times.
"""

import re

import pytest
from test_install import FILES

from rig import clean, packages as built
from rig.packages import OLD, VERSION

# The packages are not uploaded to Debian, so no bug report asks for them. The suites' lintians know different versions
# of Debian's policy, and that of Debian 12 also asks for init scripts.
NO_FAULTS = ("initial-upload-closes-no-bugs,newer-standards-version,out-of-date-standards-version,"
             "package-supports-alternative-init-but-no-init.d-script")
# What other packages write when these are installed
OTHERS = (r"/var/(cache|log|lib/(dpkg|apt))/|/modules\.|/var/lib/dkms/mok\.|/lib/modules/[^/]*/updates(/dkms)?$|"
          r"ld\.so\.cache")
LIST = f"find /etc /usr /var /lib/modules -xdev | grep -vE '{OTHERS}' | sort"

pytestmark = pytest.mark.long


class Packages(built.Packages):
    """The packages of a suite, which are in /host/new and /host/old in its systems."""

    def run(self, script):
        arch = clean.architecture()
        system = clean.System(self.suite, *built.depends(self.suite), f"linux-headers-{arch}",
                              f"linux-headers-cloud-{arch}")
        return system.run(f"""
            export DEBIAN_FRONTEND=noninteractive
            install_debs() {{ apt-get -qq -y --no-install-recommends install "$@" 2>&1; }}
            in_kernel() {{ modinfo -F version $(find /lib/modules/$release/updates -name "snd-hvsock.ko*"); }}
            {script}""", self.folder, release=system.headers(f"linux-headers-{arch}"), version=VERSION, old=OLD)


@pytest.fixture(scope="module", params=built.SUITES)
def packages(request):
    try:
        return Packages(request.param)
    except clean.Unavailable as reason:
        pytest.skip(str(reason))


def test_lintian(packages):
    """It finds nothing, and the packages hide nothing from it."""
    assert not any("lintian-overrides" in name for name in clean.tree_files())
    said = packages.builder.run(f"""
        lintian --allow-root --display-info --suppress-tags {NO_FAULTS} /host/new/*.changes 2>&1 || true
        """, packages.folder)
    assert not re.findall(r"^[A-Z]: .*", said, re.M), said


def test_life(packages):
    """Install, upgrade, remove and purge: dkms has one version of the module, for kernels with ALSA; settings stay
    until the purge; nothing is left after it.
    """
    print(packages.run(f"""
        {LIST} >/tmp/before
        install_debs /host/old/*.deb
        dkms status
        [ "$(in_kernel)" = $old ]
        echo "options snd-hvsock port=4714" >>/etc/modprobe.d/snd-hvsock.conf
        install_debs /host/new/*.deb
        dkms status | tee /tmp/status
        [ "$(in_kernel)" = $version ]
        [ $(grep -c "^snd-hvsock" /tmp/status) = 1 ] && grep -q ": installed" /tmp/status
        [ ! -e /usr/src/snd-hvsock-$old ]
        [ "$(hvsnd --version) $(hvsndd --version)" = "hvsnd $version hvsndd $version" ]
        grep -qx "options snd-hvsock port=4714" /etc/modprobe.d/snd-hvsock.conf
        modprobe -S $release -c | grep "options snd_hvsock port=4714"
        apt-get -qq -y remove snd-hvsock-dkms hvsnd hvsndd
        dkms status
        ! in_kernel
        [ -e /etc/modprobe.d/snd-hvsock.conf ]
        apt-get -qq -y purge snd-hvsock-dkms hvsnd hvsndd
        {LIST} | diff /tmp/before -
        """))


def test_autopkgtest(packages):
    """The tests of debian/tests pass that need no guest. real/test_boot.py runs the other one."""
    print(packages.run("""
        install_debs /host/new/*.deb
        tar -xf /host/new/snd-hvsock_$version.tar.xz -C /tmp
        for name in dkms address server; do timeout 60 /tmp/*/debian/tests/$name 2>&1; done
        """))


def test_units(packages):
    """The cards' unit is enabled. Nobody's hvsndd is: a user, or the system, must choose who has port 4713."""
    print(packages.run("""
        install_debs /host/new/hvsnd*.deb
        [ "$(systemctl is-enabled snd-hvsock.service)" = enabled ]
        for unit in hvsndd.service hvsndd.socket; do
            for whose in --system --global; do
                [ "$(systemctl $whose is-enabled $unit)" = disabled ]
            done
        done
        find /etc/systemd -name "hvsndd*" | grep . && exit 1
        systemctl enable hvsndd.socket && systemctl --global enable hvsndd.socket
        """))


def test_over_make_install(packages):
    """The packages replace what the README's other ways have installed."""
    print(packages.run("""
        mkdir /usr/src/snd-hvsock-$version
        tar -xf /host/new/snd-hvsock_$version.tar.xz --strip-components=1 -C /usr/src/snd-hvsock-$version
        dkms add snd-hvsock/$version
        mkdir -p /etc/modules-load.d && echo snd-hvsock >/etc/modules-load.d/snd-hvsock.conf
        install_debs /host/new/*.deb
        [ "$(in_kernel)" = $version ]
        """))


NEW_KERNEL = """
    new=7.9.0-next
    cp -r "$(readlink -f /lib/modules/$release/build)" /usr/src/linux-headers-$new
    cp -r /usr/src/linux-headers-*-common /usr/src/next-common
    cd /usr/src/linux-headers-$new
    sed -i "s/$release/$new/" include/config/kernel.release include/generated/utsrelease.h
    sed -i "s,^include .*,include /usr/src/next-common/Makefile,; s,^\\(KBUILD_OUTPUT=\\).*,\\1$PWD," Makefile
    mkdir /lib/modules/$new
    ln -s $PWD /lib/modules/$new/build
"""
# A new name for what the module calls
BROKEN = "sed -i 's/\\<snd_pcm_period_elapsed\\>/snd_pcm_period_passed/' /usr/src/next-common/include/sound/pcm.h"


def test_new_kernel_builds(packages):
    """A kernel newer than those that the module was tested on has the module, if it builds."""
    if packages.suite == "bookworm":
        pytest.skip("the same as in newer suites")
    print(packages.run(f"""
        install_debs /host/new/snd-hvsock-dkms*.deb
        {NEW_KERNEL}
        run-parts --arg=$new /etc/kernel/header_postinst.d
        modinfo -k $new snd-hvsock || find /lib/modules/$new/updates
        find /lib/modules/$new/updates -name "snd-hvsock.ko*" | grep .
        """))


def test_new_kernel_with_another_api(packages):
    """If it does not build, apt installs the kernel nevertheless, and dkms names the log that gives the reason."""
    if packages.suite == "bookworm":
        pytest.skip("its dkms does not know how to skip a build")
    said = packages.run(f"""
        install_debs /host/new/snd-hvsock-dkms*.deb
        {NEW_KERNEL}
        {BROKEN}
        run-parts --arg=$new /etc/kernel/postinst.d
        run-parts --arg=$new /etc/kernel/header_postinst.d
        echo LOG
        cat /var/lib/dkms/snd-hvsock/$version/build/make.log
        install_debs --reinstall /host/new/snd-hvsock-dkms*.deb
        """)
    print(said)
    assert "was skipped for module(s) snd-hvsock" in said
    assert f"snd-hvsock {VERSION} does not build for Linux 7.9.0-next" in said


@pytest.fixture(scope="module")
def foreign():
    """A system with the tools of other distributions"""
    try:
        return clean.System("trixie", *built.COMPILE, "rpm", "rpmlint", "makepkg",
                            "pacman-package-manager", "curl", "file", "libarchive-tools")
    except clean.Unavailable as reason:
        pytest.skip(str(reason))


def check_content(said):
    """All that make install installs is in the packages, and the module's source without its tests."""
    expected = {f"/usr/{name}".replace("vendor-completions", "site-functions") for name in FILES}
    found = {name for name in said if not name.endswith("/")}
    assert not expected - found, f"missing: {expected - found}"
    assert {"/usr/lib/modules-load.d/snd-hvsock.conf", "/etc/modprobe.d/snd-hvsock.conf"} <= found
    source = {name.removeprefix(f"/usr/src/snd-hvsock-{VERSION}/") for name in found if name.startswith("/usr/src/")}
    assert {"VERSION", "Kbuild", "dkms.conf", "kernel/main.c"} <= source
    assert not [name for name in source if name.startswith(("kernel/tests", "user", "selftests"))]


# rpmlint's errors that are none of the packages': words that it does not know; what only a distribution adds; the text
# of the licence, which is the kernel's; a folder that is /usr/lib on each architecture.
NO_ERRORS = {"spelling-error", "no-signature", "no-packager-tag", "no-group-tag", "no-changelogname-tag",
             "incorrect-fsf-address", "hardcoded-library-path"}


def test_rpm(foreign, tmp_path):
    """rpmbuild builds the packages, and rpmlint finds no error."""
    clean.repository(tmp_path / "tree")
    said = foreign.run("""
        cd /host/tree
        make -s rpm >/host/log 2>&1 || { tail -n 50 /host/log; exit 1; }
        cd packages
        rpmlint *.rpm || true
        echo FILES
        for package in *[!c].rpm; do rpm -qlp $package; done
        """, tmp_path)
    print(said)
    said, files = said.split("FILES\n")
    errors = set(re.findall(r": E: (\S+)", said))
    assert errors and not errors - NO_ERRORS, f"{errors - NO_ERRORS}\n{said}"
    check_content({name.removesuffix(".gz") for name in files.splitlines()})


def test_arch(foreign, tmp_path):
    """makepkg builds the packages of packaging/arch, as a user."""
    clean.repository(tmp_path / "tree")
    said = foreign.run("""
        useradd -m builder
        cp -r /host/tree /home/builder
        chown -R builder /home/builder/tree
        cd /home/builder/tree
        runuser -u builder -- sh -c "make -s dist && cd packaging/arch && makepkg -d" >/host/log 2>&1 ||
            { tail -n 50 /host/log; exit 1; }
        for package in packaging/arch/*.pkg.tar*; do bsdtar -tf $package | sed s,^,/,; done
        """, tmp_path)
    print(said)
    check_content({name.removesuffix(".gz") for name in said.splitlines()})
