# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# shellcheck disable=SC2016,SC2034 # for the guest's shell; who sources this uses $FAULTS
#
# What the tests that look for faults of the module share.

. "$(dirname "${BASH_SOURCE[0]}")/card.sh"

FAULTS=$TOP/selftests/faults

# nothing_waits: no process of the guest, nor of its kernel, sleeps uninterruptibly, twice in a row.
nothing_waits()
{
	guest -t 120 vm 'asleep() { grep -h "^[0-9]* ([^)]*) D" /proc/[0-9]*/stat 2>/dev/null | cut -d" " -f1,2 | sort; }
		asleep >/tmp/before; [ -s /tmp/before ] || exit 0; sleep 10; asleep >/tmp/after
		for pid in $(sort /tmp/before /tmp/after | uniq -d | cut -d" " -f1); do
			cat /proc/$pid/comm /proc/$pid/stack; status=1
		done; exit ${status:-0}'
}

# unloads SECONDS: in so much time, and no card is left.
unloads()
{
	guest -t $(($1 + 60)) vm "a=\$(cut -d. -f1 /proc/uptime); rmmod snd-hvsock || exit
		a=\$((\$(cut -d. -f1 /proc/uptime) - a)); echo \"took \$a s\"; [ \$a -le $1 ] && ! grep -q HvSock /proc/asound/cards"
}

# plays_again: what is there afterwards works, bit by bit where a kernel can keep pace.
plays_again()
{
	local player status=0

	if [ -z "$KERNEL" ]; then
		plays S16_LE 48000 2 4
		return
	fi
	guest vm 'aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 -d 5 /dev/zero' &
	player=$!
	wait_for 20 streams_are sink-inputs 1 || { echo "no stream"; status=1; }
	wait $player && return $status
}
