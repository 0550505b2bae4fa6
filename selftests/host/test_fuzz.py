# SPDX-License-Identifier: GPL-2.0
"""No guest: libFuzzer with ASan and UBSan on all data from the other side, in the pure parts and in hvsndd.

Each fuzzer starts with its seeds and with the inputs of earlier runs that reached new code. The cache folder keeps
these inputs. MINUTES: duration of each of the long tests (1).
"""

import os
import shutil
import tempfile

import pytest

from rig import paths, sources, verdicts

FUZZERS = [name.stem for name in sources.matching("user/fuzz/fuzz_*.c")]
SEEDS = paths.TOP / "user/fuzz/seeds"
PROGRAMS = paths.TOP / "user/tests"
KEPT = paths.CACHE / "fuzz"
CRASHES = paths.SELFTESTS / "results"
QUICK_S = 2
LONG_S = 60 * int(os.environ.get("MINUTES") or 1)
OPTIONS = (
    # More than the 16 KiB that hvsndd keeps of what is said at once
    "-max_len=20480",
    "-timeout=10", "-print_final_stats=1")


@pytest.fixture(scope="module", params=FUZZERS)
def fuzzer(request):
    """Name of a fuzzer that is built."""
    name = request.param
    with paths.locked(f"build-{name}"):
        status, lines = verdicts.output("make", "-s", "-C", PROGRAMS, f"build/{name}")
    assert status == 0, "the build fails:\n" + "\n".join(lines)
    return name


def run(name, *arguments):
    program = PROGRAMS / "build" / name
    status, lines = verdicts.output(program, *OPTIONS, f"-artifact_prefix={CRASHES}/{name}-",
                                    *arguments)
    print(*lines[-20:], sep="\n")
    assert status == 0, "\n".join([
        *lines[-60:], f"an input that fails is in {CRASHES}; {program} FILE runs it again"])


def fuzz(name, seconds, *options):
    """Runs the fuzzer; inputs that add something are kept."""
    kept = KEPT / name
    kept.mkdir(parents=True, exist_ok=True)
    CRASHES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hvsnd-fuzz.") as new:
        run(name, f"-max_total_time={seconds}", *options, new, kept, SEEDS / name)
        for path in os.scandir(new):
            shutil.move(path.path, kept / path.name)


def merge(name):
    """Removes kept inputs that add nothing to the others."""
    with paths.locked(f"fuzz-{name}"):
        new = KEPT / f"{name}.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        run(name, "-merge=1", new, KEPT / name)
        shutil.rmtree(KEPT / name)
        new.rename(KEPT / name)


def test_quick(fuzzer):
    # A shorter input for what others reach already is not kept, so that no run makes the next one
    # slower.
    fuzz(fuzzer, QUICK_S, "-reduce_inputs=0")


@pytest.mark.long
def test_long(fuzzer):
    """The quick run is enough where nothing was changed, as it begins with what this one found"""
    fuzz(fuzzer, LONG_S)
    merge(fuzzer)
