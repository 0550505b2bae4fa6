# SPDX-License-Identifier: GPL-2.0
"""Guests in real time (rig/machine.py) for the tests of this folder.

All tests of a file share one guest. With pytest-xdist (`--dist loadgroup`) one process runs the tests of all files,
so that guests do not slow each other down. MACHINE in a test file is a dict of arguments for its Machine.
"""

import contextlib
import os
import pathlib
import re

import pytest

from rig import image, machine as machines, paths, picture, rows
from rig.processes import Processes
from rig.pulse import Pulse

HERE = pathlib.Path(__file__).parent
RESULTS = pathlib.Path(os.environ.get("RESULTS") or paths.SELFTESTS / "results")
failed = set()
PRIORITY = -5


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Guests in real time and their servers go before this machine's other work, where the user is root.

    The user's own programs have the usual priority, as do guests in simulated time, which cannot be late.
    """
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    if HERE in item.path.parents:
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    yield
    os.setpriority(os.PRIO_PROCESS, 0, usual)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed and HERE in item.path.parents:
        failed.add(item.path)


@pytest.fixture(scope="module")
def kernel(row):
    """This machine's Debian kernel, the one that SUITE and RELEASE name, or the row's."""
    if row:
        return rows.built(row).kernel
    return image.kernel(os.environ.get("SUITE"), os.environ.get("RELEASE"))


@pytest.fixture(scope="module")
def guests(request):
    """A context in which a function starts guests for this file's tests; arguments as machine.Machine has them.

    At its end they power off in order, and their kernels have not complained.
    """
    def end(here):
        try:
            here.stop()
        except BaseException:
            failed.add(request.path)
            raise
        finally:
            if request.path in failed or "KEEP" in os.environ:
                where = RESULTS / f"real.{request.path.stem}.{here.kernel.release}"
                here.keep(where)
                picture.draw(where)
            here.remove()

    @contextlib.contextmanager
    def context():
        with contextlib.ExitStack() as stack:
            def start(*arguments, kind=machines.Machine, **options):
                here = kind(*arguments, **options)
                stack.callback(end, here)
                return here
            yield start

    return context


@pytest.fixture(scope="module")
def start_machine(guests):
    """The same function; the guests run until the end of the file."""
    with guests() as start:
        yield start


@pytest.fixture(scope="module")
def machine(request, start_machine, kernel, product):
    """The guest of this file's tests."""
    options = {**getattr(request.module, "MACHINE", {})}
    return start_machine(kernel, {**product, **options.pop("files", {})}, **options)


@pytest.fixture(autouse=True)
def kernel_is_content(request):
    """A complaint of the kernel is the failure of the test that brought it about."""
    yield
    if "machine" in request.fixturenames:
        here = request.getfixturevalue("machine")
        if request.path in failed:
            here.sh(f"dmesg >/host/kernel.{next(here.names)}.log")
        here.check()


@pytest.fixture
def pulse_for(request):
    """A function that starts a PulseAudio on this machine, at the port that a guest's card connects to (or None)."""
    with contextlib.ExitStack() as stack:
        def start(machine, port=4713):
            number = next(machine.names)
            name = re.sub(r"[^\w.=-]+", ".", request.node.name).strip(".")
            here = Processes(machine.folder / f"logs/{name}.{number}")
            stack.callback(here.stop)
            doors = [f"module-native-protocol-unix socket={machine.socket(port)} auth-anonymous=1"] if port else []
            return Pulse(here, machine.folder / f"host{number}", doors)
        yield start


@pytest.fixture
def processes(request, machine):
    """What starts programs on this machine; they end with the test."""
    here = Processes(machine.folder / "logs" / re.sub(r"[^\w.=-]+", ".", request.node.name).strip("."))
    yield here
    here.stop()


@pytest.fixture
def new_host(machine, pulse_for):
    """The same for the guest of this file's tests."""
    return lambda port=4713: pulse_for(machine, port)


@pytest.fixture
def host(new_host):
    return new_host()
