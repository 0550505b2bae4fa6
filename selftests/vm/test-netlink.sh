#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Cards by netlink: what is asked, refused and told; cards that come and go under players, while others do not notice.

. "$(dirname "$0")/card.sh"

play="aplay -q --period-time=10000 -t raw -f S16_LE -r 48000 -c 2"

streams_are() { [ "$(pa host pactl list short sink-inputs | wc -l)" = "$1" ]; }

# plays_whole SECONDS COMMAND...: a ramp on HvSock arrives whole while COMMAND goes on under it. A debug kernel may have
# aplay itself late; it is to come to its end there.
plays_whole() { twice plays_whole_once "$@"; }
plays_whole_once()
{
	local seconds=$1 sound=(-f S16_LE -r 48000 -c 2) player status=0 sink

	shift
	"$ALSA/ramp" gen "${sound[@]}" -s "$seconds" -t raw -o "$(vm_share vm)/ramp" || return
	sink_for "${sound[@]}" || return
	record_start host "$sink" "$RUN/heard" || return
	guest -t $((seconds + 60)) vm "$play -D hw:HvSock /host/ramp" &
	player=$!
	wait_for 5 streams_are 1 || status=1
	"$@" || status=1
	wait $player || status=1
	record_stop host "$sink"
	"$ALSA/ramp" check "${sound[@]}" -s "$seconds" "$RUN/heard" || [ -n "$KERNEL" ] || status=1
	return $status
}

# A debug kernel is slow, and looks for what is left by itself.
cards=1000
[ -z "$KERNEL" ] || cards=100
slab_kilobytes() { guest vm "sync; echo 3 >/proc/sys/vm/drop_caches; sleep 1; awk '/^SUnreclaim/ { print \$2 }' /proc/meminfo"; }

cycles_leave_nothing()
{
	local before after

	if [ -n "$KERNEL" ]; then
		plays_whole 40 guest -t 300 vm "netlink cycles $cards"
		return
	fi
	guest -t 300 vm "netlink cycles 100" || return
	before=$(slab_kilobytes)
	plays_whole 40 guest -t 300 vm "netlink cycles $cards && echo done before the sound" || return
	after=$(slab_kilobytes)
	echo "slab: $before kB before, $after kB after $cards cycles"
	[ $((after - before)) -ge 200 ] || return 0
	# What the kernel itself takes now and then is not taken each time.
	guest -t 300 vm "netlink cycles $cards" || return
	before=$after after=$(slab_kilobytes)
	echo "slab: $before kB before, $after kB after $cards more"
	[ $((after - before)) -lt 200 ]
}

# deleted_while_playing: the one player ends with ENODEV at once, the other does not notice.
deleted_while_playing()
{
	guest vm "netlink add Doomed" && plays_whole 6 delete_doomed
}
delete_doomed()
{
	guest vm "$play -D hw:Doomed -d 20 /dev/zero 2>/tmp/doomed & player=\$!; sleep 1
		a=\$(cut -d. -f1 /proc/uptime); netlink del Doomed || exit
		wait \$player && exit 1; cat /tmp/doomed
		[ \$((\$(cut -d. -f1 /proc/uptime) - a)) -le 1 ] && grep -q 'No such device' /tmp/doomed" &&
		wait_for 2 streams_are 1
}

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
other_streams_are() { [ "$(pa other pactl list short sink-inputs | wc -l)" = "$1" ]; }

# Another server takes over a sound that plays, within a second, and the program does not notice.
port_changed()
{
	local player begin status=0

	pulse_start other "$(vm_socket vm 4714)" && pulse_sink other main s16le 48000 2 || return
	guest vm "netlink add Studio" || return
	guest vm "$play -D hw:Studio -d 4 /dev/zero" &
	player=$!
	wait_for 5 streams_are 1 || return
	guest vm "netlink set Studio port 4714" || return
	begin=$(now_ms)
	wait_for 3 other_streams_are 1 || status=1
	begin=$(($(now_ms) - begin))
	echo "the other server has the stream after $begin ms"
	wait $player || status=1
	guest vm "netlink del Studio" || status=1
	pulse_stop other
	[ $begin -le 1000 ] && return $status
}

# A server that wants a cookie has none of the card's until it is given it.
cookie_needed()
{
	local needs status=0

	head -c 256 /dev/urandom >"$RUN/cookie"
	cp "$RUN/cookie" "$(vm_share vm)/cookie"
	pulse_start other "$(vm_socket vm 4714)" "auth-cookie=$RUN/cookie" && pulse_sink other main s16le 48000 2 || return
	guest vm "netlink add Secret port 4714" || return
	guest vm "$play -D hw:Secret -d 1 /dev/zero" || status=1
	if other_streams_are 1; then status=1; fi
	guest vm "dmesg | grep Secret; dmesg | grep -q 'refuses the PulseAudio cookie'" || status=1
	guest vm "netlink cookie Secret /host/cookie" || return
	guest vm "$play -D hw:Secret -d 3 /dev/zero" &
	needs=$!
	wait_for 3 other_streams_are 1 || status=1
	wait $needs || status=1
	guest vm "netlink get Secret >/host/told && netlink del Secret" || status=1
	pulse_stop other
	# Neither the beginning of it nor the end
	python3 - "$RUN/cookie" "$(vm_share vm)/told" <<-PYTHON || status=1
		import sys
		cookie, told = (open(name, "rb").read() for name in sys.argv[1:])
		sys.exit(any(cookie[i:i + 6] in told for i in range(len(cookie) - 6)))
	PYTHON
	return $status
}

# What a player's life is to one who listens.
stream_events()
{
	local listener player events event

	events=$(vm_share vm)/events
	guest vm "netlink events 7 >/host/events" &
	listener=$!
	sleep 0.5
	guest vm "$play -D hw:HvSock -d 3 /dev/zero" &
	player=$!
	wait_for 5 streams_are 1 || return
	pa host pactl set-sink-input-volume "$(pa host pactl list short sink-inputs | cut -f 1)" 40% || return
	wait $player $listener || return
	cat "$events"
	for event in stream-open stream-start stream-stop stream-close link-up volume; do
		grep -qx "$event HvSock" "$events" || return
	done
}

ktap_plan 29
card_vm -f "$TOP/selftests/netlink/netlink" -M snd_dummy -P 4714
host_start
guest vm 'modprobe snd-dummy && modprobe snd-hvsock'
guest_ktap -t 120 vm netlink 'netlink' || true
ktap_test "four processes change cards under players" guest -t 120 vm 'netlink storm 20' || true
ktap_test "10,000 random messages" guest -t 120 vm 'netlink random 10000' || true
ktap_test "events of a stream" stream_events || true
ktap_test "another card is deleted while it plays" once_more deleted_while_playing || true
ktap_test "another port while it plays" port_changed || true
ktap_test "a cookie is asked for and given" cookie_needed || true
ktap_test "$cards cards come and go under a player" cycles_leave_nothing || true
ktap_test "unloading" guest vm 'rmmod snd-hvsock' || true
ktap_test "loaded when its family is asked for" guest vm 'echo /bin/modprobe >/proc/sys/kernel/modprobe
	netlink get HvSock >/dev/null && rmmod snd-hvsock' || true
pulse_stop host
# Where the kernel looks for leaks, its log says what it finds.
guest vm 'leaks=/sys/kernel/debug/kmemleak; [ ! -e $leaks ] || { echo scan >$leaks; sleep 6; echo scan >$leaks; }'
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
