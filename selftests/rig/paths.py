# SPDX-License-Identifier: GPL-2.0
"""Common folders, and helpers that run commands and keep files by their content."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
SELFTESTS = TOP / "selftests"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "snd-hvsock"


def run(*command, **options):
    """Output of a command without the last newline. Raises CalledProcessError if the command fails."""
    return subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, **options).stdout.rstrip("\n")


def digest(*parts):
    """Hash of the parts: strings, or paths of files whose bytes and mode count."""
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, pathlib.Path):
            sha.update(part.read_bytes())
            sha.update(oct(part.stat().st_mode).encode())
        else:
            sha.update(str(part).encode())
        sha.update(b"\0")
    return sha.hexdigest()[:16]


@contextlib.contextmanager
def locked(name):
    """Lock with this name; one process at a time holds it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached(kind, key, make):
    """Folder of the cache for this kind and key. make(folder) fills a new one; a failed make leaves none.

    Folders of the same kind that nothing used for 30 days are removed.
    """
    folder = CACHE / kind / key
    # Without the lock, because another process may hold it for a minute while it fills another folder.
    if folder.is_dir():
        os.utime(folder)
        return folder
    with locked(kind):
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            new = pathlib.Path(tempfile.mkdtemp(dir=folder.parent, prefix="new."))
            try:
                make(new)
                new.rename(folder)
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
        os.utime(folder)
        for old in folder.parent.iterdir():
            if old.stat().st_mtime < folder.stat().st_mtime - 30 * 86400:
                shutil.rmtree(old, ignore_errors=True)
    return folder


def scratch_base():
    """Parent of temporary folders: in memory if there is room, so that no test waits for a disk."""
    if os.environ.get("TMPDIR"):
        return os.environ["TMPDIR"]
    with contextlib.suppress(OSError):
        stat = os.statvfs("/dev/shm")
        if os.access("/dev/shm", os.W_OK) and stat.f_bavail * stat.f_frsize > 4 << 30:
            return "/dev/shm"
    return "/tmp"
