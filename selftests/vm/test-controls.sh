#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Volume and mute of the card are those of its streams on the host, both ways, at once; and the jacks tell of the host.

# shellcheck disable=SC2016 # for the guest's shell

. "$(dirname "$0")/card.sh"

LIMIT_MS=200
player='aplay -q -D hw:HvSock --period-time=10000 -t raw -f S16_LE -r 48000 -c 2'
events=
watched=0

# guest_set CONTROL VALUES: sets it; $done_at is the end of that in microseconds, by this machine's clock.
guest_set()
{
	guest vm "rm -f /host/done; amixer -q -c HvSock $* && : >/host/done" || return
	done_at=$(stat -c %.6Y "$(vm_share vm)/done")
	done_at=${done_at/./}
}

# Values of an element in the guest, as "40 40 ...", or "on".
guest_get() { guest vm "amixer -c HvSock cget name='$1'" | sed -n 's/^ *: values=//p' | tr , ' '; }

# within WHAT MILLISECONDS: notes it; what is late is for one test to fail by, as here the machine's load counts.
late=0
within()
{
	echo "$1: after $2 ms"
	[ "$2" -le $LIMIT_MS ] || late=$((late + 1))
}

# sets_host WORDS KIND STATE COMMAND...: what amixer does is seen on the host.
sets_host()
{
	local what=$1 kind=$2 state=$3

	shift 3
	guest_set "$@" || return
	wait_for 5 host_is "$kind" "$state" || { echo "$what:"; host_streams "$kind"; return 1; }
	within "$what" $(((${EPOCHREALTIME/./} - done_at) / 1000))
}

# Starts to note the events in the guest.
watch_start()
{
	events=$(vm_share vm)/events
	: >"$events"
	guest vm 'controls HvSock watch >>/host/events 2>&1 & echo $! >/tmp/watch'
	wait_for 10 grep -q watching "$events"
}

watch_end() { guest vm 'kill $(cat /tmp/watch)'; }

new_events() { tail -n "+$((watched + 2))" "$events"; }
one_more() { [ "$(($(wc -l <"$events") - 1))" -gt "$watched" ]; }
# event_is WHEN LINE: the only event since the last call is this one; WHEN it was caused, in microseconds.
event_is()
{
	local at=$1 line=$2 came status=0

	if ! wait_for 5 one_more; then
		echo "no event; $line was to come"
		return 1
	fi
	came=$(stat -c %.6Y "$events")
	came=${came/./}
	within "$line" $(((came - at) / 1000))
	sleep 0.3
	[ "$(new_events)" = "$line" ] || { echo "came instead of $line:"; new_events; status=1; }
	watched=$(($(wc -l <"$events") - 1))
	return $status
}
no_event()
{
	sleep 0.5
	[ -z "$(new_events)" ] || { echo "came for nothing:"; new_events; watched=$(($(wc -l <"$events") - 1)); return 1; }
}

# reports LINE COMMAND...: what pactl does is seen in the guest, told once.
reports()
{
	local line=$1 at=${EPOCHREALTIME/./}

	shift
	pa host pactl "$@" || return
	event_is "$at" "$line"
}

# play_start: one more stream of silence; play_end ends all.
play_start()
{
	local before

	before=$(host_streams sink-inputs | wc -l)
	guest vm "$player /dev/zero 2>>/host/players & echo \$! >>/tmp/players"
	wait_for 10 streams_above "$before" || { cat "$(vm_share vm)/players"; return 1; }
}
streams_above() { [ "$(host_streams sink-inputs | wc -l)" -gt "$1" ]; }
no_streams() { [ -z "$(host_streams sink-inputs)$(host_streams source-outputs)" ]; }
play_end()
{
	guest vm 'kill $(cat /tmp/players); rm /tmp/players'
	wait_for 10 no_streams
}

# ---------------------------------------------------------------------------------------------------------------------

# Nobody in the guest has touched it: the host decides, and the card shows what it has.
untouched()
{
	local status=0

	play_start || return
	reports "Hardware Master Playback Volume: 33 33 33 33 33 33 33 33" set-sink-input-volume "$(stream_id)" 33% || status=1
	play_end
	play_start || return
	event_is "${EPOCHREALTIME/./}" "Hardware Master Playback Volume: 100 100 100 100 100 100 100 100" || status=1
	host_is sink-inputs "100 100 no" || status=1
	play_end
	return $status
}

to_the_host()
{
	play_start || return
	sets_host "40 %" sink-inputs "40 40 no" sset 'Hardware Master' 40% &&
		sets_host "each channel its own" sink-inputs "30 60 no" \
			cset "name='Hardware Master Playback Volume'" 30,60,1,2,3,4,5,6 &&
		sets_host "mute" sink-inputs "30 60 yes" cset "name='Hardware Master Playback Switch'" off &&
		sets_host "not mute" sink-inputs "30 60 no" cset "name='Hardware Master Playback Switch'" on &&
		[ "$(guest_get 'Hardware Master Playback Volume')" = "30 60 1 2 3 4 5 6" ]
}

