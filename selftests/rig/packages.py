# SPDX-License-Identifier: GPL-2.0
"""Debian's packages of this tree, and of the same tree with an older version, as "make deb" builds them in a suite's
clean system.
"""

import os
import pathlib
import shutil
import tempfile

from . import clean, paths

SUITES = ("bookworm", "trixie", "forky")
VERSION = (paths.TOP / "VERSION").read_text().strip()
OLD = "0.0.9"
COMPILE = ("build-essential", "git", "libasound2-dev", "libjson-c-dev", "libkmod-dev", "libnl-genl-3-dev",
           "libpulse-dev", "libsystemd-dev", "pkgconf")
BUILD = (*COMPILE, "debhelper", "dh-dkms", "libcmocka-dev", "lintian")
# What does not change the packages
LEFT_OUT = ("selftests/", "bench/", "demo/", "packaging/arch/", "packaging/kernel/", "packaging/rpm",
            "packaging/wsl2/", "README", "CONTRIBUTING", "SECURITY", "MAINTAINERS")
RUN = ("alsa-utils", "dkms", "libjson-c5", "libkmod2", "libnl-genl-3-200", "libpulse0", "systemd")


def depends(suite):
    """What our packages depend on"""
    return (*RUN, "libasound2" if suite == "bookworm" else "libasound2t64")


class Packages:
    """The packages of a suite in folder/new, and the older ones in folder/old. The cache keeps them by content.

    Raises clean.Unavailable.
    """

    def __init__(self, suite):
        self.suite = suite
        self.builder = clean.System(suite, *BUILD, "systemd" if suite == "bookworm" else "systemd-dev")
        sources = [paths.TOP / name for name in clean.tree_files()
                   if not (name.startswith(LEFT_OUT) or name.endswith(".rst"))]
        self.key = paths.digest(os.path.basename(self.builder.root), OLD, *sources)
        self.folder = paths.cached("packages", self.key, self.make)

    def make(self, folder):
        with tempfile.TemporaryDirectory(dir=paths.scratch_base()) as scratch:
            for name, version in (("new", VERSION), ("old", OLD)):
                clean.repository(pathlib.Path(scratch, name), version)
                self.builder.run(f"cd /host/{name} && make -s deb 2>&1", scratch)
                shutil.move(f"{scratch}/{name}/packages", folder / name)
