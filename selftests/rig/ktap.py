# SPDX-License-Identifier: GPL-2.0
"""Reads the results of a test program in KTAP (the kernel's Documentation/dev-tools/ktap.rst).

Only the outer level is read. Lines of nested tests are indented.
"""

import re

PLAN = re.compile(r"1\.\.(\d+)")
RESULT = re.compile(r"(not )?ok (\d+)(?: -)?(?: ([^#]*[^# ]))?(?: *# *(SKIP|TODO|XFAIL)\b *(.*))?")


def check(output, skips=()):
    """Names of the tests that passed; fails unless all planned tests ran and passed.

    output: what the program printed. skips: names of the tests that may be skipped.
    """
    planned, passed, numbers, faults = None, [], [], []
    for line in output.splitlines():
        if match := PLAN.match(line):
            planned = int(match[1])
        elif match := RESULT.fullmatch(line.rstrip()):
            bad, number, name, directive, reason = match.groups()
            numbers.append(int(number))
            if directive == "SKIP" and name not in skips:
                faults.append(f"{name} is skipped: {reason}")
            elif bad and not directive:
                faults.append(f"{name} failed")
            elif not directive:
                passed.append(name)
        elif line.startswith("Bail out!"):
            faults.append(line)
    if planned is None:
        faults.append("there is no plan")
    elif numbers != list(range(1, planned + 1)):
        faults.append(f"{planned} tests were planned, and these gave results: {numbers}")
    elif not planned:
        faults.append("no test was planned")
    assert not faults, "\n".join([*faults, "the program printed:", output])
    return passed
