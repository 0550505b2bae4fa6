# SPDX-License-Identifier: GPL-2.0
"""Guests in real time (rig/machine.py) for the tests of this folder.

All tests of a file share one guest, so with pytest-xdist (`-n 2 --dist loadgroup`) they run in one
process. A file says what its guest is by MACHINE, a dict of Machine's arguments.
"""

import os
import pathlib

import pytest

from rig import image, machine as machines, paths
from rig.processes import Processes
from rig.pulse import Pulse

HERE = pathlib.Path(__file__).parent
RESULTS = pathlib.Path(os.environ.get("RESULTS") or paths.SELFTESTS / "results")
failed = set()


def pytest_configure(config):
    # The ramp's program, which guests have in /job/bin
    os.environ["PATH"] = f"{paths.SELFTESTS}/alsa:{os.environ['PATH']}"


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed and HERE in item.path.parents:
        failed.add(item.path)


@pytest.fixture(scope="session")
def kernel():
    """This machine's Debian kernel, or the one that SUITE and RELEASE name."""
    return image.kernel(os.environ.get("SUITE"), os.environ.get("RELEASE"))


@pytest.fixture(scope="module")
def machine(request, kernel, product):
    """The guest of this file's tests. At its end it powers off in order, and its kernel has not complained."""
    with_files = {**getattr(request.module, "MACHINE", {})}
    files = {**product, **with_files.pop("files", {})}
    here = machines.Machine(kernel, files, **with_files)
    try:
        yield here
        here.stop()
    except BaseException:
        failed.add(request.path)
        raise
    finally:
        here.kill()
        if request.path in failed or "KEEP" in os.environ:
            here.keep(RESULTS / f"real.{request.path.stem}")
        here.remove()


@pytest.fixture(autouse=True)
def kernel_is_content(request):
    """A complaint of the kernel is the failure of the test that brought it about."""
    yield
    if "machine" in request.fixturenames:
        request.getfixturevalue("machine").check()


@pytest.fixture(scope="module")
def processes(machine):
    """What starts programs on this machine; they end with the file's tests."""
    here = Processes(machine.folder / "logs/host")
    yield here
    here.stop()


@pytest.fixture(scope="module")
def host(machine, processes):
    """A PulseAudio on this machine at the port that the card connects to."""
    return Pulse(processes, machine.folder / "pulse", [door(machine)])


def door(machine, port=4713):
    """PulseAudio's module for the card's connections to this port."""
    return f"module-native-protocol-unix socket={machine.socket(port)} auth-anonymous=1"
