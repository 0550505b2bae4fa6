# SPDX-License-Identifier: GPL-2.0
"""What no kernel should say, found in a kernel's log."""

import re

COMPLAINT = re.compile(r"""
    \bBUG\b|WARNING:|Oops|Kernel\ panic|general\ protection|[Uu]nable\ to\ handle|Call\ Trace|KASAN|UBSAN|KCSAN
    |refcount_t|scheduling\ while\ atomic|sleeping\ function\ called|circular\ locking|inconsistent\ lock
    |recursive\ locking|lock\ inversion|lock\ held|locks?\ held|suspicious\ RCU|DEBUG_LOCKS|ODEBUG|corruption
    |corrupted|[Bb]ad\ page|Objects\ remaining|blocked\ for\ more\ than|lockup|rcu:\ INFO|detected\ stall
    |unregister_netdevice|new\ suspected\ memory\ leaks|unreferenced\ object|divide\ error|invalid\ opcode
    |stack-protector|Unknown\ symbol|disagrees\ about\ version|duplicate\ filename""", re.VERBOSE)


def complaints(log):
    """The lines of a kernel's log that tell of a fault, at most 40."""
    return [line for line in log.splitlines() if COMPLAINT.search(line)][:40]
