#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make fuzz: libFuzzer, ASan and UBSan on what the other side can say. Each fuzzer is one result.
#
#   fuzz.sh [FUZZER]...   of user/fuzz/fuzz_*.c, by default all
#
#   SECONDS_FUZZ  how long each runs (60)
#   MINUTES       the same; then they begin with all that was found earlier, and what is new is kept in the cache folder
#   JOBS          how many run at once (one for each processor)

set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=vm/lib.sh
. "$here/vm/lib.sh"

sources=$here/../user/fuzz
programs=$here/../user/tests
[ $# != 0 ] || { set -- "$sources"/fuzz_*.c; set -- "${@##*/fuzz_}"; set -- "${@%.c}"; }
limit=${SECONDS_FUZZ:-60} kept=$RUN/kept crashes=/tmp
if [ -n "${MINUTES-}" ]; then
	limit=$((MINUTES * 60))
	kept=${XDG_CACHE_HOME:-$HOME/.cache}/snd-hvsock/fuzz
	crashes=$kept
fi

# fuzz NAME: what it says goes to $RUN/NAME.log, and how it ends to $RUN/NAME.status.
fuzz()
{
	local status=0 found=$RUN/found.$1

	mkdir -p "$found" "$kept/$1"
	# More than the 16 KiB that hvsndd keeps of what is said at once.
	"$programs/build/fuzz_$1" -max_total_time="$limit" -max_len=20480 -timeout=10 -print_final_stats=1 \
		-artifact_prefix="$crashes/crash-$1-" "$found" "$kept/$1" "$sources/seeds/fuzz_$1" \
		>"$RUN/$1.log" 2>&1 </dev/null || status=$?
	# Of what is new, only what adds something.
	[ -z "${MINUTES-}" ] || [ $status != 0 ] ||
		"$programs/build/fuzz_$1" -merge=1 "$kept/$1" "$found" >"$RUN/$1.merge" 2>&1 || status=$?
	echo $status >"$RUN/$1.status"
}

# progress NAME...: until all have ended.
progress()
{
	local name i=0

	while sleep 1; do
		[ "$(find "$RUN" -name '*.status' | wc -l)" != $# ] || return 0
		[ $((++i % 60)) = 0 ] || continue
		for name; do
			[ -e "$RUN/$name.status" ] || [ ! -e "$RUN/$name.log" ] || say "$name: $(grep '^#[0-9]' "$RUN/$name.log" | tail -n 1)"
		done
	done
}

# Inputs run, and covered edges ("cov") of the program.
verdict()
{
	[ "$(cat "$RUN/$1.status")" = 0 ] || { tail -n 60 "$RUN/$1.log"; return 1; }
	sed -n 's/^stat::number_of_executed_units: */inputs: /p' "$RUN/$1.log"
	sed -n 's/^#[0-9]*[[:space:]]*DONE *//p' "$RUN/$1.log"
}

make -s -C "$programs" "${@/#/build/fuzz_}"
ktap_plan $#
for name; do
	while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-$(nproc)}" ]; do
		wait -n || true
	done
	fuzz "$name" &
done &
progress "$@"
for name; do
	ktap_test "fuzz: $name" verdict "$name" || true
done
ktap_summary
