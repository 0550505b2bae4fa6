# SPDX-License-Identifier: GPL-2.0
"""No guest: what tools find by reading the files that git tracks, as they are in the working tree.

A file that was clean is read again only if the file, a file that it includes, or the tool has changed
(rig/verdicts.py).
"""

import contextlib
import functools
import os
import pathlib
import re
import shutil
import tempfile

import pytest

from rig import paths, sources, structure, verdicts

VM = paths.SELFTESTS / "vm"

# The tests of the module's pure parts are programs as well.
UNIT_TESTS = ["kernel/tests/test_backoff.c", "kernel/tests/test_capture.c", "kernel/tests/test_clock.c",
              "kernel/tests/test_conn_state.c",
              "kernel/tests/test_deadline.c", "kernel/tests/test_delay.c",
              "kernel/tests/test_geometry.c", "kernel/tests/test_host_state.c", "kernel/tests/test_keys.c",
              "kernel/tests/test_model*.c", "kernel/tests/model*.[ch]", "kernel/tests/test_playback.c",
              "kernel/tests/test_pulse_*.c", "kernel/tests/test_qubes.c",
              "kernel/tests/test_remote.c", "kernel/tests/test_ring.c", "kernel/tests/test_simple.c",
              "kernel/tests/test_tagstruct.c", "kernel/tests/parts.h", "kernel/tests/pulse_client.[ch]",
              "kernel/tests/unit.h", "kernel/tests/vectors.[ch]"]
# What the kernel's rules for C are for
MODULES = sources.matching("kernel/*.[ch]", "include/*.h", "selftests/hv/*.[ch]",
                           without=UNIT_TESTS)
PROGRAMS = [*sources.matching("user/*.[ch]", "demo/*.[ch]", "bench/*.[ch]", "selftests/*.[ch]",
                              without=["selftests/hv/*"]),
            *sources.matching(*UNIT_TESTS)]
FOR_WINDOWS = sources.matching("user/hvsndd/win/*.[ch]", "selftests/wine/*.c")
PURE = sources.matching("kernel/core/*.c", "kernel/core/proto/*.c")
# What is still too large, with the size that it may have. An entry may only shrink, and goes when the
# rules hold without it.
TOO_LARGE = {
}
# Folders whose Makefile builds programs
PROGRAM_FOLDERS = ("user", "user/hvsndd", "user/tests", "demo", "bench", "selftests",
                   "selftests/unit", "selftests/hvsndd")

# Rules of checkpatch that are not for user space: it has not got the kernel's types and macros,
# but processors, signals and other libraries' names. A function may be called as a word of its
# messages is.
NOT_FOR_PROGRAMS = """
    PREFER_KERNEL_TYPES PREFER_DEFINED_ATTRIBUTE_MACRO BIT_MACRO ARRAY_SIZE ARCH_DEFINES VOLATILE
    CAMELCASE AVOID_EXTERNS EMBEDDED_FUNCTION_NAME STRING_FRAGMENTS SPLIT_STRING MISSING_SPACE
    MACRO_WITH_FLOW_CONTROL
""".split()
# A message is not broken, however long. checkpatch does not see that where it ends a statement, or
# a macro goes on.
MESSAGE = re.compile(r'[^"]*".*"( [A-Z_]+)?;?$')

# The path-sensitive checks. Not those of insecureAPI, which ask for functions that no libc has;
# nor what newer versions have of streams (they cannot tell stdin's), of libc's arguments
# (connect() may be asked with -1) and of flags in an enum.
ANALYZER_CHECKS = ",".join((
    "-*", "clang-analyzer-*", "-clang-analyzer-optin.performance*",
    "-clang-analyzer-security.insecureAPI*", "-clang-analyzer-unix.Stream",
    "-clang-analyzer-unix.StdCLibraryFunctions", "-clang-analyzer-optin.core.EnumCastOutOfRange"))
