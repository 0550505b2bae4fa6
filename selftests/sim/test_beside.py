# SPDX-License-Identifier: GPL-2.0
"""Simulated time, because each period must be in time: short periods for minutes, beside a program that takes half of
the only processor.
"""

import pytest
from rig.streams import Streams

BUSY_S = 0.01
BUSY = ("import time\n"
        "while True:\n"
        f"    time.sleep({BUSY_S})\n"
        f"    end = time.monotonic() + {BUSY_S}\n"
        "    while time.monotonic() < end:\n"
        "        pass\n")


# Long, because the busy program's instructions take 3 minutes of processor time. An hour would take 35.
@pytest.mark.simulated(shift=3, limit_s=400)
@pytest.mark.parametrize("period_us, buffer_us, seconds", [
    pytest.param(2500, 40000, 300, marks=pytest.mark.long), pytest.param(1000, 20000, 60, marks=pytest.mark.long)])
def test_beside(guest, period_us, buffer_us, seconds):
    """No xrun, and nothing is dropped, inserted or late at the host."""
    guest.modprobe()
    host = guest.host(relay=False)
    host.sink("main")
    streams = Streams(guest)
    with open("/tmp/busy", "w") as file:
        file.write(BUSY)
    busy = guest.spawn("exec python3 /tmp/busy")
    said = guest.sh(f"aplay -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 --period-time={period_us} "
                    f"--buffer-time={buffer_us} -d {seconds} /dev/zero 2>&1", limit_s=seconds + 30)
    busy.stop()
    assert "underrun" not in said, said
    streams.faultless()
