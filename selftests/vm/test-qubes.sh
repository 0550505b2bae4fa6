#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# protocol=qubes, and guests that are called (role=listen) with it and with protocol=simple.

. "$(dirname "$0")/card.sh"

sound=(-f S16_LE -r 44100 -c 2)
format="-q -D hw:HvSock -t raw ${sound[*]}"
microphone=$RUN/microphone
dir=$RUN/host

# raw_host_start [OPTION]... PLACE...: raw_host.py has them; its process is $spawned
raw_host_start()
{
	rm -rf "$dir"
	[[ ${*: -1} == *:* ]] || rm -f "${@: -2}"
	spawn "$RUN/raw_host.log" "$VM_HERE/raw_host.py" "${@:1:$#-places}" "$dir" "${@: -places}"
	wait_for 10 test -e "$dir/events"
}
raw_host_stop() { end_process "$spawned"; }

events() { awk -v from="${1:-0}" 'NR > from { $1 = ""; print substr($0, 2) }' "$dir/events"; }
codes() { awk '$3 == "code" { printf "%s ", $4 }' "$dir/events"; }
last_codes() { [[ $(codes) == *"$1 " ]]; }
ups() { [ "$(grep -c ' up ' "$dir/events")" -ge "$1" ]; }
ended() { [ "$(grep -c ' down ' "$dir/events")" -ge "$1" ]; }
host_card() { guest vm "hvsnd show -j" | grep -q "\"link\":[[:space:]]*\"$1\""; }

ramp() { "$ALSA/ramp" gen "${sound[@]}" -s "$1" -t raw -o "$(vm_share vm)/ramp"; }
heard() { "$ALSA/ramp" check "${sound[@]}" -s "$1" "$dir/sound"; }

# What is told: nothing is wanted, as the state at the beginning; to play; with the last byte, no more.
plays_with_codes()
{
	local status=0

	ramp 4
	raw_host_start "${here[@]}"
	guest vm "aplay $format --period-time=10000 /host/ramp" || status=1
	wait_for 5 ended 2 || { echo "the connections stay"; status=1; }
	raw_host_stop
	events
	[ "$(codes)" = "00010000 00020000 00020001 00020000 " ] || status=1
	# That it is over is told when the last frame must have been heard, and soon after.
	awk -v bytes="$(stat -c %s "$dir/sound")" '
		$4 == "00020001" { begin = $1 }
		$4 == "00020000" && NR > 4 { print "told after", $1 - begin, "ms" }
		$4 == "00020000" && NR > 4 && $1 - begin > 5500 { print "told late"; exit 1 }
		$4 == "00020000" && NR > 4 && $1 - begin < bytes / 176.4 - 20 { print "told early"; exit 1 }
		$4 == "00020001" && $2 != 0 { print "played before"; exit 1 }
		$4 == "00020000" && NR > 4 && $2 != bytes { print "more after"; exit 1 }' "$dir/events" || status=1
	heard 4 && return $status
}

records_with_codes()
{
	local status=0

	raw_host_start -m "$microphone" "${here[@]}"
	guest vm "arecord $format --period-time=10000 -d 4 /host/recorded" || status=1
	wait_for 5 ended 2 || { echo "the connections stay"; status=1; }
	raw_host_stop
	events
	[ "$(codes)" = "00010000 00020000 00010001 00010000 " ] || status=1
	[ ! -s "$dir/sound" ] || { echo "who records has played"; status=1; }
	"$ALSA/ramp" check "${sound[@]}" -s 60 -p "$(vm_share vm)/recorded" && return $status
}

# Whose buffer is shorter than the delay must not play the silence that it waits for.
records_in_little_room()
{
	local status=0

	raw_host_start -m "$microphone" "${here[@]}"
	guest vm "arecord $format --period-time=10000 --buffer-time=40000 -d 1 /dev/null" || status=1
	wait_for 5 ended 2 || status=1
	raw_host_stop
	stat -c '%s bytes were played' "$dir/sound"
	[ ! -s "$dir/sound" ] && return $status
}