ANALYZER_LIBRARIES = ("libnl-genl-3.0", "json-c", "libkmod", "libpulse", "alsa", "libsystemd")
ANALYZER_FOLDERS = ("include/uapi", "kernel", "kernel/tests", "user/hvsndd", "selftests")


@functools.cache
def kernel_scripts():
    """The scripts folder of Debian's kernel source; its name has the version."""
    return pathlib.Path(paths.run(
        "bash", "-c", f". {VM}/source.sh && source_scripts {VM}/fetch.sh"))


@functools.cache
def headers():
    """Versions of what C files include that is not ours."""
    return verdicts.packages("*-dev", "linux-headers-*")


def file_key(*parts):
    """Key of a file alone."""
    return lambda name: sources.digest([name], *parts)


def reads_key(*parts):
    """Key of a file with all that it includes."""
    return lambda name: sources.digest(sources.reads(name), *parts)


@contextlib.contextmanager
def copy(name, names, *parts):
    """Our files in a folder of the cache: what is built in it stays for the next time.

    A changed Makefile begins a new folder: make would not build again what other flags have built.
    """
    makefiles = [file for file in names if file.name in ("Makefile", "Kbuild") or file.suffix == ".mk"]
    folder = paths.CACHE / "lint" / f"{name}-{sources.digest(makefiles, *parts)}"
    with paths.locked(f"lint-{name}"):
        folder.mkdir(parents=True, exist_ok=True)
        sources.update_copy(folder, names)
        yield folder


@pytest.mark.parametrize("names, ignore", [
    pytest.param(MODULES, ["LONG_LINE_STRING"], id="modules"),
    pytest.param([name for name in PROGRAMS if name not in FOR_WINDOWS],
                 ["LONG_LINE_STRING", *NOT_FOR_PROGRAMS], id="programs"),
    # checkpatch does not know Windows' types, whose functions have long names.
    pytest.param(FOR_WINDOWS, ["LONG_LINE_STRING", "OPEN_ENDED_LINE", "SPACING", *NOT_FOR_PROGRAMS], id="windows"),
])
def test_checkpatch(names, ignore):
    def check(files):
        _, lines = verdicts.output(
            kernel_scripts() / "checkpatch.pl", "--strict", "--root=.", "--no-tree", "--no-summary",
            "--terse", "--show-types", f"--ignore={','.join(ignore)}", "-f", *files)
        return [line for line in lines if line and not is_message(line)]

    def is_message(finding):
        found = re.match(r"([^:]+):(\d+):.*LONG_LINE:", finding)
        return found and MESSAGE.match(sources.text(found[1]).splitlines()[int(found[2]) - 1])

    key = file_key(str(kernel_scripts()), ignore, MESSAGE.pattern)
    findings = verdicts.each("checkpatch", names, key, check, batch=12)
    # What it keeps of names in headers
    for path in paths.TOP.glob(".checkpatch-camelcase.*"):
        path.unlink(missing_ok=True)
    verdicts.require_none(findings)


def test_kernel_doc():
    """kernel-doc comments name the arguments that there are"""
    def check(files):
        lines = verdicts.complaints(kernel_scripts() / "kernel-doc", "-none", "-v", *files)
        return [line for line in lines if ": info: Scanning doc for " not in line]
    key = file_key(str(kernel_scripts()))
    verdicts.require_none(verdicts.each("kernel-doc", MODULES + PROGRAMS, key, check, batch=12))


def test_kernel_doc_form():
    """The first line of a kernel-doc comment has the form 'name() - Description' or 'struct name - description'"""
    form = re.compile(r" \* (\w+\(\) - [A-Z]|(struct|union|enum) \w+ - )")
    lines = [(name, line) for name in sources.matching("*.[ch]")
             for line in re.findall(r"^/\*\*\n(.*)", sources.text(name), re.MULTILINE)]
    assert lines
    verdicts.require_none([f"{name}: {line}" for name, line in lines if not form.match(line)])


