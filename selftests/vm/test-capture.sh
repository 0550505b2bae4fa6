#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a source on the host says is recorded by arecord in the guest, unbroken.

. "$(dirname "$0")/card.sh"

# One program plays while another records it from the sink's monitor.
both_ways()
{
	local sound=(-f S16_LE -r 48000 -c 2 -s 4) sink

	"$ALSA/ramp" gen "${sound[@]}" -l 1 -o "$(vm_share vm)/ramp.wav"
	sink_for "${sound[@]}"
	pa host pactl set-default-source "$sink.monitor"
	guest vm 'arecord -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 -d 7 --period-time=10000 --buffer-time=100000 /host/recorded &
		aplay -q -D hw:HvSock --period-time=10000 --buffer-time=100000 /host/ramp.wav; wait'
	"$ALSA/ramp" check "${sound[@]}" "$(vm_share vm)/recorded"
}

ktap_plan 6
card_vm
host_start
guest vm 'modprobe snd-hvsock'
ktap_test "16 bit, 48 kHz, 10 ms periods" records S16_LE 48000 2 5 --period-time=10000 || true
ktap_test "the same with mmap" records S16_LE 48000 2 5 --period-time=10000 -M || true
ktap_test "32 bit, 44.1 kHz, arecord's own buffer" records S32_LE 44100 2 3 || true
ktap_test "a frame that is no power of two" records S24_3LE 48000 5 3 --period-time=20000 || true
ktap_test "playing and recording at once" both_ways || true
guest vm 'rmmod snd-hvsock'
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
