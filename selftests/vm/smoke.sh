#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The harness itself: a stock kernel boots, and a program in it reaches PulseAudio on this machine.
# Arguments: a suite (this machine's), a kernel release of it.

set -euo pipefail
. "$(dirname "$0")/lib.sh"

suite=${1:-$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)}
read -r kernel modules < <("$VM_HERE/fetch.sh" kernel "$suite" "${@:2:1}")

answers_to_guest()
{
	guest vm 'socat UNIX-LISTEN:/tmp/pulse,fork VSOCK-CONNECT:2:4713 & sleep 0.5; pactl -s unix:/tmp/pulse info' |
		grep 'Default Sink: main'
}

# A second of noise, every frame distinct in practice, looked for in what the sink played.
plays_exactly()
{
	head -c 192000 /dev/urandom >"$(vm_share vm)/noise"
	record_start host main "$RUN/heard"
	guest vm 'pacat -s unix:/tmp/pulse --raw --format=s16le --rate=48000 --channels=2 /host/noise'
	record_stop host main
	# As lines of text, each frame its place: noise has no frame twice but by chance.
	od -An -v -tx1 -w4 "$(vm_share vm)/noise" >"$RUN/sent.txt"
	od -An -v -tx1 -w4 "$RUN/heard" >"$RUN/heard.txt"
	cmp -n 192000 -i $((4 * ($(grep -nxFm 1 "$(head -n 1 "$RUN/sent.txt")" "$RUN/heard.txt" | cut -d: -f1) - 1))):0 \
		"$RUN/heard" "$(vm_share vm)/noise"
}

ktap_plan 5
vm_start vm "$kernel" "$modules" -M snd-dummy -p socat -p pactl -p pacat
pulse_start host "$(vm_socket vm 4713)"
pulse_sink host main s16le 48000 2
ktap_test "PulseAudio answers a program in the guest" answers_to_guest || true
ktap_test "a second of sound arrives bit-exact" plays_exactly || true
ktap_test "a sound module loads" guest vm 'modprobe snd-dummy && aplay -l | grep Dummy' || true
ktap_test "the guest ends in order" vm_stop vm || true
ktap_test "the kernel does not complain" vm_check_log vm || true
pulse_stop host
ktap_summary
