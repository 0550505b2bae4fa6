#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make soak: what takes too long for every day.
#
#   soak.sh [SECONDS [CYCLES [HOURS]]]   on a host 500 ppm fast, and slow (600); servers killed under a player, and a
#                                recorder (50); hvsndd with guests 300 ppm fast, and slow, beside so many hours of
#                                races on the debug kernel (1)

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
seconds=${1:-600} cycles=${2:-50} hours=${3:-1}

RELEASE=$("$here/vm/fetch.sh" release)
export RELEASE
make -s -C "${here%/*}" modules KDIR="/lib/modules/$RELEASE/build" W=1
make -s -C "$here"
make -s -C "${here%/*}/user" all
make -s -C "$here/hvsndd"
make -s -C "${here%/*}/user/hvsndd"
status=0 races=
log=$(mktemp "${TMPDIR:-/tmp}/hvsock-soak.XXXXXX")
trap '[ -z "$races" ] || kill -- "-$races" 2>/dev/null || true; rm -f "$log"' EXIT
# Beside anything else these are tests of the machine.
"$here/vm/test-clock.sh" "$seconds" || status=1
"$here/vm/test-lost.sh" "$cycles" || status=1
# The races measure no time: they go on beside the rest, when that leaves the processors idle. The rest waits until all is
# built for them and their guest is up.
set -m
RACES_SECONDS=$((hours * 3600)) LIMIT=$((hours * 3600 + 1800)) chrt -i 0 "$here/debug.sh" races >"$log" 2>&1 </dev/null &
races=$!
set +m
while kill -0 $races 2>/dev/null && ! grep -q 'vm: up' "$log"; do
	sleep 1
done
SECONDS_LOAD=60 DRIFT_SECONDS=$seconds "$here/test-hvsndd.sh" many fast slow || status=1
tail -n +1 -f --pid=$races "$log"
wait $races || status=1
exit $status
