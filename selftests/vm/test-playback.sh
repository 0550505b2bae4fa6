#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What aplay writes in the guest arrives at PulseAudio's monitor: every frame, in order, first to last.

. "$(dirname "$0")/card.sh"

# shellcheck disable=SC2016 # for the guest's shell
position_is_sane()
{
	"$ALSA/ramp" gen -s 5 -t raw -o "$(vm_share vm)/ramp" || return
	guest vm 'timeout 20 aplay -q -D hw:HvSock --period-time=10000 --test-position --test-coef=8 -t raw -f S16_LE -r 48000 -c 2 /host/ramp 2>&1 |
		tee /tmp/said; ! grep -i suspicious /tmp/said'
}

# Four programs, each a stream under its own name, moved in the leading silence to a sink of its own.
four_at_once()
{
	local sound=(-f S16_LE -r 48000 -c 2 -s 4) n player name status=0

	"$ALSA/ramp" gen "${sound[@]}" -l 4 -o "$(vm_share vm)/ramp.wav"
	for n in 1 2 3 4; do
		pulse_sink host four$n s16le 48000 2
		record_start host four$n "$RUN/heard$n"
	done
	guest vm 'for n in 1 2 3 4; do ln -sf /usr/bin/aplay /tmp/aplay$n
		/tmp/aplay$n -q -D hw:HvSock --period-time=10000 --buffer-time=80000 /host/ramp.wav & done; wait' &
	player=$!
	wait_for 10 streams_are sink-inputs 4 || status=1
	for n in 1 2 3 4; do
		name=$(stream_named "aplay$n")
		[ -n "$name" ] || { echo "no stream is named aplay$n"; status=1; continue; }
		pa host pactl move-sink-input "$name" four$n
	done
	pa host pactl list sink-inputs | grep -E 'application.(name|process)|media.name'
	wait $player || status=1
	for n in 1 2 3 4; do
		record_stop host four$n
		"$ALSA/ramp" check "${sound[@]}" "$RUN/heard$n" || status=1
	done
	return $status
}

stream_named()
{
	pa host pactl list sink-inputs | awk -v name="$1" '
		/^Sink Input #/ { input = substr($3, 2) }
		$0 ~ "application.name = \"" name "\"$" { print input }'
}

# A few frames are fewer than what the host waits for before it starts.
plays_a_click() { plays S16_LE 48000 2 0.005; }

# Virtual machines stand still now and then: 0.2 s of that nobody hears.
stands_still()
{
	local sink player pid n status=0

	"$ALSA/ramp" gen -s 6 -t raw -o "$(vm_share vm)/ramp" && sink_for -f S16_LE -r 48000 -c 2 &&
		record_start host "$sink" "$RUN/heard" || return
	pid=$(vm_pid vm)
	guest vm 'aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 /host/ramp' &
	player=$!
	wait_for 10 streams_are sink-inputs 1 || status=1
	for n in 1 2 3 4; do
		sleep 0.93
		kill -STOP "$pid"
		sleep 0.2
		kill -CONT "$pid"
	done
	wait $player || status=1
	record_stop host "$sink"
	"$ALSA/ramp" check -s 6 "$RUN/heard" && return $status
}

# A host that takes 0.25 s to answer does not cost the beginning.
answers_late()
{
	local socket late status=0

	socket=$(vm_socket vm 4713)
	mv "$socket" "$socket.behind"
	spawn "$RUN/late" socat "UNIX-LISTEN:$socket" "SYSTEM:sleep 0.25; exec socat - UNIX-CONNECT\\:$socket.behind"
	late=$spawned
	wait_for 5 test -S "$socket" && plays_once S16_LE 48000 2 3 --period-time=10000 --buffer-time=1000000 || status=1
	end_process "$late"
	mv "$socket.behind" "$socket"
	return $status
}

ktap_plan 14
card_vm
host_start
guest vm 'modprobe snd-hvsock'
ktap_test "16 bit, 48 kHz, 10 ms periods" plays S16_LE 48000 2 5 --period-time=10000 || true
ktap_test "the same with mmap" plays S16_LE 48000 2 5 --period-time=10000 -M || true
ktap_test "2.5 ms periods" plays S16_LE 48000 2 5 --period-time=2500 --buffer-time=40000 || true
ktap_test "44.1 kHz" plays S16_LE 44100 2 5 --period-time=10000 || true
ktap_test "32 bit" plays S32_LE 48000 2 5 --period-time=10000 || true
ktap_test "aplay's own buffer" plays S16_LE 48000 2 5 || true
ktap_test "8 channels of floats at 96 kHz" plays FLOAT_LE 96000 8 2 --period-time=10000 --buffer-time=100000 || true
ktap_test "mu-law, 8 kHz, mono" plays MU_LAW 8000 1 3 || true
ktap_test "5 ms of sound" plays_a_click || true
ktap_test "aplay --test-position finds nothing" position_is_sane || true
ktap_test "the machine stands still for 0.2 s, four times" twice stands_still || true
ktap_test "the host answers after 0.25 s" twice answers_late || true
ktap_test "four programs at once, under their names" four_at_once || true
guest vm 'rmmod snd-hvsock'
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
