#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Makes the family's uAPI header, policy and operations from its specification, by the kernel's own generator.
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
cp "$top/Documentation/netlink/specs/snd_hvsock.yaml" "$made/tree/Documentation/netlink/specs/"

# generate MODE KIND OUTPUT
generate()
{
	"$tree/tools/net/ynl/ynl-gen-c.py" --spec "$made/tree/Documentation/netlink/specs/snd_hvsock.yaml" \
		--mode "$1" "--$2" -o "$made/$3"
	if [ "${check-}" ]; then
		diff -u "$top/$3" "$made/$3"
	else
		mkdir -p "$top/${3%/*}"
		cp "$made/$3" "$top/$3"
	fi
}

check=
[ "${1-}" != check ] || check=yes
generate uapi header include/uapi/linux/snd_hvsock.h
generate kernel header kernel/netlink-gen.h
generate kernel source kernel/netlink-gen.c
