# SPDX-License-Identifier: GPL-2.0
"""What a second of one stream at 10 ms periods costs the guest, in instructions executed, is what
bench/instructions says. An intended change of that figure is committed with what changes it.

Simulated time: QEMU counts the guest's instructions, exactly and without a plugin, since its clock is
that count. /proc/uptime counts idle time in ticks, and a process that counts in the idle time would
change what is measured. The host is in the same guest: what PulseAudio runs for, which the scheduler
knows to the nanosecond, is taken off. A run has the same count each time; what is left of the margin
is for other versions of compilers and libraries.
"""

import glob

from rig.ramp import Ramp

NS_PER_INSTRUCTION = 2      # QEMU's -icount shift=1
SETTLE_S = 3                # the host lengthens and shortens its buffer at first
SECONDS = 5


def cost(guest, host):
    """Instructions that the guest executes in a second, but for the host's."""
    before = guest.instructions(), host_instructions(host)
    guest.sleep(SECONDS)
    after = guest.instructions(), host_instructions(host)
    return (after[0] - before[0] - after[1] + before[1]) / SECONDS


def host_instructions(host):
    total_ns = 0
    for path in glob.glob(f"/proc/{host.server.pid}/task/*/schedstat"):
        with open(path) as file:
            total_ns += int(file.read().split()[0])
    return total_ns / NS_PER_INSTRUCTION


def test_instructions(guest):
    with open("/job/instructions") as file:
        committed, margin_percent = map(float, file.read().split())
    guest.modprobe(debug=False)
    host = guest.host(relay=False)
    host.sink("main")
    guest.sleep(SETTLE_S)
    idle = cost(guest, host)
    ramp = Ramp(seconds=SETTLE_S + SECONDS + 2)
    ramp.write("/tmp/sent")
    player = guest.spawn(f"exec aplay -q -D hw:HvSock {ramp.alsa} --period-time=10000 --buffer-time=100000 /tmp/sent")
    guest.sleep(SETTLE_S)
    busy = cost(guest, host)
    player.wait()
    found = busy - idle
    print(f"{found:.0f} instructions per second of a stream ({busy:.0f}, and {idle:.0f} without it)")
    assert abs(found / committed - 1) <= margin_percent / 100, \
        (f"{found:.0f} instructions per second of a stream; committed are {committed:.0f}, "
         f"with a margin of {margin_percent} %")
