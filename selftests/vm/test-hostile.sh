#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Hosts that mean ill (hostile_host.py): all that they can do, at each step of a handshake and at each byte of it, to programs
# that play and record, which notice nothing but silence. Then a host that does not.
#
#   test-hostile.sh [SECONDS [SEED]]   within which all of it must have been done (600)

. "$(dirname "$0")/faults.sh"

seconds=${1:-600} seed=${2:-$RANDOM}
format="-t raw -f S16_LE -c 2"

# hostile NAME pulse|raw PLACE...: one of them; what it does goes to $RUN/NAME
hostile()
{
	spawn "$RUN/hostile.log" "$VM_HERE/hostile_host.py" "$seed" "$RUN/$1" "${@:2}"
	hostile_hosts+=("$spawned")
}

has_all() { grep -sqx all "$RUN/$1"; }

# programs CARD RATE PLAYERS RECORDERS: come again and again, until enough; each must end by itself, and well.
programs()
{
	guest -t $((seconds + 300)) vm "again() { while [ ! -e /tmp/enough ]; do
			timeout -s KILL 60 \"\$@\" 2>/tmp/said.\$\$ || { echo \"\$1: \$?\"; cat /tmp/said.\$\$; } >>/tmp/bad.$1; done; }
		for n in \$(seq $3); do again aplay -q -D hw:$1 $format -r $2 -d 2 /dev/zero & done
		for n in \$(seq $4); do again arecord -q -D hw:$1 $format -r $2 -d 2 /dev/null & done
		wait; ! cat /tmp/bad.$1 2>/dev/null"
}

# withstands SECONDS NAME PROGRAMS...: all that the host can do is done within this time.
withstands()
{
	local limit=$1 name=$2 pid status=0

	shift 2
	guest vm 'rm -f /tmp/enough'
	programs "$@" &
	pid=$!
	wait_for "$limit" has_all "$name" || { echo "not all was done"; status=1; }
	guest vm 'touch /tmp/enough'
	wait $pid || { echo "a program ended badly"; status=1; }
	awk '$1 != "all" { n[$1 == "cut" ? "closed within the handshake" : $1 " " $2]++ }
		END { for (step in n) print step ": " n[step] " times" }' "$RUN/$name" | sort
	return $status
}

ktap_plan 7
hostile_hosts=()
card_vm -f "$TOP/selftests/netlink/netlink"
echo "# seed $seed"
hostile pulse pulse "$(vm_socket vm 4713)"
hostile raw raw "$(vm_socket vm 4715)"
hostile qubes raw "$(vm_socket vm 4717)" "$(vm_socket vm 4718)"
guest vm 'modprobe snd-hvsock capture_streams=4 && netlink add Raw protocol simple port 4715 &&
	netlink add Qubes protocol qubes port 4717 && netlink add Called protocol simple role listen port 4720'
ktap_test "PulseAudio's protocol" withstands "$seconds" pulse HvSock 48000 6 4 || true
for name in raw qubes called; do
	# It would call before anybody plays.
	[ $name != called ] || hostile called raw "$(vm_door vm 4720)"
	ktap_test "raw PCM: $name" withstands 120 $name ${name^} 44100 1 1 || true
done
for pid in "${hostile_hosts[@]}"; do
	end_process "$pid"
done
guest vm 'dmesg | grep -c snd_hvsock; dmesg | grep snd_hvsock | sed "s/.*: vsock/vsock/" | sort | uniq -c | sort -rn | head -n 30'
host_start
ktap_test "then it plays" plays_again || true
ktap_test "unloading" unloads 15 || true
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
