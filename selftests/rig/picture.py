# SPDX-License-Identifier: GPL-2.0
"""Draws what was sent and what was recorded, when a test fails."""

import subprocess
import wave

from . import paths, ramp

WAVE_BYTES = {"U8": 1, "S16_LE": 2, "S24_3LE": 3, "S32_LE": 4}


def draw(folder):
    """Draws waveform.svg of each checked recording with demo/compare, unless WAV lacks the format."""
    for description in folder.rglob("*.format"):
        words = description.read_text().split()
        options = dict(zip(words[::2], words[1::2]))
        recording = description.with_suffix("")
        if options["-f"] not in WAVE_BYTES or not recording.exists():
            continue
        subprocess.run(["make", "-s", "-C", paths.TOP / "demo"], check=False, stdout=subprocess.DEVNULL)
        sent = ramp.Ramp(options["-f"], int(options["-r"]), int(options["-c"]), float(options["-s"]),
                         program=paths.SELFTESTS / "alsa/ramp")
        sent.write(folder / "sent.wav", wav=True)
        with wave.open(str(folder / f"{recording.name}.wav"), "wb") as file:
            file.setparams((sent.channels, WAVE_BYTES[sent.format], sent.rate, 0, "NONE", ""))
            file.writeframes(recording.read_bytes())
        with open(folder / f"{recording.name}.compared", "w") as log:
            subprocess.run([paths.TOP / "demo/compare", "-o", folder / f"{recording.name}.svg",
                            folder / "sent.wav", folder / f"{recording.name}.wav"],
                           stdout=log, stderr=log, check=False)
