#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the other tests show of PulseAudio holds for pipewire-pulse, of this Debian and of the next.
#
#   test-pipewire.sh [SUITE]...   (bookworm trixie)
#
# Its graph computes with floats of 24 bits: up to those, sound is compared bit by bit.

HOST=pipewire
. "$(dirname "$0")/card.sh"

. "$VM_HERE/simple.sh"

[ $# -gt 0 ] || set -- bookworm trixie
play="aplay -q -D hw:HvSock --period-time=10000 --buffer-time=100000 -t raw -f S16_LE -r 48000 -c 2"

is_pipewire() { pa host pactl info | grep "^Server Name: .*PipeWire"; }

# The server is away for 2 s of 12; the last 5 are whole.
play_through()
{
	local player begin back status=0

	"$ALSA/ramp" gen -s 12 -t raw -o "$(vm_share vm)/ramp" || return
	begin=$(now_ms)
	guest vm "$play /host/ramp" &
	player=$!
	wait_for 5 streams_are sink-inputs 1 || return
	sleep 1
	host_away 2 || return
	back=$(now_ms)
	wait_for 3 streams_are sink-inputs 1 || return
	echo "a stream again $(($(now_ms) - back)) ms after the server was back"
	sleep 2
	record_start host main "$RUN/heard" || return
	wait $player || status=1
	begin=$(($(now_ms) - begin))
	echo "took $begin ms"
	record_stop host main
	"$ALSA/ramp" check -s 12 -e "$RUN/heard" | tee "$RUN/exact"
	[ "$(exact_frames)" -ge 240000 ] &&
		[ $begin -ge 11500 ] && [ $begin -le 12900 ] && return $status
}

guest_percents() { guest vm "amixer -c HvSock cget name='PCM Playback Volume'" | sed -n 's/^ *: values=//p'; }
guest_has() { [[ $(guest_percents) == "$1"* ]]; }

# Volume and mute, both ways.
volume()
{
	local id status=0

	guest vm "$play /dev/zero & echo \$! >/tmp/player"
	wait_for 5 streams_are sink-inputs 1 || return
	guest vm "amixer -q -c HvSock cset name='PCM Playback Volume' 40,60,1,1,1,1,1,1"
	wait_for 2 host_is sink-inputs "40 60 no" || status=1
	guest vm "amixer -q -c HvSock cset name='PCM Playback Switch' off"
	wait_for 2 host_is sink-inputs "40 60 yes" || status=1
	host_streams sink-inputs
	id=$(stream_id)
	pa host pactl set-sink-input-mute "$id" 0
	pa host pactl set-sink-input-volume "$id" 30% 70%
	wait_for 2 guest_has 30,70 || status=1
	guest_percents
	guest vm "amixer -c HvSock cget name='PCM Playback Switch' | grep values=on" || status=1
	guest vm "amixer -q -c HvSock sset PCM 100%; kill \$(cat /tmp/player)"
	wait_for 5 streams_are sink-inputs 0 || status=1
	return $status
}

# in_suite SUITE
in_suite()
{
	local PIPEWIRE=$1

	host_start
	ktap_test "$1: it is PipeWire" is_pipewire || true
	ktap_test "$1: 16 bit, 48 kHz, 10 ms periods" plays S16_LE 48000 2 5 --period-time=10000 || true
	ktap_test "$1: the same with mmap" plays S16_LE 48000 2 5 --period-time=10000 -M || true
	ktap_test "$1: aplay's own buffer, 44.1 kHz" plays S16_LE 44100 2 3 || true
	ktap_test "$1: 24 bit, big-endian, 5 channels" plays S24_3BE 48000 5 2 --period-time=20000 || true
	ktap_test "$1: 8 channels of floats at 96 kHz" once_more plays FLOAT_LE 96000 8 2 --period-time=10000 \
		--buffer-time=100000 || true
	ktap_test "$1: recording" once_more records S16_LE 48000 2 5 --period-time=10000 || true
	ktap_test "$1: recording 24 bit in four bytes" once_more records S24_LE 48000 2 3 || true
	ktap_test "$1: volume and mute" volume || true
	ktap_test "$1: the server is away for 2 s of 12" once_more play_through || true
	ktap_test "$1: raw PCM, by its simple protocol" twice simple_plays 4 --period-time=10000 || true
	ktap_test "$1: recording raw PCM" once_more simple_records || true
	pulse_stop host
}

ktap_plan $((12 * $# + 1))
card_vm -P 4715 -f "$TOP/user/hvsnd/hvsnd"
guest vm "modprobe snd-hvsock dyndbg=+p && hvsnd add $raw_card protocol simple port 4715"
for suite; do
	in_suite "$suite"
done
guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock'
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
