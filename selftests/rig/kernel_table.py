# SPDX-License-Identifier: GPL-2.0
"""Writes Documentation/kernels.rst: the results of the tests on each kernel."""

import collections
import re

from . import paths, rows

TABLE = paths.TOP / "Documentation/kernels.rst"
HEAD = ("Row", "Kernel", "Compiler", "Tests")
TEXT = """\
.. SPDX-License-Identifier: GPL-2.0
.. Written by "make check-matrix".

=======
Kernels
=======

This page is for people who want to know on which kernels snd-hvsock is tested.
``make check-matrix`` writes the table. Each row is a kernel of a Debian suite.
The module is built in a clean system of the suite by the suite's compiler, with
``W=1`` and warnings as errors. The tests that are marked ``matrix`` then run in
guests with that kernel. ``make check-matrix ROWS=trixie`` runs one row.

* ``rt``: the real-time kernel.
* ``arm64``: cross-built; an emulated guest plays and records.
* ``clang``: built and not run. Debian configured its headers for GCC, so the
  build leaves out the options that only GCC has.
* ``debug``: the suite's source with KASAN, lockdep, object debugging and
  kmemleak, built by this machine's compiler.

``hv_sock`` is tested on 6.1 and 6.12. Linux 5.10 has other structures than
``selftests/hv``, and 7.2 has VMBus built in, so nothing can take its place. The
cloud kernels have no ALSA: ``real/test_dkms.py`` checks that dkms skips them.

"""


def update(reports):
    """Replaces the lines of rows that were built and tested. reports: pytest's, of all phases of all tests."""
    found = collections.defaultdict(dict)
    ends = collections.defaultdict(lambda: collections.defaultdict(set))
    for report in reports:
        properties = dict(report.user_properties)
        if row := properties.get("row"):
            found[row].update(properties)
            ends[row][report.nodeid].add(report.outcome)
    lines = {}
    if TABLE.exists():
        for line in TABLE.read_text().splitlines():
            cells = re.split(r"  +", line.strip())
            if cells[0] in rows.ALL and len(cells) == len(HEAD):
                lines[cells[0]] = cells
    new = {row: [row, cells["kernel"], cells["compiler"], counts(ends[row].values())]
           for row, cells in found.items() if "compiler" in cells}
    if new:
        write({**lines, **new})


def counts(outcomes):
    """outcomes: for each test, the set of how its phases ended."""
    kinds = collections.Counter("failed" if "failed" in each else "skipped" if "skipped" in each else "passed"
                                for each in outcomes)
    return ", ".join(f"{kinds[kind]} {kind}" for kind in ("passed", "failed", "skipped"))


def write(lines):
    table = [HEAD, *(lines[row] for row in rows.ALL if row in lines)]
    widths = [max(map(len, column)) for column in zip(*table)]
    rule = "  ".join("=" * width for width in widths)
    head, *rest = ("  ".join(map(str.ljust, cells, widths)).rstrip() for cells in table)
    TABLE.write_text(TEXT + "\n".join([rule, head, rule, *rest, rule, ""]))
