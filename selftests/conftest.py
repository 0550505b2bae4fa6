# SPDX-License-Identifier: GPL-2.0
"""Options, fixtures and hooks of pytest for these tests.

Tests in sim/ run in a guest in simulated time: pytest selects them on this machine, and the guest calls the function
itself.
"""

import argparse
import importlib.util
import os
import pathlib
import py_compile
import re
import shutil
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from rig import clean, image, kernel_table, paths, picture, rows, simtime  # noqa: E402

SIM = HERE / "sim"
# Order of folders and files: lower numbers run first
ORDER = {"real": 0, "debug": 0, "test_kunit": 1, "test_lint": 2, "sim": 3, "host": 4, "wine": 5}
# Image of a debug kernel and the folder of its modules, as vm/debug-kernel.sh prints them. MODULE is the module built
# for it. A debug kernel executes several times as many instructions, so its guest executes twice as many in a second.
DEBUG_KERNEL = os.environ.get("KERNEL")
RESULTS = pathlib.Path(os.environ.get("RESULTS") or HERE / "results")


@pytest.fixture(scope="module", autouse=True)
def row(request):
    """Row of the kernel (rig/rows.py) that the tests run on; None without --rows, for this machine's kernel."""
    name = getattr(request, "param", None)
    if name:
        try:
            rows.built(name)
        except clean.Unavailable as reason:
            pytest.skip(str(reason))
    return name


@pytest.fixture(autouse=True)
def row_property(row, record_property):
    if row:
        record_property("row", row)


@pytest.fixture(scope="module")
def product(row):
    return product_files(row)


CHECK_SEEDS = 1         # number of seeds in `make check`
SEEDS = 20              # number of seeds in `make check-all`


def pytest_addoption(parser):
    parser.addoption("--seed", type=int, default=os.environ.get("SEED") or None,
                     help="run the soak with this seed only; also SEED=")
    parser.addoption("--seeds", type=int, default=os.environ.get("SEEDS") or None,
                     help="number of seeds, from 1 or from --seed on; also SEEDS=")
    parser.addoption("--rows", metavar="all|ROW,...",
                     help=f"run the tests marked matrix, and only these, on other kernels: {', '.join(rows.ALL)}; "
                          "the results are in Documentation/kernels.rst")


def chosen_rows(config):
    """Names of the rows that --rows names"""
    text = config.getoption("--rows")
    names = rows.ALL if text == "all" else text.split(",") if text else ()
    if unknown := set(names) - set(rows.ALL):
        raise pytest.UsageError(f"--rows: no row {', '.join(sorted(unknown))}; there are {', '.join(rows.ALL)}")
    return names


def pytest_generate_tests(metafunc):
    marker = metafunc.definition.get_closest_marker("matrix")
    if marker and (names := [row for row in chosen_rows(metafunc.config) if row in (marker.args or rows.TESTED)]):
        metafunc.parametrize("row", names, indirect=True, scope="module")
    if "seed" in metafunc.fixturenames:
        parametrize_seeds(metafunc)


def parametrize_seeds(metafunc):
    first, count = metafunc.config.getoption("seed"), metafunc.config.getoption("seeds")
    if first is None and count is None:
        seeds = [*range(1, CHECK_SEEDS + 1),
                 *(pytest.param(seed, marks=pytest.mark.long)
                   for seed in range(CHECK_SEEDS + 1, SEEDS + 1))]
    else:
        first = 1 if first is None else int(first)
        seeds = range(first, first + int(count or 1))
    metafunc.parametrize("seed", seeds)


@pytest.hookimpl(tryfirst=True)     # before pytest-xdist's hook, which reads the groups
def pytest_collection_modifyitems(config, items):
    """Selects tests with a row if there is --rows, otherwise tests that need no row.

    Tests that take long in one worker come first and short tests last, so that all workers end together.
    """
    def has_row(item):
        return "row" in getattr(item, "callspec", argparse.Namespace(params=())).params

    def needs_row(item):
        marker = item.get_closest_marker("matrix")
        return marker and marker.kwargs.get("only")

    wanted = has_row if chosen_rows(config) else lambda item: not needs_row(item)
    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = sorted(filter(wanted, items), key=lambda item: ORDER.get(item.path.stem, ORDER[item.path.parts[-2]]))
    for item in items:
        if group := worker_group(item):
            item.add_marker(pytest.mark.xdist_group(group))


