# SPDX-License-Identifier: GPL-2.0
"""Structure of C sources: dependencies among files, sizes of functions, structs and files.

The sources are read as text. That works because checkpatch keeps them in the kernel's style: a function
begins and ends in the first column, and so does a struct.
"""

import os
import pathlib
import re
import typing

FOLDERS = tuple(map(pathlib.Path, ("kernel", "user/hvsnd", "user/hvsndd", "user/lib")))
MAX_FUNCTION_LINES = 80
MAX_STRUCT_FIELDS = 40
MAX_FILE_LINES = 450
OTHER_FILE_LINES = {"kernel/core/proto/pulse.c": 700, "kernel/core/proto/tagstruct.c": 520}

COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
INCLUDE = re.compile(r'^#\s*include\s*"([^"]+)"', re.MULTILINE)
VARIABLE = re.compile(r"^(?!static\b|extern\b|typedef\b)[a-z][\w \t*]*?\b(\w+)(?:\[[^\]]*\])*\s*(?:=|;)",
                      re.MULTILINE)
STRUCT = re.compile(r"^(?:static )?(?:const )?(?:struct|union) (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)


class Function(typing.NamedTuple):
    name: str
    lines: int
    is_static: bool
    body: str


class Source:
    """A file, with its comments and the text of its strings removed."""

    def __init__(self, name, text):
        self.name = str(name)
        self.includes = INCLUDE.findall(text)
        self.length = text.count("\n")
        self.text = COMMENT_OR_STRING.sub(lambda found: blank(found[0]), text)
        self.functions = list(functions(self.text))

    @property
    def node(self):
        """The file's name without its suffix and folder: a .c file and its .h file are one node."""
        path = pathlib.Path(self.name).with_suffix("")
        return str(next(path.relative_to(folder) for folder in FOLDERS if folder in path.parents))

    def symbols(self):
        """Functions and variables that other files may use."""
        return {item.name for item in self.functions if not item.is_static} | set(VARIABLE.findall(self.text))

    def words(self):
        """Words of the code. A header declares functions of other files without using them."""
        code = self.text if self.name.endswith(".c") else "\n".join(item.body for item in self.functions)
        return set(re.findall(r"\w+", code))

    def structs(self):
        """Names of structs, each with the number of its fields, those of structs inside of it included."""
        for name, body in STRUCT.findall(self.text):
            yield name, count_fields(body)


def blank(text):
    """As many lines, with nothing in them; a string stays a string."""
    return '""' if text[0] in "\"'" else "\n" * text.count("\n")


def count_fields(body):
    """Declared names: what ends with a comma or a semicolon, outside of parentheses."""
    while "(" in body:
        body, found = re.subn(r"\([^()]*\)", " f ", body)
        if not found:
            break
    body = re.sub(r"(struct|union|enum)\s*\w*\s*\{|\[[^\]]*\]", " ", body)
    # The end of an inner struct that has no name
    body = re.sub(r"\}\s*;", "", body)
    return sum(body.count(mark) for mark in ",;")


def functions(text):
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line != "{":
            continue
        begin = at
        while begin and lines[begin - 1].strip() and not re.match(r"#|.*[;}]$", lines[begin - 1]):
            begin -= 1
        head = " ".join(lines[begin:at])
        inner = head
        while re.search(r"\([^()]*\)", inner):
            inner = re.sub(r"\([^()]*\)", "@", inner)
        names = re.findall(r"(\w+)\s*@", inner)
        if not names or "=" in head:
            continue
        end = lines.index("}", at)
        yield Function(names[-1], end - begin + 1, bool(re.search(r"\bstatic\b", head)),
                       "\n".join(lines[at:end]))


def dependencies(sources):
    """Mapping of nodes to the nodes that each includes, or whose functions or variables it uses."""
    by_name = {source.name: source for source in sources}
    nodes = {source.node for source in sources}
    owner = {symbol: source.node for source in sources if source.name.endswith(".c")
             for symbol in source.symbols()}
    found = {node: set() for node in nodes}
    for source in sources:
        for include in source.includes:
            for folder in (os.path.dirname(source.name), *map(str, FOLDERS)):
                path = os.path.normpath(os.path.join(folder, include))
                if path in by_name:
                    found[source.node].add(by_name[path].node)
                    break
        found[source.node] |= {owner[word] for word in source.words() & owner.keys()}
        found[source.node].discard(source.node)
    return found


def circles(graph):
    """Groups of nodes each of which depends on all the others of its group (Tarjan)."""
    index, low, stack, groups = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = set(stack[stack.index(node):])
            del stack[stack.index(node):]
            if len(group) > 1:
                groups.append(group)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return groups


def shortest_circle(graph, node):
    """The nodes of a shortest way from the node to itself."""
    ways, seen = [[node]], set()
    for way in ways:
        for other in sorted(graph[way[-1]]):
            if other == node:
                return [*way, node]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def measure(sources):
    """What is larger than the rules allow: mapping of what to its size and the limit."""
    found = {}
    for source in sources:
        limit = OTHER_FILE_LINES.get(source.name, MAX_FILE_LINES)
        sizes = [(source.name, source.length, limit)]
        sizes += [(f"{source.name}: {item.name}()", item.lines, MAX_FUNCTION_LINES) for item in source.functions]
        sizes += [(f"{source.name}: struct {name}", fields, MAX_STRUCT_FIELDS) for name, fields in source.structs()]
        found |= {what: size for what, size, limit in sizes if size > limit}
    return found


def complaints(sources, known_sizes):
    """What breaks the rules; of what is too large, what is not known yet, grew, or is not too large any more."""
    graph = dependencies(sources)
    for group in circles(graph):
        yield f"circle: {' -> '.join(shortest_circle(graph, min(group)))}"
    sizes = measure(sources)
    for what, size in sizes.items():
        if what not in known_sizes:
            unit = "fields" if ": struct " in what else "lines"
            yield f"{what} has {size} {unit}: split it"
        elif size > known_sizes[what]:
            yield f"{what} has grown from {known_sizes[what]} to {size}"
    for what in known_sizes:
        if what not in sizes:
            yield f"{what} keeps to the rules: remove it from the exceptions"
