# SPDX-License-Identifier: GPL-2.0
"""Guests in real time: a stock kernel with a real transport to servers on this machine.

KVM runs them where it works; otherwise QEMU emulates two processors. Such a guest may stand still whenever this
machine is busy. The tests therefore judge content and end states, never speed, and use buffers that bridge a
standstill.
"""

import dataclasses
import itertools
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import socket
import tempfile
import threading
import time

from . import image, kernel_log, paths
from .card import CARD, Cards
from .processes import Processes, until
from .ramp import Ramp

TRANSPORTS = {"vsock": "vmw_vsock_virtio_transport", "loopback": "vsock_loopback", "hyperv": "virtio_net", None: None}
BOOT_MODULES = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p"]
MODULES = BOOT_MODULES + [name for name in TRANSPORTS.values() if name] + \
    ["vsock", "hv_sock", "snd-pcm", "snd-timer", "snd-dummy"]
PROGRAMS = ["aplay", "arecord", "amixer", "socat"]
# Without the kernel's tests of its ciphers, which take a tenth of the boot.
WORDS = "panic=-1 loglevel=6 cryptomgr.notests"
# With random addresses QEMU would translate each program again, and the guest would stand still for 0.2 s whenever the
# buffer for translated code is full.
NO_RANDOM_ADDRESSES = "norandmaps"
# For tests that judge content: with this latency and these buffers, neither the host nor the program runs dry while
# this machine is busy.
LATENCY = "latency-us 1000000"
BUFFER_S = 16
BUFFER_BYTES = 4 << 20      # no larger one is offered
VOLUME, SWITCH = "name='Hardware Master Playback Volume'", "name='Hardware Master Playback Switch'"
SILENT_BOOT_LIMIT_S = 180
SILENCE_LIMIT_S = 10
END_LIMIT_S = 90
HV_HOST = "10.0.2.100"
SCAN_FOR_LEAKS = """
    cd /sys/kernel/debug && [ -e kmemleak ] || exit 0
    echo scan >kmemleak && sleep 6 && echo scan >kmemleak &&
    while read -r line; do echo "$line" >/dev/kmsg; done <kmemleak
"""


@dataclasses.dataclass(frozen=True)
class Emulator:
    program: str
    machine: str
    console: str
    processor: str


PC = Emulator(os.environ.get("VM_QEMU", "qemu-system-x86_64"), "q35", "ttyS0", "max")
# QEMU spends half of its time on real pointer authentication.
EMULATORS = {None: PC, "arm64": Emulator("qemu-system-aarch64", "virt", "ttyAMA0", "max,pauth-impdef=on")}


class MachineError(RuntimeError):
    """The guest did not start, or has ended."""


class Job:
    """A shell command in the guest."""

    def __init__(self, machine, number, command):
        self.machine, self.number, self.command = machine, number, command
        self.file = machine.share / f".jobs/{number}.out"

    def status(self):
        """Exit status, or None while it runs."""
        return self.machine.statuses.get(self.number)

    def alive(self):
        return self.status() is None

    def output(self):
        return self.file.read_text(errors="replace") if self.file.exists() else ""

    def wait(self, seconds=120, status=0):
        """Waits for the end and returns the output. The command must have this exit status (None: any)."""
        try:
            until(lambda: not self.alive() or self.machine.check_alive(), seconds, "ended")
        except AssertionError:
            self.stop()
            raise AssertionError(f"{self.command} does not end within {seconds} s:\n{self.output()}") from None
        assert status in (None, self.status()), \
            f"{self.command}: exit status {self.status()}, expected {status}:\n{self.output()}"
        return self.output()

    def stop(self):
        """Kills the command and its children."""
        if self.alive():
            self.machine.send(f"end {self.number}")
            until(lambda: not self.alive() or self.machine.check_alive(), 60, f"ended: {self.command}")


