#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module is unloaded in every state that it can be in: soon, and leaving nothing. While a program has the card open, it is
# refused.

# shellcheck disable=SC2016 # for the guest's shell

. "$(dirname "$0")/faults.sh"

format="-q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 --period-time=10000 --buffer-time=100000"
slack=2			# seconds of an emulated guest
[ -z "$KERNEL" ] || slack=8

# state STATE: some stream is in it, as hvsnd tells.
state() { guest vm "hvsnd show HvSock" | grep -q "$1"; }

# then_unloads LIMIT: who plays is killed, and in the same breath the module unloaded, within so many seconds; nothing of it
# is left, and it can be loaded again.
then_unloads()
{
	guest -t 120 vm "{ [ ! -e /tmp/player ] || kill -KILL \$(cat /tmp/player); rm -f /tmp/player; } 2>/dev/null
		a=\$(cut -d' ' -f1 /proc/uptime | tr -d .)
		for n in 1 2 3 4 5 6 7 8 9 10; do rmmod snd-hvsock 2>/tmp/said && break; sleep 0.05; done
		a=\$(((\$(cut -d' ' -f1 /proc/uptime | tr -d .) - a) * 10))
		echo \"took \$a ms\"; [ ! -e /sys/module/snd_hvsock ] || { cat /tmp/said; exit 1; }
		! grep -q HvSock /proc/asound/cards && modprobe snd-hvsock && [ \$a -le \$((($1 + $slack) * 1000)) ]"
}

program() { guest vm "$1 >/dev/null 2>&1 & echo \$! >/tmp/player"; }
play="aplay $format /dev/zero"

# refused: nobody may take a card away that is open.
refused() { guest vm '! rmmod snd-hvsock 2>/dev/null && [ -e /sys/module/snd_hvsock ]'; }

idle() { then_unloads 1; }

playing()
{
	program "$play"
	wait_for 10 streams_are sink-inputs 1 && refused && sleep 1 && streams_are sink-inputs 1 && then_unloads 1 &&
		wait_for 5 streams_are sink-inputs 0
}

recording()
{
	program "arecord $format /dev/null"
	wait_for 10 streams_are source-outputs 1 && refused && then_unloads 1 && wait_for 5 streams_are source-outputs 0
}

paused()
{
	head -c 4000000 /dev/zero >"$(vm_share vm)/zeros"
	program 'player -b 50 -p 1:60 /host/zeros'
	wait_for 20 state paused && refused && then_unloads 1 && wait_for 5 streams_are sink-inputs 0
}

# The host has the last of a sound, whose program has ended.
tail_of_a_sound()
{
	head -c 96000 /dev/urandom >"$(vm_share vm)/noise"
	guest vm "aplay $format /host/noise" && then_unloads 1
}

# Its device answers nothing, so the attempt lasts until its time is up.
connecting()
{
	local device status=0

	device=$(<"$RUN/vm.vm/vhost.pid") || return 4
	kill -STOP "$device"
	program "$play"
	wait_for 10 state "link unknown" && sleep 0.5
	then_unloads 3 || status=1
	kill -CONT "$device"
	return $status
}

handshake()
{
	local status=0 server

	pulse_stop host
	rm -f "$(vm_socket vm 4713)"
	silent_server "$(vm_socket vm 4713)"
	server=$spawned
	program "$play"
	sleep 2
	then_unloads 1 || status=1
	end_process "$server"
	host_start
	return $status
}

# The host is gone: attempts again and again; and when nobody plays any more, a look now and then.
host_gone()
{
	local status=0

	program "$play"
	wait_for 10 streams_are sink-inputs 1 || status=1
	pulse_stop host
	rm -f "$(vm_socket vm 4713)"
	wait_for 10 state "link down" || status=1
	refused && then_unloads 1 || status=1
	guest vm "aplay $format -d 1 /dev/zero"
	wait_for 10 state "link down" || status=1
	sleep 2
	then_unloads 1 || status=1
	host_start
	return $status
}

# listening [CALLED]: nobody has called; or somebody has, and nobody plays.
listening()
{
	local status=0

	guest vm 'netlink add Qubes protocol qubes role listen port 4720' || return
	if [ -n "${1-}" ]; then
		spawn "$RUN/raw_host.log" "$VM_HERE/raw_host.py" "$RUN/raw" "$(vm_door vm 4720)" "$(vm_door vm 4721)"
		wait_for 10 link_of_qubes up || { echo "nobody called"; status=1; }
	fi
	then_unloads 1 || status=1
	[ -z "${1-}" ] || end_process "$spawned"
	return $status
}
link_of_qubes() { guest vm "hvsnd show Qubes" | grep -q "link $1"; }

# A machine that slept, and a program that has not noticed. The last, as some devices pass nothing on afterwards.
suspended()
{
	guest vm '[ -e /sys/power/pm_test ]' || return 4
	cat >"$(vm_share vm)/sleeper" <<-EOF
		umount /host
		cd /sys/bus/virtio/drivers/9pnet_virtio && host=\$(echo virtio*) && echo \$host >unbind
		echo devices >/sys/power/pm_test
		echo freeze >/sys/power/state && slept=yes
		kill -KILL \$(cat /tmp/player)
		a=\$(cut -d' ' -f1 /proc/uptime | tr -d .)
		for n in 1 2 3 4 5 6 7 8 9 10; do rmmod snd-hvsock && unloaded=yes && break; sleep 0.05; done
		a=\$(((\$(cut -d' ' -f1 /proc/uptime | tr -d .) - a) * 10))
		echo \$host >bind; mount -t 9p -o trans=virtio,version=9p2000.L host /host
		echo "slept \$slept, unloaded \$unloaded, took \$a ms" >/host/result
	EOF
	program "$play"
	wait_for 10 streams_are sink-inputs 1 || return
	guest vm 'kill -STOP $(cat /tmp/player); cp /host/sleeper /tmp; setsid sh /tmp/sleeper >/dev/null 2>&1 &'
	wait_for 60 test -s "$(vm_share vm)/result" || { echo "it does not wake"; return 1; }
	cat "$(vm_share vm)/result"
	[[ $(<"$(vm_share vm)/result") =~ ^slept\ yes,\ unloaded\ yes,\ took\ ([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -le $(((1 + slack) * 1000)) ]
}

ktap_plan 12
card_vm -f "$TOP/user/hvsnd/hvsnd" -f "$TOP/selftests/netlink/netlink" -f "$ALSA/player"
host_start
guest vm 'modprobe snd-hvsock'
ktap_test "idle" idle || true
ktap_test "playing" playing || true
ktap_test "recording" recording || true
ktap_test "paused" paused || true
ktap_test "the last of a sound is still to be heard" tail_of_a_sound || true
ktap_test "connecting" connecting || true
ktap_test "within a handshake" handshake || true
ktap_test "the host is gone" host_gone || true
ktap_test "nobody has called" listening || true
ktap_test "the host has called" listening called || true
ktap_test "after a sleep" suspended || true
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
