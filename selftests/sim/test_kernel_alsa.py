# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because pcm-test measures how long audio data takes. The kernel's own tests of ALSA cards, mixer-test
and pcm-test, find no fault of the card.
"""

import re


def job_files():
    """Called outside the guest: what its job has beside the usual files."""
    from rig import kernel_tests
    return kernel_tests.programs()


def passes(guest, program, limit_s):
    """Runs a kselftest program and returns its results, by KTAP's words."""
    output = guest.sh(f"mkdir -p /job/bin/conf.d; cd /job/bin && {program}", limit_s=limit_s, status=None)
    totals = dict(re.findall(r"(\w+):(\d+)", output.split("# Totals:")[-1]))
    failed = "\n".join(line for line in output.splitlines() if line.startswith("not ok"))
    assert int(totals["fail"]) == int(totals["error"]) == 0, f"{totals}\n{failed}"
    assert int(totals["pass"]) > 0, output
    return totals


def test_mixer_test(guest):
    guest.modprobe("playback_streams=2 capture_streams=2")
    guest.host()
    totals = passes(guest, "mixer-test", 600)
    assert int(totals["pass"]) >= 40, totals


def test_pcm_test(guest):
    guest.modprobe("playback_streams=1 capture_streams=1")
    guest.host().sink("main")
    passes(guest, "pcm-test", 600)
