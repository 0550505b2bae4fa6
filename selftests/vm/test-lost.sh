#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host that goes and comes back under programs that play and record: silence meanwhile, then sound again.
#
#   test-lost.sh [CYCLES]   of each (1)

. "$(dirname "$0")/card.sh"

cycles=${1:-1}
play="aplay -q -D hw:HvSock --period-time=10000 --buffer-time=100000 -t raw -f S16_LE -r 48000 -c 2"
record="arecord -q -D hw:HvSock --period-time=10000 --buffer-time=100000 -t raw -f S16_LE -r 48000 -c 2"

# threads: of QEMU, and what each ran in half a second; what the guest counts of its processors' timers and wakeups.
threads()
{
	local task before=() i=0

	for task in "/proc/$(vm_pid vm)"/task/*; do
		before+=("$(cut -d' ' -f1 "$task/schedstat")")
	done
	sleep 0.5
	for task in "/proc/$(vm_pid vm)"/task/*; do
		echo "$(<"$task/comm") $(sed 's/.*) //; s/ .*//' "$task/stat") in $(<"$task/wchan")," \
			"ran $((($(cut -d' ' -f1 "$task/schedstat") - ${before[i++]:-0}) / 1000000)) ms of 500"
	done
}
wakeups() { guest vm "grep -E 'LOC|RES|virtqueues' /proc/interrupts"; }

# no_stream BEFORE: the module, or an emulated processor that sleeps on although it is to wake?
no_stream()
{
	echo "no stream 3 s after the server was back; the guest's processors:"
	threads
	printf 'before, and now\n%s\n' "$1"
	wakeups
	guest vm 'hvsnd show'
	! wait_for 2 streams_are sink-inputs 1 || echo "there is one now that the guest had something to do"
	return 1
}

# A 20 s play loses its server for 3 s: it takes 20 s, and the last 10 s are whole.
play_through()
{
	local player begin back before

	"$ALSA/ramp" gen -s 20 -t raw -o "$(vm_share vm)/ramp" || return
	begin=$(now_ms)
	guest vm "$play /host/ramp" &
	player=$!
	wait_for 5 streams_are sink-inputs 1 || return
	sleep 4
	before=$(wakeups)
	host_away 3 || return
	back=$(now_ms)
	wait_for 3 streams_are sink-inputs 1 || no_stream "$before" || return
	echo "a stream again $(($(now_ms) - back)) ms after the server was back"
	[ $(($(now_ms) - back)) -lt 1100 ] || return
	record_start host main "$RUN/heard" || return
	wait $player || return
	begin=$(($(now_ms) - begin))
	echo "took $begin ms"
	record_stop host main
	"$ALSA/ramp" check -s 20 -e "$RUN/heard" | tee "$RUN/exact"
	[ "$(exact_frames)" -ge 480000 ] &&
		[ $begin -ge 19500 ] && [ $begin -le 20900 ]
}

# What takes the first connection after that is silent for ever: the stream does not wait for it long.
play_past_a_silent_one()
{
	local player silent back status=0

	guest vm "$play -d 15 /dev/zero" &
	player=$!
	wait_for 5 streams_are sink-inputs 1 || return
	kill -KILL "$(<"$RUN/pulse.host/pid")"
	pulse_stop host
	rm -f "$(vm_socket vm 4713)"
	spawn "$RUN/silent" socat -d -d -u "UNIX-LISTEN:$(vm_socket vm 4713),unlink-close=0" "EXEC:sleep 60"
	silent=$spawned
	wait_for 8 grep -q 'accepting connection' "$RUN/silent" || { echo "no connection"; status=1; }
	host_start
	back=$(now_ms)
	wait_for 6 streams_are sink-inputs 1 || { echo "no stream"; status=1; }
	echo "a stream $(($(now_ms) - back)) ms after the server was back"
	end_process "$silent"
	wait $player && return $status
}

