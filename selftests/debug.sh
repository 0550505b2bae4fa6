#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make check-debug: the tests on a kernel that looks for faults (KASAN, lockdep, kmemleak; selftests/vm/debug-kernel.sh).
# It is too slow for what is measured in milliseconds, so these are those that mind what the kernel says.
#
#   debug.sh [-r] [TEST]...   of selftests/vm/test-*.sh (netlink host controls lost simple faults hostile unload races
#                             netlink-fuzz)
#
# -r: on a kernel that looks for data races instead (KCSAN; by default races and netlink-fuzz)

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
fragments=()
if [ "${1-}" = -r ]; then
	fragments=("$here/vm/race.config")
	shift
	[ $# -gt 0 ] || set -- races netlink-fuzz
fi
[ $# -gt 0 ] || set -- netlink host controls lost simple faults hostile unload races netlink-fuzz

"$here/vm/deps.sh" debug
read -r image modules kdir < <("$here/vm/debug-kernel.sh" "${fragments[@]}")
tree=$(mktemp -d "${TMPDIR:-/tmp}/hvsock-debug.XXXXXX")
trap 'rm -rf "$tree"' EXIT
cp -r "${here%/*}"/{Kbuild,Makefile,kernel,include} "$tree"
make -s -C "$tree" modules KDIR="$kdir"

# The rest is as with any other kernel.
export KERNEL="$image $modules" MODULE=$tree/kernel/snd-hvsock.ko VM_BOOT_LIMIT=180 VM_END_LIMIT=90
"$here/check.sh" "$@"
