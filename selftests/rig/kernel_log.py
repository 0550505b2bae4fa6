# SPDX-License-Identifier: GPL-2.0
"""Finds complaints in a kernel log: oopses, warnings, sanitizer reports, leaks.

kernel_log.py FILE   prints these lines; exit status 1 if there are any
"""

import pathlib
import re
import sys

COMPLAINT = re.compile(r"""
    \bBUG\b|WARNING:|Oops|Kernel\ panic|general\ protection|[Uu]nable\ to\ handle|Call\ Trace
    |KASAN|UBSAN|KCSAN|refcount_t|scheduling\ while\ atomic|sleeping\ function\ called
    |circular\ locking|inconsistent\ lock|recursive\ locking|lock\ inversion|lock\ held|locks?\ held
    |suspicious\ RCU|DEBUG_LOCKS|ODEBUG|corruption|corrupted|[Bb]ad\ page|Objects\ remaining
    |blocked\ for\ more\ than|lockup|rcu:\ INFO|detected\ stall|unregister_netdevice
    |new\ suspected\ memory\ leaks|unreferenced\ object|divide\ error|invalid\ opcode
    |stack-protector|Unknown\ symbol|disagrees\ about\ version|duplicate\ filename""", re.VERBOSE)
ACCESS = re.compile(r"\b(?:read|write|read-write)( \([a-z, ]*\))? to 0x")
OURS = re.compile(r"^ hvsnd_|\[snd_hvsock\]")


def complaints(log):
    """The lines of a kernel log that report a fault, at most 40."""
    return [line for line in without_foreign_races(log.splitlines()) if COMPLAINT.search(line)][:40]


def without_foreign_races(lines):
    """Leaves out KCSAN's reports of races between others. A race is the module's if one of the
    accesses that are not marked as meant to race is in it.
    """
    kept, report = [], []
    for line in lines:
        bare = re.sub(r"^\[ *[0-9.]+\] ", "", line)
        if bare.startswith("BUG: KCSAN:"):
            report = [bare]
            begin = len(kept)
            kept.append(line)
        elif report and bare.startswith("====="):
            if not is_ours(report):
                del kept[begin:]
            report = []
        else:
            if report:
                report.append(bare)
            kept.append(line)
    return kept


def is_ours(report):
    for line, function in zip(report, report[1:]):
        access = ACCESS.search(line)
        if access and "marked" not in (access[1] or "") and OURS.search(function):
            return True
    return False


if __name__ == "__main__":
    found = complaints(pathlib.Path(sys.argv[1]).read_text(errors="replace").replace("\r", ""))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
