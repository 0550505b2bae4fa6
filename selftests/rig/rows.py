# SPDX-License-Identifier: GPL-2.0
"""Debian's kernels from 5.10 to 7.2, and the module built for each by its own suite's compiler: the rows of
Documentation/kernels.rst.

A row is the name of a suite, or SUITE-FLAVOUR. Flavours: rt, the real-time kernel; arm64, cross-built; clang, built
and not run; debug, the suite's source as vm/debug-kernel.sh builds it.

    python3 -m rig.rows ROW   prints "IMAGE MODULES_DIR MODULE"
"""

import dataclasses
import functools
import os
import pathlib
import re
import shutil
import sys

from . import clean, debug_kernel, image, paths

NEWEST = "forky"
# Tests marked matrix run on these, unless the marker names others.
TESTED = ("bullseye", "bookworm", "trixie", NEWEST, "trixie-rt")
ALL = (*TESTED, "trixie-arm64", "trixie-clang", "forky-clang", "forky-debug")
# hv_sock.ko of 5.10 knows other structures than selftests/hv. 7.2 has VMBus built in, so nothing can take its place.
HYPERV = ("bookworm", "trixie")
# What a module is built from
SOURCES = ("VERSION", "Kbuild", "Makefile", "dkms.conf", "include/", "kernel/", "selftests/hv/",
           "selftests/netlink/", "selftests/ktap.h")
# Packages that a flavour's clean system has besides the headers
PACKAGES = {"rt": (), "arm64": ("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"), "clang": ("clang", "lld", "llvm")}
ARM64_PROGRAMS = ("alsa-utils", "busybox-static", "kmod", "socat")
ARM64_LIBRARIES = ("libasound2-dev", "libasound2t64")

# Debian configured its headers for GCC. These options say so, or name what only GCC has.
FOR_CLANG = """
    cd /lib/modules/$release/build/include
    for option in CC_IS_GCC GCC_VERSION CC_HAS_NAMED_AS USE_X86_SEG_SUPPORT CC_HAS_MIN_FUNCTION_ALIGNMENT \
        FTRACE_MCOUNT_USE_CC UBSAN_BOUNDS_STRICT; do
        sed -i "/\\<CONFIG_$option\\>/d" config/auto.conf generated/autoconf.h
    done
    sed -i s/fallthrough=5/fallthrough/ config/auto.conf
    echo CONFIG_CC_IS_CLANG=y >>config/auto.conf
    echo "#define CONFIG_CC_IS_CLANG 1" >>generated/autoconf.h
"""
# The headers are unpacked, not installed: they depend on arm64's compiler. Their scripts are links to this
# architecture's. hvsnd would need more libraries than netlink.
FOR_ARM64 = """
    cp -r /host/headers/. /
    make -s -C /host/tree/selftests/netlink CC=aarch64-linux-gnu-gcc CFLAGS="-O2 -I/host/alsa/usr/include" \
        LDFLAGS=-L/host/alsa/usr/lib/aarch64-linux-gnu netlink 2>&1
    cp /host/tree/selftests/netlink/netlink /host/
"""
BUILD = """
    cd /host/tree
    build() { make -s -j "$(nproc)" KDIR=/lib/modules/$release/build W=1 KCFLAGS=-Werror $options "$@" 2>&1; }
    build
    cp kernel/snd-hvsock.ko /host/
    [ -z "$hyperv" ] || { build -C selftests/hv; cp selftests/hv/hv_vmbus.ko /host/; }
"""


@dataclasses.dataclass(frozen=True)
class Built:
    """A kernel, and what was built for it: mapping of names below /job in the guest to paths."""
    kernel: image.Kernel
    files: dict

    @property
    def compiler(self):
        """As it named itself in the module"""
        said = paths.run("readelf", "-p", ".comment", self.files["snd-hvsock.ko"])
        return re.search(r"\[ *[01]\] +(.*)", said)[1].strip()


@functools.cache
def built(row):
    """The row's Built. Kept by content; the first time takes minutes. Raises clean.Unavailable."""
    suite, _, flavour = row.partition("-")
    if flavour == "debug":
        kernel = debug_kernel.kernel("kasan", suite)
        return Built(kernel, {"snd-hvsock.ko": debug_kernel.module(kernel)})
    own = clean.architecture()
    headers = f"linux-headers-rt-{own}" if flavour == "rt" else f"linux-headers-{own}"
    system = clean.System(suite, "dkms", headers, *PACKAGES[flavour]) if flavour else clean.with_headers(suite)
    release = system.headers(headers)
    if flavour == "arm64":
        release = release.removesuffix(own) + flavour
    kernel = image.kernel(suite, release, flavour if flavour == "arm64" else None)
    if flavour == "arm64":
        kernel = dataclasses.replace(kernel, programs=foreign("programs", suite, *ARM64_PROGRAMS))

    def make(folder):
        clean.copy_tree(folder / "tree")
        script, parts = BUILD, ["tree"]
        if flavour == "clang":
            script = FOR_CLANG + BUILD
        elif flavour == "arm64":
            script = FOR_ARM64 + BUILD
            for name, packages in (("headers", [f"linux-headers-{release}"]), ("alsa", ARM64_LIBRARIES)):
                shutil.copytree(foreign("unpack", suite, *packages), folder / name, symlinks=True)
                parts.append(name)
        said = system.run(script, folder, release=release, hyperv="yes" if row in HYPERV else "",
                          options="LLVM=1 CC=clang" if flavour == "clang" else "")
        assert "warning:" not in said.lower(), f"the module for {release} builds with warnings:\n{said}"
        for part in parts:
            shutil.rmtree(folder / part)

    sources = [paths.TOP / name for name in clean.tree_files() if name.startswith(SOURCES)]
    key = paths.digest(row, release, os.path.basename(system.root), pathlib.Path(__file__), *sources)
    folder = paths.cached("built", key, make)
    return Built(kernel, {("bin/netlink" if path.name == "netlink" else path.name): path for path in folder.iterdir()})


def foreign(*words):
    """Folder of arm64's packages that fetch.sh unpacks."""
    return pathlib.Path(paths.run(image.KERNEL_TOOL, *words, env={**os.environ, "VM_ARCH": "arm64"}))


if __name__ == "__main__":
    found = built(sys.argv[1])
    print(found.kernel.image, found.kernel.modules, found.files["snd-hvsock.ko"])
