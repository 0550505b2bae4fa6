# SPDX-License-Identifier: GPL-2.0
"""The files that git tracks, as they are in the working tree, and the files that each of them reads."""

import fnmatch
import functools
import os
import pathlib
import re
import shutil

from . import paths

# #include in C, source in shell, import of a file's name elsewhere
READS = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]|(?:source=|(?:^|[;&|]\s*)\.\s+"?)([^\s"]+)',
                   re.MULTILINE)


@functools.cache
def tracked():
    """All files, relative to the repository's top folder, in order."""
    output = paths.run("git", "-c", f"safe.directory={paths.TOP}", "-C", paths.TOP,
                       "ls-files", "-z", "--deduplicate")
    names = sorted(pathlib.Path(name) for name in output.split("\0") if name)
    return tuple(name for name in names if (paths.TOP / name).is_file())


def matching(*patterns, without=()):
    """Files whose whole name matches one of these shell patterns. * also matches /."""
    def any_of(name, these):
        return any(fnmatch.fnmatchcase(str(name), pattern) for pattern in these)
    return [name for name in tracked() if any_of(name, patterns) and not any_of(name, without)]


@functools.cache
def text(name):
    return (paths.TOP / name).read_text(errors="replace")


def shell_scripts():
    """Shell scripts, by name or by their first line."""
    return [name for name in tracked() if name.suffix in (".sh", ".bash")
            or re.match(r"#!.*[/ ](ba)?sh\b", text(name))]


@functools.cache
def by_name():
    """Mapping of file names without folders to files."""
    files = {}
    for name in tracked():
        files.setdefault(name.name, []).append(name)
    return files


@functools.cache
def direct_reads(name):
    found = {os.path.basename(group)
             for match in READS.findall(text(name)) for group in match if group}
    return tuple(path for base in sorted(found) for path in by_name().get(base, ()))


def reads(name):
    """The file itself, and what it includes, and what that includes. Where several files have the
    name of one that is included, all count: too many rather than too few.
    """
    found, new = set(), {name}
    while new:
        found |= new
        new = {path for file in new for path in direct_reads(file)} - found
    return sorted(found)


def digest(names, *parts):
    """Hash of the names and the content of these files, and of other parts."""
    return paths.digest(*[part for name in names for part in (str(name), paths.TOP / name)], *parts)


def update_copy(folder, names):
    """Makes a folder hold these files. One that is equal already is left alone, so that make sees
    what has changed. Other files that git could track are removed.
    """
    wanted = {folder / name: paths.TOP / name for name in names}
    manifest = folder / ".copied"
    if manifest.exists():
        for old in manifest.read_text().splitlines():
            if folder / old not in wanted:
                (folder / old).unlink(missing_ok=True)
    for target, source in wanted.items():
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        shutil.copymode(source, target)
    manifest.write_text("".join(f"{name}\n" for name in names))
