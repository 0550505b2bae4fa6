# SPDX-License-Identifier: GPL-2.0
"""What a guest in simulated time executes, in instructions per second.

A second has a known number of instructions there. A loop executes all instructions that nothing else needs
(sim/spare.c), so the instructions that the loop does not get are the cost of the rest, interrupts included. The
processor time of what stands for the host, which the scheduler counts in nanoseconds, is subtracted.
"""

import glob
import struct
import time

INSTRUCTIONS_PER_LOOP = 1000    # of spare.c


def processor_ns(pid):
    """Processor time of a process and of its children, in nanoseconds"""
    total = 0
    for task in glob.glob(f"/proc/{pid}/task/*"):
        with open(f"{task}/schedstat") as file:
            total += int(file.read().split()[0])
        with open(f"{task}/children") as file:
            total += sum(map(processor_ns, file.read().split()))
    return total


class Meter:
    """hosts: processes whose cost does not count. shift: that of the guest, log2 of ns per instruction."""

    def __init__(self, guest, shift, hosts):
        self.guest, self.ns_per_instruction, self.hosts = guest, 1 << shift, hosts
        guest.spawn("exec spare /tmp/spare")

    def spent(self):
        """Instructions so far, but for the hosts' and the loop's."""
        now_ns = time.monotonic_ns()
        with open("/tmp/spare", "rb") as file:
            loops, = struct.unpack("<Q", file.read(8))
        others_ns = sum(processor_ns(process.pid) for process in self.hosts)
        return (now_ns - others_ns) / self.ns_per_instruction - loops * INSTRUCTIONS_PER_LOOP

    def cost(self, seconds):
        """Instructions per second, during so many seconds."""
        before = self.spent()
        self.guest.sleep(seconds)
        return (self.spent() - before) / seconds
