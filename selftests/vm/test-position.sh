#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The card as ALSA programs see it: a steady position, and every order of calls.

. "$(dirname "$0")/card.sh"

# position SECONDS NAME COMMAND: once more if the first try had an xrun, as an emulated guest may not run in time.
position()
{
	local status=0

	guest -t "$1" vm "$3" >"$RUN/position" || status=$?
	if grep -q XRUN "$RUN/position"; then
		sed 's/^/# /' "$RUN/position"
		say "the guest's program came too late; once more"
		status=0
		guest -t "$1" vm "$3" >"$RUN/position" || status=$?
	fi
	ktap_collect "$2" $status <"$RUN/position"
}

echo "KTAP version 1"
card_vm -f "$ALSA/position" -f "$ALSA/lifecycle"
host_start
# PulseAudio's null sink runs up to 100 ppm too fast: it rounds the length of each block to microseconds.
paced_sink 48000
guest vm 'modprobe snd-hvsock'
position 90 "position, playing" 'position -d 60'
position 60 "position, recording" 'position -C -d 20'
guest_ktap -t 120 vm lifecycle 'lifecycle'
guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock'
pulse_stop host
position 60 "position, no host" 'modprobe snd-hvsock; position -d 10'
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
