# SPDX-License-Identifier: GPL-2.0
"""Directives of Sphinx for what has another source: man pages, and the specification of the netlink family."""

import pathlib
import re
import subprocess

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.util import logging

HERE = pathlib.Path(__file__).resolve().parent
CHECKS = {"min": "at least", "max": "at most", "max-len": "length at most"}


class FromFile(Directive):
    """A directive whose argument is a file below Documentation."""

    required_arguments = 1

    def file(self):
        path = HERE / self.arguments[0]
        self.state.document.settings.env.note_dependency(str(path))
        return path


class ManualPage(FromFile):
    """The man page, as HTML."""

    def run(self):
        version = (HERE.parent / "VERSION").read_text().strip()
        page = subprocess.run(["mandoc", "-T", "html", "-O", "fragment"], check=True, encoding="utf-8",
                              input=self.file().read_text().replace("@VERSION@", version), stdout=subprocess.PIPE)
        return [nodes.raw("", page.stdout, format="html")]


class NetlinkFamily(FromFile):
    """The family: operations, attributes and definitions."""

    def run(self):
        path = self.file()
        spec = yaml.safe_load(path.read_text())
        lines = "\n\n".join(family(spec)).splitlines()
        self.state_machine.insert_input(lines, str(path))
        return []


def one_line(text):
    return " ".join((text or "").replace("*", r"\*").split())


def table(head, rows):
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: auto", ""]
    for row in [head, *rows]:
        lines += [f"   {'*' if not i else ' '} - {cell}".rstrip() for i, cell in enumerate(row)]
    return "\n".join(lines)


def section(title, rule):
    return f"{title}\n{rule * len(title)}"


def paragraphs(text):
    """The text of a doc, whose indented lines are literal."""
    return re.sub(r":\n\n(?= )", "::\n\n", text)


def values(attribute):
    """What an attribute can be"""
    if "enum" in attribute:
        return f"{attribute['enum']}_"
    checks = [f"{CHECKS[check]} {limit}" for check, limit in attribute.get("checks", {}).items()]
    kind = f"nest of {attribute['nested-attributes']}_" if attribute["type"] == "nest" else attribute["type"]
    return ", ".join([kind + (", several" if attribute.get("multi-attr") else ""), *checks])


def attributes_of(message):
    return ", ".join(f"``{name}``" for name in message["attributes"])


def operation(entry):
    yield section(entry["name"], "-")
    needs = " It needs CAP_NET_ADMIN." if "admin-perm" in entry.get("flags", []) else ""
    yield paragraphs(entry["doc"]).rstrip() + needs
    lines = []
    for part in ("request", "reply"):
        # A dump replies with the same attributes.
        for kind in ("do", "dump"):
            message = entry.get(kind, {}).get(part)
            if message and message != entry.get("do" if kind == "dump" else None, {}).get(part):
                lines.append(f":{part}{' of a dump' * (kind == 'dump')}: {attributes_of(message)}")
    if "event" in entry:
        lines.append(f":event: {attributes_of(entry['event'])}")
    if "notify" in entry:
        lines.append(f":event: what {entry['notify']}_ replies")
    if "dump" in entry:
        lines.append(":dump: yes")
    yield "\n".join(lines)


def family(spec):
    """Parts of the page, in reStructuredText"""
    yield paragraphs(spec["doc"])
    yield table(("Property", "Value"), [
        ("name", f"``{spec['name']}``"), ("protocol", f"``{spec['protocol']}``"),
        ("header", f"``{spec['uapi-header']}``"),
        ("multicast groups", ", ".join(f"``{group['name']}``" for group in spec["mcast-groups"]["list"]))])
    entries = spec["operations"]["list"]
    for title, notifications in (("Operations", False), ("Notifications", True)):
        yield section(title, "=")
        for entry in entries:
            if ("mcgrp" in entry) == notifications:
                yield from operation(entry)
    yield section("Attributes", "=")
    for group in spec["attribute-sets"]:
        yield section(group["name"], "-")
        yield group["doc"]
        yield table(("Attribute", "Type", "Meaning"),
                    [(f"``{entry['name']}``", values(entry), one_line(entry.get("doc")))
                     for entry in group["attributes"] if entry["type"] != "pad"])
    yield section("Values", "=")
    for entry in spec["definitions"]:
        if entry["type"] == "enum":
            yield section(entry["name"], "-")
            if "doc" in entry:
                yield one_line(entry["doc"])
            yield table(("Number", "Word", "Meaning"),
                        [(number, f"``{word['name']}``", one_line(word.get("doc")))
                         for number, word in enumerate(entry["entries"])])
    yield section("Constants", "-")
    yield table(("Constant", "Value", "Meaning"),
                [(f"``{entry['name']}``", entry["value"], one_line(entry.get("doc")))
                 for entry in spec["definitions"] if entry["type"] == "const"])


def check_tables(app, doctree):
    """An empty cell may be what was meant to go on in the row above: the first column of a simple table cannot."""
    for table in doctree.findall(nodes.table):
        simple = not any("colwidths" in name for name in table["classes"])
        for row in table.findall(nodes.row):
            if simple and len(row) == 2 and app.env.docname.startswith("Documentation/") and not row[1].astext():
                logging.getLogger(__name__).warning("empty cell in the row '%s'", row.astext(), location=table)


def setup(app):
    app.connect("doctree-read", check_tables)
    app.add_directive("man-page", ManualPage)
    app.add_directive("netlink-family", NetlinkFamily)
    return {"parallel_read_safe": True}
