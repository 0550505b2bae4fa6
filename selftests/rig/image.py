# SPDX-License-Identifier: GPL-2.0
"""Initramfs images for guests, made from this machine's programs and a kernel's modules."""

import dataclasses
import functools
import glob
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sysconfig

from . import paths

KERNEL_TOOL = paths.SELFTESTS / "vm/fetch.sh"
# PulseAudio's modules that tests load; each brings the libraries that it needs.
PULSE_MODULES = """
    alsa-sink alsa-source cli-protocol-unix native-protocol-tcp native-protocol-unix null-sink null-source
    pipe-sink pipe-source simple-protocol-unix sine-source stream-restore suspend-on-idle
""".split()
# Parts of Python's library that no test needs
PYTHON_UNUSED = ("config-*", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "tkinter", "turtledemo")


@dataclasses.dataclass(frozen=True)
class Kernel:
    """A kernel image, and the folder of its modules, as fetch.sh names them.

    architecture: Debian's name of it if it is not this machine's. programs: a folder with programs of that
    architecture (fetch.sh programs).
    """
    image: pathlib.Path
    modules: pathlib.Path
    architecture: str | None = None
    programs: pathlib.Path | None = None

    @property
    def release(self):
        return self.modules.name


@functools.cache
def kernel(suite=None, release=None, architecture=None):
    """The kernel of a Debian suite (by default this machine's), fetched and not installed."""
    suite = suite or os_suite()
    if not release and suite == os_suite():
        release = paths.run(KERNEL_TOOL, "release")
    words = paths.run(KERNEL_TOOL, "kernel", suite, *([release] if release else []),
                      env={**os.environ, **({"VM_ARCH": architecture} if architecture else {})}).split()
    return Kernel(*map(pathlib.Path, words), architecture)


def os_suite():
    for line in open("/etc/os-release"):
        if line.startswith("VERSION_CODENAME="):
            return line.split("=")[1].strip()
    raise RuntimeError("/etc/os-release names no suite")


def find_program(name, root=""):
    """Path of a program of this machine, or of the system in a folder."""
    folders = "/usr/bin:/usr/sbin:/bin:/sbin"
    path = shutil.which(name, path=re.sub("^|(?<=:)", str(root), folders) if root else
                        f"{os.environ['PATH']}:{folders}")
    if not path:
        raise FileNotFoundError(f"program {name} is not installed: run selftests/vm/deps.sh check")
    return pathlib.Path(path)


