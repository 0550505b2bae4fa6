#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Copies what dkms builds the module from, for packages: install.sh FOLDER

set -e
target=$1
cd "$(dirname "$0")/../.."
{
	printf '%s\n' VERSION Kbuild Makefile dkms.conf packaging/dkms/newer-kernel.sh
	find include kernel -path kernel/tests -prune -o -type f \( -name Kbuild -o -name '*.[ch]' \) ! -name '*.mod.c' -print
} | while read -r file; do
	mode=644
	[ ! -x "$file" ] || mode=755
	install -D -m $mode "$file" "$target/$file"
done