# Both ways, with a host that sends sound whether it is wanted or not.
both_ways()
{
	local player status=0

	ramp 5
	raw_host_start -u -m "$microphone" "${here[@]}"
	guest vm "aplay $format --period-time=10000 /host/ramp" &
	player=$!
	wait_for 10 last_codes 00020001 || status=1
	sleep 1
	guest vm "arecord $format --period-time=10000 -d 2 /host/recorded" || status=1
	wait $player || status=1
	wait_for 5 ended "${1:-2}" || { echo "the connections stay"; status=1; }
	raw_host_stop
	codes
	heard 5 || status=1
	"$ALSA/ramp" check "${sound[@]}" -s 60 -p "$(vm_share vm)/recorded" && return $status
}

# The second sound follows the first on the same connections, whole: nothing cut, nothing in between but silence.
one_after_the_other()
{
	local status=0

	ramp 2
	raw_host_start "${here[@]}"
	guest vm "for i in 1 2 3; do aplay $format --period-time=10000 /host/ramp || exit; done" || status=1
	sleep 1
	raw_host_stop
	codes
	# Each of them begins with the ramp's first frame.
	python3 - "$dir/sound" "$(vm_share vm)/ramp" <<-'END' || status=1
		import sys
		heard, ramp = (open(f, 'rb').read() for f in sys.argv[1:])
		print('%d times, %d bytes of silence between' % (heard.count(ramp), len(heard.strip(b'\0')) - 3 * len(ramp)))
		sys.exit(heard.count(ramp) != 3 or bytes(heard.replace(ramp, b'')).strip(b'\0') != b'')
	END
	return $status
}

# The host is restarted in mid-play: it is told the state, and hears the rest.
restarted()
{
	local player status=0

	ramp 10
	raw_host_start "${here[@]}"
	guest vm "aplay $format --period-time=10000 /host/ramp" &
	player=$!
	wait_for 10 last_codes 00020001 || status=1
	sleep 2
	kill -KILL "$spawned"
	wait_for 5 gone "$spawned"
	raw_host_start "${here[@]}"
	wait_for 5 last_codes 00020001 || { echo "no state is told"; status=1; }
	wait $player || status=1
	wait_for 5 ended 2 || true
	raw_host_stop
	codes
	[[ $(codes) == "00010000 000200"* ]] || status=1
	"$ALSA/ramp" check "${sound[@]}" -s 10 -e "$dir/sound" | tee "$RUN/exact"
	[ "$(exact_frames)" -ge $((44100 * 6)) ] && return $status
}

# Called, the connections stay when a program ends.
called()
{
	local status=0 first played

	ramp 4
	guest vm "aplay $format -d 1 /dev/zero" || { echo "cannot play without a host"; status=1; }
	guest vm 'dmesg -c' | grep -q 'has not called yet' || { echo "nothing is said of the host"; status=1; }
	raw_host_start -m "$microphone" "${there[@]}"
	first=$spawned
	if ! wait_for 10 ups "$places" || ! wait_for 5 host_card up; then
		echo "no connection"
		status=1
	fi
	twice guest vm "aplay $format --period-time=10000 /host/ramp" || status=1
	sleep 0.5
	ended 1 && { echo "the connections did not stay"; status=1; }
	heard 4 || status=1
	played=$(stat -c %s "$dir/sound")
	twice guest vm "arecord $format --period-time=10000 -d 3 /host/recorded" || status=1
	[ "$played" = "$(stat -c %s "$dir/sound")" ] || { echo "who records has played"; status=1; }
	"$ALSA/ramp" check "${sound[@]}" -s 60 -p "$(vm_share vm)/recorded" || status=1
	codes
	end_process "$first"
	wait_for 5 host_card down || { echo "it is not seen that the host hung up"; status=1; }
	return $status
}

said() { guest vm 'dmesg' | grep -q "$1"; }

# Only the host may call; once the card is told which machine that is, it is taken.
only_the_host()
{
	local status=0

	guest vm 'hvsnd set HvSock cid 5'
	raw_host_start "${there[@]}"
	wait_for 5 said 'CID 2 called and was refused' || { echo "nothing is said of it"; status=1; }
	host_card up && { echo "it was taken"; status=1; }
	guest vm 'hvsnd set HvSock cid 2'
	wait_for 5 host_card up || { echo "the host is not taken"; status=1; }
	raw_host_stop
	wait_for 5 host_card down || status=1
	return $status
}