def libraries(files):
    """Shared libraries that these programs and libraries load, by their names on this machine."""
    output = subprocess.run(["ldd", *map(str, files)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True, check=False).stdout
    return sorted({pathlib.Path(match) for match in re.findall(r"\s(/[^ :]*) \(", output)})


def module_files(kernel, names):
    """Files of the modules, and of what they depend on, in the kernel's folder. Built-in modules bring none."""
    if not (kernel.modules / "modules.dep").exists():
        base = str(kernel.modules).split("/lib/modules/")[0]
        subprocess.run([find_program("depmod"), "-b", base, kernel.release], check=True, stderr=subprocess.DEVNULL)
    needs = {}
    for line in open(kernel.modules / "modules.dep"):
        path, rest = line.split(":")
        needs[module_name(path)] = [path, *rest.split()]
    return sorted({path for name in names for path in needs.get(module_name(name), [])})


def copy_modules(kernel, names, root):
    """Copies these modules, what they depend on, and the lists that modprobe reads, to a system in a folder."""
    target = root / "usr/lib/modules" / kernel.release
    for path in module_files(kernel, names):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(kernel.modules / path, target / path)
    for path in kernel.modules.glob("modules.*"):
        shutil.copy(path, target)
    return target


def module_name(path):
    return pathlib.Path(path).name.split(".")[0].replace("-", "_")


class Tree:
    """A root file system that grows in a folder. system: folder of the programs that it gets; by default this
    machine's own.
    """

    def __init__(self, root, system=None):
        self.root = root
        self.system = system
        self.binaries = []
        for name in ("bin", "dev", "etc", "proc", "root", "run", "sbin", "sys", "tmp", "usr/bin", "usr/lib64"):
            (root / name).mkdir(parents=True)
        (root / "lib64").symlink_to("usr/lib64")
        (root / "var").mkdir()
        (root / "var/run").symlink_to("/run")
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
        self.copy(find_program("busybox", self.system or ""), "bin/busybox")

    def copy(self, source, where):
        target = self.root / str(where).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        return target

    def program(self, name):
        path = find_program(name, self.system or "")
        self.copy(path, f"usr/bin/{name}")
        self.binaries.append(path)

    def library(self, path):
        # A folder by its real name: the tree has no links for folders.
        self.copy(path, path.parent.resolve() / path.name)
        self.binaries.append(path)

    def pulseaudio(self):
        """PulseAudio with the modules that tests load, and its clients."""
        for name in ("pulseaudio", "pactl", "pacat"):
            self.program(name)
        (self.root / "usr/bin/parec").symlink_to("pacat")
        folder, = glob.glob("/usr/lib/pulse-*/modules")
        for name in PULSE_MODULES:
            self.library(pathlib.Path(folder, f"module-{name}.so"))
        for path in glob.glob(f"{folder}/lib*.so"):
            self.library(pathlib.Path(path))

    def python(self):
        """This machine's Python, with the part of its library that tests need."""
        program = pathlib.Path("/usr/bin/python3").resolve()
        self.copy(program, "usr/bin/python3")
        self.binaries.append(program)
        folder = pathlib.Path("/usr/lib", program.name)
        ignore = shutil.ignore_patterns(*PYTHON_UNUSED)
        shutil.copytree(folder, self.root / str(folder).lstrip("/"), ignore=ignore, symlinks=False,
                        ignore_dangling_symlinks=True)
        self.binaries += [pathlib.Path(path) for path in glob.glob(f"{folder}/lib-dynload/*.so")]

    def alsa(self, *programs):
        for name in programs:
            self.program(name)
        for name in ("alsa.conf", "cards", "ctl", "pcm", "init", "ucm2"):
            source = pathlib.Path("/usr/share/alsa", name)
            if source.is_dir():
                shutil.copytree(source, self.root / "usr/share/alsa" / name)
            elif source.exists():
                self.copy(source, source)

    def modules(self, kernel, names):
        for path in module_files(kernel, names):
            target = self.copy(kernel.modules / path, f"lib/modules/{kernel.release}/{path}")
            # busybox unpacks no .zst.
            if target.suffix == ".xz":
                subprocess.run(["xz", "-d", target], check=True)
            elif target.suffix == ".zst":
                subprocess.run(["zstd", "-qd", "--rm", target], check=True)
        for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
            if (kernel.modules / name).exists():
                self.copy(kernel.modules / name, f"lib/modules/{kernel.release}/{name}")
        self.program("kmod")
        for name in ("modprobe", "insmod", "rmmod", "depmod", "modinfo"):
            (self.root / "sbin" / name).symlink_to("/usr/bin/kmod")
        subprocess.run([find_program("depmod"), "-b", self.root, kernel.release], check=True,
                       stderr=subprocess.DEVNULL)

    def pack(self, output):
        """Writes the tree as a cpio archive. It is not compressed: unpacking costs an emulated guest more."""
        if self.system:
            # Nothing here says which libraries its programs load.
            shutil.copytree(self.system / "usr/lib", self.root / "usr/lib", dirs_exist_ok=True, symlinks=True)
            for path in (self.system / "usr/lib").glob("ld-*.so.*"):
                self.copy(path, f"lib/{path.name}")
        for path in [] if self.system else libraries(self.binaries):
            if not (self.root / str(path).lstrip("/")).exists():
                self.library(path)
        names = sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))
        for name in names:
            path = self.root / name
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | stat.S_IRUSR | stat.S_IWUSR)
            os.utime(path, (0, 0), follow_symlinks=False)
        with open(output, "wb") as file:
            subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet", "--reproducible"], cwd=self.root,
                           input="\n".join([".", *names]).encode(), stdout=file, check=True)


def programs_key():
    """What an image is made of besides this repository: the installed packages' versions."""
    owners = ("alsa-utils", "busybox-static", "kmod", "pulseaudio", "pulseaudio-utils", "socat", "libc6", "libasound2",
              "libasound2t64", "libasound2-data", "alsa-ucm-conf", "libpulse0", "libasound2-plugins", "python3-minimal",
              f"python{sysconfig.get_python_version()}-minimal")
    return subprocess.run(["dpkg-query", "-W", *owners], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False).stdout
