# SPDX-License-Identifier: GPL-2.0
"""Guests in simulated time: QEMU counts the executed instructions, and the count is the guest's clock.

One guest holds everything: the module, ALSA's programs, and an unmodified PulseAudio as the host, which the card
reaches over vsock_loopback. A busy or stopped machine changes nothing in the guest. The tests of a file start from
the snapshot of a booted guest. They run one after the other in the same guest, as long as each test leaves the
guest as it was.
"""

import functools
import io
import json
import mmap
import os
import pathlib
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time

from . import image, mailbox, paths

BOOT_MODULES = ["vsock_loopback", "snd-timer", "snd-pcm"]
MODULES = BOOT_MODULES + ["snd-dummy", "snd-pcm-oss", "snd-mixer-oss", "snd-aloop", "snd-hrtimer", "libcrc32c",
                          "vhost_vsock"]
PROGRAMS = ["socat"]
MEMORY_MB = 768
DEBUG_MEMORY_MB = 1536      # KASAN has a byte for every 8
WORDS = ("console=ttyS0 panic=-1 loglevel=4 norandmaps nokaslr tsc=reliable no_timer_check "
         "mitigations=off preempt=none acpi_no_memhotplug "
         # khugepaged would copy pages for seconds, at moments that depend on when the snapshot was made.
         "transparent_hugepage=never")
BOOT_LIMIT_S = 300
PLUGIN = ["-plugin", os.environ["VM_PLUGIN"]] if "VM_PLUGIN" in os.environ else []      # of QEMU: bench/functions.c
SIMULATIONS = []        # of this process


class GuestError(RuntimeError):
    """The guest returned no result. The message ends with the last lines of its console."""


def qemu_command(folder, shift, memory, kernel, initramfs, memory_mb=MEMORY_MB):
    """QEMU with simulated time: shift is log2 of the nanoseconds per instruction.

    A snapshot fits only the command line that it was made with.
    """
    return [os.environ.get("VM_QEMU", "qemu-system-x86_64"), "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot", "-machine", "q35,memory-backend=memory",
            "-accel", "tcg,thread=single", "-icount", f"shift={shift},align=off,sleep=off",
            "-cpu", "qemu64", "-smp", "1", "-m", f"{memory_mb}M,slots=1,maxmem=4G", "-seed", "1",
            "-rtc", "base=2026-01-01T00:00:00,clock=vm",
            "-object", f"memory-backend-file,id=memory,size={memory_mb}M,{memory}",
            "-object", f"memory-backend-file,id=mailbox,size={mailbox.SIZE},share=on,"
                       f"mem-path={folder}/mailbox",
            "-device", "pvpanic", "-action", "panic=pause",
            "-device", f"pc-dimm,memdev=mailbox,addr={mailbox.ADDRESS:#x}",
            "-serial", f"file:{folder}/console", "-append", WORDS,
            "-kernel", str(kernel), "-initrd", str(initramfs),
            "-qmp", f"unix:{folder}/qmp,server=on,wait=off"]


