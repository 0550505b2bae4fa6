# SPDX-License-Identifier: GPL-2.0
"""Debug kernels (vm/debug-kernel.sh) and the module built for them. Both are kept by content."""

import dataclasses
import os
import pathlib
import shutil
import subprocess

from . import image, paths, sources

SCRIPT = paths.SELFTESTS / "vm/debug-kernel.sh"
# What a kind of kernel has on top of vm/debug.config, or of vm/uml.config
FRAGMENTS = {"kasan": [], "kcsan": [paths.SELFTESTS / "vm/race.config"], "uml": []}


@dataclasses.dataclass(frozen=True, kw_only=True)
class DebugKernel(image.Kernel):
    build: pathlib.Path
    make_arch: str


def kernel(kind, suite=""):
    """kasan: memory, locks, leaks, allocations that fail. kcsan: data races. uml: as kasan, with
    KUnit, in User-mode Linux. The first time takes some minutes. suite: whose newest source is
    built; by default the kind's own suite.
    """
    arch = "um" if kind == "uml" else "x86_64"
    words = paths.run(SCRIPT, *FRAGMENTS[kind], env={**os.environ, "ARCH": arch, "DEBUG_SUITE": suite}).split()
    vmlinuz, modules, build = map(pathlib.Path, words)
    return DebugKernel(vmlinuz, modules, build=build, make_arch=arch)


def module(kernel, *options):
    """The module, built for the kernel with these arguments of make.

    It is built in a folder that stays, so that make compiles only what has changed.
    """
    names = sources.matching("VERSION", "Kbuild", "kernel/*", "include/*")
    build = paths.CACHE / "module-build" / paths.digest(str(kernel.build), *options)

    def make(folder):
        build.mkdir(parents=True, exist_ok=True)
        sources.update_copy(build, names)
        done = subprocess.run(
            ["make", "-s", f"-j{os.cpu_count()}", "-C", kernel.build,
             f"M={build}", f"ARCH={kernel.make_arch}", *options, "modules"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        assert done.returncode == 0, f"the module does not build:\n{done.stdout}"
        shutil.copy(build / "kernel/snd-hvsock.ko", folder)

    key = sources.digest(names, str(kernel.build), *options)
    return paths.cached("built-module", key, make) / "snd-hvsock.ko"
