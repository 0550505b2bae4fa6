# SPDX-License-Identifier: GPL-2.0
"""hvsnd cat and relay with vsock addresses in several notations. A port without CID accepts any CID.

Simulated time, because only guests may use vsock. No test here depends on time.
"""

SERVICE = "00001770-facb-11e6-bd58-64006a7986d3"    # port 6000


def test_listen(guest):
    """Every way to name a port of any CID, while a program at CID 1 connects to it"""
    for address in ("6000", "0x1770", SERVICE, "vsock:any:6000", "vsock::6000", "vsock://:6000",
                    "vsock[any:6000]",
                    "hvsock://wildcard/6000", "VSOCK-LISTEN:6000"):
        listener = guest.spawn(f"exec hvsnd cat -l --echo '{address}'", "listener")
        guest.sleep(0.1)
        assert listener.alive(), f"{address}: {listener.output()}"
        heard = guest.sh("echo sound | hvsnd cat '1:6000'")
        assert heard == "sound\n", f"{address}: '{heard}'"
        listener.stop()


def test_relay(guest):
    """As X displays and PulseAudio's sockets need it, both ways"""
    guest.sh("mkdir -p /tmp/.X11-unix")
    guest.spawn("exec socat UNIX-LISTEN:/tmp/display,fork EXEC:cat", "display")
    guest.spawn("exec hvsnd relay 4800 unix:/tmp/display", "first")
    guest.spawn("exec hvsnd relay --mode 777 unix:/tmp/.X11-unix/X5 'vsock[1:4800]'", "second")
    guest.spawn("exec hvsnd relay unix:@/tmp/.X11-unix/X5 unix:/tmp/.X11-unix/X5", "third")
    guest.sleep(0.2)
    for name in ("unix:/tmp/.X11-unix/X5", "unix:@/tmp/.X11-unix/X5"):
        heard = guest.sh(f"echo sound | hvsnd cat {name}")
        assert heard == "sound\n", f"{name}: '{heard}'"
    assert guest.sh("stat -c %a /tmp/.X11-unix/X5") == "777\n"