def worker_group(item):
    """Name of the test's group. One worker of pytest-xdist runs all tests of a group (`--dist loadgroup`)."""
    if HERE / "real" in item.path.parents:
        return "real"
    if SIM not in item.path.parents or "seed" in item.fixturenames:
        return None
    row = getattr(item, "callspec", argparse.Namespace(params={})).params.get("row")
    return f"{item.path.stem}-{row}" if row else item.path.stem


@pytest.fixture
def tmp_path():
    """A folder for this test. Its name is short, because the path of a socket has at most 107 bytes."""
    with tempfile.TemporaryDirectory(dir=paths.scratch_base(), prefix="hvsnd.", ignore_cleanup_errors=True) as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def guest():
    """Placeholder: in the guest, a test in simulated time gets a rig.inside.Guest."""
    return None


def pytest_pyfunc_call(pyfuncitem):
    if SIM not in pyfuncitem.path.parents:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames
                 if name != "guest"}
    run_in_guest(pyfuncitem, arguments)
    return True


def run_in_guest(item, arguments):
    marker = item.get_closest_marker("simulated")
    options = {"shift": 0 if DEBUG_KERNEL else 1, "limit_s": 600, **(marker.kwargs if marker else {})}
    row = item.funcargs["row"]
    simulation = simtime.simulation(kernel(row), options["shift"], simtime.DEBUG_MEMORY_MB if DEBUG_KERNEL else
                                    simtime.MEMORY_MB)
    result, folder = simulation.run(
        {"module": item.path.stem, "function": item.originalname, "arguments": arguments,
         "limit_s": options["limit_s"], "keep": "KEEP" in os.environ},
        {**job_files(item.path, row), **getattr(item.module, "job_files", dict)()},
        # A test with a seed starts from the snapshot, so that the seed alone determines what happens.
        group=None if "seed" in arguments else item.path.stem)
    try:
        item.add_report_section("call", "simulated time", f"{result['seconds']:.3f} s")
        item.add_report_section("call", "output", result["output"])
        if result["verdict"] == "skip":
            pytest.skip(result["why"])
        if result["verdict"] != "pass" or "KEEP" in os.environ:
            where = keep(item, result, folder)
        if result["verdict"] != "pass":
            seed = f"SEED={arguments['seed']} " if "seed" in arguments else ""
            pytest.fail(f"{result['why']}\nlogs and recordings: {os.path.relpath(where)}\n"
                        f"again: {seed}make check T={item.originalname if result['jobs'] == 1 else item.path.stem}",
                        pytrace=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_runtest_teardown(item, nextitem):
    """Ends the idle guest after the last test of a file."""
    if not nextitem or nextitem.path != item.path:
        simtime.end_idle()


def kernel(row=None):
    if row:
        return rows.built(row).kernel
    if DEBUG_KERNEL:
        return image.Kernel(*map(pathlib.Path, DEBUG_KERNEL.split()[:2]))
    return image.kernel(os.environ.get("SUITE"), os.environ.get("RELEASE"))


def keep(item, result, folder):
    """Copies the files of a test to the folder of results; returns their folder."""
    name = re.sub(r"@[\w-]+$", "", item.nodeid)     # without the group that a worker has
    where = RESULTS / re.sub(r"[^\w.=-]+", ".", name).strip(".")
    shutil.rmtree(where, ignore_errors=True)
    where.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, where)
    (where / "kernel.log").write_text(result["kernel"])
    (where / "why").write_text(result["why"])
    picture.draw(where)
    return where