class Machine(Cards):
    """A guest with the card, which takes commands. Use as a context, or call stop().

    kernel: image.Kernel. files: mapping of names below /job in the guest to paths; programs are bin/...
    transport: vsock (virtio, to this machine), loopback (within the guest), None, or hyperv (hv_sock.ko and
    the VMBus of selftests/hv, which reaches this machine by TCP at HV_HOST).
    ports: vsock ports that the guest connects to; with hyperv only these reach this machine.
    words: more of the kernel's command line. options: more of QEMU's arguments.
    modules, programs: what the guest's image has besides MODULES and PROGRAMS.
    """

    def __init__(self, kernel, files=(), transport="vsock", ports=(4713,), words="", options=(), modules=(),
                 programs=(), memory_mb=384, cpus=2):
        self.kernel, self.transport, self.ports = kernel, transport, ports
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=paths.scratch_base(), prefix="hvsnd-real."))
        self.share = self.folder / "share"
        self.console = self.folder / "console"
        self.processes = Processes(self.folder / "logs")
        self.numbers = itertools.count(1)
        self.names = itertools.count(1)
        self.checked_bytes = 0
        (self.share / ".jobs").mkdir(parents=True)
        for name, path in dict(files).items():
            target = self.share / ".files" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        (self.share / ".files").mkdir(exist_ok=True)
        own = sorted(path for path in (self.share / ".files/bin").glob("*"))
        initramfs = machine_image(kernel, modules, programs, own) / "initramfs"
        self.emulator = emulator = EMULATORS[kernel.architecture]
        self.command = [
            *shlex.split(emulator.program), *options, "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot", "-m", f"{memory_mb}M", "-smp", str(cpus), "-kernel", kernel.image,
            "-initrd", initramfs, "-object", f"memory-backend-memfd,id=memory,size={memory_mb}M,share=on",
            "-append", f"console={emulator.console} {WORDS} {NO_RANDOM_ADDRESSES} {words}",
            "-chardev", f"file,id=console,path={self.console}", "-serial", "chardev:console",
            "-chardev", f"socket,id=control,path={self.folder}/control", "-device", "virtio-serial-pci",
            "-device", "virtserialport,chardev=control,name=control",
            "-fsdev", f"local,id=host,path={self.share},security_model=none",
            "-device", "virtio-9p-pci,fsdev=host,mount_tag=host"]
        if transport == "hyperv":
            forwards = "".join(f",guestfwd=tcp:{HV_HOST}:{port}-cmd:socat - UNIX-CONNECT:{self.socket(port)}"
                               for port in ports)
            self.command += ["-device", "virtio-net-pci,netdev=out", "-netdev", f"user,id=out,restrict=on{forwards}"]
        try:
            self.boot()
        except BaseException:
            self.processes.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.kill()
        else:
            self.stop()

    # Its life

    def boot(self):
        """Starts the guest, and returns when it takes commands.

        How long that takes depends on this machine: the guest has time as long as its console says more.

        An emulated guest has a second try: while a kernel with two processors changes its own code, QEMU's TCG may
        lose a breakpoint, or let a processor sleep. There is none once the module is loaded.
        """
        for accelerator in ["tcg", "tcg"] if self.kernel.architecture else accelerators():
            self.console.write_bytes(b"")
            self.statuses = {}
            why = self.try_boot(accelerator)
            if not why:
                return
            self.processes.stop()
            if b"snd_hvsock: loading" in self.console.read_bytes():
                break
        raise MachineError(f"the guest does not boot: {why}\n{self.tail(self.console)}{self.qemu.output()}")

    def try_boot(self, accelerator):
        """None if the guest accepts commands, otherwise the reason."""
        (self.folder / "control").unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.folder / "control"))
        listener.listen()
        listener.settimeout(60)
        kind, processor = ("kvm", "host") if accelerator == "kvm" else ("tcg,thread=multi", self.emulator.processor)
        vsock = self.start_vsock() if self.transport == "vsock" else []
        self.qemu = self.processes.spawn([*self.command, "-machine", f"{self.emulator.machine},memory-backend=memory",
                                          "-accel", kind, "-cpu", processor, *vsock], "qemu")
        with listener:
            while not select.select([listener], [], [], 0.1)[0]:
                if not self.qemu.alive():
                    return "QEMU ends"
            self.control = listener.accept()[0]
        threading.Thread(target=self.read_answers, args=(self.control,), daemon=True).start()
        if not self.wait_boot(lambda: "boot" in self.statuses, accelerator == "kvm"):
            return f"it says nothing new with {accelerator}" if self.qemu.alive() else "QEMU ends"
        if TRANSPORTS[self.transport]:
            self.sh(f"modprobe -q {TRANSPORTS[self.transport]}", status=None)
        if self.transport == "hyperv":
            self.sh("ip link set eth0 up && ip address add 10.0.2.15/24 dev eth0 &&"
                    " until grep -q 1 /sys/class/net/eth0/carrier; do sleep 0.1; done &&"
                    f" insmod /job/hv_vmbus.ko server={HV_HOST} && modprobe hv_sock")
        return None

    def wait_boot(self, condition, must_talk=False):
        """Waits for a condition as long as the console says more; returns whether it is fulfilled. must_talk: the
        console begins at once.
        """
        said, since = 0, time.monotonic()
        while not condition():
            # systemd repeats that a job is "running (10s / no limit)".
            lines = [line for line in self.console.read_text(errors="replace").splitlines() if " running (" not in line]
            # A guest that hangs may complain of it for ever.
            if len(lines) > said and not kernel_log.complaints("\n".join(lines)):
                said, since = len(lines), time.monotonic()
            limit_s = SILENCE_LIMIT_S if must_talk and not said else SILENT_BOOT_LIMIT_S
            if not self.qemu.alive() or time.monotonic() > since + limit_s:
                return False
            time.sleep(0.05)
        return True

    def start_vsock(self):
        """Starts vhost-device-vsock; returns QEMU's arguments for it."""
        for path in self.folder.glob("vhost*"):
            path.unlink()
        command = shlex.split(paths.run(image.KERNEL_TOOL, "vhost"))
        self.vhost = self.processes.spawn([*command, "--guest-cid", "3", "--socket", f"{self.folder}/vhost",
                                           "--uds-path", f"{self.folder}/vsock"], "vhost-device-vsock")
        until((self.folder / "vhost").exists, 30, "vhost-device-vsock listens")
        return ["-chardev", f"socket,id=vsock,path={self.folder}/vhost", "-device",
                "vhost-user-vsock-pci,chardev=vsock"]

    def alive(self):
        return self.qemu.alive()

    def check_alive(self):
        """Raises if the guest has ended. Returns False, so that until() continues."""
        if not self.alive():
            raise MachineError(f"the guest has ended:\n{self.tail(self.console)}{self.qemu.output()}")
        return False

    def stop(self, limit_s=END_LIMIT_S):
        """Shuts the guest down. Fails if that does not work, or if the kernel log has complaints."""
        try:
            self.check_alive()
            if self.transport == "vsock":
                # Without it the guest has no connection, which would look like a fault of the module.
                assert "panicked" not in self.vhost.output(), f"vhost-device-vsock fails:\n{self.vhost.output()}"
            self.sh(SCAN_FOR_LEAKS, limit_s=300)
            self.send("off")
            until(lambda: not self.alive(), limit_s, "the guest powers off")
            self.check()
        finally:
            self.kill()

    def kill(self):
        self.processes.stop()

    def remove(self):
        """Removes the guest's folder. Call it after stop() or kill()."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self, where):
        """Copies the guest's logs and the files of its share to a folder."""
        shutil.rmtree(where, ignore_errors=True)
        shutil.copytree(self.folder, where, ignore=lambda folder, names: [
            name for name in names if name == ".files" or not os.path.isfile(os.path.join(folder, name))
            and not os.path.isdir(os.path.join(folder, name))])

    # Its kernel

    def complaints(self):
        """Complaints in the kernel log since the last call."""
        log = self.console.read_bytes()
        new, self.checked_bytes = log[self.checked_bytes:], len(log)
        return kernel_log.complaints(new.decode(errors="replace").replace("\r", ""))

    def check(self):
        """Fails if the kernel log has complaints since the last check."""
        found = self.complaints()
        assert not found, "the kernel complains:\n" + "\n".join(found)

    def kernel_log(self):
        return self.sh("dmesg")

    # Commands

    def send(self, line):
        try:
            self.control.sendall(f"{line}\n".encode())
        except OSError:
            self.check_alive()
            raise

    def read_answers(self, control):
        """Takes what commands end with, until the guest ends.

        An emulated processor sometimes sleeps on though its timer is due, until a device interrupts it: an empty
        line does.
        """
        rest = b""
        try:
            while True:
                if not select.select([control], [], [], 0.25)[0]:
                    control.sendall(b"\n")
                    continue
                data = control.recv(4096)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    number, status = line.split()
                    self.statuses[number.decode()] = int(status)
        except OSError:
            return

    def spawn(self, command):
        """A shell command in the background."""
        number = str(next(self.numbers))
        (self.share / ".jobs" / number).write_text(command + "\n")
        self.send(f"run {number}")
        return Job(self, number, command)

    def sh(self, command, limit_s=120, status=0):
        """Output of a shell command in the guest, which must have this exit status (None: any)."""
        return self.spawn(command).wait(limit_s, status)

    def until(self, condition, seconds, what):
        return until(condition, seconds, what)

    # Its card, and this machine's servers

    def socket(self, port):
        """UNIX socket at which the guest's connections to CID 2 and this port arrive."""
        return self.folder / f"vsock_{port}"

    def door(self, port):
        """Address of this vsock port of the guest, in the form of raw_host.py."""
        return f"{self.folder}/vsock:{port}"

    def play(self, ramp, card=CARD):
        """Starts to play a ramp; returns the Job.

        All of it fits into aplay's buffer, so nothing is written over that the position has passed but the module has
        not sent yet, as a guest's two processors do not stand still at once. The drain begins after a third of it.
        """
        ramp.write(self.share / "sent")
        assert ramp.seconds <= BUFFER_S and ramp.frames * ramp.frame_bytes <= BUFFER_BYTES, "the buffer is too small"
        start_us = int(ramp.seconds / 2 * 1000000)
        return self.spawn(f"""cp /host/sent /tmp/sent
            {{ cat /tmp/sent; sleep {ramp.seconds / 3:.2f}; }} |
                aplay -q -D hw:{card} --start-delay={start_us} {self.alsa_words(ramp)}""")

    def record(self, ramp, seconds, card=CARD):
        """Starts to record so many seconds in the ramp's format to the share's `recorded`; returns the Job."""
        (self.share / "recorded").unlink(missing_ok=True)
        return self.spawn(f"arecord -q -D hw:{card} {self.alsa_words(ramp)} -d {seconds} /tmp/recorded &&"
                          " mv /tmp/recorded /host")

    @staticmethod
    def alsa_words(ramp):
        """Options of aplay and arecord: the ramp's format and a large buffer."""
        buffer_s = min(BUFFER_S, BUFFER_BYTES / (ramp.rate * ramp.frame_bytes))
        return f"{ramp.alsa} --buffer-time={int(buffer_s * 1000000)} --period-time=100000"

    def plays(self, host, format="S16_LE", rate=48000, channels=2, seconds=3, card=CARD):
        """Plays a ramp with aplay; every frame must arrive at the host (a pulse.Pulse or similar)."""
        ramp = Ramp(format, rate, channels, seconds)
        sink = host.sink(f"exact{next(self.names)}", format, rate, channels)
        recording = host.record(sink, self.folder / "heard", latency_ms=500)
        self.play(ramp, card).wait()
        host.wait_streams(0, seconds=60)
        return self.check_played(ramp, recording.stop(), host=host)

    def check_played(self, ramp, path, *options, host=None):
        """The frames of the ramp are in the recording, in order, to the last; options as Ramp.check() has them.

        A slow machine may put silence between them: the host has nothing to play for a moment. Frames that are late
        by more than the delay are not sent; the cards have counted all that are missing, but for those that the host
        replaced by silence (pipewire.PipeWire).
        """
        found = ramp.check(path, "-m", *options)
        if found["missing"]:
            dropped = sum(int(card["stats"]["dropped"]) for card in json.loads(self.sh("hvsnd -j show"))["cards"])
            silenced = found["of"] if getattr(host, "silences_late", False) else 0
            assert found["missing"] <= dropped + silenced, \
                f"{found['missing']} frames are missing, cards dropped {dropped}, the host {silenced} at most"
        return found

    def source(self, host, format="S16_LE", rate=48000, channels=2, seconds=60):
        """Adds a default source that delivers a ramp to the host; returns the ramp and the process that plays it."""
        ramp = Ramp(format, rate, channels, seconds)
        sink = host.sink(f"source{next(self.names)}", format, rate, channels)
        ramp.write(self.folder / "source")
        return ramp, host.play(sink, ramp, self.folder / "source", latency_ms=1000)

    def plays_through(self, host, disturb):
        """Plays for 15 s, and calls disturb(), which returns the host, once there is a stream.

        From when there is a stream again, all frames arrive, to the end.
        """
        ramp = Ramp(seconds=15)
        host.sink("before")
        player = self.play(ramp)
        host.wait_streams(1, seconds=60)
        host = disturb()
        recording = host.record(host.sink("after"), self.folder / "heard", latency_ms=500)
        host.wait_streams(1, seconds=60)
        player.wait()
        host.wait_streams(0, seconds=60)
        found = self.check_played(ramp, recording.stop(), "-e", host=host)
        assert found["frames"] >= ramp.rate, f"only the last {found['frames']} frames arrived"

    def records(self, host, format="S16_LE", rate=48000, channels=2, seconds=3, card=CARD):
        """Records a ramp of the host with arecord; the frames must be in order."""
        ramp, source = self.source(host, format, rate, channels)
        self.record(ramp, seconds, card).wait()
        source.stop()
        self.check_recorded(ramp, seconds)

    def volumes_follow(self, host):
        """Volume and mute of a stream must pass from the guest to the host, and back."""
        host.sink("main")
        player = self.spawn("exec aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 /dev/zero")
        stream, = host.wait_streams(1, seconds=60)

        def host_has(volumes, mute):
            return lambda: stream_volume(host) == (volumes, mute)

        self.controls(f"cset {VOLUME} 40,60,1,1,1,1,1,1")
        self.until(host_has([40, 60], False), 60, "the host has the guest's volumes")
        self.controls(f"cset {SWITCH} off")
        self.until(host_has([40, 60], True), 60, "the host has the guest's mute")
        host.pactl("set-sink-input-mute", stream["index"], 0)
        host.pactl("set-sink-input-volume", stream["index"], "30%", "70%")
        self.until(lambda: ": values=30,70," in self.controls(f"cget {VOLUME}"), 60, "the guest has the host's volumes")
        self.until(lambda: ": values=on" in self.controls(f"cget {SWITCH}"), 60, "the guest has the host's mute")
        self.controls("sset 'Hardware Master' 100%")
        player.stop()
        host.wait_streams(0, seconds=60)

    def check_recorded(self, ramp, seconds, last_s=None):
        """What was recorded is as long as it should be, and is audio data of the ramp in its order; of the last
        seconds only if last_s is given.

        Where this machine stands still for longer than the card's latency, silence takes the place of what comes
        too late: whether that is so without need is for tests in simulated time.
        """
        data = (self.share / "recorded").read_bytes()
        second = ramp.rate * ramp.frame_bytes
        assert len(data) == seconds * second, f"{len(data)} bytes recorded in {seconds} s, not {seconds * second}"
        (self.folder / "recorded").write_bytes(data[-(last_s or seconds) * second:])
        self.check_pieces(ramp)

    def check_pieces(self, ramp):
        """The folder's file `recorded` is audio data of the ramp in its order, a second of it at least."""
        pieces = ramp.pieces(self.folder / "recorded", self.folder / "source")
        print(f"pieces (frame of the recording, of the ramp, frames): {pieces}")
        for (_, begin, frames), (_, following, _) in itertools.pairwise(pieces):
            assert following >= begin + frames, f"frames of the ramp are doubled or out of order: {pieces}"
        recorded = sum(frames for _, _, frames in pieces)
        assert recorded >= ramp.rate, f"only {recorded} frames of the ramp are recorded: {pieces}"

    @staticmethod
    def tail(path, lines=25):
        try:
            return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) + "\n"
        except OSError:
            return ""


