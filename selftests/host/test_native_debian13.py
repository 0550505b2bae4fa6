# SPDX-License-Identifier: GPL-2.0
"""No guest: hvsndd with clients of Debian 13. These are test_native.py and test_native_clients.py in a minimal Debian
13, where hvsndd is built as well. Long, because of its packages.

Not PipeWire: test_native_clients.py runs Debian 13's on this machine.
"""

import pytest
from rig import clean, clean_tests

pytestmark = pytest.mark.long
BUILD = ("gcc", "libc6-dev", "libasound2-dev", "libjson-c-dev", "libpulse-dev", "libsystemd-dev", "pkgconf")
CLIENTS = ("alsa-utils", "libasound2-plugins", "pulseaudio", "pulseaudio-utils", "mpv", "ffmpeg", "gstreamer1.0-tools",
           "gstreamer1.0-plugins-good", "gstreamer1.0-pulseaudio")


def test_clients(tmp_path):
    try:
        print(clean_tests.run(tmp_path, "trixie", (*BUILD, *CLIENTS),
                              "make -s -C selftests/alsa && make -s -C user/hvsndd SANITIZE=1",
                              "selftests/host/test_native.py selftests/host/test_native_clients.py -k 'not pipewire'"))
    except clean.Unavailable as reason:
        pytest.skip(str(reason))
