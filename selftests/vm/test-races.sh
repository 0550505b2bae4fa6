#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Eight programs that play, record, pause and are killed, while cards come, change and go, and hosts die and return.
#
#   test-races.sh [SECONDS [SEED]]   (300, or RACES_SECONDS)

. "$(dirname "$0")/faults.sh"

seconds=${1:-${RACES_SECONDS:-300}}
restarts=0

# raw_host NUMBER PLACE...: one that is killed and begins anew; $spawned is its process.
raw_host()
{
	local dir=$RUN/raw.$1 place

	shift
	for place; do
		[[ $place == *:* ]] || rm -f "$place"
	done
	cat "$dir/events" >>"$RUN/events" 2>/dev/null || true
	rm -rf "$dir"
	spawn "$RUN/raw_host.log" "$VM_HERE/raw_host.py" -m "$RUN/microphone" "$dir" "$@"
}

raw_hosts()
{
	raw_host called "$(vm_socket vm 4715)" "$(vm_socket vm 4716)"
	called=$spawned
	raw_host calls "$(vm_door vm 4720)" "$(vm_door vm 4721)"
	calls=$spawned
}

# Until the guest has done; all hosts at once, for some are to be away when their streams are not.
hosts_come_and_go()
{
	while alive "$1"; do
		sleep "$((RANDOM % 5 + 2)).$((RANDOM % 10))"
		kill -KILL "$called" "$calls"
		host_away "$((RANDOM % 3)).$((RANDOM % 10))" || return
		raw_hosts
		restarts=$((restarts + 1))
	done
}

# Without a host there is little to race with.
often_enough()
{
	local kind n status=0

	echo "$restarts restarts of the hosts"
	[ $restarts -ge $((seconds / 20)) ] || status=1
	for kind in "up 0" "up 1" code; do
		n=$(grep -c "$kind" "$RUN/events") || true
		echo "$n times $kind"
		[ "$n" -ge $((seconds / 120 + 1)) ] || status=1
	done
	return $status
}

plays_unturned() { guest vm 'amixer -q -c HvSock sset PCM 100% unmute' && plays_again; }

ktap_plan 15
head -c 1000000 /dev/urandom >"$RUN/microphone"
card_vm -f "$FAULTS/races"
host_start
raw_hosts
guest vm 'modprobe snd-hvsock'
guest_ktap -t $((seconds + 300)) vm races "races $seconds ${2-}" >"$RUN/races" &
guest_program=$!
hosts_come_and_go $guest_program
wait $guest_program
# Its results were counted when they came; here they get their numbers.
cat "$RUN/races"
ktap_number=$((ktap_number + 10))
ktap_test "hosts died and returned" often_enough || true
ktap_test "nothing waits for ever" nothing_waits || true
ktap_test "it plays afterwards" plays_unturned || true
ktap_test "unloading" unloads 15 || true
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
