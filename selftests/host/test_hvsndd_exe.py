# SPDX-License-Identifier: GPL-2.0
"""No guest: hvsndd.exe compiles with mingw-w64 without a warning, and needs no library but those of Windows.
selftests/wine runs it.
"""

import re

from rig import paths, sources, verdicts

# What each Windows has
LIBRARIES = {"advapi32", "avrt", "kernel32", "msvcrt", "ntdll", "ole32", "shell32", "user32", "ws2_32"}


def test_builds():
    names = sources.matching("VERSION", "kernel/*.h", "kernel/core/proto/*.c", "include/*.h", "user/hvsndd/*",
                             "user/lib/*")
    compiler = verdicts.packages("gcc-mingw-w64-x86-64-win32", "mingw-w64-*-dev", "binutils-mingw-w64-x86-64")

    def check():
        with paths.locked("lint-mingw"):
            tree = paths.CACHE / "lint/mingw"
            tree.mkdir(parents=True, exist_ok=True)
            sources.update_copy(tree, names)
            status, lines = verdicts.output("make", "-s", "-j2", "-C", tree / "user/hvsndd/win")
            if status:
                return lines or [f"make: exit status {status}"]
            imports = paths.run("x86_64-w64-mingw32-objdump", "-p", tree / "user/hvsndd/win/hvsndd.exe")
        found = {name.lower() for name in re.findall(r"DLL Name: (.*)\.dll", imports, re.IGNORECASE)}
        return [*lines, *(f"hvsndd.exe needs {name}.dll" for name in sorted(found - LIBRARIES))]

    verdicts.require_none(verdicts.once("mingw", sources.digest(names, compiler), check))