# A caller that reads nothing is given up for another one.
replaced()
{
	local status=0 first player

	ramp 10
	raw_host_start -q "${there[@]}"
	first=$spawned
	wait_for 10 ups "$places" || { echo "no connection"; status=1; }
	guest vm "aplay $format --period-time=10000 /host/ramp" &
	player=$!
	sleep 1
	raw_host_start "${there[@]}"
	wait $player || status=1
	raw_host_stop
	end_process "$first"
	"$ALSA/ramp" check "${sound[@]}" -s 10 -e "$dir/sound" | tee "$RUN/exact"
	[ "$(exact_frames)" -ge 44100 ] && return $status
}

# refused WORDS COMMAND: it fails, and says so
refused()
{
	local said

	said=$(guest vm "$2 2>&1" && echo "it is taken") || true
	grep -E -- "$1" <<<"$said" || { echo "$said"; return 1; }
}

refusals()
{
	local status=0

	refused 'role: must be connect with protocol pulse' 'hvsnd add a role listen' || status=1
	refused 'port: must be less than 4294967295' 'hvsnd add a protocol qubes port 4294967295' || status=1
	refused 'rate: must be 44100' 'hvsnd add a protocol qubes rate 48000' || status=1
	refused 'format: must be S16_LE' 'hvsnd add a protocol qubes format S32_LE' || status=1
	refused 'channels: must be 2' 'hvsnd add a protocol qubes channels 1' || status=1
	guest vm 'hvsnd add a protocol qubes role listen port 5000' || status=1
	refused 'port: somebody listens there' 'hvsnd add b protocol simple role listen port 5001' || status=1
	guest vm 'hvsnd add b protocol simple role listen port 5002' || status=1
	refused 'port: somebody listens there' 'hvsnd set b port 5000' || status=1
	refused 'role: must be connect or listen, and stay' 'hvsnd set b role connect' || status=1
	guest vm 'hvsnd set b port 5003 && hvsnd set a port 5001 && hvsnd del a && hvsnd del b' || status=1
	return $status
}

ktap_plan 16
card_vm -P 4714 -f "$TOP/user/hvsnd/hvsnd"
"$ALSA/ramp" gen "${sound[@]}" -s 60 -t raw -o "$microphone"
here=("$(vm_socket vm 4713)" "$(vm_socket vm 4714)")
places=2
guest vm 'modprobe snd-hvsock protocol=qubes dyndbg=+p && aplay -l | grep -q "Subdevices: 1/1"'
ktap_test "qubes plays, and says so" twice plays_with_codes || true
ktap_test "qubes records, and says so" twice records_with_codes || true
ktap_test "qubes records into a small buffer" records_in_little_room || true
ktap_test "qubes both ways, unasked" twice both_ways || true
ktap_test "qubes: one sound after the other" twice one_after_the_other || true
ktap_test "qubes: the host is restarted" restarted || true
ktap_test "what cannot be is refused" refusals || true
guest vm 'dmesg -c >/host/dmesg.1; rmmod snd-hvsock; modprobe snd-hvsock protocol=qubes role=listen dyndbg=+p'
there=("$(vm_door vm 4713)" "$(vm_door vm 4714)")
ktap_test "qubes, called: plays and records" called || true
ktap_test "qubes, called again" called || true
ktap_test "qubes, called: by who is not the host" only_the_host || true
ktap_test "qubes, called: a host that reads nothing" replaced || true
guest vm 'dmesg -c >/host/dmesg.2; rmmod snd-hvsock; modprobe snd-hvsock protocol=simple role=listen dyndbg=+p'
there=("$(vm_door vm 4713)")
places=1
ktap_test "simple, called: plays and records" called || true
ktap_test "simple, called again" called || true
ktap_test "simple, called: a host that reads nothing" replaced || true
ktap_test "unloads" guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock' || true
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
