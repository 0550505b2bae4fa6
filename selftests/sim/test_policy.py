# SPDX-License-Identifier: GPL-2.0
"""Simulated time, as a guest of these tests is quickly there.

Programs that read the limits of the netlink family from the kernel (CTRL_CMD_GETPOLICY) get those of the
specification, Documentation/netlink/specs/snd_hvsock.yaml.
"""

import json
import pathlib
import socket
import struct

NETLINK_GENERIC = 16
GENL_ID_CTRL = 16
CTRL_CMD_GETPOLICY = 10
CTRL_ATTR_FAMILY_NAME = 2
CTRL_ATTR_POLICY, CTRL_ATTR_OP_POLICY, CTRL_ATTR_POLICY_DO = 8, 9, 1
# NL_POLICY_TYPE_ATTR_*
TYPE, MIN_VALUE_U, MAX_VALUE_U, MAX_LENGTH = 1, 4, 5, 7
# enum netlink_attribute_type
NUMBERS = {"u32": 4, "binary": 10, "string": 12}
U32_MAX = 0xffffffff


def job_files():
    """Called outside the guest: the limits of the specification, as the guest has no YAML"""
    import yaml
    from rig import paths
    spec = yaml.safe_load((paths.TOP / "Documentation/netlink/specs/snd_hvsock.yaml").read_text())
    target = paths.CACHE / "netlink-limits.json"
    with paths.locked("netlink-limits"):
        target.write_text(json.dumps(limits(spec)))
    return {"limits.json": target}


def limits(spec):
    """Mapping of each command's number to its attributes' numbers, each with type, minimum, maximum and length"""
    consts = {entry["name"]: entry["value"] for entry in spec["definitions"] if entry["type"] == "const"}
    enums = {entry["name"]: len(entry["entries"]) for entry in spec["definitions"] if entry["type"] == "enum"}
    sets = {group["name"]: group["attributes"] for group in spec["attribute-sets"]}
    found = {}
    for number, operation in enumerate(spec["operations"]["list"], 1):
        if "do" not in operation:
            continue
        found[number] = {}
        for index, attribute in enumerate(sets[operation["attribute-set"]], 1):
            if attribute["name"] in operation["do"]["request"]["attributes"]:
                checks = {name: consts.get(value, value) for name, value in attribute.get("checks", {}).items()}
                top = enums[attribute["enum"]] - 1 if "enum" in attribute else U32_MAX
                is_number = attribute["type"] == "u32"
                found[number][index] = [NUMBERS[attribute["type"]],
                                        checks.get("min", 0) if is_number else None,
                                        checks.get("max", top) if is_number else None, checks.get("max-len")]
    return found


def attributes(data):
    """Type and payload of netlink attributes"""
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        assert length >= 4, "an attribute is shorter than its header"
        yield kind & 0x3fff, data[4:length]
        data = data[(length + 3) & ~3:]


def number(data):
    """A number of four or eight bytes"""
    return None if data is None else int.from_bytes(data, "little")


def policies(family):
    """Policies of the kernel by their numbers, and the number of each command's policy"""
    name = family.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(name), CTRL_ATTR_FAMILY_NAME) + name + bytes(-len(name) % 4)
    body = struct.pack("=BBH", CTRL_CMD_GETPOLICY, 1, 0) + attribute
    asked = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
    asked.send(struct.pack("=IHHII", 16 + len(body), GENL_ID_CTRL, 0x301, 1, 0) + body)
    found, commands = {}, {}
    while True:
        data = asked.recv(65536)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            assert kind != 2, f"CTRL_CMD_GETPOLICY fails: {data[16:20].hex()}"
            if kind == 3:
                return found, commands
            for kind, nest in attributes(data[20:length]):
                if kind == CTRL_ATTR_OP_POLICY:
                    commands |= {index: number(dict(attributes(inner))[CTRL_ATTR_POLICY_DO])
                                 for index, inner in attributes(nest)}
                elif kind == CTRL_ATTR_POLICY:
                    for index, inner in attributes(nest):
                        found.setdefault(index, {}).update(attributes(inner))
            data = data[(length + 3) & ~3:]


def test_policy(guest):
    guest.modprobe()
    found, commands = policies("snd_hvsock")
    wanted = json.loads(pathlib.Path("/job/limits.json").read_text())
    assert sorted(commands) == sorted(map(int, wanted)), f"policies of the commands {sorted(commands)}"
    for command, rows in wanted.items():
        policy = found[commands[int(command)]]
        assert sorted(policy) == sorted(map(int, rows)), f"command {command} takes the attributes {sorted(policy)}"
        for attribute, row in rows.items():
            has = dict(attributes(policy[int(attribute)]))
            is_number = row[0] == NUMBERS["u32"]
            told = [number(has.get(TYPE)), *(number(has.get(limit)) if is_number else None
                                             for limit in (MIN_VALUE_U, MAX_VALUE_U)), number(has.get(MAX_LENGTH))]
            assert told == row, f"command {command}, attribute {attribute}: the kernel says {told}, expected {row}"