@pytest.mark.parametrize("folder", ["kernel", "selftests/hv"])
def test_module(folder):
    """The compiler with W=1 and sparse have no warning for a module"""
    release = os.environ.get("RELEASE") or paths.run(VM / "fetch.sh", "release")
    names = sources.matching("VERSION", "Kbuild", "kernel/*", "include/*", "selftests/hv/*",
                             without=["*.hex"])

    def check():
        with copy(f"module-{folder.replace('/', '-')}", names, release) as tree:
            status, lines = verdicts.output(
                "make", "-s", "-C", f"/lib/modules/{release}/build", f"M={tree / folder}", "W=1",
                "C=1", "CF=-D__CHECK_ENDIAN__", "modules")
            found = [line.replace(f"{tree}/", "") for line in lines
                     if re.search(r"(warning|error): ", line)]
            if status and not found:
                found = lines or [f"make: exit status {status}"]
            # What is built already would not be warned of again.
            if found:
                shutil.rmtree(tree)
            return found
    key = sources.digest(names, folder, release, headers(),
                         verdicts.packages("gcc", "gcc-1?", "sparse"))
    verdicts.require_none(verdicts.once("module", key, check))


# Files of win/ stand for those of the same name on Linux.
WINDOWS = sources.matching("user/hvsndd/win/*.[ch]")
LINUX_ONLY = [f"user/hvsndd/{name.name}" for name in WINDOWS]


@pytest.mark.parametrize("folder, without, too_large", [
    pytest.param("kernel", ["kernel/tests/*"], TOO_LARGE, id="kernel"),
    pytest.param("user/hvsndd", ["user/hvsndd/win/*"], {}, id="hvsndd"),
    pytest.param("user/hvsndd", LINUX_ONLY, {}, id="hvsndd.exe"),
    pytest.param("user/hvsnd", [], {}, id="hvsnd"),
    pytest.param("user/lib", [], {}, id="lib"),
])
def test_structure(folder, without, too_large):
    """Files depend on each other in one direction, and are short, as are their functions and structs"""
    names = sources.matching(f"{folder}/*.[ch]", without=without)
    verdicts.require_none(list(structure.complaints(
        [structure.Source(name, sources.text(name)) for name in names], too_large)))


def test_structure_finds():
    """What test_structure() must find, in sources that are made up"""
    body = "\tint a, b;\n\n\t/* x(); */\n"
    files = {
        "kernel/a.h": '#include "b.h"\nint a(void);\nextern int shared;\n',
        "kernel/a.c": f'#include "a.h"\n\nint shared = 1;\n\nstatic int x(void)\n{{\n{body}}}\n',
        "kernel/b.h": "struct big {\n" + "\tint (*f)(int, int), g[2];\n\tstruct { int h; };\n" * 14 + "};\n",
        "kernel/b.c": "/* shared */\n\nint b(int (*f)(int),\n      int n)\n{\n" + body * 27 + "}\n",
        "kernel/c.c": "int c(void)\n{\n\treturn shared;\n}\n" + "\n" * 450,
        "kernel/d.c": 'static const char *const d = "shared";\n',
    }

    def found(known_sizes=None, **changes):
        changed = {f"kernel/{name}.c": text for name, text in changes.items()}
        these = [structure.Source(name, text) for name, text in (files | changed).items()]
        return list(structure.complaints(these, known_sizes or {}))

    large = {"kernel/b.h: struct big": 42, "kernel/b.c: b()": 85, "kernel/c.c": 454}
    assert found() == ["kernel/b.h: struct big has 42 fields: split it", "kernel/b.c: b() has 85 lines: split it",
                       "kernel/c.c has 454 lines: split it"]
    assert not found(large)
    # An include one way and a variable the other way make a circle.
    circle = files["kernel/b.c"] + "\nint e(void)\n{\n\treturn shared;\n}\n"
    assert found(large, b=circle) == ["circle: a -> b -> a"]
    assert found(large | {"kernel/c.c": 453}) == ["kernel/c.c has grown from 453 to 454"]
    assert found(large, c="") == ["kernel/c.c keeps to the rules: remove it from the exceptions"]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_compiler(compiler):
    """All of user space, tests too, and with them the pure parts, compile without a warning"""
    names = sources.matching("VERSION", "*Makefile", "*.mk", "*.c", "*.h", "*.hex", "*.yaml",
                             without=["selftests/hv/*"])
    version = verdicts.output(compiler, "--version")[1]
    environment = {**os.environ, "CC": compiler, "CFLAGS": "-O2 -Werror"}

    def check():
        findings = []
        with copy(compiler, names, version, headers()) as tree:
            for folder in PROGRAM_FOLDERS:
                status, lines = verdicts.output("make", "-s", "-k", f"-j{os.cpu_count()}", "-C",
                                                tree / folder, env=environment)
                if status:
                    findings += lines or [f"{folder}: exit status {status}"]
        return findings
    verdicts.require_none(verdicts.once(
        "compiler", sources.digest(names, headers(), version), check))


