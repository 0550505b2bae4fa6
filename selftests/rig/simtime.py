# SPDX-License-Identifier: GPL-2.0
"""Guests in simulated time: QEMU counts instructions, and the guest's clock is that count.

One guest holds everything: the module, ALSA's programs, and an unmodified PulseAudio as the host,
reached over vsock_loopback. A busy or stopped machine does not change what happens in it. Each test
starts from the same snapshot of a booted guest.
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


class GuestError(RuntimeError):
    """The guest did not come to a result; the message ends with its console's last lines."""


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
    """What guests in simulated time of one kernel start from: an image, and its snapshot."""

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
        """Boots a guest until its agent waits for a job, and keeps its memory and its devices."""
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

    def run(self, description, files, limit_s=600):
        """Result of one job, and the folder that its guest leaves, which the caller removes.

        description: what agent.py reads. files: mapping of names below /job to paths.
        limit_s: seconds of processor time after which the guest counts as hung.
        """
        folder = pathlib.Path(tempfile.mkdtemp(dir=paths.scratch_base(), prefix="hvsnd-sim."))
        with open(folder / "mailbox", "wb+") as file:
            file.truncate(mailbox.SIZE)
            memory = mmap.mmap(file.fileno(), mailbox.SIZE)
        mailbox.write(memory, mailbox.JOB, description, pack(files))
        command = self.qemu(folder, f"share=off,mem-path={self.snapshot}/memory")
        with open(folder / "qemu", "w") as log:
            process = subprocess.Popen(command + ["-incoming", "defer"], stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log)
        try:
            monitor = Monitor(folder / "qmp", process)
            monitor.share_memory()
            monitor.command("migrate-incoming", uri=f"exec:cat {self.snapshot}/devices")
            while monitor.command("query-status")["status"] == "inmigrate":
                time.sleep(0.01)
            monitor.command("cont")
            # A busy machine is no reason to give up.
            deadline = time.monotonic() + 10 * limit_s
            while not mailbox.is_ready(memory, mailbox.RESULT):
                if process.poll() is not None or processor_seconds(process.pid) > limit_s or \
                        time.monotonic() > deadline:
                    state = "hangs" if process.poll() is None else "has ended by itself"
                    raise GuestError(f"the guest {state}:\n{tail(folder / 'console')}"
                                     f"{tail(folder / 'qemu')}")
                time.sleep(0.02)
            result, archive = mailbox.read(memory, mailbox.RESULT)
        except GuestError as error:
            result, archive = {"verdict": "fail", "why": str(error), "seconds": 0, "output": "",
                               "kernel": ""}, b""
        finally:
            process.kill()
            process.wait()
            memory.close()
        (folder / "mailbox").unlink()
        (folder / "qmp").unlink(missing_ok=True)
        if archive:
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                # The default of Python 3.14; 3.13 warns where none is chosen, and 3.11 may not know it.
                tar.extraction_filter = getattr(tarfile, "data_filter", None)
                tar.extractall(folder)
        return result, folder


@functools.cache
def simulation(*arguments):
    """The Simulation of these arguments: a process looks only once for what it is made of."""
    return Simulation(*arguments)


def processor_seconds(pid):
    """What a process has used of the processors."""
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
