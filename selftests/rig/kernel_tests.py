# SPDX-License-Identifier: GPL-2.0
"""The kernel's own ALSA tests (tools/testing/selftests/alsa), built from Debian's linux-source."""

import subprocess

from . import paths
from .image import KERNEL_TOOL

SUITE, PACKAGE = "trixie", "linux-source-6.12"
FILES = ("alsa/mixer-test.c", "alsa/pcm-test.c", "alsa/conf.c", "alsa/alsa-local.h", "alsa/pcm-test.conf",
         "kselftest.h")


def programs():
    """Files for a job: mixer-test and pcm-test, and the configuration that pcm-test reads."""
    package = paths.run(KERNEL_TOOL, "unpack", SUITE, PACKAGE)
    source = f"{package}/usr/src/{PACKAGE}.tar.xz"

    def make(folder):
        tests = f"{PACKAGE}/tools/testing/selftests"
        subprocess.run(["tar", "-xf", source, "-C", folder, "--strip-components=4",
                        *(f"{tests}/{name}" for name in FILES)], check=True)
        for name in ("mixer-test", "pcm-test"):
            subprocess.run(["gcc", "-O2", "-w", "-D_GNU_SOURCE", f"-I{folder}", "-o", folder / name,
                            folder / f"alsa/{name}.c", folder / "alsa/conf.c", "-lasound"], check=True)

    folder = paths.cached("kernel-tests", paths.digest(package, *FILES), make)
    return {"bin/mixer-test": folder / "mixer-test", "bin/pcm-test": folder / "pcm-test",
            "bin/pcm-test.conf": folder / "alsa/pcm-test.conf"}
