# SPDX-License-Identifier: GPL-2.0
"""hvsndd.exe under Debian 13's Wine 10, which has names of sessions and IAudioClient3: all of test_wine.py, in a
minimal Debian 13. None of its tests is skipped there.
"""

import pytest

from rig import clean, clean_tests

pytestmark = [pytest.mark.wine, pytest.mark.long]
PACKAGES = ("wine", "wine64", "gcc-mingw-w64-x86-64-win32", "msitools", "wixl", "pulseaudio", "pulseaudio-utils",
            "socat")


def test_wine(tmp_path):
    try:
        print(clean_tests.run(tmp_path, "trixie", PACKAGES, "make -s -C selftests/wine",
                              "selftests/wine/test_wine.py"))
    except clean.Unavailable as reason:
        pytest.skip(str(reason))
