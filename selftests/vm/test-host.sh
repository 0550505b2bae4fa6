#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host that is away, refuses, is silent or goes: programs go on in silence, the kernel says what to do, and
# nothing stays behind.

. "$(dirname "$0")/card.sh"

play="aplay -q -D hw:HvSock --period-time=10000 -t raw -f S16_LE -r 48000 -c 2"

# silence_for_3_s WORDS: three seconds of aplay take three, after the time that the host had to answer in, and the kernel's
# message has these words.
silence_for_3_s()
{
	local ms

	guest vm 'dmesg -c >/dev/null'
	ms=$(guest vm "a=\$(cut -d. -f1-2 /proc/uptime | tr -d .); $play -d 3 /dev/zero >&2 || exit
		b=\$(cut -d. -f1-2 /proc/uptime | tr -d .); echo \$(((\${b%% *} - \${a%% *}) * 10))") || return
	echo "took $ms ms"
	guest_dmesg | tee "$RUN/said" | grep snd_hvsock
	[ "$ms" -ge 2900 ] && [ "$ms" -le 3700 ] && grep -q "$1" "$RUN/said"
}

# The beginning of a handshake with PulseAudio 9, of which only the version matters: 31.
old_server()
{
	printf '\0\0\0\017\377\377\377\377%b' '\0\0\0\0\0\0\0\0\0\0\0\0L\0\0\0\002L\0\0\0\001L\0\0\0\037' >"$RUN/old"
	spawn "$RUN/old.log" socat "UNIX-LISTEN:$(vm_socket vm 4713),fork" "SYSTEM:head -c 295 >/dev/null; cat $RUN/old; sleep 10"
	wait_for 5 test -S "$(vm_socket vm 4713)"
}

server_end()
{
	end_process "$1"
	rm -f "$(vm_socket vm 4713)"
}

# The server dies under a player; the player ends when its sound does.
gone_in_mid_play()
{
	local player

	guest vm 'dmesg -c >/dev/null'
	guest vm "$play -d 4 /dev/zero" &
	player=$!
	wait_for 5 streams_are sink-inputs 1 || return
	sleep 1
	pulse_stop host
	wait $player || return
	guest_dmesg | tee "$RUN/said" | grep snd_hvsock
	grep -q 'connection lost' "$RUN/said"
}

no_client() { ! pa host pactl list short clients | grep -q aplay; }

killed_player()
{
	guest vm "$play /dev/zero & sleep 1; kill -KILL \$!; wait \$! 2>/dev/null; rmmod snd-hvsock || exit; modprobe snd-hvsock"
	wait_for 2 no_client
}

# The last sounds of a program that has ended are not waited for.
unload_in_the_tail()
{
	guest vm "head -c 96000 /dev/urandom >/tmp/noise; $play /tmp/noise && rmmod snd-hvsock && modprobe snd-hvsock"
}

kilobytes() { guest vm "awk '/^(SUnreclaim|VmallocUsed|Percpu)/ { n += \$2 } END { print n }' /proc/meminfo"; }

cycles() { guest -t 200 vm "rmmod snd-hvsock; for n in \$(seq $1); do modprobe snd-hvsock && rmmod snd-hvsock || exit; done; modprobe snd-hvsock"; }

loads_leave_nothing()
{
	local before after round

	cycles 20 || return
	after=$(kilobytes)
	# What the kernel itself takes now and then is not taken each time.
	for round in 1 2 3; do
		before=$after
		cycles 200 || return
		after=$(kilobytes)
		echo "kernel memory: $before kB before, $after kB after 200 cycles, $round"
		[ $((after - before)) -ge 200 ] || return 0
	done
	return 1
}

# refuses PARAMETER WORDS: modprobe fails, and the kernel names the parameter and what is allowed.
refuses()
{
	guest vm 'dmesg -c >/dev/null'
	! guest vm "modprobe snd-hvsock $1" || { guest vm 'rmmod snd-hvsock'; return 1; }
	guest_dmesg | tee "$RUN/said" | grep hvsock
	grep -q "snd_hvsock: ${1%%=*}=.*: $2" "$RUN/said"
}

ktap_plan 18
card_vm
guest vm 'modprobe snd-hvsock'
ktap_test "nobody listens" silence_for_3_s "nobody listens there\|does a server listen there" || true
silent_server "$(vm_socket vm 4713)"
server=$spawned
ktap_test "a server that says nothing" silence_for_3_s "does not answer" || true
server_end "$server"
old_server
server=$spawned
ktap_test "a server that is too old" silence_for_3_s "too old" || true
server_end "$server"
head -c 256 /dev/urandom >"$RUN/cookie"
host_start "auth-cookie=$RUN/cookie"
ktap_test "a server that wants another cookie" silence_for_3_s "cookie" || true
pulse_stop host
host_start
ktap_test "a server that dies" gone_in_mid_play || true
host_start
ktap_test "a killed player leaves no connection behind" killed_player || true
ktap_test "unloading does not wait for the last sounds" unload_in_the_tail || true
pulse_stop host
ktap_test "200 times loaded and unloaded" loads_leave_nothing || true
guest vm 'rmmod snd-hvsock'
ktap_test "an unknown protocol" refuses protocol=raw "must be one of: pulse" || true
ktap_test "an unknown role" refuses role=server "must be one of: connect listen" || true
ktap_test "port 0" refuses port=0 "must be a number from 1 to 4294967295" || true
ktap_test "port 2^32" refuses port=4294967296 "must be a number from 1 to 4294967295" || true
ktap_test "a port that is no number" refuses port=sound "must be a number from 1 to 4294967295" || true
ktap_test "too many playback streams" refuses playback_streams=65 "must be a number from 0 to 64" || true
ktap_test "too many capture streams" refuses capture_streams=65 "must be a number from 0 to 64" || true
ktap_test "no streams" refuses "playback_streams=0 capture_streams=0" "one of them must be at least 1" || true
ktap_test "the most streams" guest vm 'modprobe snd-hvsock playback_streams=64 capture_streams=64 id=Many port=4294967295 &&
	aplay -l | grep "card 0: Many.*device 0" && aplay -l | grep Subdevices: && rmmod snd-hvsock' || true
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
