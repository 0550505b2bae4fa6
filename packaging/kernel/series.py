#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make patch: writes the module as a series of patches for a kernel tree. Needs git and unifdef.

    series.py FOLDER [KERNEL]

FOLDER: where the patches are written
KERNEL: kernel tree that they apply to (Debian's newest linux-source)

The patches have no code for older kernels, and no KUnit tests. The author is that of git's configuration.
"""

import itertools
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
HERE = TOP / "packaging/kernel"
FETCH = TOP / "selftests/vm/fetch.sh"
SUITE = "forky"

DRIVER = "sound/drivers/hvsock"
UAPI = "include/uapi/linux/snd_hvsock.h"
SPECIFICATION = "Documentation/netlink/specs/snd_hvsock.yaml"
PAGE = "Documentation/sound/cards/snd-hvsock.rst"
CHANGED = ("MAINTAINERS", "sound/drivers/Kconfig", "sound/drivers/Makefile", "Documentation/sound/cards/index.rst")
TITLE = "SND-HVSOCK SOUND CARD OF VIRTUAL MACHINES"

COVER = """\
ALSA: hvsock: Add a sound card that plays on the host of a VM

snd-hvsock gives a virtual machine an ordinary ALSA sound card. The
other end of the card is the host's PulseAudio or PipeWire server, which
the driver reaches over AF_VSOCK: hv_sock on Hyper-V, virtio-vsock
elsewhere. The virtual machine needs no network, no daemon and no
PulseAudio library.

The first patches add code that is not built yet. The last but one
builds the driver.
"""

# Files below kernel/, or of this tree; lines for MAINTAINERS; commit message
PATCHES = (
    ((), (SPECIFICATION, UAPI), """\
ALSA: hvsock: Add netlink specification and uAPI header

The driver that follows has a generic netlink family, by which programs
show, add, change and delete cards. Add its specification, the uAPI
header that is generated from it, and an entry in MAINTAINERS.
"""),
    (("core/*.[ch]",), (f"{DRIVER}/core/*",), """\
ALSA: hvsock: Add clock, buffer and states of a stream

Add the parts of the driver that do no I/O, take no lock and never
sleep: the position of a stream as a function of time, which trails the
host's timing reports; what of the PCM buffer may be sent; the jitter
buffer of recording; the states of a stream and of a connection; and the
table of a card's keys.
"""),
    (("core/proto/*.[ch]",), (f"{DRIVER}/core/proto/",), """\
ALSA: hvsock: Add the protocols of the host's audio server

Add the client's side of three protocols: PulseAudio's native protocol,
version 32, which PulseAudio and PipeWire speak; raw PCM; and the two
connections of Qubes OS. The code turns bytes that arrive into events,
and requests into bytes. It does no I/O. Each length, count, index and
string that arrives is checked.
"""),
    (("transport/*.[ch]",), (f"{DRIVER}/transport/",), """\
ALSA: hvsock: Add connections over AF_VSOCK

Add what connects to the host, or listens for it, and sends and receives
without waiting. A connection serves one stream. Connections that wait
for the next stream are kept in a pool.
"""),
    (("*.[ch]",), (f"{DRIVER}/*",), """\
ALSA: hvsock: Add the driver

Add the card: PCM, mixer elements, jacks, the workers that move audio
data, module parameters and the netlink family. Build all of it.

A PCM runs on a clock of its own, which follows the host's. Programs
continue while the host is away: what they play is dropped, and they
record silence.
"""),
    ((), (PAGE,), """\
ALSA: hvsock: Add documentation

Describe what the card is, how to play a first sound, the module
parameters and the controls.
"""),
)

# Replacements in files below kernel/. Each must be possible.
REWRITTEN = {
    "main.c": (("MODULE_VERSION(HVSND_VERSION);\n", ""), ("#include <asm/mshyperv.h>\n", ""),
               ('#include "netlink-gen.h"\n', '#include "hyperv.h"\n#include "netlink-gen.h"\n')),
    "hyperv.h": (("HVSOCK_COMPAT_ASM_MSHYPERV_H", "HVSOCK_HYPERV_H"), ("#include_next", "#include")),
    "quirks.c": (("hvsnd_pcm_dev(&pcm->streams[i])", "pcm->streams[i].dev"),),
    "core/pure.h": ((", so the same files compile into the module and into\n"
                     " * the unit tests and fuzzers in user space.", "."),),
    "core/config-gen.h": ((" by generate.sh", ""),),
    "core/keys-gen.c": ((" by generate.sh", ""),),
}
# What newer kernels have for allocating an object
ALLOCATION = re.compile(r"\b(k[mz]alloc)\(sizeof\((\*\w+)\), (?:GFP_KERNEL\)|(.*?)\))")
COMPAT = re.compile(r"compat|include_next|HVSND_HAVE_|HVSND_VERSION|hvsnd_pcm_dev|LINUX_VERSION_CODE|__KERNEL__")


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def replace(text, old, new, where):
    if old not in text:
        sys.exit(f"make patch: cannot write the patches: {where} has no {old!r}")
    return text.replace(old, new)


def kernel_files(kernel, folder):
    """Copies the files that the patches change. Those of Debian's package are below linux-source-VERSION."""
    if kernel:
        for name in CHANGED:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(pathlib.Path(kernel, name), folder / name)
        return
    meta = run(FETCH, "unpack", SUITE, "linux-source").strip()
    package = pathlib.Path(meta, "usr/share/doc/linux-source").readlink().name
    archive = pathlib.Path(run(FETCH, "unpack", SUITE, package).strip(), "usr/src", f"{package}.tar.xz")
    print(f"make patch: for {package}", file=sys.stderr)
    run("tar", "-xf", archive, "-C", folder, "--strip-components=1", *(f"{package}/{name}" for name in CHANGED))


def driver_file(name):
    """Text of a file of the driver, without what is for older kernels and for user space"""
    source = "compat-include/asm/mshyperv.h" if name == "hyperv.h" else name
    # unifdef's exit status is 1 if it has changed something.
    text = subprocess.run(["unifdef", "-D__KERNEL__", TOP / "kernel" / source], stdout=subprocess.PIPE, text=True,
                          check=False).stdout
    for old, new in REWRITTEN.get(name, ()):
        text = replace(text, old, new, f"kernel/{source}")
    text = ALLOCATION.sub(lambda found: f"{found[1]}_obj({found[2]}{found[3] and f', {found[3]}' or ''})", text)
    text = re.sub(r"\n{3,}", "\n\n", text)
    if left := COMPAT.search(text):
        sys.exit(f"make patch: cannot write the patches: kernel/{source} has {left[0]}, which is for older kernels")
    return text


def makefile():
    kbuild, _, _ = (TOP / "kernel/Kbuild").read_text().partition("\nifdef CONFIG_SND_HVSOCK_KUNIT")
    objects = re.findall(r"^snd-hvsock-y .*\n(?:\t.*\n)*", kbuild, re.M)
    return "".join([
        "# SPDX-License-Identifier: GPL-2.0\n", *objects,
        "\n# WARN where a state is entered that cannot follow\n"
        "ccflags-y += -DHVSND_DEBUG=$(if $(CONFIG_SND_DEBUG),1,0)\n"
        "# The generator has the groups in there, where nobody can use them.\n"
        "CFLAGS_netlink-gen.o := -Wno-unused-const-variable\n"
        "\nobj-$(CONFIG_SND_HVSOCK) += snd-hvsock.o\n"])


def specification():
    """Without what is said there of generate.sh"""
    text = (TOP / SPECIFICATION).read_text()
    text = re.sub(r"^#\n# What is made of this.*\n", "", text, count=1, flags=re.M)
    return re.sub(r"\n  The documentation of each key ends with.*?(?=\ndefinitions:)", "", text, count=1, flags=re.S)


def add_maintainers(path, files):
    """Adds the files to the driver's entry, which the list has in alphabetical order."""
    text = path.read_text()
    lines = "".join(f"F:\t{name}\n" for name in files)
    if f"\n{TITLE}\n" in text:
        entry = re.search(rf"\n{TITLE}\n(?:.+\n)*", text)[0]
        text = text.replace(entry, "".join(sorted(f"{entry}{lines}".splitlines(True), key=lambda line: (
            line.startswith("F:"), line if line.startswith("F:") else ""))))
    else:
        mail = re.search(r"^M:\t.*\n", (TOP / "MAINTAINERS").read_text(), re.M)[0]
        # Some entries are not where they belong.
        entries = [*re.finditer(r"(?<=\n\n)(?!THE REST)(\S.*)\n(?=[MRLSW]:\t)", text)]
        _, following = max((before[1].upper(), after.start()) for before, after in itertools.pairwise(entries)
                           if before[1].upper() < TITLE < after[1].upper())
        text = (f"{text[:following]}{TITLE}\n{mail}L:\tlinux-sound@vger.kernel.org\nS:\tMaintained\n{lines}\n"
                f"{text[following:]}")
    path.write_text(text)


def write(tree, patterns, files):
    """Writes the files of a patch."""
    if files:
        add_maintainers(tree / "MAINTAINERS", files)
    texts = {}
    for pattern in patterns:
        for path in sorted((TOP / "kernel").glob(pattern)):
            name = str(path.relative_to(TOP / "kernel"))
            if not name.endswith(".mod.c"):
                texts[f"{DRIVER}/{name}"] = driver_file(name)
    if UAPI in files:
        texts |= {UAPI: (TOP / UAPI).read_text(), SPECIFICATION: specification()}
    if PAGE in files:
        index = "Documentation/sound/cards/index.rst"
        texts |= {PAGE: (HERE / "snd-hvsock.rst").read_text(),
                  index: f"{(tree / index).read_text().rstrip()}\n   snd-hvsock\n"}
    if f"{DRIVER}/main.c" in texts:
        texts |= {f"{DRIVER}/hyperv.h": driver_file("hyperv.h"), f"{DRIVER}/Makefile": makefile(),
                  f"{DRIVER}/Kconfig": (HERE / "Kconfig").read_text()}
        name = "sound/drivers/Kconfig"
        texts[name] = replace((tree / name).read_text(), "\nendif\t# SND_DRIVERS",
                              f'\nsource "{DRIVER}/Kconfig"\n\nendif\t# SND_DRIVERS', name)
        name = "sound/drivers/Makefile"
        texts[name] = f"{(tree / name).read_text()}obj-$(CONFIG_SND_HVSOCK) += hvsock/\n"
    for name, text in texts.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1]).resolve()
    for program in ("git", "unifdef"):
        if not shutil.which(program):
            sys.exit(f"make patch: {program} is missing. Run: sudo apt install {program}")
    with tempfile.TemporaryDirectory() as scratch:
        tree = pathlib.Path(scratch)

        def git(*words, **options):
            return run("git", "-C", tree, *words, **options)

        kernel_files(sys.argv[2] if len(sys.argv) == 3 else None, tree)
        git("init", "-q", "-b", "snd-hvsock")
        git("add", ".")
        git("commit", "-q", "-m", "kernel")
        git("branch", "kernel")
        git("config", "branch.snd-hvsock.description", COVER)
        for patterns, files, message in PATCHES:
            write(tree, patterns, files)
            git("add", ".")
            git("commit", "-q", "-s", "-F", "-", input=message)
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("0*.patch"):
            path.unlink()
        git("format-patch", "-q", "-o", folder, "--cover-letter", "--cover-from-description=subject", "kernel")
        print(*sorted(folder.glob("*.patch")), sep="\n")


if __name__ == "__main__":
    main()
