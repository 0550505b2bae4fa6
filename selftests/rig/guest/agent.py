# SPDX-License-Identifier: GPL-2.0
"""Runs tests in a guest in simulated time, one after the other, and writes each result into the mailbox.

The machine stands still while this program waits for a job. The snapshot is taken the first time.
"""

import importlib
import io
import mmap
import os
import signal
import subprocess
import sys
import tarfile
import time
import traceback

sys.path.insert(0, "/rig")
# Loaded before the snapshot, so that no test waits for them.
import contextlib  # noqa: F401
import dataclasses  # noqa: F401
import hashlib  # noqa: F401
import inspect  # noqa: F401
import json  # noqa: F401
import pathlib  # noqa: F401
import random  # noqa: F401
import re  # noqa: F401
import shutil  # noqa: F401
import socket  # noqa: F401
import statistics  # noqa: F401
import struct  # noqa: F401
import threading  # noqa: F401
import mailbox  # noqa: E402

PVPANIC_PORT = 0x505
MARK = "/mark"
# The first start of a program takes the emulator much longer than the next: that is done before the snapshot.
WARM = ("pulseaudio --version", "pactl --version", "parec --version", "socat -V", "aplay --version",
        "arecord --version", "amixer --version", "dmesg", "tar --help", "insmod --version", "modprobe --version")
GRID_S = 10         # tests start at a multiple of this time
# A guest runs another test only if no file below KEPT has changed since the snapshot, and no setting. What is in
# SCRATCH is removed.
KEPT = ("/bin", "/etc", "/home", "/lib", "/root", "/sbin", "/usr", "/var")
SCRATCH = ("/tmp", "/run", "/dev/shm", "/job")
# The mounts last: to look at tracing mounts it.
SETTINGS = ("/proc/sys/kernel/modprobe", "/sys/power/pm_test", "/sys/kernel/mm/transparent_hugepage/enabled",
            "/sys/kernel/debug/tracing/tracing_on", "/proc/mounts")
LOG_LIMIT = 1 << 20
FILES_LIMIT = 24 << 20


def open_mailbox():
    file = os.open("/dev/mem", os.O_RDWR | os.O_SYNC)
    return mmap.mmap(file, mailbox.SIZE, offset=mailbox.ADDRESS)


def stop_machine():
    """Stops the whole machine at this instruction: the snapshot is taken here, and tests go on from here."""
    port = os.open("/dev/port", os.O_WRONLY)
    os.pwrite(port, b"\1", PVPANIC_PORT)
    os.close(port)


class Skipped(Exception):
    pass


def run_test(job):
    """Calls the test function; returns the verdict, what explains it, and how long the test took."""
    began = time.monotonic()

    def took():
        return time.monotonic() - began

    try:
        module = importlib.import_module(job["module"])
        from rig import inside
        # How long it took to get here does not matter to when the test begins. The kernel keeps what the one before has
        # closed for up to 8 s.
        time.sleep(2 * GRID_S - time.monotonic() % GRID_S)
        began = time.monotonic()
        signal.alarm(job["limit_s"])
        with inside.Guest() as here:
            getattr(module, job["function"])(here, **job["arguments"])
            here.check()
    except Skipped as reason:
        return "skip", str(reason), took()
    except BaseException:
        kind, error, trace = sys.exc_info()
        while trace and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        lines = traceback.TracebackException(kind, error, trace, capture_locals=True).format()
        return "fail", "".join(lines), took()
    return "pass", "", took()


def kept_files():
    """Tar archive of what a failed test leaves in /tmp: logs whole, recordings as far as they fit."""
    data = io.BytesIO()
    left = FILES_LIMIT
    with tarfile.open(fileobj=data, mode="w") as archive:
        for path in sorted(pathlib.Path("/tmp").rglob("*"), key=lambda p: p.lstat().st_size):
            if path.is_file() and not path.is_symlink():
                info = archive.gettarinfo(str(path))
                info.size = min(info.size, left)
                left -= info.size
                with open(path, "rb") as file:
                    archive.addfile(info, file)
    return data.getvalue()


def read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


def settings():
    return [read(path) for path in SETTINGS]


def module_names():
    """The newest first"""
    return [line.split()[0] for line in read("/proc/modules").splitlines()]


def programs():
    """Numbers of all processes but the first, this one, and the kernel's own"""
    return [int(name) for name in os.listdir("/proc")
            if name.isdigit() and int(name) not in (1, os.getpid()) and read(f"/proc/{name}/cmdline")]


def clean_up(modules, former):
    """Ends what a test has left; returns what is not as before it. modules, former: those of before."""
    for _ in range(50):
        left = programs()
        if not left:
            break
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
    # A stream that lingers, or a connection that closes, holds its module for some seconds.
    for _ in range(20):
        more = [name for name in module_names() if name not in modules]
        if not more or not subprocess.run(["rmmod", *more], stderr=subprocess.DEVNULL, check=False).returncode:
            break
        time.sleep(1)
    for folder in SCRATCH:
        for path in pathlib.Path(folder).iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
    subprocess.run(["dmesg", "-c"], stdout=subprocess.DEVNULL, check=True)
    changed = subprocess.run(["find", *filter(os.path.isdir, KEPT), "-xdev", "-newer", MARK], stdout=subprocess.PIPE,
                             check=True).stdout
    return [*changed.decode().split(), *(set(module_names()) ^ set(modules)),
            *(new for new, old in zip(settings(), former) if new != old),
            *(read(f"/proc/{pid}/cmdline") for pid in programs())]


def main():
    for command in WARM:
        subprocess.run(command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    os.makedirs("/job")
    sys.path.insert(0, "/job/python")
    os.environ["PATH"] = "/job/bin:" + os.environ["PATH"]
    os.chdir("/tmp")
    pathlib.Path(MARK).touch()
    modules, former = module_names(), settings()
    while True:
        # The snapshot is taken here, and each test goes on from here.
        stop_machine()
        job, files = mailbox.read(memory, mailbox.JOB)
        result, left = run_job(job, files)
        reusable = result["verdict"] == "pass" and not job["alone"]
        result["changed"] = clean_up(modules, former) if reusable else ["not looked at"]
        mailbox.write(memory, mailbox.RESULT, result, left)


def run_job(job, files):
    """The result of a job, and the archive of what its test leaves."""
    subprocess.run(["tar", "-x", "-C", "/job"], input=files, check=True)
    result, answer = os.pipe()
    log = os.open("/tmp/output", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    child = os.fork()
    if child == 0:
        os.setsid()
        os.dup2(log, 1)
        os.dup2(log, 2)
        signal.signal(signal.SIGALRM, late)
        os.write(answer, json.dumps(run_test(job)).encode())
        sys.stdout.flush()
        os._exit(0)
    os.close(answer)
    with os.fdopen(result) as file:
        said = file.read()
    os.close(log)
    os.waitpid(child, 0)
    verdict, why, seconds = json.loads(said) if said else ("fail", "the test ended without a result", 0)
    with open("/tmp/output", "rb") as file:
        output = file.read(LOG_LIMIT).decode(errors="replace")
    kernel_log = subprocess.run(["dmesg"], stdout=subprocess.PIPE, check=True).stdout.decode(errors="replace")
    return ({"verdict": verdict, "why": why, "seconds": seconds, "output": output, "kernel": kernel_log},
            kept_files() if verdict == "fail" or job["keep"] else b"")


def late(*_):
    raise TimeoutError("the test takes too long in simulated time")


memory = open_mailbox()
main()
