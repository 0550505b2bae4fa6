#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A fifth of the allocations of the module's workers fail, while programs play. Nothing is leaked, and the cards work
# afterwards. On the debug kernel only (debug.sh faults). What fails within system calls is test-kunit.sh's.

# shellcheck disable=SC2016 # for the guest's shell

. "$(dirname "$0")/faults.sh"

# Only kernels for it can do this.
can_fail() { guest vm '[ -e /proc/self/fail-nth ] && [ -d /sys/kernel/debug/failslab ]'; }

cards()
{
	guest vm 'modprobe snd-hvsock && netlink add Raw protocol simple port 4715 && netlink add Qubes protocol qubes port 4715 &&
		netlink add Called protocol qubes role listen port 4720'
	spawn "$RUN/raw_host.log" "$VM_HERE/raw_host.py" "$RUN/raw" "$(vm_socket vm 4715)" "$(vm_socket vm 4716)"
	spawn "$RUN/raw_host.log" "$VM_HERE/raw_host.py" "$RUN/caller" "$(vm_door vm 4720)" "$(vm_door vm 4721)"
}

# Players come and go, as most is allocated where something begins.
workers_fail()
{
	guest -t 400 vm 'for card in HvSock Raw Qubes Called; do
			while [ ! -e /tmp/enough ]; do
				timeout -s KILL 20 aplay -q -D hw:$card -t raw -f S16_LE -r 44100 -c 2 -d 1 /dev/zero 2>/dev/null
				netlink reconnect $card 2>/dev/null
			done &
		done; failnth workers 20 40; status=$?; touch /tmp/enough; wait; rm /tmp/enough; exit $status'
}

# all_play: each card's link is up while it plays.
all_play()
{
	guest -t 120 vm 'for card in HvSock Raw Qubes Called; do
			timeout 60 aplay -q -D hw:$card -t raw -f S16_LE -r 44100 -c 2 -d 8 /dev/zero & sleep 6
			hvsnd show $card | grep -q " up" || { hvsnd show $card; status=1; }
			wait $! || status=1
		done; exit ${status:-0}'
}

ktap_plan 5
card_vm -f "$FAULTS/failnth" -f "$TOP/selftests/netlink/netlink" -f "$TOP/user/hvsnd/hvsnd"
if ! can_fail; then
	ktap_skip "allocations that fail" "this kernel has no failslab: debug.sh faults has one that has"
	exit 4
fi
host_start
cards
ktap_test "workers without memory" workers_fail || true
ktap_test "every card plays afterwards" all_play || true
ktap_test "nothing waits for ever" nothing_waits || true
ktap_test "unloading" unloads 15 || true
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
