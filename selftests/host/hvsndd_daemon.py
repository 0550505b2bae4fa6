# SPDX-License-Identifier: GPL-2.0
"""hvsndd with directories of its own, by default under ASan and UBSan, and hvsndd ctl for it."""

import json
import os
import pathlib
import subprocess

from rig import paths
from rig.processes import until

PROGRAM = paths.TOP / "user/hvsndd/build/asan/hvsndd"
PLAIN = paths.TOP / "user/hvsndd/hvsndd"
LSAN_OPTIONS = f"suppressions={paths.SELFTESTS}/hvsndd/lsan.supp:print_suppressions=0"


class Daemon:
    """hvsndd with its own home, runtime directory and options.

    environment: variables beside those of the folder. start: run it at once. state: where it keeps
    what lasts. program: PLAIN where the cost of the sanitizers must not count.
    """

    def __init__(self, processes, folder, *options, environment=None, start=True, state="state", program=PROGRAM):
        self.processes = processes
        self.program = program
        self.folder = pathlib.Path(folder)
        self.control = self.folder / "control"
        self.state = self.folder / state if state else None
        self.options = options
        self.env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self.folder),
                    "XDG_RUNTIME_DIR": f"{self.folder}/run",
                    "LSAN_OPTIONS": LSAN_OPTIONS, **(environment or {})}
        (self.folder / "run").mkdir(parents=True, exist_ok=True)
        self.process = None
        if start:
            self.start()

    def start(self):
        """Starts hvsndd and waits until it answers."""
        self.process = self.processes.spawn([self.program, "--verbose", *self.folders(), *self.options],
                                            "hvsndd", env=self.env)
        until(self.answers, 20, "hvsndd answers")

    def folders(self):
        state = ["--state-dir", self.state] if self.state else []
        return ["--control-dir", self.control, *state]

    def answers(self):
        assert self.process.alive(), f"hvsndd has ended:\n{self.log()}"
        return self.ctl("list")[0] == 0

    def log(self):
        return self.process.output()

    def run(self, *words):
        """Exit status, standard output and standard error of hvsndd with these words."""
        done = subprocess.run([str(self.program), *map(str, words)], env=self.env,
                              stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stdout, done.stderr

    def ctl(self, *words):
        return self.run("ctl", *self.folders(), *words)

    def do(self, *words):
        """Output of hvsndd ctl, which must not fail."""
        status, output, error = self.ctl(*words)
        assert status == 0, f"hvsndd ctl {' '.join(words)}: status {status}: {error}"
        return output

    def guests(self):
        """The guests' states, by name."""
        return {guest["name"]: guest for guest in json.loads(self.do("-j", "status"))["guests"]}

    def until_said(self, words, seconds=10):
        until(lambda: words in self.log(), seconds,
              f"hvsndd says '{words}'; it says:\n{self.log()}")

    def stop(self):
        """Ends hvsndd; fails if a sanitizer has found something."""
        # On a busy machine, the search for leaks takes a while.
        self.process.stop(60)
        log = self.log()
        assert "ERROR: " not in log and "runtime error" not in log, log
        assert self.process.popen.returncode == 0, \
            f"exit status {self.process.popen.returncode}:\n{log}"
