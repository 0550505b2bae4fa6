# SPDX-License-Identifier: GPL-2.0
"""No guest: files that say the same thing in several places say the same."""

import os

from mutation_table import GROUPS
from rig import paths, sources, verdicts


def test_netlink_specification():
    """The header, the policy and the operations that are committed are what it generates"""
    generate = paths.TOP / "Documentation/netlink/generate.sh"
    names = sources.matching("Documentation/netlink/*", "include/*", "kernel/netlink-gen.*")
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


def test_mutations():
    """What each mutation changes stands in its file exactly once"""
    counts = {(name, mutation.name): sources.text(name).count(old)
              for mutations in GROUPS.values() for mutation in mutations for name, old, _ in mutation.changes}
    stale = [f"{name}: {mutation}" for (name, mutation), count in counts.items() if count != 1]
    assert not stale, f"not exactly once: {stale}"
