# SPDX-License-Identifier: GPL-2.0
"""No guest: the series of patches that make patch writes (packaging/kernel/series.py)."""

import os
import pathlib
import re
import subprocess
import tempfile

import pytest

from rig import paths, rows, sources, verdicts

SERIES = paths.TOP / "packaging/kernel/series.py"
FETCH = paths.SELFTESTS / "vm/fetch.sh"
IDENTITY = {f"GIT_{who}_{what}": f"a@{what}.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
ENVIRONMENT = {**os.environ, **IDENTITY}
# What a kernel has of the files that the series changes
STUBS = {
    "MAINTAINERS": "Maintainers List\n\nAAA\nM:\tA <a@a>\nS:\tMaintained\n\nZZZ\nM:\tA <a@a>\nS:\tMaintained\n\n"
                   "BBB\nM:\tA <a@a>\nS:\tMaintained\n\nTHE REST\nM:\tA <a@a>\n",
    "sound/drivers/Kconfig": "if SND_DRIVERS\n\nconfig OTHER\n\tbool\n\nendif\t# SND_DRIVERS\n",
    "sound/drivers/Makefile": "obj-$(CONFIG_OTHER) += other.o\n",
    "Documentation/sound/cards/index.rst": "   pcmtest\n",
}
# Of what is not built, only Kconfig files and Makefiles are needed.
LEFT_OUT = ("*/arch/[!x]*/*.[chSd]*", "*/drivers/[!bimt]*/*.[ch]", "*/drivers/infiniband/*.[ch]",
            "*/drivers/media/*.[ch]", "*/fs/[!dknprs]*/*.[ch]", "*/sound/soc/*.[ch]", "*/tools/testing")
CONFIG = "".join(f"CONFIG_{option}\n" for option in (
    "64BIT=y", "HIGH_RES_TIMERS=y", "MODULES=y", "NET=y", "PRINTK=y", "PROC_FS=y", "SND=y", "SND_DRIVERS=y",
    "SND_HVSOCK=m", "SOUND=y", "SYSFS=y", "VSOCKETS=y"))
# Messages are not broken, however long.
MESSAGE = re.compile(r'\+[^"]*".*"[,;]?$')


def write_series(folder, *kernel):
    paths.run(SERIES, folder, *kernel, env=ENVIRONMENT)
    return sorted(folder.glob("*.patch"))


def apply(tree, patches):
    for patch in patches[1:]:
        paths.run("git", "apply", "--whitespace=error-all", patch, cwd=tree)


def test_series(tmp_path):
    """The patches apply one after the other; the driver's entries are where they belong; nothing for older kernels,
    for user space or of KUnit is in them.
    """
    tree = tmp_path / "kernel"
    for name, text in STUBS.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    patches = write_series(tmp_path / "patches", tree)
    assert [patch.name[:4] for patch in patches] == [f"000{number}" for number in range(7)]
    assert "***" not in patches[0].read_text()
    apply(tree, patches)

    assert re.search(r"^AAA\n.*^SND-HVSOCK .*^ZZZ\n.*^BBB\n", (tree / "MAINTAINERS").read_text(), re.M | re.S)
    entry = re.search(r"^SND-HVSOCK .*?\n\n", (tree / "MAINTAINERS").read_text(), re.M | re.S)[0]
    files = re.findall(r"^F:\t(.*)", entry, re.M)
    assert files == sorted(files) and all([*tree.glob(name)] for name in files), entry
    assert (tree / "sound/drivers/Makefile").read_text().endswith("obj-$(CONFIG_SND_HVSOCK) += hvsock/\n")
    assert 'source "sound/drivers/hvsock/Kconfig"\n\nendif' in (tree / "sound/drivers/Kconfig").read_text()
    driver = tree / "sound/drivers/hvsock"
    objects = re.findall(r"^snd-hvsock-y .*\n(?:\t.*\n)*", (driver / "Makefile").read_text(), re.M)
    assert sorted(re.findall(r"\S+\.o\b", "".join(objects))) == sorted(
        str(path.relative_to(driver).with_suffix(".o")) for path in driver.rglob("*.c"))
    for path in driver.rglob("*.[ch]"):
        assert not re.search(r"kunit|compat|include_next|HVSND_HAVE|__KERNEL__|<stdbool", path.read_text()), path


def findings(tree, patches):
    """What checkpatch, the compiler and Sphinx find"""
    _, lines = verdicts.output("scripts/checkpatch.pl", "--strict", "--terse", "--show-types", "--no-summary",
                               *patches[1:], cwd=tree)
    for line in lines:
        found = re.match(r"(\S+\.patch):(\d+): .*LONG_LINE", line)
        if not found or not MESSAGE.match(pathlib.Path(found[1]).read_text().splitlines()[int(found[2]) - 1]):
            yield line

    apply(tree, patches)
    (tree / "fragment").write_text(CONFIG)
    paths.run("make", "-s", "KCONFIG_ALLCONFIG=fragment", "tinyconfig", cwd=tree, stderr=subprocess.STDOUT)
    missing = set(CONFIG.split()) - set((tree / ".config").read_text().split())
    assert not missing, f"Kconfig drops {missing}"
    # Without the rest of the kernel, whose symbols modpost therefore misses
    _, lines = verdicts.output("make", "-s", f"-j{os.cpu_count()}", "W=1", "KBUILD_MODPOST_WARN=1",
                               "sound/drivers/hvsock/snd-hvsock.ko", cwd=tree)
    yield from (line for line in lines if re.search(r"warning:|error:|\*\*\*|WARNING.*hvsock", line)
                and "undefined!" not in line)
    if not (tree / "sound/drivers/hvsock/snd-hvsock.ko").exists():
        yield "snd-hvsock.ko is not built:\n" + "\n".join(lines[-20:])

    page = tree / "page/snd-hvsock.rst"
    page.parent.mkdir()
    page.write_bytes((tree / "Documentation/sound/cards/snd-hvsock.rst").read_bytes())
    yield from verdicts.output("/usr/bin/python3", "-m", "sphinx", "-q", "-C", "-W", "-D", "root_doc=snd-hvsock",
                               page.parent, tree / "page/site")[1]


@pytest.mark.long
def test_kernel():
    """The series applies to Debian's newest linux-source, which then builds the driver as a module. The compiler with
    W=1, checkpatch --strict and Sphinx find nothing. Long since it unpacks that source, which takes a minute.
    """
    meta = pathlib.Path(paths.run(FETCH, "unpack", rows.NEWEST, "linux-source"))
    package = (meta / "usr/share/doc/linux-source").readlink().name
    folder = pathlib.Path(paths.run(FETCH, "unpack", rows.NEWEST, package))
    names = sources.matching("kernel/*", "include/*", "packaging/kernel/*", "Documentation/netlink/specs/*",
                             "MAINTAINERS", without=["kernel/tests/*"])

    def check():
        with tempfile.TemporaryDirectory(dir=paths.scratch_base()) as scratch:
            tree = pathlib.Path(scratch, "tree")
            tree.mkdir()
            paths.run("tar", "-xf", folder / f"usr/src/{package}.tar.xz", "-C", tree, "--strip-components=1",
                      "--wildcards", *(f"--exclude={pattern}" for pattern in LEFT_OUT))
            return list(findings(tree, write_series(pathlib.Path(scratch, "patches"))))
    key = sources.digest(names, pathlib.Path(__file__).read_text(), str(folder), verdicts.packages("gcc", "gcc-1?"))
    verdicts.require_none(verdicts.once("patch", key, check))
