# SPDX-License-Identifier: GPL-2.0
"""No guest: files that state the same fact in several places agree."""

import os
import re

from mutation_table import GROUPS
from rig import paths, sources, verdicts


def test_netlink_specification():
    """The header, the policy and the operations that are committed are what it generates"""
    generate = paths.TOP / "Documentation/netlink/generate.sh"
    names = sources.matching("Documentation/netlink/*", "include/*", "kernel/netlink*-gen.*")
    key = sources.digest(names, verdicts.packages("python3-yaml", "python3-jsonschema",
                                                  "python3-minimal"))
    # Python that has these modules is the system's.
    environment = {**os.environ, "PATH": f"/usr/bin:{os.environ['PATH']}"}
    verdicts.require_none(verdicts.once(
        "specification", key, lambda: verdicts.complaints(generate, "check", env=environment)))


def test_versions():
    """The module, dkms.conf, hvsnd and hvsndd have the version that the file VERSION gives"""
    version = sources.text("VERSION").strip()
    module = os.environ.get("MODULE") or paths.TOP / "kernel/snd-hvsock.ko"
    found = {
        "module": paths.run("/sbin/modinfo", "-F", "version", module),
        "dkms.conf": paths.run("bash", "-c", '. "$0" && echo "$PACKAGE_VERSION"', paths.TOP / "dkms.conf"),
    }
    for name in ("hvsnd", "hvsndd"):
        found[name] = paths.run(paths.TOP / f"user/{name}/{name}", "--version").split()[-1]
    assert set(found.values()) == {version}, f"the versions are not all {version}: {found}"


def test_version_is_stated_once():
    """Only VERSION states the version, and the changelogs in their newest sections; all else reads VERSION"""
    version = sources.text("VERSION").strip()
    newest = re.search(r"^## (\S+) \((?:unreleased|\d{4}-\d\d-\d\d)\)$", sources.text("CHANGELOG.md"), re.M)
    assert newest and newest[1] == version, f"the newest section of CHANGELOG.md is not {version} (date or unreleased)"
    assert sources.text("debian/changelog").startswith(f"snd-hvsock ({version}) "), "debian/changelog has another one"
    stated = re.compile(rf"(?<![\w.]){re.escape(version)}(?![\w.])")
    names = sources.matching("*", without=("user/fuzz/seeds/*", "bench/results/*"))
    copies = [str(name) for name in names if stated.search(sources.text(name))]
    assert copies == ["CHANGELOG.md", "VERSION", "debian/changelog"], f"these state {version} besides VERSION: {copies}"


def test_newest_kernel():
    """dkms may fail for the kernels that are tested, and skips the module for newer ones"""
    tested = re.search(r"kernels from 5\.10 to ([\d.]+\d)", sources.text("Documentation/testing.rst"))[1]
    assert f"\nnewest={tested}\n" in sources.text("packaging/dkms/newer-kernel.sh")


def test_mutations():
    """What each mutation changes stands in its file exactly once"""
    stale = [f"{name}: {mutation.name}" for mutations in GROUPS.values() for mutation in mutations
             for name, old, _ in mutation.changes if sources.text(name).count(old) != 1]
    assert not stale, f"not exactly once: {stale}"


def document_lines(name):
    """Numbers and text of a document's lines that can be broken: outside of tables and without an address"""
    in_table = 0        # rules of an RST table so far: it has one above and below the head, and one at the end
    for number, line in enumerate(sources.text(name).splitlines(), 1):
        if re.match(r" *=+( +=+)+$", line):
            in_table = (in_table + 1) % 3
        elif not in_table and not line.lstrip().startswith("|") and "://" not in line:
            yield number, line


def test_document_lines():
    """Lines have at most 80 columns"""
    names = sources.matching("*.md", "*.rst", "Documentation/man/*")
    assert names
    verdicts.require_none([f"{name}:{number}: {len(line)} columns" for name in names
                           for number, line in document_lines(name) if len(line) > 80])


def test_code_lines():
    """Lines of C have at most 80 columns, except those that end with a message, and generated ones"""
    message = re.compile(r'[^"]*".*"[ A-Z_0-9]*\W*$')
    names = sources.matching("*.[ch]", without=["*-gen.*", "include/uapi/*", "user/lib/keys.*",
                                                "user/lib/attributes.c"])
    assert names
    verdicts.require_none([f"{name}:{number}: {len(line.expandtabs(8))} columns" for name in names
                           for number, line in enumerate(sources.text(name).splitlines(), 1)
                           if len(line.expandtabs(8)) > 80 and not message.match(line)])


def test_document_links():
    """Files that Markdown refers to exist"""
    links = [(name, target) for name in sources.matching("*.md")
             for target in re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", sources.text(name))]
    assert links
    missing = [f"{name}: {target}" for name, target in links if not (paths.TOP / name.parent / target).exists()]
    assert not missing, f"no such file: {missing}"


def test_document_commands():
    """Targets of make that documents name are in the Makefile"""
    targets = set(re.search(r"^\.PHONY: ((?:.*\\\n)*.*)", sources.text("Makefile"), re.M)[1].split())
    named = {(str(name), target) for name in sources.matching("*.md", "*.rst")
             for target in re.findall(r"`(?:sudo )?make ([a-z][a-z_-]*)", sources.text(name))}
    assert named
    unknown = sorted(f"{name}: make {target}" for name, target in named if target not in targets)
    assert not unknown, f"not in the Makefile: {unknown}"


def test_document_files():
    """Files and folders that documents name exist"""
    made = ("Documentation/results.rst", "selftests/results", "bench/out", "demo/out")
    named = {(str(name), path) for name in sources.matching("*.md", "*.rst")
             for path in re.findall(r"`((?:kernel|user|selftests|bench|demo|packaging|include|Documentation)/[\w./-]+)",
                                    sources.text(name))}
    assert named
    missing = sorted(f"{name}: {path}" for name, path in named
                     if not path.startswith(made) and "NAME" not in path and not (paths.TOP / path).exists())
    assert not missing, f"no such file: {missing}"
