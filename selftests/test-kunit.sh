#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make check-kunit: KUnit's suites (kernel/tests) in User-mode Linux with KASAN, lockdep and kmemleak, which takes a while
# to build the first time.
#
#   test-kunit.sh [SUITE[.CASE]]   only those; * stands for anything

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
"$here/vm/deps.sh" debug
read -r linux modules kdir < <(ARCH=um "$here/vm/debug-kernel.sh")

# shellcheck source=vm/lib.sh
. "$here/vm/lib.sh"
mkdir -p "$RUN/tree" "$RUN/vm.uml"
cp -r "${here%/*}"/{Kbuild,Makefile,kernel,include} "$RUN/tree"
make -s -C "$RUN/tree" modules KDIR="$kdir" ARCH=um CONFIG_SND_HVSOCK_KUNIT=y >"$RUN/build.log" 2>&1 ||
	{ cat "$RUN/build.log"; exit 1; }
log=$(vm_log uml)

# Waits take no time: its clock goes on by itself only.
status=0
timeout -k 5 900 "$linux" mem=512M time-travel=inf-cpu root=/dev/root rootfstype=hostfs rootflags=/ ro loglevel=7 \
	kunit.enable=1 ${1:+"kunit.filter_glob=$1"} \
	init="$here/vm/uml-init" module="$RUN/tree/kernel/snd-hvsock.ko" modules="$modules" \
	</dev/null >"$RUN/console" 2>&1 || status=$?
tr -d '\r' <"$RUN/console" >"$log"

mapfile -t suites < <(sed -n 's/^    # Subtest: //p' "$log")
for suite in "${suites[@]}"; do
	sed -n "/^    # Subtest: $suite\$/,/^\(not \)\?ok [0-9]* $suite/s/^    //p" "$log" >"$RUN/ktap"
	ktap_collect "$suite" 0 <"$RUN/ktap"
done
ktap_test "kunit: all suites ran" grep -qx "1\.\.${#suites[@]}" "$log" || fail_log "status $status" "$RUN/console"
ktap_test "kunit: the module can be unloaded" grep -qx "the module is gone" "$log" || true
ktap_test "kunit: nothing that the kernel complains of" vm_check_log uml || true
ktap_summary