# What the stream lacks follows where something changed, in turn.
from_the_host()
{
	local id

	id=$(stream_id)
	watched=$(($(wc -l <"$events") - 1))
	reports "Hardware Master Playback Volume: 30 75 1 75 3 75 5 75" set-sink-input-volume "$id" 30% 75% || return
	reports "Hardware Master Playback Volume: 20 20 20 20 20 20 20 20" set-sink-input-volume "$id" 20% || return
	reports "Hardware Master Playback Switch: 0" set-sink-input-mute "$id" 1 || return
	reports "Hardware Master Playback Switch: 1" set-sink-input-mute "$id" 0
}

only_changes_are_told()
{
	local id status=0

	id=$(stream_id)
	pa host pactl set-sink-input-volume "$id" 20%
	pa host pactl set-sink-input-mute "$id" 0
	guest_set cset "name='Hardware Master Playback Volume'" 20 || return
	guest_set cset "name='Hardware Master Playback Switch'" on || return
	pa host pactl move-sink-input "$id" other
	no_event || status=1
	reports "Hardware Master Playback Volume: 21 21 21 21 21 21 21 21" set-sink-input-volume "$id" 21% || status=1
	pa host pactl move-sink-input "$id" main
	return $status
}

# What the host amplifies shows as 100, and stays so until that channel is set.
above_100()
{
	local id

	id=$(stream_id)
	reports "Hardware Master Playback Volume: 100 100 100 100 100 100 100 100" set-sink-input-volume "$id" 120% 150% || return
	sets_host "mute" sink-inputs "120 150 yes" cset "name='Hardware Master Playback Switch'" off &&
		sets_host "left" sink-inputs "50 150 yes" cset "name='Hardware Master Playback Volume'" 50,100,100,100,100,100,100,100 &&
		sets_host "not mute" sink-inputs "50 150 no" cset "name='Hardware Master Playback Switch'" on
}

two_streams()
{
	play_start &&
		sets_host "both" sink-inputs "70 70 no" sset 'Hardware Master' 70% &&
		sets_host "both mute" sink-inputs "70 70 yes" cset "name='Hardware Master Playback Switch'" off &&
		sets_host "both not mute" sink-inputs "70 70 no" cset "name='Hardware Master Playback Switch'" on
}

# While it plays, with the host's echoes of each value on their way.
conventions() { guest_ktap -t 120 vm "$1" 'controls HvSock'; }

# A burst of changes: the last one holds, here and there.
burst()
{
	guest -t 60 vm 'for i in 1 2 3 4 5; do for v in 10 90 50 20 80 60; do amixer -q -c HvSock sset "Hardware Master" $v%; done; done' || return
	wait_for 2 host_is sink-inputs "60 60 no" || { host_streams sink-inputs; return 1; }
	sleep 0.5
	host_is sink-inputs "60 60 no" && [ "$(guest_get 'Hardware Master Playback Volume')" = "60 60 60 60 60 60 60 60" ]
}

# Ten changes each way. If anything was late once, on a machine that has others to serve, it is not the second time.
prompt()
{
	local n

	late=0
	for n in 10 20 30 40 60; do
		sets_host "to the host" sink-inputs "$n $n no" sset 'Hardware Master' "$n%" || return
		watched=$(($(wc -l <"$events") - 1))
		reports "Hardware Master Playback Volume: $((n + 1)) $n $((n + 1)) $n $((n + 1)) $n $((n + 1)) $n" \
			set-sink-input-volume "$(stream_id)" "$((n + 1))%" "$n%" || return
	done
	[ $late = 0 ]
}
at_once() { prompt || { echo "$late of 10 were later than $LIMIT_MS ms; again:"; prompt; }; }

kept()
{
	play_end
	[ "$(guest_get 'Hardware Master Playback Volume')" = "60 60 60 60 60 60 60 60" ] || return
	guest_set sset 'Hardware Master' 55% && play_start || return
	host_is sink-inputs "55 55 no" || { host_streams sink-inputs; return 1; }
	play_end
	[ "$(guest_get 'Hardware Master Playback Volume')" = "55 55 55 55 55 55 55 55" ]
}

# loudest FILE: of its samples.
loudest() { od -An -v -td2 -w2 "$1" | awk '{ v = $1 < 0 ? -$1 : $1; if (v > m) m = v } END { print m + 0 }'; }

# from_its_first_frame LEAST MOST: a new stream of samples of 16448 is never louder than that.
from_its_first_frame()
{
	local m

	record_start host main "$RUN/heard" || return
	head -c 96000 /dev/zero | tr '\0' '\100' >"$(vm_share vm)/loud"
	guest vm "$player /host/loud"
	record_stop host main
	wait_for 10 no_streams
	m=$(loudest "$RUN/heard")
	echo "of 16448 the loudest is $m"
	[ "$m" -ge "$1" ] && [ "$m" -le "$2" ]
}
quiet() { guest_set sset 'Hardware Master' 50% && from_its_first_frame 2040 2070; }
silent()
{
	local status=0

	guest_set cset "name='Hardware Master Playback Switch'" off && from_its_first_frame 0 0 || status=1
	guest_set cset "name='Hardware Master Playback Switch'" on
	return $status
}