@pytest.mark.long
def test_analyzer():
    """clang's analyzer: up to 7 s a file, and few findings, none of them in the module"""
    flags = [*paths.run("pkg-config", "--cflags", *ANALYZER_LIBRARIES).split(), "-std=gnu11",
             "-D_GNU_SOURCE", '-DVECTORS_DIR=""', '-DHVSND_VERSION=""', *(f"-I{folder}" for folder in ANALYZER_FOLDERS)]

    def check(files):
        status, lines = verdicts.output("clang-tidy", "--quiet", "--warnings-as-errors=*",
                                        f"--checks={ANALYZER_CHECKS}", *files, "--", *flags)
        found = [line for line in lines if re.search(r": (warning|error): ", line)]
        return found or lines if status else []

    names = [name for name in PROGRAMS + PURE if name.suffix == ".c" and name not in FOR_WINDOWS]
    key = reads_key(headers(), verdicts.packages("clang-tidy", "clang-tidy-*"), ANALYZER_CHECKS)
    verdicts.require_none(verdicts.each("analyzer", names, key, check))


@pytest.mark.long
def test_coccinelle():
    """Rules of the kernel's source for any driver: two minutes, and one finding so far (style)"""
    folder = kernel_scripts() / "coccinelle"
    # Not those that need an OCaml compiler: a check of bq27xxx, and one for comparisons of
    # pointers with 0, which sparse finds as well.
    rules = [path for part in ("api", "free", "iterators", "locks", "misc", "null", "tests")
             for path in sorted((folder / part).rglob("*.cocci"))
             if not re.search(r"script: *ocaml", path.read_text())]
    assert len(rules) > 40, f"{len(rules)} rules in {folder}"

    def check(files):
        rule, = files
        options = re.findall(r"^// Options: *(.*)", rule.read_text(), re.MULTILINE)
        with tempfile.NamedTemporaryFile("r") as errors:
            status, lines = verdicts.output(
                "sh", "-c", f'exec "$@" 2>{errors.name}', "sh", "spatch", "--very-quiet",
                "--no-show-diff", "-D", "report", *" ".join(options).split(), "--cocci-file", rule,
                *MODULES)
            if status:
                lines += errors.read().splitlines()[-3:] or [f"exit status {status}"]
        return [f"{rule.name}: {line}" for line in lines if line.strip()]

    files = sources.digest(MODULES, headers(), verdicts.packages("coccinelle"))
    verdicts.require_none(verdicts.each(
        "coccinelle", rules, lambda rule: paths.digest(rule, files), check))


