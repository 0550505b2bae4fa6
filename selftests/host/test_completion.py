# SPDX-License-Identifier: GPL-2.0
"""No guest: completion of hvsnd and hvsndd in bash, and the words that zsh and fish make of it; --help and
--version.
"""

import re
import shutil
import subprocess

import pytest
from rig import paths

PROGRAMS = {"hvsnd": paths.TOP / "user/hvsnd/hvsnd",
            "hvsndd": paths.TOP / "user/hvsndd/build/asan/hvsndd"}
VERSION = (paths.TOP / "VERSION").read_text().strip()
COMPLETION = paths.TOP / "packaging/completion"


def run(*command, status=0, **options):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True,
                          timeout=20, check=False, **options)
    assert done.returncode == status, f"{command}: status {done.returncode}: {done.stderr}"
    assert not done.stderr, f"{command} complains: {done.stderr}"
    return done.stdout


def bash(line, breaks=" \t\n\"'><=;|&(:", cwd=None):
    """What bash puts in place of the last word, by its own taking apart of words."""
    name = line.split()[0]
    return run("bash", "-c", '. "$1"; COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=$3; _' + name +
               '; printf "%s\n" "${COMPREPLY[@]}"', "-", COMPLETION / f"{name}.bash", line, breaks,
               cwd=cwd).splitlines()


def installed(kind, name, tmp_path):
    """The file for zsh or fish, as make install writes it."""
    shutil.copy(COMPLETION / f"{name}.bash", tmp_path / name)
    text = (COMPLETION / f"{kind}.in").read_text().replace("@NAME@",
                                                           name).replace("@COMPLETIONDIR@",
                                                                         str(tmp_path))
    (tmp_path / f"{name}.{kind}").write_text(text)
    return tmp_path / f"{name}.{kind}"


CASES = [
    ("hvsnd he", ["help"]),
    ("hvsnd help sh", ["show"]),
    ("hvsnd cat vsock:2", ["2:4713"]),
    ("hvsnd cat vsock:", ["", "2:4713", "any:"]),
    ("hvsnd relay --mode 7", ["777"]),
    ("hvsnd relay --mode=7", ["777"]),
    ("hvsnd set HvSock format S16", ["S16_LE", "S16_BE"]),
    ("hvsnd set HvSock mic ", ["off", "on"]),
    ("hvsnd add new pro", ["protocol"]),
    ("hvsnd host-setup --port 6000-6005 win", ["windows"]),
    ("hvsndd --guest 3,mic", ["3,microphone="]),
    ("hvsndd --guest 3,name=work,microphone=a", ["ask", "allow"]),
    ("hvsndd -l vsock:any:4713,protocol=s", ["simple"]),
    ("hvsndd --drift=f", ["follow"]),
    ("hvsndd ctl forg", ["forget"]),
    ("hvsndd --state", ["--state-dir"]),
]


@pytest.mark.parametrize("line, expected", CASES, ids=[line for line, _ in CASES])
def test_bash(line, expected):
    assert bash(line) == expected


def test_paths(tmp_path):
    (tmp_path / "sound").mkdir()
    (tmp_path / "sounds").touch()
    assert sorted(bash("hvsnd cat unix:so", cwd=tmp_path)) == ["sound", "sounds"]
    assert bash("hvsndd -o file:so", cwd=tmp_path) == ["sound"]
    assert sorted(bash("hvsnd probe -k so", cwd=tmp_path)) == ["sound", "sounds"]


def test_whole():
    """Every command, option and key that the programs name is offered, and no other"""
    text = run(PROGRAMS["hvsnd"], "--help")
    commands = re.findall(r"^  ([a-z-]+)  ", text, re.M)
    assert sorted(bash("hvsnd ")) == sorted([*commands, "help", "--help", "--version"])
    for command in commands:
        text = run(PROGRAMS["hvsnd"], "help", command)
        json = {"--json"} if "[-j]" in text else set()
        expected = set(re.findall(r"^  -[a-z], (--[a-z0-9-]+)", text, re.M)) | json | {"--help"}
        if command == "cookie":
            expected |= {"--forget"}
        assert set(bash(f"hvsnd {command} --")) == expected, command
    keys = subprocess.run([PROGRAMS["hvsnd"], "add", "a", "x", "1"], capture_output=True, text=True,
                          check=False).stderr.split("must be one of ")[1].split(" (")[0].split()
    assert sorted(bash("hvsnd add a ")) == sorted(keys)
    for key in keys:
        assert bash(f"hvsnd add a {key} ") or key == "cookie-file", f"{key} has no values"
    text = run(PROGRAMS["hvsndd"], "--help").split("\n", 2)[2]
    assert set(bash("hvsndd --")) == set(re.findall(r"(--[a-z][a-z-]+)", text)) | {"--help"}
    text = run(PROGRAMS["hvsndd"], "help", "ctl")
    expected = set(re.findall(r"^  ([a-z]+) ", text, re.M)) | set(re.findall(r"(--[a-z-]+)",
                                                                             text)) | {"--help"}
    assert set(bash("hvsndd ctl --json ")) == expected


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish(tmp_path):
    for line, expected in [("hvsnd cat vsock:2", ["vsock:2:4713"]), ("hvsnd set HvSock mic ",
                                                                     ["off", "on"]),
                           ("hvsndd --guest 3,microphone=al", ["3,microphone=allow"])]:
        script = installed("fish", line.split()[0], tmp_path)
        found = run("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'",
                    env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}).split()
        assert sorted(found) == expected, line


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh(tmp_path):
    """compadd, which is zsh's own only while it completes, prints what it is given"""
    for line, expected in [("hvsnd cat vsock:2", ["vsock:2:4713"]), ("hvsnd set HvSock mic ",
                                                                     ["off", "on"]),
                           ("hvsndd --guest 3,mic", ["3,microphone="])]:
        script = installed("zsh", line.split()[0], tmp_path)
        words = " ".join(f"'{word}'" for word in line.split(" "))
        found = run("zsh", "-f", "-c",
                    "compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -l -- $@ }; "
                    f"words=({words}); CURRENT={len(line.split(' '))}; . {script}").split()
        assert sorted(found) == expected, line


def test_help():
    for name, program in PROGRAMS.items():
        assert run(program, "-V") == run(program, "--version") == f"{name} {VERSION}\n"
        assert run(program, "help") == run(program, "--help")
    assert run(PROGRAMS["hvsnd"], "help", "show") == run(PROGRAMS["hvsnd"], "show", "--help")
    assert run(PROGRAMS["hvsndd"], "help", "ctl") == run(PROGRAMS["hvsndd"], "ctl", "--help")
    done = subprocess.run([PROGRAMS["hvsnd"], "help", "nothing"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2 and "there is no command 'nothing'" in done.stderr