def stream_volume(host):
    """Volume of the only stream's channels in percent, and whether it is muted."""
    stream, = host.streams()
    return [int(channel["value_percent"].rstrip("%")) for channel in stream["volume"].values()], stream["mute"]


def accelerators():
    """Accelerators to try, in order. KVM may exist and still not run a guest."""
    if os.environ.get("VM_ACCEL"):
        return [os.environ["VM_ACCEL"]]
    found = ["tcg", "tcg"]
    virtual = re.search(r"\b(vmx|svm)\b", pathlib.Path("/proc/cpuinfo").read_text())
    if virtual and os.access("/dev/kvm", os.R_OK | os.W_OK):
        found.insert(0, "kvm")
    return found


def machine_image(kernel, modules=(), programs=(), own_programs=()):
    """Folder of the cache with the initramfs of a guest and the libraries of own_programs (paths)."""
    modules, programs = [*MODULES, *modules], [*PROGRAMS, *programs]
    libraries = image.libraries(own_programs) if own_programs and not kernel.programs else []
    init, commands = (paths.SELFTESTS / "rig/guest" / name for name in ("machine-init", "machine-commands"))

    def make(folder):
        root = folder / "root"
        root.mkdir()
        tree = image.Tree(root, kernel.programs)
        tree.alsa(*(name for name in programs if name in ("aplay", "arecord", "amixer")))
        for name in programs:
            if name not in ("aplay", "arecord", "amixer"):
                tree.program(name)
        (root / "etc/modules-load").write_text("\n".join(BOOT_MODULES) + "\n")
        tree.copy(init, "init")
        tree.copy(commands, "machine-commands")
        tree.modules(kernel, modules)
        for path in libraries:
            tree.library(path)
        tree.pack(folder / "initramfs")
        shutil.rmtree(root)

    key = paths.digest(kernel.image, str(kernel.modules), str(kernel.programs), image.programs_key(), *modules,
                       *programs, init, commands, *libraries, pathlib.Path(image.__file__), pathlib.Path(__file__))
    return paths.cached("machine", key, make)
