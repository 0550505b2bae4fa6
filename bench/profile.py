#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Prints where the guest's instructions go, by the kernel's symbols.

usage: profile.py PROFILE KALLSYMS SECONDS PERIODS_PER_SECOND

PROFILE is a file of count.so, KALLSYMS the guest's /proc/kallsyms. Prints the instructions per period of each module
and of the symbols that have most.
"""
import bisect
import sys

USER = 1 << 63


def main():
    profile, kallsyms, seconds, per_second = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
    symbols = []
    with open(kallsyms, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if words[1] in "tTwW" and not words[2].startswith("__pfx_"):
                symbols.append((int(words[0], 16), words[2], words[3].strip("[]") if len(words) > 3 else "kernel"))
    symbols.sort()
    addresses = [s[0] for s in symbols]
    by_symbol, by_module = {}, {}
    with open(profile, encoding="utf-8") as file:
        for line in file:
            address, count = line.split()
            address, count = int(address, 16), int(count)
            if address < USER:
                name = module = "user space"
            else:
                _, name, module = symbols[max(bisect.bisect_right(addresses, address) - 1, 0)]
            by_symbol[name, module] = by_symbol.get((name, module), 0) + count
            by_module[module] = by_module.get(module, 0) + count
    scale = 1 / (seconds * per_second)
    print(f"instructions per period: {sum(by_module.values()) * scale:.0f}")
    for module, count in sorted(by_module.items(), key=lambda item: -item[1])[:20]:
        print(f"{count * scale:9.0f}  {module}")
    print()
    for (name, module), count in sorted(by_symbol.items(), key=lambda item: -item[1])[:120]:
        print(f"{count * scale:9.0f}  {name} [{module}]")


main()
