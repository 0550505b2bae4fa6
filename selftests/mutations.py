#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Plants each fault of mutation_table.py in a copy of the tree and checks that its test fails.

    selftests/mutations.py [--list] [--long] [--jobs N] [-k WORD] [NAME...]

NAME is the whole name of a mutation or of a group; WORD is a part of a name. Without both, all
mutations that are not marked long are planted. A mutation passes if its test passes without the
mutation and fails with it.

The copies stay in the cache, so that make compiles only what a mutation changes.
The exit status is 1 if a mutation is not detected, does not build, or does not fit the code.
"""

import argparse
import concurrent.futures
import contextlib
import fcntl
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True

from mutation_table import GROUPS  # noqa: E402
from rig import image, paths, sources  # noqa: E402

LIMIT_S = 1200
# What make builds for tests: the module, and these folders
MODULE, SELFTESTS, USER, HVSNDD = "modules", "selftests", "user", "user/hvsndd"
SANITIZED = "user/hvsndd SANITIZE=1"
EVERYTHING = {MODULE, SELFTESTS, USER, HVSNDD, SANITIZED}
BUILD_THEMSELVES = ("host/test_unit.py", "host/test_kunit.py")
OWN_FAILURE = re.compile(r"^(?:FAILED|ERROR) .*", re.MULTILINE)


class MutationError(Exception):
    """The mutation itself is at fault: it does not fit the code, or does not build."""


def needs(test):
    """What must be built for the tests of this file."""
    if test in BUILD_THEMSELVES:
        return set()
    if test in ("host/test_sources.py", "host/test_install.py"):
        return {MODULE, USER, HVSNDD}
    if test.startswith("host/"):
        return {USER, HVSNDD, SANITIZED}
    return {MODULE, SELFTESTS, USER}


def changed(name):
    """What must be built again after this file has changed."""
    if name.startswith(("VERSION", "kernel/", "include/")):
        return {MODULE, USER, HVSNDD, SANITIZED}
    if name.startswith("user/"):
        return {USER, HVSNDD, SANITIZED}
    return {SELFTESTS} if name.endswith((".c", ".h")) else set()


class Tree:
    """A copy of the tracked files, with what is built of them."""

    def __init__(self, number, build):
        self.folder = paths.CACHE / "mutations" / str(number)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.build = build
        self.stale = set(EVERYTHING)
        self.lock = open(self.folder.parent / f"{number}.lock", "w")    # noqa: SIM115
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        sources.update_copy(self.folder, sources.tracked())
        # The tests ask git which files there are.
        paths.run("git", "init", "-q", self.folder)
        (self.folder / ".git/index").unlink(missing_ok=True)
        subprocess.run(["git", "-C", self.folder, "update-index", "--add", "-z", "--stdin"],
                       input="".join(f"{name}\0" for name in sources.tracked()).encode(),
                       check=True)

    def make(self, wanted):
        for name in sorted(wanted & self.stale):
            where = [f"KDIR={self.build}", MODULE] if name == MODULE else ["-C", *name.split()]
            done = subprocess.run(["make", "-s", f"-j{os.cpu_count()}", *where], cwd=self.folder,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace",
                                  check=False)
            if done.returncode:
                raise MutationError(f"make {' '.join(where)} fails:\n{done.stdout[-2000:]}")
            self.stale.discard(name)

    @contextlib.contextmanager
    def planted(self, changes):
        """The tree has the changes."""
        before = {}
        try:
            for name, old, new in changes:
                path = self.folder / name
                text = path.read_text()
                before.setdefault(path, text)
                if text.count(old) != 1:
                    raise MutationError(
                        f"stale: {name} has this {text.count(old)} times, not once:\n{old}")
                path.write_text(text.replace(old, new))
                self.stale |= changed(name)
            yield
        finally:
            for path, text in before.items():
                path.write_text(text)
            for name, _, _ in changes:
                self.stale |= changed(name)

    def test(self, mutation, whole=False):
        """What fails of a test: lines; none if it passes. whole: all of KUnit's suites."""
        self.make(needs(mutation.test))
        command = [sys.executable, "-m", "pytest", "-c", "selftests/pytest.ini", "-x", "-q",
                   "--tb=short", f"selftests/{mutation.test}"]
        command += ["-k", mutation.case] if mutation.case else []
        command += ["--seed", str(mutation.seed)] if mutation.seed else []
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("KUNIT", "CI", "SEED", "SEEDS", "MODULE", "KERNEL")}
        environment["RESULTS"] = f"{self.folder}.results"
        if mutation.kunit and not whole:
            environment["KUNIT"] = mutation.kunit
        process = subprocess.Popen(command, cwd=self.folder, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, errors="replace",
                                   start_new_session=True)
        try:
            output = process.communicate(timeout=LIMIT_S)[0]
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise MutationError(f"the test does not end within {LIMIT_S} s") from None
            raise
        failures = OWN_FAILURE.findall(output)
        if process.returncode == 0:
            return []
        if process.returncode != 1 or not failures:
            raise MutationError(f"pytest ends with status {process.returncode}:\n{output[-2000:]}")
        if "build fails" in output or "does not build" in output:
            raise MutationError(f"the build fails:\n{output[-3000:]}")
        return [reason(output) or failures[0]]