def test_shellcheck():
    # What is in single quotes is for a guest's shell (SC2016). A function may have options, and
    # have none (SC2119, SC2120).
    def check(files):
        return verdicts.complaints("shellcheck", "-x", "-P", "SCRIPTDIR", "-e",
                                   "SC2016,SC2119,SC2120", "-f", "gcc", *files)
    key = reads_key(verdicts.packages("shellcheck"))
    verdicts.require_none(verdicts.each("shellcheck", sources.shell_scripts(), key, check))


def test_python():
    """pyflakes in all Python, and pycodestyle's rules with lines of 120 columns in selftests"""
    def check(files):
        findings = [line for line in verdicts.complaints("pyflakes3", *files) if not wanted(line)]
        ours = [name for name in files if name.parts[0] == "selftests"]
        if ours:
            findings += verdicts.complaints("pycodestyle", "--max-line-length=120",
                                            # pycodestyle's own list, and the tabs of C in strings
                                            "--ignore=E121,E123,E126,E226,E24,E704,W503,W504,E101,W191", *ours)
        return findings

    def wanted(finding):
        """A name may be imported for others, where the line says so."""
        found = re.match(r"([^:]+):(\d+):", finding)
        return found and "# noqa" in sources.text(found[1]).splitlines()[int(found[2]) - 1]

    key = file_key(verdicts.packages("pyflakes3", "python3-pyflakes", "pycodestyle"))
    verdicts.require_none(verdicts.each("python", sources.matching("*.py"), key, check, batch=12))


def test_codespell():
    """Words that are misspelt"""
    names = sources.matching("*", without=["*/seeds/*", "*.hex"])
    # roff's bullet is \(bu.
    verdicts.require_none(verdicts.once(
        "codespell", sources.digest(names, verdicts.packages("codespell")),
        lambda: verdicts.complaints("codespell", "-L", "bu", *names)))


def test_licence():
    """Every file of code says its licence"""
    names = [*sources.matching("*.[ch]", "*.py", "*Makefile", "*.mk", "*Kbuild", "*.yaml", "*.rst",
                               "*.cocci"), *sources.shell_scripts()]
    verdicts.require_none([
        f"{name}: no SPDX-License-Identifier" for name in names
        if sources.text(name) and "SPDX-License-Identifier: " not in sources.text(name)])


def test_reuse():
    """Licences are stated as the REUSE specification requires, except that GPL-2.0 has the kernel's name, not SPDX's
    newer one
    """
    def check():
        said = verdicts.complaints("reuse", "--root", paths.TOP, "lint")
        heads = {line for line in said if line.startswith("# ")}
        fine = heads == {"# DEPRECATED LICENSES", "# SUMMARY"} and "* Deprecated licenses: GPL-2.0" in said \
            and not any("ERROR" in line for line in said)
        return [] if fine else said

    names = sources.matching("*")
    verdicts.require_none(verdicts.once("reuse", sources.digest(names, verdicts.packages("reuse")), check))
    assert sources.text("COPYING") == sources.text("LICENSES/GPL-2.0.txt")


def test_manual_pages():
    """mandoc has no warning"""
    def check(files):
        return verdicts.complaints("mandoc", "-T", "lint", "-W", "warning", *files)
    verdicts.require_none(verdicts.each(
        "mandoc", sources.matching("Documentation/man/*"), file_key(verdicts.packages("mandoc")),
        check))


def test_documentation():
    """Sphinx has no warning, so links between pages lead somewhere"""
    names = sources.matching("VERSION", "COPYING", "MAINTAINERS", "*.md", "Documentation/*", "bench/results/*")

    def check():
        with copy("documentation", names) as tree:
            # -E: what was read already would not be warned of again.
            return verdicts.complaints("/usr/bin/python3", "-m", "sphinx", "-q", "-E", "-W", "--keep-going", "-c",
                                       tree / "Documentation", tree, tree / "Documentation/html")
    key = sources.digest(names, verdicts.packages("python3-sphinx", "python3-myst-parser", "python3-docutils",
                                                  "python3-yaml", "mandoc"))
    verdicts.require_none(verdicts.once("documentation", key, check))
