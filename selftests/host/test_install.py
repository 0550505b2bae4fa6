# SPDX-License-Identifier: GPL-2.0
"""No guest: make install, uninstall and dist, each into a temporary folder. real/test_dkms.py tests the installation
into a running system.
"""

import os
import re
import subprocess

import pytest

from rig import clean, paths

VERSION = (paths.TOP / "VERSION").read_text().strip()
MODULE = paths.TOP / "kernel/snd-hvsock.ko"
RELEASE = paths.run("/sbin/modinfo", "-F", "vermagic", MODULE).split()[0] if MODULE.exists() else ""
UNITS = "lib/systemd/system"
DESKTOP = {
    "lib/udev/rules.d/90-snd-hvsock.rules", "share/alsa/cards/snd_hvsock.conf",
    "share/wireplumber/wireplumber.conf.d/snd-hvsock.conf", "share/wireplumber/main.lua.d/60-snd-hvsock.lua",
    "share/pipewire/pipewire-pulse.conf.d/snd-hvsock-meters.conf",
    "share/pulseaudio/alsa-mixer/profile-sets/snd-hvsock-pulseaudio.conf",
    *(f"share/{folder}/{name}" for folder in ("alsa-card-profile/mixer", "pulseaudio/alsa-mixer")
      for name in ("profile-sets/snd-hvsock.conf", "paths/snd-hvsock-output.conf", "paths/snd-hvsock-input.conf")),
}
FILES = DESKTOP | {
    "bin/hvsnd", "bin/hvsndd", "share/man/man1/hvsnd.1", "share/man/man1/hvsndd.1", "share/man/man4/snd-hvsock.4",
    "share/man/man5/snd-hvsock.conf.5",
    "share/bash-completion/completions/hvsnd", "share/bash-completion/completions/hvsndd",
    "share/zsh/vendor-completions/_hvsnd", "share/zsh/vendor-completions/_hvsndd",
    "share/fish/vendor_completions.d/hvsnd.fish", "share/fish/vendor_completions.d/hvsndd.fish",
    f"{UNITS}/snd-hvsock.service", f"{UNITS}/hvsndd.service", f"{UNITS}/hvsndd.socket",
    "lib/systemd/user/hvsndd.service", "lib/systemd/user/hvsndd.socket",
}
INSTALLED_MODULE = f"lib/modules/{RELEASE}/updates/snd-hvsock.ko"