# The same backwards: silence while the server is away, then the ramp to the end.
record_through()
{
	local recorder frames sink

	sink_for -f S16_LE -r 48000 -c 2 && source_start -f S16_LE -r 48000 -c 2 || return
	guest vm "$record -d 12 /host/recorded" &
	recorder=$!
	wait_for 5 streams_are source-outputs 1 || return
	sleep 2
	host_away 2 || return
	sink_for -f S16_LE -r 48000 -c 2 && source_start -f S16_LE -r 48000 -c 2 || return
	wait $recorder || return
	# Else the next test takes it for the guest's.
	end_process "$spawned"
	frames=$(($(stat -c %s "$(vm_share vm)/recorded") / 4))
	echo "$frames frames"
	[ $frames = 576000 ] || return
	# Its last 3 s, long after the server was back.
	tail -c 576000 "$(vm_share vm)/recorded" >"$RUN/last"
	"$ALSA/ramp" check -s 20 -p "$RUN/last" | tee "$RUN/exact"
	[ "$(exact_frames)" = 144000 ]
}

ended() { [ -s "$(vm_share vm)/ended" ]; }

# refused PROGRAM...: it ends with an error, soon.
refused()
{
	local begin

	begin=$(now_ms)
	! guest vm "$* 2>&1" || { echo "no error"; return 1; }
	echo "took $(($(now_ms) - begin)) ms"
	[ $(($(now_ms) - begin)) -lt 4000 ]
}

# A card that is to tell programs: they end when the host goes, and do not begin without one.
error_wanted()
{
	local back status=0

	guest vm 'hvsnd set HvSock on-lost error' || return
	rm -f "$(vm_share vm)/ended"
	guest vm "{ $play -d 20 /dev/zero; echo \$? >/host/ended; } 2>/host/said &"
	wait_for 5 streams_are sink-inputs 1 || return
	sleep 1
	! ended || return
	back=$(now_ms)
	pulse_stop host
	wait_for 5 ended || { echo "it goes on"; status=1; }
	echo "ended after $(($(now_ms) - back)) ms"
	cat "$(vm_share vm)/said"
	[ "$(<"$(vm_share vm)/ended")" != 0 ] || status=1
	refused "$play -d 5 /dev/zero" && refused "$record -d 5 /dev/null" || status=1
	host_start
	guest vm "$play -d 1 /dev/zero && $record -d 1 /dev/null" || status=1
	guest vm 'hvsnd set HvSock on-lost silence'
	return $status
}

# delay_is MILLISECONDS: that is what the only stream's delay is held at, and it is within 3 ms of it.
delay_is()
{
	guest vm 'hvsnd show' | awk -v wanted="$1" '
		/ delay [0-9.]+ of [0-9.]+ ms/ {
			for (i = 1; i < NF; i++) if ($i == "delay") { is = $(i + 1); of = $(i + 3) }
			n++
		}
		END {
			print is " of " of " ms"
			exit !(n == 1 && of == wanted && is - of <= 3 && of - is <= 3)
		}'
}

# stays_at MILLISECONDS: the first look may be at what a new connection is to have, before anything is known of it.
stays_at() { delay_is "$1" && sleep 2 && delay_is "$1"; }

# held_at MILLISECONDS: what the host's sink began late is made up for at 1 ms a second; then it stays.
held_at()
{
	local status=0

	wait_for 40 stays_at "$1" >"$RUN/held" || status=1
	tail -n 2 "$RUN/held"
	return $status
}

# A delay of the card's own, also while it plays.
latency()
{
	local player status=0

	# A null sink that nobody uses begins up to 50 ms late.
	record_start host main "$RUN/heard" || return
	guest vm 'hvsnd set HvSock latency 100000' || return
	guest vm "timeout 90 $play /dev/zero" &
	player=$!
	wait_for 5 streams_are sink-inputs 1 || return
	held_at 100.0 || status=1
	guest vm 'hvsnd set HvSock latency 25000' || return
	held_at 25.0 || status=1
	guest vm 'killall aplay'
	wait $player || true
	wait_for 5 streams_are sink-inputs 0 || status=1
	record_stop host main
	guest vm 'hvsnd set HvSock latency 0'
	return $status
}

ktap_plan $((2 * cycles + 4))
card_vm -f "$TOP/user/hvsnd/hvsnd"
host_start
guest vm 'modprobe snd-hvsock dyndbg=+p'
for cycle in $(seq "$cycles"); do
	ktap_test "the server is away for 3 s of 20${1:+, $cycle of $cycles}" twice play_through || true
	ktap_test "the server is away while recording${1:+, $cycle of $cycles}" twice record_through || true
done
ktap_test "a silent one is there before the server" play_past_a_silent_one || true
ktap_test "an error is wanted instead" error_wanted || true
ktap_test "a delay of the card's own" twice latency || true
guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock'
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
