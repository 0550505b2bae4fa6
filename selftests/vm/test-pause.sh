#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Pauses, xruns, drops, the time that a sound takes, and what a card costs that does nothing.

# shellcheck disable=SC2016 # for the guest's shell

. "$(dirname "$0")/card.sh"

# pauses SECONDS [OPTION]...: of the sound, by player; what is heard is whole but for as many silences as there are pauses.
pauses() { once_more pauses_once "$@"; }
pauses_once()
{
	local seconds=$1 sink status=0 wanted

	shift
	"$ALSA/ramp" gen -s "$seconds" -t raw -o "$(vm_share vm)/ramp" || return
	sink_for -f S16_LE -r 48000 -c 2 || return
	record_start host "$sink" "$RUN/heard" || return
	guest vm "player $* /host/ramp" || status=1
	record_stop host "$sink"
	"$ALSA/ramp" check -s "$seconds" -g "$RUN/heard" | tee "$RUN/exact"
	wanted=$(grep -o -- '-p ' <<<"$* " | wc -l)
	[ "$(sed -n 's/^exact .* gaps=\([0-9]*\) .*/\1/p' "$RUN/exact")" = "$wanted" ] && return $status
}

# A program that is late again and again, and begins anew each time while the host still plays what it had, is heard no
# later in the end: the delay is 30 ms, and what the host's device adds.
late()
{
	"$ALSA/ramp" gen -s 3 -t raw -o "$(vm_share vm)/ramp" || return
	guest vm "player -x 12 -b 4 /host/ramp" | tee "$RUN/said"
	[ "$(sed -n 's/^heard \([0-9]*\) ms behind the position/\1/p' "$RUN/said")" -le 90 ]
}

# What was sent ahead of the position, 300 ms of it, is not heard when the program drops it.
drops() { once_more drops_once "$@"; }
drops_once()
{
	local sink at

	"$ALSA/ramp" gen -s 3 -t raw -o "$(vm_share vm)/ramp" || return
	sink_for -f S16_LE -r 48000 -c 2 || return
	record_start host "$sink" "$RUN/heard" || return
	guest vm "player -b 40 -d 2 /host/ramp" | tee "$RUN/said"
	record_stop host "$sink"
	"$ALSA/ramp" check -s 3 -u "$RUN/heard" | tee "$RUN/exact"
	at=$(sed -n 's/^dropped at //p' "$RUN/said")
	echo "heard $((($(exact_frames) - at) / 48)) ms more than was passed"
	[ "$(exact_frames)" -le $((at + 2400)) ] && [ "$(exact_frames)" -ge $((at - 4800)) ]
}

corked() { pa host pactl list sink-inputs | grep -q 'Corked: yes'; }

# The host knows of a pause, and that it ends.
corks()
{
	local player status=0

	"$ALSA/ramp" gen -s 3 -t raw -o "$(vm_share vm)/ramp" || return
	guest vm "player -p 1:2 /host/ramp" &
	player=$!
	wait_for 5 streams_are sink-inputs 1 || status=1
	! corked || status=1
	wait_for 3 corked || { echo "not corked in the pause"; status=1; }
	sleep 1
	corked || { echo "not corked later in the pause"; status=1; }
	sleep 1.2
	! corked || { echo "corked after the pause"; status=1; }
	wait $player && return $status
}

# The host goes and comes while the program pauses; what comes after the pause is heard to the end.
across_a_restart() { once_more pause_across_a_restart "$@"; }
pause_across_a_restart()
{
	local player status=0

	"$ALSA/ramp" gen -s 6 -t raw -o "$(vm_share vm)/ramp" || return
	: >"$(vm_share vm)/said"
	guest vm "player $* -p 2:6 /host/ramp >>/host/said 2>&1" &
	player=$!
	wait_for 10 grep -q paused "$(vm_share vm)/said" || { cat "$(vm_share vm)/said"; return 1; }
	sleep 0.3
	host_away 1 || return
	wait_for 4 streams_are sink-inputs 1 || { echo "no stream again"; return 1; }
	corked || { echo "not corked in the pause"; return 1; }
	record_start host main "$RUN/heard" || return
	wait $player || status=1
	record_stop host main
	cat "$(vm_share vm)/said"
	"$ALSA/ramp" check -s 6 -e "$RUN/heard" | tee "$RUN/exact"
	# The position was 2 s less a buffer of 100 ms; the host that went away had 300 ms more.
	[ "$(exact_frames)" -ge 182400 ] && return $status
}

