#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Plants faults in copies of the module and searches for a seed of the soak that finds each.

    selftests/seed_search.py [--first N] [--seeds COUNT] [FAULT...]

FAULT is a part of a name in sim/planted.py. Without FAULT, all faults are planted. A seed finds a
fault if the soak fails with the fault and passes without it. The exit status is 1 if a fault is not
found.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent
sys.path[:0] = [str(HERE), str(HERE / "sim")]
sys.dont_write_bytecode = True

from planted import FAULTS  # noqa: E402
from rig import image, paths  # noqa: E402


class Module:
    """A copy of the module's source, built with one fault or without."""

    def __init__(self, folder, build):
        self.folder, self.build = pathlib.Path(folder), build
        listed = paths.run("git", "-C", TOP, "ls-files", "VERSION", "Kbuild", "Makefile", "include", "kernel")
        for name in listed.splitlines():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, self.folder / name)

    def make(self, changes=()):
        for name, old, new in changes:
            text = (TOP / name).read_text()
            if text.count(old) != 1:
                raise SystemExit(f"{name} has this {text.count(old)} times, not once:\n{old}")
            (self.folder / name).write_text(text.replace(old, new))
        paths.run("make", "-s", "-C", self.folder, f"KDIR={self.build}", "modules",
                  stderr=subprocess.STDOUT)
        copy = self.folder / ("faulty" if changes else "clean") / "snd-hvsock.ko"
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(self.folder / "kernel/snd-hvsock.ko", copy)
        for name, _, _ in changes:
            shutil.copy(TOP / name, self.folder / name)
        return copy


def run_seed(module, seed, results):
    """What the soak says of the module with this seed: None if it passes."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=short", HERE / "sim/test_soak.py",
         "--seed", str(seed)],
        env={**os.environ, "MODULE": str(module), "RESULTS": str(results)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 0:
        return None
    if done.returncode != 1:
        raise SystemExit(done.stdout)
    found = re.search(r"^\w*Error: (?:seed \d+:\n)?(.*)", done.stdout, re.MULTILINE)
    return found[1] if found else done.stdout[-500:]


def search(name, module, clean, seeds, results):
    """Whether a seed finds the fault; prints which."""
    begin = time.monotonic()
    for count, seed in enumerate(seeds, 1):
        problem = run_seed(module, seed, results)
        if problem is None:
            continue
        if run_seed(clean, seed, results) is not None:
            print(f"{name}: seed {seed} fails without the fault as well", flush=True)
            continue
        print(f"{name}: found by seed {seed}, after {count} seeds in"
              f" {time.monotonic() - begin:.0f} s: {problem[:200]}", flush=True)
        return True
    print(f"{name}: NOT FOUND by seeds {seeds[0]} to {seeds[-1]}", flush=True)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--seeds", type=int, default=50, help="how many (50)")
    parser.add_argument("fault", nargs="*", help="part of a fault's name; all without one")
    options = parser.parse_args()
    names = [name for name in FAULTS
             if not options.fault or any(part in name for part in options.fault)]
    if not names:
        raise SystemExit("no such fault; there are: " + ", ".join(FAULTS))
    kernel = image.kernel(os.environ.get("SUITE"), os.environ.get("RELEASE"))
    build = os.environ.get("KDIR") or f"/lib/modules/{kernel.release}/build"
    seeds = range(options.first, options.first + options.seeds)
    missed = 0
    with tempfile.TemporaryDirectory(dir=paths.scratch_base(), prefix="hvsnd-planted.") as folder:
        module = Module(folder, build)
        clean = module.make()
        for name in names:
            missed += not search(name, module.make(FAULTS[name]), clean, seeds,
                                 pathlib.Path(folder) / "results")
    print(f"{len(names) - missed} faults found, {missed} not found")
    return missed > 0


if __name__ == "__main__":
    sys.exit(main())
