# SPDX-License-Identifier: GPL-2.0
"""No guest: what hvsnd host-setup tells people to do on the host."""

import json
import subprocess

from rig import paths

HVSND = paths.TOP / "user/hvsnd/hvsnd"
REGISTRY = r"GuestCommunicationServices"


def host_setup(*words, status=0):
    done = subprocess.run([HVSND, "host-setup", *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True,
                          timeout=20, check=False)
    assert done.returncode == status, f"{words}: status {done.returncode}: {done.stderr}"
    return done.stdout if status == 0 else done.stderr


def order(text, *parts):
    """The parts are in the text, one behind the other."""
    at = -1
    for part in parts:
        found = text.find(part, at + 1)
        assert found >= 0, f"'{part}' is not behind the part before it:\n{text}"
        at = found


def test_linux():
    """hvsndd first, with its closed microphones, and socat as the second way"""
    text = host_setup("linux")
    order(text, "vhost-vsock", "hvsndd", "hvsndd.socket", "hvsndd ctl allow vm3",
          "socat VSOCK-LISTEN:4713",
          "module-native-protocol-unix")
    assert "hvsndd --listen 4800" in host_setup("-p", "4800", "linux")
    assert json.loads(host_setup("-j", "linux"))["hvsndd"] == "hvsndd"


def test_windows_order():
    """The cookie is fetched after the server has made it, and is never where others can read it"""
    for words in (["windows"], ["--wsl2", "windows"]):
        text = host_setup(*words)
        order(text, REGISTRY, "pulseaudio.exe", "config", "sudo hvsnd cookie HvSock", "hvsnd probe")
        assert "/tmp" not in text, text
        order(text, "Get-VM", "hcsdiag list")
        answer = json.loads(host_setup("-j", *words))
        assert "/tmp" not in answer["fetch-cookie"]


def test_ports():
    for port in ("0", "-1", "x", "4294967295", "5-4", "1-", "-3"):
        assert "is no port" in host_setup(f"--port={port}", "windows", status=2), port
    assert "at most 64 ports" in host_setup("-p", "1-65", "windows", status=2)
    for port in ("6000", "0x1770"):
        assert "00001770-facb" in host_setup("-p", port, "--reg", "windows")
    host_setup("-p", "2147483648", "windows", status=2)


def test_other_service():
    """Named as it is, all ports in one go, and nothing of PulseAudio"""
    services = [f"{port:08x}-facb-11e6-bd58-64006a7986d3" for port in range(6000, 6006)]
    answer = json.loads(host_setup("-j", "--name", "X410", "-p", "6000-6003", "-p", "6004", "-p",
                                   "6005", "windows"))
    assert answer["services"] == services and answer["ports"] == list(range(6000, 6006))
    for service in services:
        assert answer["reg"].count(f"\\{service}]\r\n\"ElementName\"=\"X410\"\r\n") == 1, answer["reg"]
        assert answer["powershell"].count(f"\\{service}'\n") == 1, answer["powershell"]
    text = host_setup("-n", "X410", "-p", "6000-6005", "windows")
    assert "ulse" not in text.replace("'PulseAudio", "") and "cookie" not in text, text
    quoted = json.loads(host_setup("-j", "-n", "it's \"x\\", "-p", "1", "windows"))
    assert "-Value 'it''s \"x\\'" in quoted["powershell"] \
        and r'"it' + "'" + r's \"x\\"' in quoted["reg"], quoted
    for words in (["-n", "", "windows"], ["-n", "a\nb", "windows"], ["-n", "x" * 65, "windows"],
                  ["-n", "X410", "linux"], ["-p", "1-2", "linux"], ["-p", "1-2", "windows"]):
        host_setup(*words, status=2)
