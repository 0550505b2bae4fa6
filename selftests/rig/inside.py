# SPDX-License-Identifier: GPL-2.0
"""The object `guest` of tests in simulated time. It runs in their guest.

All times here are simulated. The host of the card is a PulseAudio in the same guest, which the
card reaches over vsock_loopback as CID 2.
"""

import os
import subprocess
import time

from . import kernel_log
from .card import CARD, Cards
from .processes import Processes, shell, until
from .pulse import Pulse
from .ramp import Ramp

KMEMLEAK = "/sys/kernel/debug/kmemleak"


class Guest(Cards):
    """The guest of one test. All processes of the test end with it."""

    def __init__(self):
        os.environ["LD_LIBRARY_PATH"] = "/job/lib"
        self.processes = Processes("/tmp/logs")
        self.hosts = 0
        self.counts = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.processes.stop()

    def check(self):
        """Fails if the kernel log has complaints, or if a debug kernel finds a memory leak."""
        if os.path.exists(KMEMLEAK):
            self.processes.stop()
            # kmemleak reports an object only after two scans and some seconds.
            self.sh(f"echo scan >{KMEMLEAK}; sleep 6; echo scan >{KMEMLEAK}", limit_s=600)
        found = kernel_log.complaints(self.kernel_log())
        assert not found, "the kernel complains:\n" + "\n".join(found)

    # The machine

    def sh(self, command, limit_s=60, status=0):
        """Output of a shell command, which must have this exit status (None: any)."""
        return shell(command, limit_s, status)

    def spawn(self, command, name=None, **options):
        """A program in the background (processes.Process)."""
        return self.processes.spawn(command, name, **options)

    def until(self, condition, seconds, what):
        return until(condition, seconds, what)

    def sleep(self, seconds):
        time.sleep(seconds)

    def now(self):
        """Seconds of CLOCK_MONOTONIC, which counts this guest's instructions."""
        return time.monotonic()

    def kernel_log(self):
        return subprocess.run(["dmesg"], stdout=subprocess.PIPE, check=True).stdout.decode(errors="replace")

    def install(self):
        """Installs the module, so that the kernel loads it on demand."""
        # With a path, because busybox' shell would run its own depmod.
        self.sh("cp /job/snd-hvsock.ko /lib/modules/$(uname -r)/ && /sbin/depmod"
                " && echo /sbin/modprobe >/proc/sys/kernel/modprobe")
        assert not os.path.exists("/sys/module/snd_hvsock")

    # The host

    def host(self, port=4713, arguments="auth-anonymous=1", log_level="info", relay=True):
        """Starts PulseAudio, and lets the card in by a vsock port.

        With relay=False PulseAudio itself listens there (guest/vsock_listen.c). socat would add
        a process for each connection.
        """
        self.hosts += 1
        folder = f"/tmp/host{self.hosts}"
        os.makedirs(folder)
        if not relay:
            return Pulse(self.processes, folder,
                         [f"module-native-protocol-unix socket={folder}/vsock.{port} {arguments}"],
                         log_level, preload="/job/bin/vsock_listen.so")
        server = Pulse(self.processes, folder, [f"module-native-protocol-unix socket={folder}/card {arguments}"],
                       log_level)
        if port:
            server.others.append(self.listen(port, f"UNIX-CONNECT:{folder}/card,su=nobody"))
        return server

    def listen(self, port, to):
        """Starts socat from a vsock port to a socat address; returns when it listens."""
        process = self.spawn(f"exec socat VSOCK-LISTEN:{port},fork,reuseaddr {to}", f"socat.{port}")
        # Does not try to connect, because that would be one more client of the host.
        time.sleep(0.2)
        assert process.alive(), process.output()
        return process

    # Playing and recording

    def plays(self, host, format="S16_LE", rate=48000, channels=2, seconds=5, options="", card=CARD):
        """Plays a ramp with aplay; every frame must arrive at the host."""
        ramp = Ramp(format, rate, channels, seconds)
        ramp.write("/tmp/sent")
        sink = host.sink(self.name("exact"), format, rate, channels)
        recording = host.record(sink, "/tmp/heard")
        self.sh(f"aplay -q -D hw:{card} {ramp.alsa} {options} /tmp/sent", limit_s=seconds + 30)
        return ramp.check(recording.stop())

    def source(self, host, ramp, name=None):
        """Adds a default source that delivers the ramp to the host; returns its process."""
        sink = host.sink(name or self.name("source"), ramp.format, ramp.rate, ramp.channels)
        ramp.write("/tmp/source")
        return host.play(sink, ramp, "/tmp/source")

    def records(self, host, format="S16_LE", rate=48000, channels=2, seconds=5, options="", card=CARD):
        """Records a ramp of the host with arecord; it must have no gap."""
        ramp = Ramp(format, rate, channels, seconds + 10)
        source = self.source(host, ramp)
        self.sh(f"arecord -q -D hw:{card} {ramp.alsa} {options} -d {seconds} /tmp/recorded",
                limit_s=seconds + 30)
        source.stop()
        found = ramp.check("/tmp/recorded", "-p")
        size = os.path.getsize("/tmp/recorded")
        assert size == seconds * rate * ramp.frame_bytes, f"{size} bytes recorded in {seconds} s"
        return found

    def name(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{self.counts[kind]}"
