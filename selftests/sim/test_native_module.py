# SPDX-License-Identifier: GPL-2.0
"""Simulated time: the module plays to and records from hvsndd, which serves PulseAudio's protocol itself.

hvsndd runs in the guest, and no PulseAudio. Times are compared to milliseconds, and rates to some ppm.
"""

import json
import os

from rig.ramp import Ramp
from rig.streams import Streams, case

RATE = 48000
WAV_HEADER = 44


def job_files():
    """Called outside the guest: hvsndd"""
    from rig import paths
    return {"bin/hvsndd": paths.TOP / "user/hvsndd/hvsndd"}


class Native:
    """hvsndd as the host of the card. Its guest is the loopback's CID."""

    def __init__(self, guest, output="file:/tmp/out", options=()):
        self.guest = guest
        self.process = guest.spawn(["hvsndd", "--verbose", "-o", output, "--rate", RATE, "-g", "1,name=card",
                                    "-l", "vsock:any:4713", "-l", "unix:/tmp/native,name=card",
                                    "--control-dir", "/tmp/control", *options])
        guest.until(lambda: os.path.exists("/tmp/control/control"), 5, "hvsndd listens")

    def ctl(self, *words):
        return self.guest.sh(f"hvsndd ctl --control-dir /tmp/control {' '.join(words)}")

    def status(self):
        return json.loads(self.ctl("-j", "status", "card"))["guests"][0]

    def heard(self):
        """The audio data of the only file, without its header; the file is removed."""
        name, = os.listdir("/tmp/out")
        with open(f"/tmp/out/{name}", "rb") as file:
            data = file.read()[WAV_HEADER:]
        os.unlink(f"/tmp/out/{name}")
        with open("/tmp/heard", "wb") as file:
            file.write(data)
        return "/tmp/heard"


def plays(guest, native, ramp, options=""):
    """Plays a ramp; each frame arrives at the output, in order."""
    ramp.write("/tmp/sent")
    guest.sh(f"aplay -q -D hw:HvSock {ramp.alsa} {options} /tmp/sent", limit_s=ramp.seconds + 30)
    guest.sleep(0.5)
    return ramp.check(native.heard())


WHOLE = {
    "10 ms periods": "--period-time=10000",
    "10 ms periods, mmap": "--period-time=10000 -M",
    "2.5 ms periods": "--period-time=2500 --buffer-time=40000",
    "aplay's own periods": "",
}


def test_ramp(guest):
    guest.modprobe()
    native = Native(guest)
    streams = Streams(guest)
    for name, options in WHOLE.items():
        with case(name):
            plays(guest, native, Ramp(seconds=5 if not options else 2), options)
            streams.faultless()
