#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Makes what follows from the family's specification: the uAPI header, the policy and the operations, by the kernel's own
# generator; the tables of keys and attributes, the completion and the man pages' lists of keys
# and parameters, by generate.py.
#
#   generate.sh          writes them
#   generate.sh check    only compares; exit status 1 if they differ, 4 without the generator or its python modules
#
# The generator is that of Debian's linux-source-6.12, or of the kernel tree that KERNEL= names.

set -euo pipefail

top=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

# kernel_tree: prints where the generator and its schemas are. They are unpacked once: that takes a minute, as all of the
# source before them is unpacked with them.
kernel_tree()
{
	local archive tree

	if [ -n "${KERNEL-}" ]; then
		readlink -f "$KERNEL"
		return
	fi
	archive=$("$top/selftests/vm/fetch.sh" unpack trixie linux-source-6.12) || exit 4
	tree=$archive/ynl
	if [ ! -e "$tree" ]; then
		mkdir "$made/kernel"
		tar -xf "$archive/usr/src/linux-source-6.12.tar.xz" -C "$made/kernel" --strip-components=1 \
			linux-source-6.12/tools/net/ynl linux-source-6.12/Documentation/netlink linux-source-6.12/MAINTAINERS
		cp -r "$made/kernel" "$tree.$$"
		mv -T "$tree.$$" "$tree" 2>/dev/null || rm -rf "$tree.$$"
	fi
	echo "$tree"
}

python3 -c 'import yaml, jsonschema' 2>/dev/null || { echo "no python3-yaml or no python3-jsonschema" >&2; exit 4; }
tree=$(kernel_tree) || exit
# The generator looks for the schemas beside the specification, and for MAINTAINERS above it.
mkdir -p "$made/tree/Documentation/netlink/specs" "$made/include/uapi/linux" "$made/kernel"
touch "$made/tree/MAINTAINERS"
cp "$tree"/Documentation/netlink/*.yaml "$made/tree/Documentation/netlink/"
spec=$top/Documentation/netlink/specs/snd_hvsock.yaml
python3 -c 'import json, jsonschema, sys, yaml
jsonschema.validate(*(yaml.safe_load(open(name)) for name in sys.argv[1:]))' "$spec" "$tree/Documentation/netlink/genetlink.yaml"
# Operations by command, as kernels before 6.2 have no other: the generator makes them of the older kind of family only.
sed 's/^protocol: genetlink$/protocol: genetlink-legacy\n\nkernel-policy: per-op/' "$spec" \
	>"$made/tree/Documentation/netlink/specs/snd_hvsock.yaml"

# take FILE: compares or copies what was made
take()
{
	if [ "${check-}" ]; then
		diff -u "$top/$1" "$made/$1"
	else
		mkdir -p "$top/${1%/*}"
		cat "$made/$1" >"$top/$1"
	fi
}

# generate MODE KIND OUTPUT
generate()
{
	"$tree/tools/net/ynl/ynl-gen-c.py" --spec "$made/tree/Documentation/netlink/specs/snd_hvsock.yaml" \
		--mode "$1" "--$2" -o "$made/$3"
	# Older kernels' policies point to ranges that are not const. The lines are longer than checkpatch allows.
	sed -i -E 's/^static const struct netlink_range_validation/static struct netlink_range_validation/
		s/^(\t\[[A-Z_0-9]+\] =) (NLA_POLICY_FULL_RANGE\(.*)/\1\n\t\t\2/
		s/^(\t\[[A-Z_0-9]+\] =) (NLA_POLICY_RANGE\(NLA_U32, [A-Z_0-9]+,) (.*)/\1\n\t\t\2\n\t\t\t\t \3/' "$made/$3"
}

# Moves the handlers' declarations to a header of their own. netlink.c implements them, and must not depend on the table of
# operations, which depends on netlink.c.
split_handlers()
{
	local header=$made/kernel/netlink-gen.h handlers=$made/kernel/netlink-handlers-gen.h

	{
		sed '/^\/\* YNL-GEN/q' "$header"
		printf '\n#ifndef _LINUX_SND_HVSOCK_HANDLERS_GEN_H\n#define _LINUX_SND_HVSOCK_HANDLERS_GEN_H\n\n'
		printf '#include <net/genetlink.h>\n\n'
		sed -n '/^int /,/^};/p' "$header"
		printf '\n#endif /* _LINUX_SND_HVSOCK_HANDLERS_GEN_H */\n'
	} >"$handlers"
	sed -i -e '/^int /,/^};$/{/^};$/N;d}' -e 's|^#include <uapi/.*|&\n\n#include "netlink-handlers-gen.h"|' "$header"
}

check=
[ "${1-}" != check ] || check=yes
generate uapi header include/uapi/linux/snd_hvsock.h
take include/uapi/linux/snd_hvsock.h
generate kernel header kernel/netlink-gen.h
split_handlers
take kernel/netlink-handlers-gen.h
take kernel/netlink-gen.h
generate kernel source kernel/netlink-gen.c
take kernel/netlink-gen.c
python3 "$top/Documentation/netlink/generate.py" "$spec" "$top" "$made"
for file in kernel/core/config-gen.h kernel/core/keys-gen.c user/lib/keys.h user/lib/keys.c user/lib/attributes.c \
	packaging/completion/hvsnd.bash Documentation/man/snd-hvsock.conf.5 Documentation/man/snd-hvsock.4; do
	take "$file"
done
