# SPDX-License-Identifier: GPL-2.0
"""User-mode Linux with KASAN, lockdep and kmemleak (vm/uml.config), on the file system of this machine: the KUnit
suites, and the failure of each allocation on each way into the module.

Its clock advances by itself while nothing runs, so waits take no time. The kernel takes some minutes to build, and
the module 20 s; both are kept by content.

KUNIT=SUITE or KUNIT=SUITE.CASE in the environment selects a suite or a case.
"""

import os
import re
import subprocess

import pytest

from rig import debug_kernel, kernel_log, ktap, paths, sources

FILTER = os.environ.get("KUNIT", "")
SUITES = [name.stem.removeprefix("test_") for name in sources.matching("kernel/tests/test_*.c")
          if not FILTER or name.stem == f"test_{FILTER.partition('.')[0]}"]
# Ways into the module on which failnth.c has allocations fail (vm/uml-init)
WAYS = ("loading", "netlink", "HvSock", "Called")
LIMIT_S = 600
# What the kernel says of memory that it was kept from finding
FAILED_ALLOCATIONS = re.compile(
    r"^[^\n]*: (?:vmalloc error|page allocation failure).*?pages reserved[^\n]*\n"
    r"|^[^\n]*Unknown symbol [a-z0-9_]* \(err -12\)\n", re.DOTALL | re.MULTILINE)


def boot(*parameters):
    """What the kernel says until it powers off."""
    kernel = debug_kernel.kernel("uml")
    module = debug_kernel.module(kernel, "CONFIG_SND_HVSOCK_KUNIT=y")
    done = subprocess.run(
        ["timeout", "-k", "5", str(LIMIT_S), kernel.image, "mem=512M", "time-travel=inf-cpu",
         "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "loglevel=7",
         f"init={paths.SELFTESTS}/vm/uml-init", f"module={module}", f"modules={kernel.modules}",
         *parameters],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode(errors="replace").replace("\r", "")


@pytest.fixture(scope="module")
def suites():
    return boot("kunit.enable=1", *([f"kunit.filter_glob={FILTER}"] if FILTER else []))


@pytest.fixture(scope="module")
def faults():
    with paths.locked("build-selftests"):
        paths.run("make", "-s", "-C", paths.SELFTESTS)
    return FAILED_ALLOCATIONS.sub("", boot(f"faults={paths.SELFTESTS}"))


def check_end(log):
    """The module could be unloaded, and the kernel complained of nothing, leaks included."""
    assert "the module is gone" in log.splitlines(), f"the module is not unloaded:\n{log[-4000:]}"
    found = kernel_log.complaints(log)
    assert not found, "the kernel complains:\n" + "\n".join(found)


@pytest.mark.xdist_group("kunit")
class TestSuites:
    @pytest.mark.parametrize("suite", SUITES)
    def test_suite(self, suites, suite):
        """All cases of a suite pass"""
        found = re.search(rf"^    # Subtest: {suite}\n(.*?)^(?:not )?ok \d+ {suite}\b", suites,
                          re.DOTALL | re.MULTILINE)
        assert found, f"no suite {suite} in the log:\n{suites[-4000:]}"
        # KUnit indents a suite's cases once, and what belongs to a case twice.
        ktap.check("\n".join(line.removeprefix("    ") for line in found[1].splitlines()))

    def test_number_of_suites(self, suites):
        """Nothing ran that is not tested above, and nothing is missing"""
        assert sorted(re.findall(r"^    # Subtest: (\w+)$", suites, re.MULTILINE)) == SUITES
        assert f"1..{len(SUITES)}" in suites.splitlines()

    def test_end(self, suites):
        check_end(suites)


@pytest.mark.xdist_group("kunit-faults")
class TestFailingAllocations:
    @pytest.mark.parametrize("way", WAYS)
    def test_way(self, faults, way):
        """Each failure is reported as what it is, and the way is free again afterwards"""
        lines = re.findall(rf"^{way}: (.*)$", faults, re.MULTILINE)
        ktap.check("\n".join(lines))
        assert "status 0" in lines, f"failnth did not end well:\n{faults[-4000:]}"

    def test_end(self, faults):
        check_end(faults)
