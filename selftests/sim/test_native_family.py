# SPDX-License-Identifier: GPL-2.0
"""Simulated time: the tests of the card against PulseAudio, with hvsndd as the audio server instead.

Long, because each of them is in make check against PulseAudio. Left out are those for which a host needs two sinks, or
a sink that goes on with silence while a stream pauses.
"""

import importlib

import pytest

from rig import native

# (file, function, arguments)
FAMILY = [
    ("test_playback", "test_whole", {}),
    ("test_playback", "test_few_frames", {}),
    ("test_playback", "test_small_periods", {"period_us": 1000, "buffer_us": 20000, "seconds": 2}),
    ("test_playback", "test_small_periods", {"period_us": 2500, "buffer_us": 40000, "seconds": 5}),
    ("test_playback", "test_position", {}),
    ("test_playback", "test_stands_still", {}),
    ("test_playback", "test_late_answer", {}),
    ("test_cases", "test_playing", {"part": 0}),
    ("test_cases", "test_playing", {"part": 1}),
    ("test_pause", "test_dropped", {}),
    ("test_pause", "test_corked", {}),
    ("test_pause", "test_restarted_in_pause", {}),
    ("test_pause", "test_idle", {}),
    ("test_lost", "test_back_off", {}),
    ("test_lost", "test_patience", {}),
    ("test_lost", "test_silent_first", {}),
    ("test_lost", "test_playing", {}),
    ("test_lost", "test_error", {}),
    ("test_lost", "test_error_of_linked", {}),
    ("test_lost", "test_latency", {}),
    ("test_controls", "test_untouched", {}),
    ("test_controls", "test_both_ways", {}),
    ("test_controls", "test_conventions", {}),
    ("test_controls", "test_burst", {}),
    ("test_controls", "test_kept", {}),
    ("test_controls", "test_capture", {}),
    ("test_controls", "test_jack", {}),
    ("test_controls", "test_jack_without_streams", {}),
    ("test_controls", "test_channel_map", {}),
    ("test_streams", "test_sixteen", {"options": ""}),
    ("test_streams", "test_sixteen", {"options": "-l"}),
    ("test_capture", "test_unbroken", {}),
    ("test_capture", "test_small_periods", {"period_us": 1000, "buffer_us": 20000, "seconds": 5}),
    ("test_capture", "test_small_periods", {"period_us": 2500, "buffer_us": 40000, "seconds": 10}),
    ("test_cases", "test_recording", {"part": 0}),
    ("test_cases", "test_recording", {"part": 1}),
    ("test_lost", "test_recording", {}),
    ("test_pause", "test_linked", {}),
    ("test_moved", "test_suspended", {}),
    ("test_moved", "test_killed", {}),
    ("test_moved", "test_killed_and_prepared", {}),
    ("test_moved", "test_killed_while_recording", {}),
]
# The same with ALSA's loopback as the device
DEVICE = [
    ("test_capture", "test_unbroken", {}),
    ("test_capture", "test_small_periods", {"period_us": 1000, "buffer_us": 20000, "seconds": 5}),
    ("test_lost", "test_recording", {}),
]
# These stop the program between card and host.
RELAYED = ["test_stands_still"]


def job_files():
    """Called outside the guest: hvsndd, and the files of the tests"""
    from rig import paths
    names = {name for name, _, _ in FAMILY + DEVICE}
    return {"bin/hvsndd": paths.TOP / "user/hvsndd/hvsndd",
            **{f"python/{name}.py": paths.SELFTESTS / f"sim/{name}.py" for name in names}}


def ids(cases):
    return ["-".join([function.removeprefix("test_"), *map(str, arguments.values())])
            for _, function, arguments in cases]


def run(guest, module, function, arguments, loopback=False):
    def host(port=4713, relay=True, **_options):
        guest.hosts += 1
        socat = function in RELAYED
        server = native.Native(guest.processes, f"/tmp/host{guest.hosts}", None if socat else port,
                               loopback=loopback)
        if socat and port:
            server.others.append(guest.listen(port, f"UNIX-CONNECT:{server.folder}/card"))
        return server
    guest.host = host
    getattr(importlib.import_module(module), function)(guest, **arguments)


@pytest.mark.long
@pytest.mark.parametrize("module, function, arguments", FAMILY, ids=ids(FAMILY))
def test_file(guest, module, function, arguments):
    run(guest, module, function, arguments)


@pytest.mark.long
@pytest.mark.parametrize("module, function, arguments", DEVICE, ids=ids(DEVICE))
def test_device(guest, module, function, arguments):
    run(guest, module, function, arguments, loopback=True)
