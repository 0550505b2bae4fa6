#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make check-kunit: KUnit's suites (kernel/tests) in User-mode Linux with KASAN, lockdep and kmemleak, which takes a while
# to build the first time; then, in another, each allocation on each way into the module fails once (faults/failnth.c).
#
#   test-kunit.sh [SUITE[.CASE]]   only those cases; * stands for anything

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
"$here/vm/deps.sh" debug
read -r linux modules kdir < <(ARCH=um "$here/vm/debug-kernel.sh")

# shellcheck source=vm/lib.sh
. "$here/vm/lib.sh"
mkdir -p "$RUN/tree"
cp -r "${here%/*}"/{Kbuild,Makefile,kernel,include} "$RUN/tree"
make -s -C "$RUN/tree" modules KDIR="$kdir" ARCH=um CONFIG_SND_HVSOCK_KUNIT=y >"$RUN/build.log" 2>&1 ||
	{ cat "$RUN/build.log"; exit 1; }

# Without what the kernel says of memory that it was kept from finding.
without_failures()
{
	tr -d '\r' | awk '/: (vmalloc error|page allocation failure)/ { within = 1 }
		!within && !/Unknown symbol [a-z0-9_]* \(err -12\)/
		/pages reserved/ { within = 0 }'
}

# uml NAME PARAMETER...: until it ends; what it says goes to the log of vm NAME. Waits take no time: its clock goes on by
# itself only.
uml()
{
	local name=$1 status=0

	shift
	mkdir -p "$RUN/vm.$name"
	timeout -k 5 900 "$linux" mem=512M time-travel=inf-cpu root=/dev/root rootfstype=hostfs rootflags=/ ro loglevel=7 \
		init="$here/vm/uml-init" module="$RUN/tree/kernel/snd-hvsock.ko" modules="$modules" "$@" \
		</dev/null >"$RUN/console" 2>&1 || status=$?
	without_failures <"$RUN/console" >"$(vm_log "$name")"
	ktap_test "$name: the module can be unloaded" grep -qx "the module is gone" "$(vm_log "$name")" ||
		fail_log "status $status" "$RUN/console"
	ktap_test "$name: nothing that the kernel complains of" vm_check_log "$name" || true
}

uml kunit kunit.enable=1 ${1:+"kunit.filter_glob=$1"}
log=$(vm_log kunit)
mapfile -t suites < <(sed -n 's/^    # Subtest: //p' "$log")
for suite in "${suites[@]}"; do
	sed -n "/^    # Subtest: $suite\$/,/^\(not \)\?ok [0-9]* $suite/s/^    //p" "$log" >"$RUN/ktap"
	ktap_collect "$suite" 0 <"$RUN/ktap"
done
ktap_test "kunit: all suites ran" grep -qx "1\.\.${#suites[@]}" "$log" || true

if [ $# = 0 ]; then
	uml faults faults="$here"
	for way in loading netlink HvSock Called; do
		sed -n "s/^$way: //p" "$(vm_log faults)" >"$RUN/ktap"
		ktap_collect "$way" "$(sed -n 's/^status //p' "$RUN/ktap" | grep . || echo 1)" < <(grep -v ^status "$RUN/ktap")
	done
fi
ktap_summary
