# SPDX-License-Identifier: GPL-2.0
"""Minimal Debian systems of any suite, in which this tree is built (selftests/vm/root.sh)."""

import pathlib
import re
import shutil
import subprocess
import tempfile

from . import paths

ROOT_TOOL = paths.SELFTESTS / "vm/root.sh"
LIMIT_S = 600


class Unavailable(Exception):
    """This machine cannot make clean systems; the message gives the reason."""


def check():
    """Raises Unavailable if this machine cannot make clean systems."""
    done = subprocess.run([str(ROOT_TOOL), "check"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Unavailable(done.stdout.strip() or "no clean systems")


def architecture():
    return paths.run("dpkg", "--print-architecture")


def tree_files():
    """Names of this tree's files, also of new ones, without files that were built."""
    try:
        names = paths.run("git", "-c", "safe.directory=*", "-C", paths.TOP, "ls-files", "-z", "-co",
                          "--exclude-standard", stderr=subprocess.DEVNULL).split("\0")
    except subprocess.CalledProcessError:
        names = paths.run("find", paths.TOP, "-type", "f", "-printf", r"%P\0").split("\0")
    return sorted(name for name in names if name and (paths.TOP / name).is_file())


def copy_tree(folder):
    for name in tree_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.TOP / name, target, follow_symlinks=False)


def repository(folder, version=None):
    """A new repository with one commit, which has this tree, with another version if there is one."""
    copy_tree(folder)
    if version:
        own = (folder / "VERSION").read_text().strip()
        for name in ("VERSION", "debian/changelog", "CHANGELOG.md"):
            (folder / name).write_text((folder / name).read_text().replace(own, version, 1))
    git = ["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a"]
    paths.run(*git, "init", "-q")
    paths.run(*git, "add", "-A", "-f")
    paths.run(*git, "commit", "-qm", "all")


def unpack_dist(folder):
    """Unpacks the tarball of make dist to folder/tree. Its repository has one commit with this tree."""
    with tempfile.TemporaryDirectory(dir=folder) as source:
        repository(pathlib.Path(source))
        pathlib.Path(source, "not committed").touch()
        paths.run("make", "-s", "-C", source, "dist")
        name = f"snd-hvsock-{(paths.TOP / 'VERSION').read_text().strip()}"
        paths.run("tar", "-x", "-C", folder, "-f", f"{source}/{name}.tar.gz")
        (folder / name).rename(folder / "tree")


class System:
    """The minimal system of a suite with these packages. The cache keeps it for a month."""

    def __init__(self, suite, *packages):
        check()
        self.suite = suite
        self.root = paths.run(ROOT_TOOL, "make", suite, *packages)

    def headers(self, package):
        """Kernel release of the headers that this package depends on."""
        depends = paths.run("dpkg-query", f"--admindir={self.root}/var/lib/dpkg", "-W", "-f", "${Depends}", package)
        return re.search(r"linux-headers-([0-9][^ ,]*)", depends).group(1)

    def run(self, script, share, limit_s=LIMIT_S, **environment):
        """Output of a bash script in a temporary copy of the system, with the folder `share` at /host."""
        words = [f"{name}={value}" for name, value in environment.items()]
        done = subprocess.run([str(ROOT_TOOL), "run", self.root, str(share), "env", *words, "bash", "-euc", script],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=limit_s, check=False)
        assert done.returncode == 0, f"in a clean {self.suite}: exit status {done.returncode}:\n{done.stdout}"
        return done.stdout


def with_headers(suite):
    """The minimal system that builds modules for the suite's kernels."""
    arch = architecture()
    return System(suite, "dkms", f"linux-headers-{arch}", f"linux-headers-cloud-{arch}")