def job_files(test, row=None):
    """Files of a job: the test, the library, and the tested programs."""
    files = {f"python/{test.name}": test, "python/pytest.py": HERE / "rig/guest/pytest.py"}
    for path in (HERE / "rig").glob("*.py"):
        files[f"python/rig/{path.name}"] = path
    for path in SIM.glob("*.py"):
        if not path.name.startswith("test_"):
            files[f"python/{path.name}"] = path
    for name, path in list(files.items()):
        where = pathlib.Path(importlib.util.cache_from_source(name))
        files[str(where)] = bytecode(path, where.name)
    for path in (paths.TOP / "kernel/tests/vectors").glob("0[567]*.hex"):
        files[f"vectors/{path.name}"] = path
    return {**files, **product_files(row)}


def bytecode(path, name):
    """The compiled file, kept by content: an emulated guest would compile for longer than most tests run."""
    def compiled(folder):
        py_compile.compile(path, folder / name, path.name, doraise=True,
                           invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return paths.cached("bytecode", paths.digest(path, name), compiled) / name


def product_files(row=None):
    """Files below /job in each guest: the module without debugging symbols, and the programs."""
    modules = {"snd-hvsock.ko": pathlib.Path(os.environ.get("MODULE") or paths.TOP / "kernel/snd-hvsock.ko"),
               "hv_vmbus.ko": HERE / "hv/hv_vmbus.ko"}
    if row:
        built = rows.built(row)
        if built.kernel.architecture:
            return built.files
        modules = built.files
    files = {name: stripped(path) for name, path in modules.items() if path.exists()}
    files["instructions"] = paths.TOP / "bench/instructions"
    for name in ("alsa/ramp", "alsa/position", "alsa/pace", "alsa/player", "alsa/delay", "alsa/lifecycle",
                 "alsa/controls", "alsa/probe", "alsa/streams", "rig/guest/vsock_listen.so", "netlink/netlink",
                 "sim/jitter", "sim/linked", "sim/program", "sim/ring", "sim/standstill", "sim/spare",
                 "../user/hvsnd/hvsnd"):
        path = HERE / name
        if path.exists():
            files[f"bin/{path.name}"] = stripped(path)
    files["bin/raw_host.py"] = HERE / "vm/raw_host.py"
    # Libraries of hvsnd that no program of the image needs
    for path in image.libraries([paths.TOP / "user/hvsnd/hvsnd"]):
        if path.name.startswith(("libnl-", "libjson-c", "libkmod")):
            files[f"lib/{path.name}"] = path.resolve()
    return files


def stripped(path):
    """A copy without debugging symbols, kept by content."""
    def strip(folder):
        shutil.copy(path, folder / path.name)
        paths.run("strip", "-g", folder / path.name)
    return paths.cached("stripped", paths.digest(path, path.name), strip) / path.name


def pytest_sessionfinish(session):
    """With CI set, a skipped test fails the run, because nobody would notice it."""
    simtime.end_idle()
    if os.environ.get("CI") and reported(session.config, "skipped", "xfailed") and not session.exitstatus:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter, config):
    """Updates the table of kernels after a whole run, in which no option selected tests."""
    options = config.option
    if options.keyword or options.markexpr or any(pathlib.Path(name).resolve() != HERE for name in config.args):
        return
    kernel_table.update([report for reports in terminalreporter.stats.values() for report in reports
                         if isinstance(report, pytest.TestReport)])


def pytest_unconfigure(config):
    """Prints the last line of a run, after everything that pytest prints."""
    if not hasattr(config, "workerinput") and config.pluginmanager.hasplugin("terminalreporter"):
        passed, failed, skipped = (reported(config, *names) for names in
                                   (["passed"], ["failed", "error"], ["skipped", "xfailed"]))
        print(f"{passed} passed, {failed} failed, {skipped} skipped")


def reported(config, *names):
    reporter = config.pluginmanager.getplugin("terminalreporter")
    return sum(len(reporter.stats.get(name, [])) for name in names) if reporter else 0