capture()
{
	local id status=0

	guest vm "arecord -q -D hw:HvSock --period-time=10000 -t raw -f S16_LE -r 48000 -c 2 /dev/null & echo \$! >>/tmp/players"
	wait_for 10 host_is source-outputs "50 50 no" || { host_streams source-outputs; return 1; }
	id=$(stream_id source-outputs)
	watched=$(($(wc -l <"$events") - 1))
	reports "Mic Capture Volume: 25 35 25 35 25 35 25 35" set-source-output-volume "$id" 25% 35% || status=1
	reports "Mic Capture Switch: 0" set-source-output-mute "$id" 1 || status=1
	sets_host "microphone" source-outputs "45 45 yes" cset "name='Mic Capture Volume'" 45 || status=1
	sets_host "microphone on" source-outputs "45 45 no" cset "name='Mic Capture Switch'" on || status=1
	play_end
	return $status
}

jack_is()
{
	jack=$(guest vm "amixer -c HvSock cget iface=CARD,name='Line Out Jack'" | sed -n 's/^ *: values=//p')
	[ "$jack" = "$1" ]
}

# The host goes and comes under a player.
jack()
{
	local jack status=0

	{ jack_is on && play_start; } || { echo "jack is $jack, before"; return 1; }
	watched=$(($(wc -l <"$events") - 1))
	pulse_stop host
	wait_for 10 jack_is off || { echo "jack is $jack, without a host"; status=1; }
	[ "$(new_events | sort)" = $'Line Out Jack: 0\nMic Jack: 0' ] || { new_events; status=1; }
	host_start
	wait_for 10 jack_is on || { echo "jack is $jack, with a host"; status=1; }
	wait_for 10 host_is sink-inputs "50 50 no" || { host_streams sink-inputs; status=1; }
	play_end
	return $status
}

host_clients() { grep -c 'client.c: Created' "$RUN/pulse.host/log"; }

# A host that went is seen to be back with nothing open, and then left alone.
jack_returns()
{
	local jack before status=0

	pulse_stop host
	guest vm "$player -d 4 /dev/zero" || return
	jack_is off || { echo "jack is $jack, without a host"; status=1; }
	sleep 11
	jack_is off || { echo "jack is $jack, still without a host"; status=1; }
	host_start
	wait_for 15 jack_is on || { echo "jack is $jack, with a host"; return 1; }
	before=$(host_clients)
	sleep 12
	echo "$(($(host_clients) - before)) connections while it is there"
	[ "$(host_clients)" = "$before" ] && return $status
}

# map_is MAP: of the only stream, as the host lists it.
map_is() { pa host pactl list sink-inputs | grep -qx "	Channel Map: $1"; }

# A program's own order of channels is the host's; what there is no word for, and a change in mid-play, is refused.
sets_channel_map()
{
	local status=0 i

	guest vm "$player -m FR,FL /dev/zero 2>>/host/players & echo \$! >>/tmp/players"
	wait_for 10 map_is front-right,front-left || { pa host pactl list sink-inputs; status=1; }
	i=$(guest vm "amixer -c HvSock controls" | sed -n "s/numid=\([0-9]*\),.*'Playback Channel Map'\$/\1/p")
	guest vm "amixer -c HvSock cget numid=$i" | grep -q ': values=4,3,0,0,0,0,0,0' || { echo "not 4,3"; status=1; }
	guest vm "amixer -q -c HvSock cset numid=$i 3,4,0,0,0,0,0,0 2>/dev/null" && { echo "changed in mid-play"; status=1; }
	play_end
	play_start
	map_is front-left,front-right || { pa host pactl list sink-inputs; status=1; }
	play_end
	return $status
}

unload() { guest vm 'rmmod snd-hvsock'; }

ktap_plan 41
card_vm -f "$ALSA/controls"
host_start
pulse_sink host other s16le 48000 2
guest vm 'modprobe snd-hvsock'
watch_start
ktap_test "untouched, the host decides" untouched || true
conventions "nothing plays"
ktap_test "amixer sets the host's" to_the_host || true
ktap_test "the host's sets amixer's" from_the_host || true
ktap_test "only changes are told" only_changes_are_told || true
ktap_test "above 100 %" above_100 || true
ktap_test "two streams" two_streams || true
conventions "two streams play"
ktap_test "a burst" burst || true
play_end
play_start
ktap_test "within $LIMIT_MS ms" at_once || true
play_end
guest_set sset 'Hardware Master' 60%
play_start
ktap_test "kept while nothing is open" kept || true
ktap_test "a new stream has its volume at once" quiet || true
ktap_test "a new stream is mute at once" silent || true
ktap_test "capture" capture || true
ktap_test "jack" jack || true
watch_end
ktap_test "the jack of a host that is back" jack_returns || true
ktap_test "channel map" sets_channel_map || true
ktap_test "unloads" unload || true
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
