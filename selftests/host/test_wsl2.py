# SPDX-License-Identifier: GPL-2.0
"""No guest: packaging/wsl2/build.sh with stand-ins for the programs that it runs, which note their arguments. It was
never run in WSL2.
"""

import gzip
import os
import subprocess

import pytest

from rig import paths

SCRIPT = paths.TOP / "packaging/wsl2/build.sh"
RELEASE = "6.6.87.2-microsoft-standard-WSL2"
CONFIG = "CONFIG_SND_PCM=m\nCONFIG_HYPERV_VSOCKETS=y\n"
NOTE = '#!/bin/sh\necho "${0##*/} $*" >>"$NOTES"\n'
PROGRAMS = {
    "uname": '#!/bin/sh\necho "$RELEASE"\n',
    "dpkg-query": "#!/bin/sh\nprintf 'ii '\n",
    "sudo": NOTE,
    "git": NOTE + 'for last; do :; done\nmkdir -p "$last" && touch "$last/Makefile"\n',
    "make": NOTE + 'case "$*" in *kernelrelease) echo "$BUILT" ;; esac\n',
}


@pytest.fixture
def run(tmp_path):
    """A function that runs the script and returns its exit status, what it says, and the commands that it ran."""
    for name, text in PROGRAMS.items():
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    notes = tmp_path / "notes"

    def start(release=RELEASE, config=CONFIG, built=RELEASE):
        (tmp_path / "config.gz").write_bytes(gzip.compress(config.encode()))
        notes.write_text("")
        done = subprocess.run([SCRIPT], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False,
                              env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "HOME": str(tmp_path), "JOBS": "4",
                                   "CONFIG": str(tmp_path / "config.gz"), "NOTES": str(notes), "RELEASE": release,
                                   "BUILT": built})
        return done.returncode, done.stdout, notes.read_text()
    return start


def test_steps(run, tmp_path):
    """It fetches the tag of the running kernel, configures it as that kernel is, builds, installs and loads. A second
    time it builds the module only.
    """
    status, said, commands = run()
    assert not status, said
    source = tmp_path / ".cache/snd-hvsock/wsl2" / RELEASE
    assert (source / ".config").read_text() == CONFIG
    steps = ["git clone -q --depth 1 --branch linux-msft-wsl-6.6.87.2 ", " olddefconfig", " kernelrelease",
             " vmlinux modules", f"KDIR={source} modules", f"/usr/local/lib/snd-hvsock/{RELEASE}/snd-hvsock.ko",
             "snd-hvsock-load"]
    assert [step for step in steps if step not in commands] == []
    assert [commands.index(step) for step in steps] == sorted(commands.index(step) for step in steps)
    assert all("LOCALVERSION= " in line for line in commands.splitlines() if f"-C {source} " in line), \
        "setlocalversion would add a + to the kernel's release"

    (source / "Module.symvers").write_text("something\n")
    status, said, commands = run()
    assert not status and "git" not in commands and "vmlinux" not in commands and "KDIR=" in commands


@pytest.mark.parametrize("options, expected", [
    ({"release": "6.1.0-57-amd64"}, "is not a WSL2 kernel"),
    ({"config": "CONFIG_HYPERV_VSOCKETS=y\n"}, "has no ALSA"),
    ({"config": "CONFIG_SND_PCM=m\n"}, "has no hv_sock"),
    ({"built": "6.6.87.2-microsoft-standard-WSL2+"}, "not 6.6.87.2-microsoft-standard-WSL2"),
])
def test_refusals(run, options, expected):
    """A machine or a source that does not fit is an error that gives the reason, and nothing is installed."""
    status, said, commands = run(**options)
    assert status == 1 and expected in said, said
    assert "install" not in commands
