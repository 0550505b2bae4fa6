# SPDX-License-Identifier: GPL-2.0
"""No guest: the documents say what the programs print, and name what the sources have."""

import re

from rig import sources, verdicts

SCHEMA = "/usr/share/libvirt/schemas/domain.rng"
TROUBLESHOOTING = "Documentation/troubleshooting.rst"
STRING = r'"(?:[^"\\]|\\.)*"'
# A word in capitals stands for what a message has in place of these
PLACEHOLDERS = re.compile(r'%[a-z]|\b[A-Z]{2,}\b(?=[ "):,./]|$)')


def macros():
    """Mapping of names to the strings that they stand for in messages"""
    found = dict(re.findall(rf"#define (HVSND_REASON_\w+)[\s\\]+({STRING})", sources.text("kernel/core/reason.h")))
    return {**found, "HVSND_VERSION": '"%s"'}


def strings(text):
    """The strings in C, with adjacent strings and macros joined"""
    known = macros()
    part = rf"(?:{STRING}|HVSND_\w+)"
    for found in re.findall(rf"{part}(?:\s*{part})*", text):
        parts = re.findall(part, found)
        if all(one.startswith('"') or one in known for one in parts):
            yield re.sub(r"\\(.)", r"\1", "".join(known.get(one, one)[1:-1] for one in parts))


def doctor_lines():
    """What hvsnd doctor prints of what is wrong, or to be noted"""
    for name in ("user/hvsnd/doctor.c", "user/hvsnd/doctor_kernel.c"):
        for call in re.findall(r"\bsay\(d, (?:WRONG|NOTE),(.*?)\);", sources.text(name), re.S):
            _, line, *_ = [*strings(call), ""]
            # What others have found follows.
            if line and not re.fullmatch(r"[%s: ]*", line):
                yield line


def reasons():
    """Causes with a remedy, as the module and hvsnd print them when they cannot reach the host"""
    names = ["kernel/core/reason.h", "kernel/core/reason.c", "kernel/core/proto/pulse.c",
             "kernel/core/proto/pulse_error.c", "kernel/transport/pool.c", "user/lib/endpoint.c", "user/lib/family.c"]
    for name in names:
        for string in strings(sources.text(name)):
            if re.match(r"[a-z].*\. [A-Z]", string):
                yield string


def shape(message):
    """A message without what differs from case to case"""
    return PLACEHOLDERS.sub("*", " ".join(message.split()))


def quoted():
    """What the first columns of the tables in the page about troubleshooting quote"""
    text = sources.text(TROUBLESHOOTING)
    return {shape(found) for found in re.findall(r"\* - ``([^`]*)``$", text, re.M)}


def test_troubleshooting():
    """The page about troubleshooting has every line of doctor and every reason, word by word, and no other"""
    printed = {shape(line) for line in (*doctor_lines(), *reasons())}
    assert len(printed) > 40
    missing = sorted(printed - quoted())
    stale = sorted(quoted() - printed)
    assert not missing, f"not in {TROUBLESHOOTING}: {missing}"
    assert not stale, f"{TROUBLESHOOTING} quotes what nothing prints: {stale}"


def test_module_parameters():
    """The man page of the module has each of its parameters, and no other"""
    there = {name for file in sources.matching("kernel/*.c")
             for name in re.findall(r"^MODULE_PARM_DESC\((\w+),", sources.text(file), re.M)}
    page = sources.text("Documentation/man/snd-hvsock.4")
    described = page[page.index(".SH PARAMETERS"):page.index(".SH CARD")]
    assert there and set(re.findall(r"^\.TP\n\.B (\w+)$", described, re.M)) == there


def test_libvirt(tmp_path):
    """The element for libvirt is valid wherever it is named"""
    found = {element for name in sources.matching("*.md", "*.rst", "user/hvsnd/*.c")
             for element in re.findall(r"<vsock model='virtio'(?:/>|>.*?</vsock>)", sources.text(name), re.S)}
    assert found
    xml = "<domain type='kvm'><name>g</name><memory>1</memory><os><type>hvm</type></os><devices>{}</devices></domain>"
    file = tmp_path / "domain.xml"
    for element in found:
        file.write_text(xml.format(element))
        verdicts.require_none([line for line in verdicts.complaints("xmllint", "--noout", "--relaxng", SCHEMA, file)
                               if line != f"{file} validates"])


def test_qemu():
    """The devices for QEMU exist and have the properties that are named"""
    found = {option for name in sources.matching("*.md", "*.rst", "user/hvsnd/*.c")
             for option in re.findall(r"-device\s+([\w-]+),([\w-]+)=", sources.text(name))}
    assert {"vhost-vsock-pci", "vhost-user-vsock-pci"} <= {device for device, _ in found}
    for device, name in found:
        _, properties = verdicts.output("qemu-system-x86_64", "-device", f"{device},help")
        assert any(line.strip().startswith(f"{name}=") for line in properties), f"{device} has no {name}: {properties}"


def test_readme_begins_with_one_screen():
    """The sentence, the picture, the status and the two commands come before the first table"""
    begin = sources.text("README.md").split("\n|")[0]
    assert len(begin.splitlines()) <= 40
    assert all(word in begin for word in ("demo.svg", "**Status:**", "    make demo\n", "    make check\n"))
