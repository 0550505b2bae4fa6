# SPDX-License-Identifier: GPL-2.0
"""Audio data in which each frame has the value of its position (selftests/alsa/ramp), and the check of a
recording of such data.
"""

import pathlib
import re
import shutil
import subprocess

from . import paths

PULSE_FORMATS = {
    "U8": "u8", "A_LAW": "alaw", "MU_LAW": "ulaw", "S16_LE": "s16le", "S16_BE": "s16be",
    "S24_3LE": "s24le", "S24_3BE": "s24be", "S24_LE": "s24-32le", "S24_BE": "s24-32be",
    "S32_LE": "s32le", "S32_BE": "s32be", "FLOAT_LE": "float32le", "FLOAT_BE": "float32be",
}
UNIQUE = 24     # so many frames in a row are found in one place of a ramp only
CHANNELS = "front-left,front-right,rear-left,rear-right,front-center,lfe,side-left,side-right"


def channel_map(channels):
    """ALSA's order of this many channels, in PulseAudio's words."""
    words = {1: "mono", 3: "front-left,front-right,front-center",
             7: "aux0,aux1,aux2,aux3,aux4,aux5,aux6"}.get(channels, CHANNELS)
    return ",".join(words.split(",")[:channels])


def sample_bytes(format):
    if format in ("U8", "A_LAW", "MU_LAW"):
        return 1
    return 2 if "16" in format else 3 if "_3" in format else 4


class Ramp:
    """A ramp of one format (ALSA's name), rate in Hz, channels, and length in seconds."""

    def __init__(self, format="S16_LE", rate=48000, channels=2, seconds=5, program=None):
        self.format, self.rate, self.channels, self.seconds = format, rate, channels, seconds
        # A guest has the program in its PATH.
        self.program = str(program or shutil.which("ramp") or paths.SELFTESTS / "alsa/ramp")

    @property
    def frame_bytes(self):
        return self.channels * sample_bytes(self.format)

    @property
    def frames(self):
        return int(self.seconds * self.rate)

    @property
    def alsa(self):
        """Options of aplay and arecord for the format."""
        return f"-t raw -f {self.format} -r {self.rate} -c {self.channels}"

    def options(self):
        return ["-f", self.format, "-r", str(self.rate), "-c", str(self.channels),
                "-s", str(self.seconds)]

    def write(self, path, *options, wav=False):
        """Writes the ramp to a file. options: of the program ramp (-l SECONDS of silence first)."""
        subprocess.run([self.program, "gen", *self.options(), *([] if wav else ["-t", "raw"]), *options,
                        "-o", str(path)], check=True)
        return path

    def check(self, path, *options):
        """What ramp finds in a recording: a dict of frames, lead, tail, gaps ...; fails unless exact.

        Options: -p: the recording may begin and end within the ramp. -e: it may begin within it.
        -u: it may end within it. -g: silences within it are counted as gaps.
        """
        done = subprocess.run([self.program, "check", *self.options(), *options, str(path)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        said = done.stdout.decode(errors="replace").strip()
        print(said)
        # For the picture of a failure (picture.py)
        with open(f"{path}.format", "w") as file:
            file.write(" ".join(self.options()))
        assert done.returncode == 0, f"{path} is not the ramp: {said}"
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", said)}

    def pieces(self, path, sent):
        """Which parts of the ramp, a file written before, a recording has, in its order: (begin in the recording,
        begin in the ramp, length) in frames.

        Silence lies between parts; fails where there is anything else. For formats whose silence is zeros.
        """
        recorded, ramp = pathlib.Path(path).read_bytes(), pathlib.Path(sent).read_bytes()
        size, at, found = self.frame_bytes, 0, []
        while match := re.compile(rb"[^\0]").search(recorded, at):
            at = match.start() // size * size
            begin = ramp.find(recorded[at:at + UNIQUE * size])
            while begin % size and begin >= 0:
                begin = ramp.find(recorded[at:at + UNIQUE * size], begin + 1)
            assert begin >= 0, f"{path}: frame {at // size} is not of the ramp; before it {found}"
            length, step = 0, 1 << 20
            while step >= size:
                one, other = (data[start + length:start + length + step]
                              for data, start in ((recorded, at), (ramp, begin)))
                if one == other and len(one) == step:
                    length += step
                else:
                    step //= 2
            found.append((at // size, begin // size, length // size))
            at += length // size * size
        return found