def make(*arguments, cwd=paths.TOP, status=0):
    """What make says; its own variables and those of a test run do not reach it."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("MAKE", "MFLAGS", "KDIR", "INSTALL_MOD", "SIGN_", "DESTDIR", "PREFIX"))}
    done = subprocess.run(["make", "-s", *map(str, arguments)], cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, check=False)
    assert done.returncode == status, f"make {arguments}: exit status {done.returncode}:\n{done.stdout}"
    return done.stdout


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize("prefix", ["usr", "opt/sound"])
def test_install_and_uninstall(tmp_path, prefix):
    """All that is installed is named, is complete, and is removed by uninstall; other files stay."""
    root = tmp_path / "with a space"
    other = {f"{prefix}/bin/other", f"lib/modules/{RELEASE}/extra/other.ko", f"{prefix}/share/man/man1/hvsnd-other.1"}
    former = {f"{prefix}/sbin/hvsnd", f"{prefix}/share/man/man8/hvsnd.8",
              f"lib/modules/{RELEASE}/extra/kernel/snd-hvsock.ko"}
    for name in other | former:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    expected = {f"{prefix}/{name}" for name in FILES} | {INSTALLED_MODULE}

    said = make("install", f"DESTDIR={root}", f"PREFIX=/{prefix}")
    assert files(root) == expected | other
    assert set(re.findall(rf"INSTALL {root}/([^(\n]*?)(?: \(|$)", said, re.M)) == expected
    assert "no depmod" in said, "modules.dep of a folder without a kernel would replace the kernel's"
    for name in expected - {INSTALLED_MODULE, f"{prefix}/bin/hvsnd", f"{prefix}/bin/hvsndd"}:
        text = (root / name).read_text()
        assert not re.search(r"@[A-Z]+@", text), f"{name} has words that are not replaced"
        assert ".TH" not in text or f'"snd-hvsock {VERSION}"' in text, f"{name} does not give the version"
        for program in re.findall(r"^Exec\w+=(\S+)", text, re.M):
            assert os.access(f"{root}{program}", os.X_OK), f"{name} runs {program}, which is not installed"

    said = make("uninstall", f"DESTDIR={root}", f"PREFIX=/{prefix}")
    assert files(root) == other
    assert set(re.findall(rf"REMOVE +{root}/(.*)", said)) == expected


def test_install_path_of_modules(tmp_path):
    """In the root of another system, depmod runs for the module's kernel. A key that is named signs the module."""
    folder = tmp_path / "lib/modules" / RELEASE
    folder.mkdir(parents=True)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        (folder / name).touch()
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.der"
    subprocess.run(["openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a test/",
                    "-outform", "DER", "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
    said = make("modules_install", f"INSTALL_MOD_PATH={tmp_path}", f"SIGN_KEY={key}", f"SIGN_CERT={certificate}")
    assert f"ran depmod for Linux {RELEASE} in {tmp_path}" in said and f"signed with {key}" in said
    modinfo = ["/sbin/modinfo", "-b", tmp_path, "-k", RELEASE]
    assert paths.run(*modinfo, "-F", "filename", "snd-hvsock") == str(tmp_path / INSTALLED_MODULE)
    assert paths.run(*modinfo, "-F", "signer", "snd-hvsock") == "a test"
    make("uninstall", f"DESTDIR={tmp_path}")
    assert "snd" not in (folder / "modules.dep").read_text()


def test_plain_make_installs_nothing():
    for folder in ("user", "user/hvsndd"):
        said = make("-n", "-B", "-C", folder)
        assert "-o " in said and "INSTALL" not in said, f"make in {folder}:\n{said}"


def test_help():
    """make help names each target that is for users."""
    said = make("help")
    targets = set(re.search(r"^\.PHONY: ((?:.*\\\n)*.*)", (paths.TOP / "Makefile").read_text(), re.M)[1].split())
    for target in targets - {"all", "modules", "install-nothing", "\\"}:
        assert re.search(rf"^  make {target}\b", said, re.M), f"make help does not name {target}:\n{said}"


def test_dist(tmp_path):
    """The tarball has all files of the commit, and both tools build from them without git, as the module does in
    real/test_dkms.py.
    """
    clean.unpack_dist(tmp_path)
    release = tmp_path / "tree"
    assert files(release) == set(clean.tree_files())
    make(f"-j{os.cpu_count()}", "tools", "hvsndd", "CFLAGS=-O0", cwd=release)
    for name in ("hvsnd", "hvsndd"):
        assert paths.run(release / f"user/{name}/{name}", "--version") == f"{name} {VERSION}"


def test_dist_is_reproducible(tmp_path):
    """A clone gives the same bytes as the repository, with another umask, time zone and configuration of git."""
    name = f"snd-hvsock-{VERSION}.tar.gz"
    source, clone = tmp_path / "source", tmp_path / "clone"
    source.mkdir()
    clean.repository(source)
    make("dist", cwd=source)
    settings = tmp_path / "settings"
    settings.write_text("[tar]\n\tumask = 077\n[tar \"tar.gz\"]\n\tcommand = cat\n")
    paths.run("sh", "-c", "umask 077 && git clone -q source clone && make -s -C clone dist", cwd=tmp_path,
              env={**os.environ, "GIT_CONFIG_GLOBAL": str(settings), "TZ": "Asia/Tokyo"})
    sums = {(folder / f"{name}.sha256").read_text() for folder in (source, clone)}
    assert len(sums) == 1, sums
    paths.run("sha256sum", "--check", f"{name}.sha256", cwd=clone)