def reason(output):
    """The line that says what failed."""
    output = re.sub(r"^E  +", "", output, flags=re.MULTILINE)
    found = re.search(r"^\w*(?:Error|Exception|Failed): (?:seed \d+:\n)?(\S.*(?<=:)\n.*|\S.*)",
                      output, re.MULTILINE)
    return " ".join(found[1].split())[:200] if found else ""


class Run:
    def __init__(self, trees):
        self.trees = queue.Queue()
        for tree in trees:
            self.trees.put(tree)
        self.printing = threading.Lock()
        self.clean = {}

    def say(self, what, begin, verdict, lines=()):
        """Prints how long it took and how it ended; lines say why."""
        what = ": ".join([what, *lines[:1]])
        with self.printing:
            print(f"{time.monotonic() - begin:6.1f} s  {verdict:7} {what}", flush=True)
            for line in lines[1:]:
                print(f"                   {line}", flush=True)

    @contextlib.contextmanager
    def tree(self):
        tree = self.trees.get()
        try:
            yield tree
        finally:
            self.trees.put(tree)

    def check_clean(self, key, mutation):
        """Whether the test passes without a mutation."""
        begin = time.monotonic()
        with self.tree() as tree:
            try:
                failed = tree.test(mutation, whole=True)
            except MutationError as error:
                failed = str(error).splitlines()
        self.clean[key] = not failed
        self.say(" ".join(map(str, filter(None, key))), begin, "FAILS" if failed else "clean",
                 failed)

    def plant(self, mutation):
        """Whether the mutation is caught."""
        begin = time.monotonic()
        if not self.clean[mutation.key()]:
            self.say(mutation.name, begin, "FAILED", ["its test fails without it"])
            return False
        with self.tree() as tree:
            try:
                with tree.planted(mutation.changes):
                    failed = tree.test(mutation)
            except MutationError as error:
                self.say(mutation.name, begin, "FAILED", str(error).splitlines())
                return False
        self.say(mutation.name, begin, "caught" if failed else "FAILED",
                 failed or [f"not caught by {mutation.where()}"])
        return bool(failed)


def chosen(options):
    for group, mutations in GROUPS.items():
        for mutation in mutations:
            if options.name and not {group, mutation.name} & set(options.name):
                continue
            if options.word and options.word.lower() not in f"{group}: {mutation.name}".lower():
                continue
            yield group, mutation


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true",
                        help="print the mutations, and plant none")
    parser.add_argument("--long", action="store_true", help="also those that take minutes each")
    parser.add_argument("--jobs", type=int, default=1, help="how many at once (1)")
    parser.add_argument("-k", dest="word", default="",
                        help="those whose group or name has this")
    parser.add_argument("name", nargs="*", help="whole names of groups or of mutations")
    options = parser.parse_args()
    mutations = list(chosen(options))
    if not mutations:
        raise SystemExit("no such mutation: see --list")
    if options.list:
        for group, mutation in mutations:
            print(f"{group}: {mutation.name}: {mutation.where()}{' (long)' * mutation.long}")
        return 0
    todo = [(group, mutation) for group, mutation in mutations if options.long or not mutation.long]
    kernel = image.kernel(os.environ.get("SUITE"), os.environ.get("RELEASE"))
    build = os.environ.get("KDIR") or f"/lib/modules/{kernel.release}/build"
    run = Run([Tree(number, build) for number in range(options.jobs)])
    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for group in dict.fromkeys(group for group, _ in todo):
            begin = time.monotonic()
            some = [mutation for name, mutation in todo if name == group]
            tests = {mutation.key(): mutation for mutation in some}
            list(pool.map(lambda item: run.check_clean(*item),
                          ((key, test) for key, test in tests.items() if key not in run.clean)))
            results += pool.map(run.plant, some)
            print(f"# {group}: {sum(results[-len(some):])} of {len(some)} caught in"
                  f" {time.monotonic() - begin:.0f} s", flush=True)
    print(f"{sum(results)} passed, {results.count(False)} failed,"
          f" {len(mutations) - len(todo)} skipped")
    return not all(results)


if __name__ == "__main__":
    sys.exit(main())