class Monitor:
    """QEMU's monitor (QMP)."""

    def __init__(self, path, process):
        deadline = time.monotonic() + 60
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(str(path))
                break
            except OSError:
                self.socket.close()
                if process.poll() is not None or time.monotonic() > deadline:
                    raise GuestError("QEMU does not start") from None
                time.sleep(0.01)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline() or '{"error": "QEMU has ended"}')
            if "error" in answer:
                raise GuestError(f"QEMU refuses {name}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def share_memory(self):
        self.command("migrate-set-capabilities",
                     capabilities=[{"capability": "x-ignore-shared", "state": True}])


class Simulation:
    """The image and the snapshot from which guests of one kernel start."""

    def __init__(self, kernel, shift=1, memory_mb=MEMORY_MB):
        self.kernel = kernel
        self.shift = shift
        self.memory_mb = memory_mb
        rig = paths.SELFTESTS / "rig"
        own = [rig / name for name in ("guest/init", "guest/agent.py", "mailbox.py", "image.py")]
        key = paths.digest(self.kernel.image, image.programs_key(), MODULES, PROGRAMS, *own)
        self.initramfs = paths.cached("image", key, self.make_image) / "initramfs"
        command = self.qemu("", "")
        key = paths.digest(key, paths.run(command[0], "--version"), *command)
        self.snapshot = paths.cached("snapshot", key, self.make_snapshot)
        self.idle = None        # a group's name, and the guest that waits for the group's next job

    def qemu(self, folder, memory):
        return qemu_command(folder, self.shift, memory, self.kernel.image, self.initramfs,
                            self.memory_mb)

    def make_image(self, folder):
        root = folder / "root"
        root.mkdir()
        tree = image.Tree(root)
        tree.alsa("aplay", "arecord", "amixer", "alsactl", "alsaloop")
        tree.pulseaudio()
        tree.python()
        for name in PROGRAMS:
            tree.program(name)
        (root / "etc/modules-load").write_text("\n".join(BOOT_MODULES) + "\n")
        tree.copy(paths.SELFTESTS / "rig/guest/init", "init")
        tree.copy(paths.SELFTESTS / "rig/guest/agent.py", "rig/agent.py")
        tree.copy(mailbox.__file__, "rig/mailbox.py")
        tree.modules(self.kernel, MODULES)
        tree.pack(folder / "initramfs")
        shutil.rmtree(root)

    def make_snapshot(self, folder):
        """Boots a guest until its agent waits for a job, and saves its memory and its devices."""
        (folder / "mailbox").touch()
        os.truncate(folder / "mailbox", mailbox.SIZE)
        process = subprocess.Popen(self.qemu(folder, f"share=on,mem-path={folder}/memory"),
                                   stdin=subprocess.DEVNULL)
        try:
            monitor = Monitor(folder / "qmp", process)
            deadline = time.monotonic() + BOOT_LIMIT_S
            while monitor.command("query-status")["status"] != "guest-panicked":
                if time.monotonic() > deadline:
                    raise GuestError(f"the guest does not boot:\n{tail(folder / 'console')}")
                time.sleep(0.1)
            monitor.share_memory()
            monitor.command("migrate", uri=f"exec:cat >{folder}/devices")
            while monitor.command("query-migrate")["status"] != "completed":
                time.sleep(0.05)
            monitor.command("quit")
            process.wait(10)
        finally:
            process.kill()
            process.wait()
        for name in ("mailbox", "qmp", "console"):
            (folder / name).unlink(missing_ok=True)

    def run(self, description, files, limit_s=600, group=None):
        """Result of one job, and the folder that its test leaves, which the caller removes.

        description: what agent.py reads. files: mapping of names below /job to paths.
        limit_s: seconds of processor time after which the guest counts as hung.
        group: a guest that has run only jobs of this group, and is as before them, runs this one too. The emulator has
        translated most of what a test executes then, which takes it longer than to execute it.
        """
        guest = self.take(group)
        folder = pathlib.Path(tempfile.mkdtemp(dir=paths.scratch_base(), prefix="hvsnd-sim."))
        try:
            result, archive = guest.run({**description, "alone": not group}, files, limit_s)
        except GuestError as error:
            result, archive = {"verdict": "fail", "why": str(error), "seconds": 0, "output": "", "kernel": "",
                               "changed": ["the guest"]}, b""
        except BaseException:
            guest.end()
            raise
        result["jobs"] = guest.jobs
        guest.keep(folder)
        if archive:
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                # The default of Python 3.14; 3.13 warns where none is chosen, and 3.11 may not know it.
                tar.extraction_filter = getattr(tarfile, "data_filter", None)
                tar.extractall(folder)
        if result["changed"]:
            guest.end()
        else:
            self.idle = (group, guest)
        return result, folder

    def take(self, group):
        """The idle guest of the group, or a new guest."""
        if group and self.idle and self.idle[0] == group:
            guest, self.idle = self.idle[1], None
            return guest
        self.end_idle()
        return Guest(self)

    def end_idle(self):
        if self.idle:
            self.idle[1].end()
            self.idle = None


class Guest:
    """A guest that continues from the snapshot and runs jobs one after the other."""

    def __init__(self, simulation):
        self.jobs = 0
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=paths.scratch_base(), prefix="hvsnd-guest."))
        with open(self.folder / "mailbox", "wb+") as file:
            file.truncate(mailbox.SIZE)
            self.memory = mmap.mmap(file.fileno(), mailbox.SIZE)
        command = simulation.qemu(self.folder, f"share=off,mem-path={simulation.snapshot}/memory")
        with open(self.folder / "qemu", "w") as log:
            self.process = subprocess.Popen([*command, *PLUGIN, "-incoming", "defer"], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        self.snapshot = simulation.snapshot

    def resume(self):
        """Lets the guest, which is stopped before a job, continue."""
        if not self.jobs:
            self.monitor = Monitor(self.folder / "qmp", self.process)
            self.monitor.share_memory()
            self.monitor.command("migrate-incoming", uri=f"exec:cat {self.snapshot}/devices")
            while self.monitor.command("query-status")["status"] == "inmigrate":
                time.sleep(0.01)
        self.monitor.command("cont")

    def run(self, description, files, limit_s):
        """Result of one job, and the archive of its files. Raises GuestError."""
        while self.jobs and self.monitor.command("query-status")["status"] != "guest-panicked":
            time.sleep(0.01)
        mailbox.clear(self.memory, mailbox.RESULT)
        mailbox.write(self.memory, mailbox.JOB, description, pack(files))
        self.resume()
        self.jobs += 1
        began = processor_seconds(self.process.pid)
        # The limit is processor time, because this machine may be busy. Real time has ten times the limit.
        deadline = time.monotonic() + 10 * limit_s
        while not mailbox.is_ready(self.memory, mailbox.RESULT):
            if self.process.poll() is not None or processor_seconds(self.process.pid) - began > limit_s or \
                    time.monotonic() > deadline:
                state = "hangs" if self.process.poll() is None else "has ended by itself"
                raise GuestError(f"the guest {state}:\n{tail(self.folder / 'console')}"
                                 f"{tail(self.folder / 'qemu')}")
            time.sleep(0.02)
        return mailbox.read(self.memory, mailbox.RESULT)

    def keep(self, folder):
        for name in ("console", "qemu"):
            if (self.folder / name).exists():
                shutil.copy(self.folder / name, folder)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.memory.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def simulation(*arguments):
    """The Simulation of these arguments; a process computes its keys only once."""
    SIMULATIONS.append(Simulation(*arguments))
    return SIMULATIONS[-1]


def end_idle():
    """Ends the guests that wait for another job."""
    for here in SIMULATIONS:
        here.end_idle()


def processor_seconds(pid):
    """Processor time of a process."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pack(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, path in sorted(files.items()):
            info = archive.gettarinfo(str(path), name)
            info.mtime = info.uid = info.gid = 0
            info.uname = info.gname = "root"
            with open(path, "rb") as file:
                archive.addfile(info, file)
    return data.getvalue()


def tail(path, lines=25):
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) + "\n"
    except OSError:
        return ""
