# SPDX-License-Identifier: GPL-2.0
"""Runs one test in a guest in simulated time, and writes its result into the mailbox.

The snapshot is taken while this program waits for a job.
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
# The first start of a program takes the emulator much longer than the next: that is done before the snapshot.
WARM = ("pulseaudio --version", "pactl --version", "parec --version", "socat -V", "aplay --version",
        "arecord --version", "amixer --version", "dmesg", "tar --help", "insmod --version", "modprobe --version")
GRID_S = 10         # tests start at a multiple of this time
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
        # How long it took to get here does not matter to when the test begins.
        time.sleep(GRID_S - time.monotonic() % GRID_S)
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


def main():
    for command in WARM:
        subprocess.run(command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    # The snapshot is taken here, and each test goes on from here.
    stop_machine()
    job, files = mailbox.read(memory, mailbox.JOB)
    os.makedirs("/job")
    subprocess.run(["tar", "-x", "-C", "/job"], input=files, check=True)
    sys.path.insert(0, "/job/python")
    os.environ["PATH"] = "/job/bin:" + os.environ["PATH"]
    os.chdir("/tmp")
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
    verdict, why, seconds = json.loads(said) if said else ("fail", "the test ended without a result", 0)
    with open("/tmp/output", "rb") as file:
        output = file.read(LOG_LIMIT).decode(errors="replace")
    kernel_log = subprocess.run(["dmesg"], stdout=subprocess.PIPE, check=True).stdout.decode(errors="replace")
    mailbox.write(memory, mailbox.RESULT,
                  {"verdict": verdict, "why": why, "seconds": seconds, "output": output, "kernel": kernel_log},
                  kept_files() if verdict == "fail" or job["keep"] else b"")
    while True:
        time.sleep(3600)


def late(*_):
    raise TimeoutError("the test takes too long in simulated time")


memory = open_mailbox()
main()
