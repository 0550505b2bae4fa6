# SPDX-License-Identifier: GPL-2.0
"""Checks of files. Content that was found clean is not checked again."""

import concurrent.futures
import os
import subprocess
import time

import pytest

from . import paths

CLEAN = paths.CACHE / "clean"
KEEP_DAYS = 30


def is_clean(kind, key):
    """Whether this content was found clean earlier."""
    path = CLEAN / kind / key
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def keep_clean(kind, key):
    path = CLEAN / kind / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def forget_old(kind):
    """Removes verdicts that were not used for some weeks."""
    for path in (CLEAN / kind).glob("*"):
        if path.stat().st_mtime < time.time() - KEEP_DAYS * 86400:
            path.unlink(missing_ok=True)


def once(kind, key, check):
    """Findings of check(), or none if this key was clean before."""
    if is_clean(kind, key):
        return []
    findings = check()
    if not findings:
        keep_clean(kind, key)
    return findings


def each(kind, items, key, check, batch=1):
    """Findings in all these files: check(files) is called for those that are not known as clean.

    Up to so many at once, on all processors; those that were changed last come first.
    """
    keys = {item: key(item) for item in items}
    todo = [item for item in items if not is_clean(kind, keys[item])]
    todo.sort(key=lambda item: (paths.TOP / item).stat().st_mtime, reverse=True)

    def some(files):
        findings = check(files)
        if findings and len(files) > 1:
            # Find those that are clean.
            return [line for file in files for line in some([file])]
        if not findings:
            for file in files:
                keep_clean(kind, keys[file])
        return findings

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = [todo[i:i + batch] for i in range(0, len(todo), batch)]
        findings = [line for lines in pool.map(some, parts) for line in lines]
    if todo:
        forget_old(kind)
    return findings


def require_none(findings):
    """Fails with the findings, if there are any."""
    if findings:
        pytest.fail(f"{len(findings)} lines of findings:\n" + "\n".join(findings), pytrace=False)


def output(*command, cwd=paths.TOP, env=None):
    """Exit status and output lines of a command"""
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd, env=env,
                          text=True, errors="replace", check=False)
    return done.returncode, done.stdout.splitlines()


def complaints(*command, **options):
    """Output lines of a command as findings. A command that fails without output is also a finding."""
    status, lines = output(*command, **options)
    lines = [line for line in lines if line.strip()]
    if status and not lines:
        lines = [f"{command[0]}: exit status {status}"]
    return lines


def packages(*patterns):
    """Versions of the installed packages whose names match: part of a key."""
    return subprocess.run(["dpkg-query", "-W", *patterns], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False).stdout
