#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the host's user may do with a stream that plays or records: move it, suspend its device, end it. The program goes
# on, and afterwards all is heard.

. "$(dirname "$0")/card.sh"

play="aplay -q -D hw:HvSock --period-time=10000 --buffer-time=100000 -t raw -f S16_LE -r 48000 -c 2"
record="arecord -q -D hw:HvSock --period-time=10000 --buffer-time=100000 -t raw -f S16_LE -r 48000 -c 2"

closing() { guest_dmesg | sed -n 's/.*snd_hvsock.0: //p' | tee "$RUN/closing"; }
# counted NAME MOST: what the kernel counted of that is no more.
counted()
{
	local n

	n=$(sed -n "s/.* closed: .*$1 \([0-9]*\),.*/\1/p" "$RUN/closing")
	if [ -z "$n" ] || [ "$n" -gt "$2" ]; then
		echo "$1: ${n:-not counted}, and no more than $2 were to come"
		return 1
	fi
}

# plays_on SINK EVENT...: 10 s of play, with the event after 2; two seconds later SINK plays it to the end.
plays_on()
{
	local sink=$1 player begin status=0

	shift
	"$ALSA/ramp" gen -s 10 -t raw -o "$(vm_share vm)/ramp" || return
	guest vm 'dmesg -c >/dev/null'
	begin=$(now_ms)
	guest vm "$play /host/ramp" &
	player=$!
	wait_for 5 streams_are sink-inputs 1 || return
	sleep 2
	"$@" || status=1
	sleep 1
	streams_are sink-inputs 1 || { echo "no stream a second later"; status=1; }
	sleep 1
	record_start host "$sink" "$RUN/heard" || return
	wait $player || status=1
	begin=$(($(now_ms) - begin))
	record_stop host "$sink"
	echo "took $begin ms"
	closing
	"$ALSA/ramp" check -s 10 -e "$RUN/heard" | tee "$RUN/exact"
	[ "$(exact_frames)" -ge 144000 ] && [ $begin -ge 9900 ] && [ $begin -le 10900 ] && return $status
}

move() { pa host pactl move-sink-input "$(stream_id)" other; }
suspend() { pa host pactl suspend-sink main 1 && sleep 2 && pa host pactl suspend-sink main 0; }
kill_input() { pulse_command host "kill-sink-input $(stream_id)"; }

moved() { twice plays_on other move && counted resyncs 1 && counted dropped 9600 && counted inserted 9600; }
# Two seconds are not heard, nor what was on its way.
suspended() { twice plays_on main suspend && counted resyncs 2 && counted dropped 115200; }
killed() { twice plays_on main kill_input && counted reconnects 1 && counted dropped 24000; }

# records_on EVENT...: 10 s of recording with the event after 2; the last 4 s are whole.
records_on()
{
	local recorder sink source status=0

	sink_for -f S16_LE -r 48000 -c 2 && source_start -f S16_LE -r 48000 -c 2 || return
	source=$spawned
	guest vm 'dmesg -c >/dev/null'
	guest vm "$record -d 10 /host/recorded" &
	recorder=$!
	wait_for 5 streams_are source-outputs 1 || return
	sleep 2
	"$@" || status=1
	wait $recorder || status=1
	end_process "$source"
	closing
	[ "$(stat -c %s "$(vm_share vm)/recorded")" = 1920000 ] || status=1
	tail -c 768000 "$(vm_share vm)/recorded" >"$RUN/last"
	"$ALSA/ramp" check -s 20 -p "$RUN/last" | tee "$RUN/exact"
	[ "$(exact_frames)" = 192000 ] && return $status
}

# There and back again.
move_source()
{
	local id

	id=$(stream_id source-outputs)
	pa host pactl move-source-output "$id" other.monitor && sleep 1 && pa host pactl move-source-output "$id" "$sink.monitor"
}
# A monitor goes with its sink.
suspend_source() { pa host pactl suspend-sink "$sink" 1 && sleep 2 && pa host pactl suspend-sink "$sink" 0; }
kill_output() { pulse_command host "kill-source-output $(stream_id source-outputs)"; }

moved_source() { twice records_on move_source && counted resyncs 2; }
suspended_source() { twice records_on suspend_source && counted resyncs 2; }
killed_source() { twice records_on kill_output && counted reconnects 1; }

ktap_plan 7
card_vm
host_start
pulse_sink host other s16le 48000 2
guest vm 'modprobe snd-hvsock dyndbg=+p'
ktap_test "moved to another sink" moved || true
ktap_test "its sink is suspended for 2 s" suspended || true
ktap_test "killed" killed || true
ktap_test "moved to another source and back" moved_source || true
ktap_test "its source is suspended for 2 s" suspended_source || true
ktap_test "killed while it records" killed_source || true
guest vm 'rmmod snd-hvsock'
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
