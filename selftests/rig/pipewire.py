# SPDX-License-Identifier: GPL-2.0
"""PipeWire, WirePlumber and pipewire-pulse of a Debian suite, as the host of a card.

The programs are fetched and unpacked, not installed. They see no device of this machine.
"""

import pathlib
import shlex
import shutil
import subprocess

from . import image, paths, pulse
from .processes import until

PACKAGES = ("pipewire-bin", "pipewire-pulse", "wireplumber")
# The graph runs at the rate of its only stream, so it does not resample.
CONFIGURATION = """
context.properties = {
    default.clock.allowed-rates = [ 8000 11025 22050 37800 44100 48000 96000 192000 ]
    default.clock.quantum = 4096
    default.clock.min-quantum = 4096
    mem.allow-mlock = false
}
"""
# WirePlumber 0.5 and 0.4 without devices, so that they do not need D-Bus.
WIREPLUMBER_05 = """
wireplumber.profiles = {
    main = { hardware.audio = disabled hardware.bluetooth = disabled hardware.video-capture = disabled }
}
"""
WIREPLUMBER_04 = """
alsa_monitor.enabled = false
v4l2_monitor.enabled = false
libcamera_monitor.enabled = false
default_access.properties["enable-flatpak-portal"] = false
"""


class PipeWire(pulse.Pulse):
    """The interface of pulse.Pulse with pipewire-pulse of a suite. door: UNIX socket for the card."""

    last_socket = "control"
    # When its graph stands still, it plays silence for blocks that it has already taken from the card. Seen by stopping
    # its processes for 1.7 s: 2048 of 2048 frames of silence, 12288 of 16384, with none dropped by the card.
    silences_late = True

    def __init__(self, processes, folder, suite, door):
        self.programs = pathlib.Path(paths.run(image.KERNEL_TOOL, "programs", suite, *PACKAGES))
        self.door = pathlib.Path(door)
        super().__init__(processes, folder)

    def configure(self, command):
        """PulseAudio's command line, which PipeWire lacks. pactl has the commands that tests use."""
        for line in command.splitlines():
            # WirePlumber keeps the defaults and starts later than the server answers.
            until(lambda words=shlex.split(line): self.succeeds(*words), 60, f"pactl {line} succeeds")

    def succeeds(self, *words):
        return subprocess.run(["pactl", *words], env=self.env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0

    def start(self, doors, log_level, preload):
        """Starts the three programs, each after the previous one answers; returns the process of pipewire-pulse."""
        config = self.write_configuration()
        libraries = next(self.programs.glob("usr/lib/*/pipewire-0.3")).parent
        self.env |= {
            "PIPEWIRE_MODULE_DIR": f"{libraries}/pipewire-0.3", "PIPEWIRE_CONFIG_DIR": f"{config}/pipewire",
            "SPA_PLUGIN_DIR": f"{libraries}/spa-0.2", "SPA_DATA_DIR": f"{self.programs}/usr/share/spa-0.2",
            "WIREPLUMBER_MODULE_DIR": str(next(libraries.glob("wireplumber-0.*"))),
            "WIREPLUMBER_CONFIG_DIR": f"{config}/wireplumber", "WIREPLUMBER_DATA_DIR": f"{config}/wireplumber"}
        for name in ("pipewire", "wireplumber", "pipewire-pulse"):
            process = self.processes.spawn([self.programs / "run", name], name, env=self.env)
            self.others.append(process)
            until((self.folder / "pipewire-0").exists, 60, f"PipeWire listens:\n{process.output()}")
        return process

    def write_configuration(self):
        """Writes the configuration of the packages and the additions of the tests."""
        config = self.folder / ".config"
        for name in ("pipewire", "wireplumber"):
            shutil.copytree(self.programs / "usr/share" / name, config / name)
        self.write(config / "pipewire/pipewire.conf.d/test.conf", CONFIGURATION)
        self.write(config / "pipewire/pipewire-pulse.conf.d/test.conf",
                   f'pulse.properties = {{ server.address = [ "unix:{self.folder}/control" "unix:{self.door}" ] }}\n')
        self.write(config / "wireplumber/wireplumber.conf.d/test.conf", WIREPLUMBER_05)
        if (config / "wireplumber/main.lua.d").is_dir():
            self.write(config / "wireplumber/main.lua.d/80-test.lua", WIREPLUMBER_04)
            self.write(config / "wireplumber/bluetooth.lua.d/80-test.lua", "bluez_monitor.enabled = false\n")
        return config

    @staticmethod
    def write(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def end(self, how):
        super().end(how)
        for path in (self.door, *self.folder.glob("pipewire-0*")):
            path.unlink(missing_ok=True)
