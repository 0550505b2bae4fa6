#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make check-all: runs all tests, in parts.

    check_all.py            run the parts that have not passed for this tree, in order
    check_all.py PART...    run these parts, also if they have passed
    check_all.py --list     print the parts with their times and last results

An interrupted part starts again the next time. The results are in Documentation/results.rst.
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True

from rig import paths  # noqa: E402

TABLE = paths.TOP / "Documentation/results.rst"
COUNTS = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")

# Name: minutes on two processors without KVM, command, content
PARTS = {
    "check": (12, "selftests/check.sh", "make check"),
    "long": (90, "LONG=1 selftests/check.sh -n 2 --dist loadgroup -m 'long and not debug and not wine' selftests",
             "tests marked long: ten minutes of drift, 64 streams, 20 seeds of the soak, storms of netlink commands, "
             "every fuzzer for MINUTES, every fault of a Hyper-V host, packages in clean systems, desktops of Debian "
             "12 and 13"),
    "debug": (40, "selftests/check.sh -m debug -k kasan selftests/real/debug",
              "on a kernel with KASAN, lockdep and kmemleak"),
    "race": (25, "selftests/check.sh -m debug -k kcsan selftests/real/debug",
             "on a kernel with KCSAN, which reports data races"),
    "wine": (15, "LONG=1 selftests/check.sh -n 2 --dist loadgroup -m wine selftests", "hvsndd.exe under Wine"),
    "matrix": (60, "make -s check-matrix", "builds and tests on Debian's kernels; Documentation/kernels.rst"),
    "bench": (50, "bench/run.sh", "costs, compared with other ways to carry audio data to a host; bench/results"),
}


def tree():
    """Name of the tested tree: the commit, and a hash of the changes. Files with results do not count."""
    commit = paths.run("git", "-C", paths.TOP, "rev-parse", "--short=12", "HEAD")
    difference = subprocess.run(["git", "-C", paths.TOP, "diff", "HEAD", "--", ".", ":!Documentation/results.rst",
                                 ":!Documentation/kernels.rst", ":!bench/results", ":!README.md"],
                                stdout=subprocess.PIPE, check=True).stdout
    return f"{commit}+{hashlib.sha256(difference).hexdigest()[:8]}" if difference else commit


class Results:
    """Results of each part for one tree, kept between runs."""

    def __init__(self, name):
        self.path = paths.CACHE / f"check-all/{name}.json"
        self.parts = json.loads(self.path.read_text()) if self.path.exists() else {}

    def add(self, part, **found):
        self.parts[part] = found
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.parts, indent=1))

    def passed(self, part):
        return part in self.parts and not self.parts[part]["failed"] and not self.parts[part]["status"]


def run_part(part, position):
    minutes, command, what = PARTS[part]
    print(f"== {position}: {part}, about {minutes} minutes: {what}", flush=True)
    begun = time.monotonic()
    counts = ("0", "1", "0")
    with subprocess.Popen(command, shell=True, cwd=paths.TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace",
                          env={**os.environ, "MINUTES": os.environ.get("MINUTES", "10")}) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            if match := COUNTS.search(line):
                counts = match.groups(default="0")
    found = {"status": process.returncode, "minutes": round((time.monotonic() - begun) / 60, 1),
             "date": datetime.date.today().isoformat()}
    found.update(zip(("passed", "failed", "skipped"), map(int, counts)))
    print(f"== {part}: {said(found)} in {found['minutes']} minutes", flush=True)
    return found


def said(found):
    text = f"{found['passed']} passed, {found['failed']} failed, {found['skipped']} skipped"
    return text if not found["status"] or found["failed"] else f"{text}, exit status {found['status']}"


def document(name, results):
    """Updates the rows of these parts in Documentation/results.rst."""
    rows = {}
    if TABLE.exists():
        for line in TABLE.read_text().splitlines():
            cells = re.split(r"  +", line.strip(), maxsplit=4)
            if cells[0] in PARTS and len(cells) == 5:
                rows[cells[0]] = cells
    for part, found in results.parts.items():
        rows[part] = [part, name, found["date"], str(found["minutes"]), said(found)]
    head = ["Part", "Tree", "Date", "Minutes", "Results"]
    table = [head] + [rows[part] for part in PARTS if part in rows]
    widths = [max(len(row[i]) for row in table) for i in range(5)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table]
    TABLE.write_text("\n".join([
        ".. SPDX-License-Identifier: GPL-2.0", '.. Written by "make check-all".', "", "=======", "Results", "=======",
        "", "This page is for people who want to know how the tests ended. It has the latest",
        "run of each part of ``make check-all``. ``Tree`` is the tested commit, with a",
        "second number if the tree had changes that were not committed.", "",
        rule, lines[0], rule, *lines[1:], rule, ""]))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("part", nargs="*", choices=[[], *PARTS], metavar="PART")
    arguments.add_argument("--list", action="store_true")
    arguments = arguments.parse_args()
    name = tree()
    results = Results(name)
    if arguments.list:
        for part, (minutes, _, what) in PARTS.items():
            print(f"{part:8} {minutes:4} min  {said(results.parts[part]) if part in results.parts else 'not run'}: "
                  f"{what}")
        return 0
    chosen = arguments.part or [part for part in PARTS if not results.passed(part)]
    print(f"tree {name}: {', '.join(chosen) or 'all parts have passed'}; "
          f"about {sum(PARTS[part][0] for part in chosen)} minutes", flush=True)
    failed = []
    for number, part in enumerate(chosen, 1):
        found = run_part(part, f"part {number} of {len(chosen)}")
        results.add(part, **found)
        document(name, results)
        if not results.passed(part):
            failed.append(part)
    total = {key: sum(results.parts[part][key] for part in chosen) for key in ("passed", "failed", "skipped")}
    print(f"failed parts: {', '.join(failed)}" if failed else "no part failed")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
