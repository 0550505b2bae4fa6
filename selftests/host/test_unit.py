# SPDX-License-Identifier: GPL-2.0
"""No guest: the unit tests of the module's pure parts, of user/lib and of hvsndd, each program with ASan and UBSan, and
the coverage of the pure parts.
"""

import os
import subprocess

import pytest

from rig import ktap, paths, sources, verdicts

PROGRAMS = [
    *(("selftests/unit", name.stem) for name in sources.matching("kernel/tests/test_*.c")
      if "\nUNIT_TESTS(" in sources.text(name)),
    *(("user/tests", name.stem) for name in sources.matching("user/tests/test_*.c")),
    *(("selftests/hvsndd", name.stem) for name in sources.matching("selftests/hvsndd/test_*.c")),
]
LIMIT_S = 300


@pytest.mark.parametrize("folder, name", PROGRAMS,
                         ids=[f"{folder}/{name}" for folder, name in PROGRAMS])
def test_program(folder, name):
    """Every case passes, without a word of the sanitizers"""
    with paths.locked(f"build-{folder.replace('/', '-')}"):
        status, lines = verdicts.output("make", "-s", f"-j{os.cpu_count()}", "-C", folder,
                                        f"build/{name}")
    assert status == 0, "the build fails:\n" + "\n".join(lines)
    done = subprocess.run(
        [paths.TOP / folder / "build" / name], cwd=paths.TOP / folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
        timeout=LIMIT_S, env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"}, check=False)
    # A case that crashes leaves no result of its own, but what the sanitizer says of it.
    output = done.stdout + done.stderr
    ktap.check(output)
    assert done.returncode == 0, f"{name} ends with status {done.returncode}:\n{output}"


def test_coverage():
    """97 % of the lines of the pure parts, and 92 % of their branches"""
    names = sources.matching("kernel/*", "selftests/unit/*", "selftests/ktap.h")

    def check():
        with paths.locked("build-coverage"):
            status, lines = verdicts.output("make", "-s", "-C", "selftests/unit", "coverage")
        print(*lines, sep="\n")
        return lines if status else []
    key = sources.digest(names, verdicts.packages("gcc", "gcc-1?", "libcmocka-dev"))
    verdicts.require_none(verdicts.once("coverage", key, check))
