#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A guest that goes to sleep under programs that play and record: no connection meanwhile, then sound again.
# The kernel's own test of it stops and wakes the devices, and waits 5 s in between.

# shellcheck disable=SC2119,SC2154 # no arguments needed; card.sh has $sink

. "$(dirname "$0")/card.sh"

# The guest does all of it by itself, for what it talks to this machine by may not live through it.
cat >"$RUN/sleeper" <<'EOF'
sound='-t raw -f S16_LE -r 48000 -c 2'
options='--period-time=10000 --buffer-time=100000'

case $1 in
play) set -- aplay -q -D hw:HvSock $options $sound /tmp/ramp ;;
record) set -- arecord -q -D hw:HvSock $options $sound -d 8 /tmp/recorded ;;
esac
cp /host/ramp /tmp
( "$@" >/tmp/log 2>&1; echo $? >/tmp/end ) &
sleep 3
until umount /host; do sleep 0.1; done
rmmod 9p 9pnet_virtio
echo devices >/sys/power/pm_test
echo freeze >/sys/power/state && slept=yes
modprobe 9pnet_virtio && modprobe 9p && mount -t 9p -o trans=virtio,version=9p2000.L host /host
echo $slept >/host/awake
wait
cp /tmp/recorded /tmp/log /host
cp /tmp/end /host
sleep 1
rmmod snd-hvsock
echo $? >/host/unloaded
sync
poweroff -f
EOF

streams_are() { [ "$(pa host pactl list short "$1" | wc -l)" = "$2" ]; }
share_has() { [ -s "$(vm_share vm)/$1" ]; }
# is_zero FILE: that it says so.
is_zero()
{
	wait_for 30 share_has "$1" || { echo "nothing of $1"; return 1; }
	[ "$(<"$(vm_share vm)/$1")" = 0 ]
}

# through KIND: a stream, none while the guest sleeps, and one again within a second of its waking.
through()
{
	local back

	wait_for 10 streams_are "$1" 1 || { echo "no stream"; return 1; }
	wait_for 10 streams_are "$1" 0 || { echo "the stream is still there"; return 1; }
	share_has end && { echo "it ended"; return 1; }
	wait_for 20 share_has awake || { echo "the guest does not wake"; return 1; }
	back=${EPOCHREALTIME/./}
	[ "$(<"$(vm_share vm)/awake")" = yes ] || { echo "it did not sleep"; return 1; }
	wait_for 3 streams_are "$1" 1 || { echo "no stream after it"; return 1; }
	back=$(((${EPOCHREALTIME/./} - back) / 1000))
	echo "a stream again $back ms after waking"
	[ $back -lt 1000 ]
}

plays_on()
{
	local status=0

	through sink-inputs || status=1
	record_start host main "$RUN/heard" || return
	is_zero end || status=1
	cat "$(vm_share vm)/log"
	record_stop host main
	"$ALSA/ramp" check -s 14 -e "$RUN/heard" | tee "$RUN/exact"
	[ "$(sed -n 's/^exact frames=\([0-9]*\) .*/\1/p' "$RUN/exact")" -ge 240000 ] && return $status
}

records_on()
{
	local status=0 frames

	through source-outputs || status=1
	is_zero end || return
	frames=$(($(stat -c %s "$(vm_share vm)/recorded") / 4))
	echo "$frames frames"
	[ $frames = 384000 ] || return
	tail -c 384000 "$(vm_share vm)/recorded" >"$RUN/last"
	"$ALSA/ramp" check -s 20 -p "$RUN/last" && return $status
}

# A guest of its own for each: some virtio-vsock devices pass nothing on after a second sleep.
in_a_guest()
{
	card_vm || return
	host_start || return
	"$ALSA/ramp" gen -s 14 -t raw -o "$(vm_share vm)/ramp"
	cp "$RUN/sleeper" "$(vm_share vm)"
	if [ "$1" = record ]; then
		sink_for -f S16_LE -r 48000 -c 2 && source_start -f S16_LE -r 48000 -c 2 || return
	fi
	guest vm "modprobe snd-hvsock; cp /host/sleeper /tmp; setsid sh /tmp/sleeper $1 >/dev/null 2>&1 &"
	ktap_test "a program that ${1}s goes on" "${1}s_on" || true
	ktap_test "unloading works after it" is_zero unloaded || true
	wait_for 30 gone "$(vm_pid vm)" || true
	vm_kill vm
	pulse_stop host
	ktap_test "the kernel does not complain" vm_check_log vm || true
}

ktap_plan 6
in_a_guest play
rm -r "$RUN/vm.vm"
in_a_guest record
ktap_summary
