# SPDX-License-Identifier: GPL-2.0
"""No guest: what many guests that play with the protocol pulse cost, with hvsndd as the server and with hvsndd that
forwards to PulseAudio. Long: it measures, for Documentation/hvsndd-server.rst.

GUESTS=N: so many guests instead. SECONDS_LOAD=N: so many seconds, by default 20. Run this on a machine that does
nothing else.
"""

import os
import pathlib
import re
import time

import pytest
from hvsndd_daemon import PLAIN, Daemon
from rig.processes import Processes, until
from rig.pulse import Pulse
from rig.ramp import Ramp

pytestmark = pytest.mark.long
SECONDS = int(os.environ.get("SECONDS_LOAD") or 20)
WAV_HEADER = 44
# One sink of PulseAudio mixes 32 streams.
CASES = [("file", int(os.environ.get("GUESTS") or 64)), ("file", 32), ("pulse", 32)]


@pytest.fixture
def processes(tmp_path):
    started = Processes(tmp_path / "logs")
    yield started
    started.stop()


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kb(pid):
    return int(re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


@pytest.mark.parametrize("output, count", CASES)
def test_load(processes, tmp_path, output, count):
    """Share of a processor and memory for each guest, while all play. hvsndd itself plays each frame."""
    (tmp_path / "out").mkdir()
    host = Pulse(processes, tmp_path / "host")
    host.sink("main")
    doors = [word for number in range(count) for word in ("-l", f"unix:{tmp_path}/g.{number},name=guest{number}")]
    server = Daemon(processes, tmp_path, "-o", f"file:{tmp_path}/out" if output == "file" else "pulse", "--server",
                    host.env["PULSE_SERVER"], *doors, program=PLAIN)
    pids = [server.process.pid, *([host.server.pid] if output == "pulse" else [])]
    idle_kb = resident_kb(pids[0])
    ramp = Ramp(seconds=SECONDS)
    ramp.write(tmp_path / "ramp")
    players = [processes.spawn(["paplay", "--raw", "--rate=48000", "--channels=2", "--latency-msec=100",
                                tmp_path / "ramp"], env={**host.env, "PULSE_SERVER": f"unix:{tmp_path}/g.{number}"})
               for number in range(count)]
    until(lambda: sum(guest["connections"] for guest in server.guests().values()) == count, 60, "all play")
    time.sleep(SECONDS / 4)
    begin, begin_s = time.monotonic(), list(map(processor_seconds, pids))
    time.sleep(SECONDS / 2)
    spent_s = time.monotonic() - begin
    shares = [(processor_seconds(pid) - before) / spent_s for pid, before in zip(pids, begin_s)]
    memory_kb = (resident_kb(pids[0]) - idle_kb) / count
    assert all(player.alive() for player in players), "a guest has ended before the measurement"
    for player in players:
        player.wait(4 * SECONDS)
    print(f"{count} guests for {SECONDS} s, {output}: {' and '.join(f'{share:.1%}' for share in shares)} of a"
          f" processor, {memory_kb:.0f} kB for each guest")
    for number in range(count if output == "file" else 0):
        path, = (tmp_path / "out").glob(f"guest{number}.wav")
        (tmp_path / "heard").write_bytes(path.read_bytes()[WAV_HEADER:])
        ramp.check(tmp_path / "heard")
    server.stop()
