#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Messages to the netlink family that are nearly right, from root and from nobody, while a stream is there to be asked for.
#
#   test-netlink-fuzz.sh [SECONDS [SEED]]   (60)

. "$(dirname "$0")/faults.sh"

seconds=${1:-60}

ktap_plan 9
card_vm -f "$FAULTS/fuzz"
host_start
guest vm 'modprobe snd-hvsock'
guest -t $((seconds + 300)) vm 'while [ ! -e /tmp/enough ]; do
	aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 -d 5 /dev/zero; done' &
player=$!
guest_ktap -t $((seconds + 300)) vm fuzz "fuzz $seconds ${2-}" || true
guest vm 'touch /tmp/enough'
wait $player || true
ktap_test "nothing waits for ever" nothing_waits || true
ktap_test "unloading" unloads 15 || true
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
