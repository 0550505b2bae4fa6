#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a second of one stream at 10 ms periods costs the guest, in instructions executed, is what bench/instructions says,
# within a margin that noise does not reach. An intended change of that figure is committed with what changes it.
#
# The guest's time goes by its instructions, on one processor: nobody waits for a lock that another holds. A host that is
# late costs the guest more, and never less: the least of all runs is what counts.
#
#   test-instructions.sh [RUNS]   of 4 s each (7)

. "$(dirname "$0")/card.sh"
# shellcheck source=../../bench/qemu.sh
. "$TOP/bench/qemu.sh"

QEMU_SUITE=trixie	# 9.0 or newer counts for each processor by itself
COUNT_PORT=4801
SECONDS_EACH=4
export VM_ACCEL=icount
runs=${1:-7}

# counts STREAMS PCM: instructions per second, the least of all runs, which it leaves in a file.
counts()
{
	local n

	for ((n = 0; n < runs; n++)); do
		guest vm "sound -k $1 -s $SECONDS_EACH -c $COUNT_PORT $2" >"$RUN/said" || { cat "$RUN/said" >&2; return 1; }
		sed -n 's/.*seconds=\([^ ]*\).* xruns=\([^ ]*\).* instructions=\([^ ]*\).*/\1 \2 \3/p' "$RUN/said"
	done | tee "$RUN/counts.$1" | awk '{ print int($3 / $1) }' | sort -n | sed -n 1p
}

as_committed()
{
	local committed margin idle busy

	read -r committed margin <"$TOP/bench/instructions"
	idle=$(counts 0 none) && busy=$(counts 1 hw:HvSock) || return
	awk -v idle="$idle" '{ printf "%.3f million\n", ($3 / $1 - idle) / 1e6 }' "$RUN/counts.1"
	echo "$((busy - idle)) instructions per second of a stream; committed are $committed, with a margin of $margin %"
	awk -v is=$((busy - idle)) -v was="$committed" -v margin="$margin" \
		'BEGIN { exit !(is < was * (1 + margin / 100) && is > was * (1 - margin / 100)) }'
}

ktap_plan 2
find_qemu $QEMU_SUITE
mkdir -p "$RUN/vm.vm"
make -s -C "$TOP/bench"
# The kernel doubts the TSC where time goes like this, and would read the HPET instead, at many times the cost.
card_vm -c 1 -a tsc=reliable -P $COUNT_PORT -f "$TOP/bench/sound" \
	-q "-plugin $TOP/bench/count.so,socket=$(vm_socket vm $COUNT_PORT)"
host_start
guest vm 'modprobe snd-hvsock'
ktap_test "instructions per second of a stream" as_committed || true
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
