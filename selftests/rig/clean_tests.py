# SPDX-License-Identifier: GPL-2.0
"""Tests without a guest, with the programs of another Debian: this tree is built and tested in a minimal system."""

import re

from . import clean

TOOLS = ("make", "python3-pytest", "python3-pytest-xdist")
LIMIT_S = 1800


def run(folder, suite, packages, build, *words):
    """Builds a copy of the tree in the empty folder with the command `build`, and runs pytest with these words.

    Returns what pytest prints. Each test must pass; a skipped test is a failure. Raises clean.Unavailable.
    """
    system = clean.System(suite, *TOOLS, *packages)
    clean.copy_tree(folder)
    output = system.run(f"cd /host && {build} && python3 -m pytest -c selftests/pytest.ini -v -rA -n 2 --dist loadgroup"
                        f" {' '.join(words)} 2>&1", folder, LIMIT_S)
    passed, failed, skipped = map(int, re.search(r"(\d+) passed, (\d+) failed, (\d+) skipped$", output).groups())
    assert passed and not failed and not skipped, output
    return output
