# SPDX-License-Identifier: GPL-2.0
"""Which functions of the guest's kernel execute the instructions of one stream: functions.c counts in simulated time.

test_split() of selftests/sim/test_costs.py marks the window, in which its way runs, and one before it, in which nothing
plays.
"""

import bisect
import collections
import os
import pathlib
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
WAYS = {("play", "module"): "snd-hvsock", ("play", "floor"): "bytes to a vsock", ("play", "dummy"): "snd-dummy",
        ("record", "module"): "snd-hvsock, recording"}
WINDOW = 3 * 100        # periods
IDLE, PLAYING = 1, 3    # number of the file that the plugin writes at the end of the window
# Threads that stand for the host, and those of the test itself
OTHERS = {"pulseaudio", "null-sink", "socat", "mark", "python3"}
PARTS = {"snd_hvsock": "snd-hvsock", "snd_pcm": "ALSA", "snd": "ALSA", "snd_timer": "ALSA", "snd_dummy": "snd-dummy",
         "vsock": "vsock", "vmw_vsock_virtio_transport_common": "vsock", "vsock_loopback": "vsock",
         "user": "the program"}
FUNCTIONS = 40


def symbols(path):
    """(address, name, part) of all functions of a guest's /proc/kallsyms, in the order of addresses; address of each
    variable
    """
    functions, variables = [], {}
    with open(path, encoding="utf-8") as file:
        for words in map(str.split, file):
            if words[1] in "tTwW" and not words[2].startswith("__pfx_"):
                functions.append((int(words[0], 16), words[2], words[3].strip("[]") if len(words) > 3 else "kernel"))
            else:
                variables[words[2]] = words[0]
    return sorted(functions), variables


def run(folder, what, way, plugin=None):
    """Runs a way; returns the guest's symbols."""
    environment = {**os.environ, "KEEP": "1", "RESULTS": str(folder / "results")}
    if plugin:
        environment["VM_PLUGIN"] = plugin
    subprocess.run(["selftests/check.sh", "-q", "-m", "long", "selftests/sim/test_costs.py", "-k",
                    f"test_split and {what}-{way}-1]"], cwd=TOP, env=environment, check=True, stdin=subprocess.DEVNULL)
    path, = (folder / "results").rglob(f"*{what}-{way}-1/**/kallsyms")
    return symbols(path)


def counts(path, functions):
    """Instructions of each (thread, function, part)"""
    addresses = [address for address, *_ in functions]
    found = collections.Counter()
    with open(path, encoding="utf-8") as file:
        for thread, address, instructions, _ in (line.rstrip("\n").split("\t") for line in file):
            if thread in OTHERS or (thread == "spare" and address == "0"):
                continue
            place = ("the program", "user") if address == "0" else \
                functions[bisect.bisect_right(addresses, int(address, 16)) - 1][1:]
            found[thread, *place] += int(instructions)
    return found


def measure(folder):
    """Instructions per period of each function and part: {way: Counter}, twice; those of each thread"""
    subprocess.run(["make", "-s", "-C", TOP / "bench", "functions.so"], check=True)
    _, variables = run(folder, "play", "dummy")
    # From 6.2 to 6.14, current_task is the first member of pcpu_hot.
    current = variables.get("current_task") or variables["pcpu_hot"]
    by_function, by_part, by_thread = {}, {}, {}
    for what, way in WAYS:
        out = folder / f"{what}-{way}"
        functions, _ = run(folder, what, way, f"{TOP}/bench/functions.so,out={out},current_task={current},"
                                              f"per_cpu_offset={variables['__per_cpu_offset']}")
        playing, idle = (counts(f"{out}.{number}", functions) for number in (PLAYING, IDLE))
        playing.subtract(idle)
        tables = [collections.Counter() for _ in range(3)]
        for (thread, function, module), instructions in playing.items():
            names = function, PARTS.get(module, "the rest of the kernel"), kind(thread)
            for table, name in zip(tables, names):
                table[name] += instructions / WINDOW
        by_function[what, way], by_part[what, way], by_thread[what, way] = tables
    return by_function, by_part, by_thread


def kind(thread):
    """What a thread is for"""
    if thread.startswith("kworker"):
        return "worker of the module" if thread.endswith("H") else "worker of the transport"
    names = {"sound": "program", "arecord": "program", "spare": "interrupts while nothing else runs"}
    return names.get(thread, "others")


def rows(title, tables, limit=None):
    """Lines of a table with a column for each way; the first way's largest names first, of all ways"""
    names = sorted(set().union(*tables.values()), key=lambda name: -max(table[name] for table in tables.values()))
    yield f"| {title} | " + " | ".join(WAYS[way] for way in tables) + " |"
    yield "|---" * (len(tables) + 1) + "|"
    for name in names[:limit]:
        yield f"| {name} | " + " | ".join(f"{table[name]:.0f}" for table in tables.values()) + " |"
    yield "| total | " + " | ".join(f"{sum(table.values()):.0f}" for table in tables.values()) + " |"


def lines():
    """The section of bench/results/simulated.md"""
    with tempfile.TemporaryDirectory() as folder:
        by_function, by_part, by_thread = measure(pathlib.Path(folder))
    yield "\n## Where the instructions of one stream go\n"
    yield "Instructions for each period of 10 ms. An interrupt counts for the thread that it"
    yield "interrupts, those for the host's programs too.\n"
    yield from rows("Thread", by_thread)
    yield ""
    yield from rows("Part", by_part)
    yield f"\nThe {FUNCTIONS} functions that have most:\n"
    yield from rows("Function", by_function, FUNCTIONS)
