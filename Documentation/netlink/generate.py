#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Makes what follows from the keys and attributes of the family's specification, into a folder.

    generate.py SPECIFICATION TOP OUTPUT

The tables of the kernel and of hvsnd, and the parts of the completion and of the man page between their marks. Files
that have such parts are read below TOP. The specification says which sentences end the documentation of a key.
"""

import pathlib
import re
import sys
import textwrap

import yaml

MADE = "Do not edit: made from Documentation/netlink/specs/snd_hvsock.yaml by generate.sh"
FIXED = ". To change it, delete the card, and add it again"
# What the completion offers besides the limits and the default
EXAMPLES = {"index": "0 1 2 3", "cid": "1 2", "latency-us": "10000 20000 50000 100000", "idle-retry-s": "60",
            "rate": "44100 48000 96000", "rate-min": "44100", "rate-max": "44100 48000 96000"}
# Keys that are parameters of the module as well
PARAMETERS = ("cid", "port", "protocol", "role", "playback-streams", "capture-streams")
TRAILER = {"default": r"Default: (\S+)\.", "zero": r"0: ([^.]+)\.", "least": r"Minimum if not 0: ([a-z-]+)\.",
           "fixed": r"Fixed\.", "next_open": r"For later opens\.", "reconnect": r"Reconnects\.",
           "former": r"Formerly ([a-z-]+)\."}


class Key:
    """A key of a card: an attribute whose documentation has a default, and the number of the card."""

    def __init__(self, attribute, consts, enums):
        doc = " ".join(attribute["doc"].split())
        found = {}
        for name, pattern in TRAILER.items():
            match = re.search(rf" ?{pattern}(?= |$)", doc)
            found[name] = match and (match[1] if match.groups() else True)
            if match and name != "zero":
                doc = doc[:match.start()] + doc[match.end():]
        self.name, self.doc = attribute["name"], doc.strip()
        self.field = self.name.replace("-", "_")
        self.attribute = f"SND_HVSOCK_A_CARD_{self.field.upper()}"
        self.default, self.former = found["default"], found["former"]
        self.fixed, self.next_open, self.reconnect = (bool(found[name]) for name in ("fixed", "next_open", "reconnect"))
        self.text = attribute["type"] == "string"
        self.words, self.values, self.meanings = [], [], []
        if self.text:
            named = re.search(r"ALSA's name: (.*); or any\.", doc)[1]
            self.words = ["any", *re.split(r", | or ", named)]
            self.values = ["HVSND_FORMAT_ANY"] + [f"(__force u32)SNDRV_PCM_FORMAT_{word}" for word in self.words[1:]]
        elif "enum" in attribute:
            self.words = list(enums[attribute["enum"]])
            self.meanings = [f"{word}: {said}" for word, said in enums[attribute["enum"]].items() if said]
            prefix = f"SND_HVSOCK_{attribute['enum']}_".replace("-", "_").upper()
            self.values = [prefix + word.upper() for word in self.words]
        checks = attribute.get("checks", {})
        number = lambda limit: consts.get(limit, limit)  # noqa: E731
        self.min = number(found["least"] or checks.get("min", 0))
        self.max = number(checks.get("max", 0xffffffff))
        self.zero = bool(found["zero"]) and self.min > 0

    def must(self):
        if self.words:
            return ", ".join(self.words[:-1]) + " or " + self.words[-1]
        return f"a number from {self.min} to {self.max}" + (", or 0" if self.zero else "")

    def default_value(self):
        return self.values[self.words.index(self.default)] if self.words else self.default


def comment(lines, begin=" * "):
    return "".join(f"{begin}{line}\n" for line in lines)


def c_head(doc, style="//"):
    # REUSE-IgnoreStart
    licence = "// SPDX-License-Identifier: GPL-2.0" if style == "//" else "/* SPDX-License-Identifier: GPL-2.0 */"
    # REUSE-IgnoreEnd
    return f"{licence}\n/* {MADE} */\n/* {doc} */\n"


def kernel_header(keys):
    text = c_head("The configuration of a card.", "/*")
    text += "#ifndef HVSOCK_CONFIG_GEN_H\n#define HVSOCK_CONFIG_GEN_H\n\n#include \"pure.h\"\n\n"
    text += "#ifdef __KERNEL__\n#include <uapi/linux/snd_hvsock.h>\n#else\n#include <linux/snd_hvsock.h>\n#endif\n\n"
    text += f"#define HVSND_KEYS\t{len(keys)}\n\n"
    text += "/**\n * struct hvsnd_card_config - configuration of a card\n"
    text += " * @index: ALSA card number, -1 for the first free one\n * @id: ALSA card id, NUL terminated\n"
    for key in keys:
        text += comment(textwrap.wrap(f"@{key.field}: {key.doc}", 76, subsequent_indent="  ", break_on_hyphens=False))
    text += " */\nstruct hvsnd_card_config {\n\tint index;\n\tchar id[SND_HVSOCK_MAX_NAME + 1];\n"
    text += "".join(f"\tu32 {key.field};\n" for key in keys)
    return text + "};\n\n#endif /* HVSOCK_CONFIG_GEN_H */\n"


def kernel_table(keys):
    text = c_head("The keys of a card.") + "#include \"keys.h\"\n\n"
    for key in keys:
        if key.words:
            text += f"static const struct hvsnd_word {key.field}_words[] = {{\n"
            text += "".join(f"\t{{ \"{word}\", {value} }},\n" for word, value in zip(key.words, key.values))
            text += "\t{ }\n};\n\n"
    text += "const struct hvsnd_key hvsnd_keys[HVSND_KEYS] = {\n"
    for key in keys:
        text += f"\t{{\n\t\t.attr = {key.attribute},\n"
        text += f"\t\t.offset = offsetof(struct hvsnd_card_config, {key.field}),\n"
        if key.default_value() != "0":
            text += f"\t\t.preset = {key.default_value()},\n"
        if key.words:
            text += f"\t\t.words = {key.field}_words,\n"
        else:
            text += f"\t\t.min = {key.min},\n" if key.min else ""
            text += f"\t\t.max = {key.max:#x},\n" if key.max >= 1 << 31 else f"\t\t.max = {key.max},\n"
        for flag in ("text", "zero", "fixed", "next_open", "reconnect"):
            text += f"\t\t.{flag} = true,\n" if getattr(key, flag) else ""
        text += f"\t\t.msg = \"{key.name}: must be {key.must()}{FIXED if key.fixed else ''}\",\n\t}},\n"
    return text + "};\n"


def user_header(keys):
    text = c_head("The keys of a card, in the order in which they are shown.", "/*")
    text += "#ifndef HVSND_KEYS_H\n#define HVSND_KEYS_H\n\n#include \"card_key.h\"\n\nenum card_key_index {\n"
    text += "".join(f"\tCARD_{key.field.upper()},\n" for key in keys)
    text += "\tCARD_KEYS\n};\n\nextern const struct card_key card_keys[CARD_KEYS];\n\n/* What hvsnd add --help says of them */\n#define KEYS_HELP"
    for key in keys:
        said = f"{key.doc} Values: {key.must()}." if key.words and not key.text else key.doc
        lines = textwrap.wrap(said, 80, break_on_hyphens=False)
        begin = f"{key.name} {key.default or 'N'}"
        for line in lines:
            text += f" \\\n\t\"  {begin:<26} {line}\\n\""
            begin = ""
    return text + "\n\n#endif /* HVSND_KEYS_H */\n"


def user_table(keys):
    text = c_head("The keys of a card.") + "#include \"keys.h\"\n\n"
    for key in keys:
        if key.words:
            words = "".join(f"\"{word}\", " for word in key.words)
            text += "\n".join(textwrap.wrap(f"static const char *const {key.field}_words[] = {{ {words}NULL }};", 90,
                                            subsequent_indent="\t")) + "\n"
    text += "\nconst struct card_key card_keys[CARD_KEYS] = {\n"
    for key in keys:
        text += f"\t[CARD_{key.field.upper()}] = {{\n\t\t.name = \"{key.name}\",\n"
        text += f"\t\t.former = \"{key.former}\",\n" if key.former else ""
        text += f"\t\t.attribute = {key.attribute},\n"
        text += f"\t\t.type = CARD_{'TEXT' if key.text else 'WORD' if key.words else 'NUMBER'},\n"
        text += "\t\t.fixed = true,\n" if key.fixed else ""
        text += f"\t\t.preset = \"{key.default}\",\n" if key.default else ""
        if key.words:
            text += f"\t\t.words = {key.field}_words,\n"
        else:
            top = "SND_HVSOCK_MAX_CARDS - 1" if key.name == "index" else key.max
            text += f"\t\t.min = {key.min},\n\t\t.max = {top},\n"
            text += "\t\t.zero = true,\n" if key.zero else ""
        text += "\t},\n"
    return text + "};\n"


KINDS = {"string": "STRING", "u32": "U32", "s32": "S32", "u64": "U64", "flag": "FLAG"}


def attribute_kind(group, attribute, enums):
    """A row of user/lib/attributes.c, after the name"""
    name = f"\"{attribute['name']}\""
    if attribute["name"] == "next-open":
        return f"{{ .name = {name}, .kind = KEYS }}"
    if attribute["type"] == "nest":
        return f"{{ .name = {name}, .kind = NEST, .set = &{attribute['nested-attributes']}_attributes }}"
    if attribute.get("enum") == "switch" and group == "volume":
        return f"{{ .name = {name}, .kind = BOOL }}"
    if "enum" in attribute:
        field = attribute["enum"].replace("-", "_")
        return f"{{ .name = {name}, .kind = WORD, .words = {field}_names, .count = {len(enums[attribute['enum']])} }}"
    kind = "LEVELS" if attribute.get("multi-attr") else KINDS[attribute["type"]]
    return f"{{ .name = {name}, .kind = {kind} }}"


def user_attributes(spec, enums):
    text = c_head("The family's attributes and messages.") + "#include \"attributes.h\"\n\n"
    for name, words in enums.items():
        listed = "".join(f"\"{word}\", " for word in words).rstrip(", ")
        text += f"static const char *const {name.replace('-', '_')}_names[] = {{ {listed} }};\n"
    sets = {group["name"]: group["attributes"] for group in spec["attribute-sets"]}
    # Those that others have inside come first.
    for name in sorted(sets, key=lambda name: any("nested-attributes" in a for a in sets[name])):
        text += f"\nstatic const struct attribute {name}_rows[] = {{\n"
        for attribute in sets[name]:
            if attribute["type"] not in ("pad", "binary"):
                number = f"SND_HVSOCK_A_{name}_{attribute['name']}".upper().replace("-", "_")
                row = attribute_kind(name, attribute, enums)
                if len(row) > 60:
                    row = row.replace("{ ", "{\n\t\t", 1).replace(", .words", ",\n\t\t.words").replace(" }", ",\n\t}")
                text += f"\t[{number}] = {row},\n"
        text += f"}};\n\nconst struct attributes {name}_attributes = {{ {name}_rows, ARRAY_SIZE({name}_rows) }};\n"
    text += "\nconst struct message messages[SND_HVSOCK_CMD_MAX + 1] = {\n"
    operations = {operation["name"]: operation for operation in spec["operations"]["list"]}
    for name, operation in operations.items():
        group = operations[operation.get("notify", name)]["attribute-set"]
        event = f"\"{name.removesuffix('-ntf')}\"" if name.endswith("-ntf") else "NULL"
        if event != "NULL" or "reply" in operation.get("do", {}):
            text += f"\t[SND_HVSOCK_CMD_{name.upper().replace('-', '_')}] = {{ {event}, &{group}_attributes }},\n"
    return text + "};\n"


def completion(keys):
    names = textwrap.wrap(" ".join([*(key.name for key in keys), "cookie-file"]), 100,
                          break_on_hyphens=False)
    text = "_hvsnd_keys='" + "\n\t".join(names) + "'\n\n# Values of a key of add and set\n_hvsnd_key()\n{\n\tcase $option in\n"
    for key in keys:
        offer = list(key.words)
        if not offer:
            numbers = {int(word) for word in EXAMPLES.get(key.name, "").split()}
            numbers |= {int(key.default)} if key.default else set()
            numbers |= {key.min, key.max} if key.max < 1 << 31 else set()
            numbers |= {0} if key.zero else set()
            offer = [str(number) for number in sorted(numbers)]
        text += f"\t{key.name}) _hvsnd_offer '' -W '{' '.join(offer)}' ;;\n"
    return text + "\tcookie-file) _hvsnd_files ;;\n\tesac\n}\n"


def roff(name, sentences):
    """An entry of a list in a man page"""
    lines = textwrap.wrap(" ".join(filter(None, sentences)), 80, break_on_hyphens=False)
    return f".TP\n.B {name}\n" + "".join(line.replace("'", "\\(aq", 1) + "\n" if line[0] == "'" else line + "\n"
                                         for line in lines)


def meaning(key):
    """What a key means, its values and its default"""
    return [key.doc, *key.meanings, "" if key.text or key.meanings or not key.default else f"Values: {key.must()}.",
            f"Default: {key.default}." if key.default else ""]


def man_page_of_keys(keys):
    return "".join(roff(key.name, [
        *meaning(key), "When it changes, the card is deleted and added again." if key.fixed else "",
        "A change applies to streams that are opened later." if key.next_open else "",
        "When it changes, open streams connect again." if key.reconnect else "",
        f"The former name {key.former} is read as well." if key.former else ""]) for key in keys)


def man_page_of_parameters(keys):
    return "".join(roff(key.field, meaning(key)) for key in keys if key.name in PARAMETERS)


def between(text, begin, end, part):
    """The text with the part between two lines"""
    start = text.index("\n", text.index(begin)) + 1
    return text[:start] + part + text[text.index(end, start):]


def main():
    specification, top, output = (pathlib.Path(name) for name in sys.argv[1:])
    spec = yaml.safe_load(specification.read_text())
    kinds = {kind: [d for d in spec["definitions"] if d["type"] == kind] for kind in ("const", "enum")}
    consts = {definition["name"]: definition["value"] for definition in kinds["const"]}
    enums = {definition["name"]: {entry["name"]: " ".join(entry.get("doc", "").split()) for entry in definition["entries"]}
             for definition in kinds["enum"]}
    attributes = next(group["attributes"] for group in spec["attribute-sets"] if group["name"] == "card")
    shown = [Key(a, consts, enums) for a in attributes if a["name"] == "index" or "Default:" in a.get("doc", "")]
    keys = [key for key in shown if key.default]
    made = {"kernel/core/config-gen.h": kernel_header(keys), "kernel/core/keys-gen.c": kernel_table(keys),
            "user/lib/keys.h": user_header(shown), "user/lib/keys.c": user_table(shown),
            "user/lib/attributes.c": user_attributes(spec, enums)}
    # Parts of files between two marks
    for name, mark, what, part in (
            ("packaging/completion/hvsnd.bash", "#", "keys", completion(shown)),
            ("Documentation/man/snd-hvsock.conf.5", '.\\"', "keys", man_page_of_keys(shown)),
            ("Documentation/man/snd-hvsock.4", '.\\"', "parameters", man_page_of_parameters(shown))):
        made[name] = between((top / name).read_text(), f"{mark} {what.capitalize()}: made by generate.sh",
                             f"{mark} End of the {what}", part)
    for name, text in made.items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).write_text(text)


if __name__ == "__main__":
    main()
