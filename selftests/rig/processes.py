# SPDX-License-Identifier: GPL-2.0
"""Processes of a test, which end with the test. Used in guests and on this machine."""

import contextlib
import os
import pathlib
import re
import select
import shlex
import signal
import subprocess
import threading
import time

POLL_S = 0.05


class Process:
    """A program in the background. Its output is in the file `log`."""

    def __init__(self, command, log, env=None, stdin=subprocess.DEVNULL, stdout=None):
        self.command = command if isinstance(command, str) else shlex.join(map(str, command))
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as file:
            self.popen = subprocess.Popen(command if isinstance(command, str) else list(map(str, command)),
                                          shell=isinstance(command, str), stdin=stdin,
                                          stdout=stdout or file, stderr=file, env=env,
                                          start_new_session=True)
        self.pid = self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")

    def ends_within(self, seconds):
        """Waits for the end and returns at once; subprocess would poll every 50 ms."""
        if self.alive():
            with open(os.pidfd_open(self.pid), "rb") as file:
                select.select([file], [], [], seconds)
        return not self.alive()

    def wait(self, seconds=60, status=0):
        """Waits for the end. The program must have this exit status (None: any)."""
        ended = self.ends_within(seconds)
        found = self.popen.poll()
        self.stop()
        assert ended, f"{self.command} does not end within {seconds} s:\n{self.output()}"
        assert status in (None, found), \
            f"{self.command}: exit status {found}, expected {status}:\n{self.output()}"
        return self.output()

    def signal(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def stop(self, seconds=5):
        """Terminates the program and its children; kills them if they do not end."""
        # SIGCONT first. After SIGTERM it would cancel the SIGSTOP with which LeakSanitizer halts an ending program,
        # and both would wait for ever.
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        self.ends_within(seconds)
        self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        self.popen.wait()


class Lines:
    """What a program prints, line by line, each with the time of CLOCK_MONOTONIC at which it came.

    The program prints to a terminal, since most programs hold back what they print to a pipe.
    """

    def __init__(self, processes, command, name=None, **options):
        reading, writing = os.openpty()
        self.process = processes.spawn(command, name, stdout=writing, **options)
        os.close(writing)
        self.lines = []
        self.taken = 0
        self.more = threading.Condition()
        threading.Thread(target=self.read, args=(reading,), daemon=True).start()

    def read(self, reading):
        with open(reading, errors="replace") as file, contextlib.suppress(OSError):     # EIO at its end
            for line in file:
                now = time.monotonic()
                with self.more:
                    self.lines.append((now, line.rstrip("\n")))
                    self.more.notify_all()

    def next(self, pattern, seconds=5):
        """Time and text of the next line that matches this regular expression; skips earlier lines."""
        deadline = time.monotonic() + seconds
        skipped = []
        with self.more:
            while True:
                while self.taken < len(self.lines):
                    at, text = self.lines[self.taken]
                    self.taken += 1
                    if re.search(pattern, text):
                        return at, text
                    skipped.append(text)
                if not self.more.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                    raise AssertionError(f"{self.process.command} prints no line with {pattern!r} within "
                                         f"{seconds} s, but {skipped}")

    def rest(self):
        """Texts of the lines since the last one that was taken."""
        with self.more:
            found = [text for _, text in self.lines[self.taken:]]
            self.taken = len(self.lines)
        return found


class Processes:
    """All processes of a test, with one folder for their logs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.started = []

    def spawn(self, command, name=None, **options):
        name = name or os.path.basename(command.split()[0] if isinstance(command, str)
                                        else str(command[0]))
        log = self.folder / f"{name}.log"
        number = 1
        while log.exists():
            number += 1
            log = self.folder / f"{name}.{number}.log"
        process = Process(command, log, **options)
        self.started.append(process)
        return process

    def stop(self):
        for process in reversed(self.started):
            process.stop()
        self.started.clear()


def shell(command, limit_s=60, status=0, env=None):
    """Output of a shell command with standard error. The command must have this exit status."""
    try:
        done = subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=limit_s, env=env, check=False)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"{command} does not end within {limit_s} s:\n"
                             f"{(error.stdout or b'').decode(errors='replace')}") from None
    output = done.stdout.decode(errors="replace")
    assert status in (None, done.returncode), \
        f"{command}: exit status {done.returncode}, expected {status}:\n{output}"
    return output


def until(condition, seconds, what):
    """Value of condition() as soon as it is true. Fails with `what` after this many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(POLL_S)