# An echo in linked streams: what one sink plays comes out of the other, unbroken.
echoes() { once_more echoes_once "$@"; }
echoes_once()
{
	local sound=(-f S16_LE -r 48000 -c 2) sink source status=0

	sink_for "${sound[@]}" || return
	# First, as PulseAudio moves streams along with the default.
	pa host pactl set-default-sink main
	source_start "${sound[@]}" || return
	source=$spawned
	record_start host main "$RUN/heard" || return
	guest vm "player -e $* 5" || status=1
	record_stop host main
	end_process "$source"
	# What was recorded while the program was not yet there, and was no more, is silence.
	"$ALSA/ramp" check -s 20 -u "$RUN/heard" | tee "$RUN/exact"
	[ "$(exact_frames)" -ge 192000 ] && return $status
}

# traced SECONDS: how often in that time the card's timers were set, and its work queued.
traced()
{
	guest vm "cd /sys/kernel/debug/tracing && echo >trace && echo 1 >tracing_on && sleep $1 && echo 0 >tracing_on &&
		grep -c hvs_ trace || true"
}

no_client() { ! pa host pactl list short clients | grep -q "$1"; }

# Nothing is open: no timer, no work, no connection, and no attempt at one. The same look sees all of them in a play.
idle()
{
	local busy idle status=0

	guest vm 'cd /sys/kernel/debug/tracing && echo 0 >tracing_on &&
		for event in workqueue/workqueue_queue_work timer/hrtimer_start timer/timer_start; do
			echo 1 >events/$event/enable || exit
		done' || return
	guest vm 'aplay -q -D hw:HvSock --period-time=10000 -t raw -f S16_LE -r 48000 -c 2 -d 6 /dev/zero & sleep 2'
	busy=$(traced 1) || return
	guest vm 'grep -c hvs_ /proc/timer_list' || { echo "a play has no timer"; status=1; }
	! no_client aplay || { echo "no client aplay on the host"; status=1; }
	wait_for 20 no_client aplay || { echo "the client stays"; status=1; }
	sleep 0.5
	: >"$RUN/pulse.host/log"
	idle=$(traced 5) || return
	echo "timers and work: $busy in a second of playing, $idle in 5 s of nothing"
	! guest vm 'grep hvs_ /proc/timer_list' || status=1
	grep -i 'client' "$RUN/pulse.host/log" && status=1
	[ "$busy" -ge 50 ] && [ "$idle" = 0 ] && return $status
}

ktap_plan 14
card_vm -f "$ALSA/player"
host_start
guest vm 'modprobe snd-hvsock dyndbg=+p'
ktap_test "2 s and their drain take 2 s" pauses 2 || true
ktap_test "the same without period wakeups" pauses 2 -n || true
ktap_test "two pauses" pauses 3 -p 1:0.5 -p 2:0.2 || true
ktap_test "two pauses with mmap" pauses 3 -m -p 1:0.5 -p 2:0.2 || true
ktap_test "two pauses without period wakeups, mmap" pauses 3 -m -n -p 1:0.5 -p 2:0.2 || true
ktap_test "no later after xruns" once_more late || true
ktap_test "the host knows of a pause" corks || true
ktap_test "the host is restarted in a pause" across_a_restart || true
ktap_test "the same without period wakeups, mmap" across_a_restart -m -n || true
ktap_test "what is dropped is not heard" drops || true
ktap_test "an echo in linked streams" echoes || true
ktap_test "the same with mmap" echoes -m || true
ktap_test "nothing open, nothing done" idle || true
guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock'
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
