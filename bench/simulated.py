#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make bench-simulated: counts what streams cost in simulated time, and writes bench/results/simulated.md.

The figures are the same in each run of the same programs, on a busy machine too.
"""

import pathlib
import re
import subprocess
import sys

import split

TOP = pathlib.Path(__file__).resolve().parent.parent
TABLE = TOP / "bench/results/simulated.md"
COMMAND = ["selftests/check.sh", "-rP", "-m", "long", "selftests/sim/test_costs.py", "-k", "test_cost and not split"]
LINE = re.compile(r"cost what=(\w+) way=(\w+) streams=(\d+) instructions=(-?\d+) ")
WAYS = {"module": "snd-hvsock", "floor": "bytes to a vsock", "dummy": "snd-dummy",
        "aloop": "snd-aloop + arecord + socat", "pulse": "pulse plugin + socat"}
TITLES = {"play": "Playback", "record": "Recording", "timed": "Playback without period wakeups"}


def run():
    """Runs the tests, and shows what they print; returns the figures: {(what, way, streams): instructions}."""
    found = {}
    with subprocess.Popen(COMMAND, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            if match := LINE.match(line):
                what, way, streams, instructions = match.groups()
                found[what, way, int(streams)] = int(instructions)
    if process.returncode:
        sys.exit("bench-simulated: not all ways could be measured, see above; bench/results is as it was")
    return found


def table(found, what):
    counts = sorted({streams for kind, _, streams in found if kind == what})
    yield f"\n## {TITLES[what]}\n"
    yield "| Streams | " + " | ".join(map(str, counts)) + " |"
    yield "|---" * (len(counts) + 1) + "|"
    for way, name in WAYS.items():
        cells = [found.get((what, way, streams)) for streams in counts]
        if any(cells):
            yield f"| {name} | " + " | ".join(f"{cell / 1e6:.2f}" if cell else "-" for cell in cells) + " |"


def main():
    found = run()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=TOP, stdout=subprocess.PIPE, text=True,
                            check=True).stdout.strip()
    lines = ["<!-- SPDX-License-" "Identifier: GPL-2.0 -->",
             "# Cost in simulated time", "",
             "Million instructions per second for each stream, 48 kHz stereo at periods of 10",
             "ms in a buffer of 100 ms, on Linux 6.1 with one processor. The host's programs",
             "do not count. Host and guest are one machine, so a vsock's work for the host",
             "counts. `-` was not measured.",
             f"`make bench-simulated` wrote this page at commit {commit}."]
    for what in TITLES:
        lines += table(found, what)
    lines += split.lines()
    TABLE.write_text("\n".join(lines) + "\n")
    print(f"bench-simulated: wrote {TABLE.relative_to(TOP)}")


if __name__ == "__main__":
    main()
