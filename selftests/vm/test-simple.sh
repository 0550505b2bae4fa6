#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# protocol=simple: raw PCM, as an unmodified module-simple-protocol-unix takes and delivers it.

# shellcheck disable=SC2119 # no arguments needed

. "$(dirname "$0")/card.sh"

. "$VM_HERE/simple.sh"

# One message for each period, and a few for the silence in front: not one for each frame that the position goes on by while
# the last one is sent.
messages_are_few()
{
	local n

	guest vm 'grep -q tracefs /proc/filesystems' || { echo "this kernel does not trace"; return 4; }
	guest vm 'mkdir -p /tmp/trace && mount -t tracefs none /tmp/trace &&
		echo 1 >/tmp/trace/events/vsock/virtio_transport_alloc_pkt/enable' || return
	simple_plays 3 --period-time=10000 || return
	n=$(guest vm 'echo 0 >/tmp/trace/events/vsock/enable && grep -c op=RW /tmp/trace/trace; umount /tmp/trace')
	echo "$n messages in 3 s"
	[ "$n" -gt 50 ] && [ "$n" -lt 450 ]
}

# The protocol has no word for a format: what the card was not made for it does not offer.
one_format()
{
	guest vm "aplay -q -D hw:$raw_card -t raw -f S16_LE -r 44100 -c 1 -d 1 /dev/zero 2>&1 || true" | grep -i 'channel' &&
		guest vm "aplay -q -D hw:$raw_card -t raw -f U8 -r 44100 -c 2 -d 1 /dev/zero 2>&1 || true" | grep -i 'format'
}

# The server is killed, and another found.
host_comes_and_goes()
{
	local player

	sink_for "${raw_sound[@]}" && simple_start playback=0 record=1 source="$sink.monitor" || return
	guest vm "arecord -q -D hw:$raw_card -t raw ${raw_sound[*]} --period-time=10000 -d 8 /dev/null" &
	player=$!
	wait_for 5 streams_are source-outputs 1 || { echo "no stream"; return 1; }
	kill -KILL "$(<"$RUN/pulse.host/pid")"
	pulse_stop host
	pulse_start host "$RUN/unused"
	sink_for "${raw_sound[@]}" && simple_start playback=0 record=1 source="$sink.monitor" || return
	wait_for 3 streams_are source-outputs 1 || { echo "no stream after it"; return 1; }
	wait $player
}

# The same while playing, of which vhost-device-vsock does not tell the guest: the full link does, after 2 s.
player_goes_on()
{
	local player

	sink_for "${raw_sound[@]}" && simple_start playback=1 record=0 sink="$sink" || return
	guest vm "dmesg -c >/dev/null; aplay -q -D hw:$raw_card -t raw ${raw_sound[*]} --period-time=10000 -d 14 /dev/zero" &
	player=$!
	wait_for 5 streams_are sink-inputs 1 || { echo "no stream"; return 1; }
	sleep 0.5
	kill -KILL "$(<"$RUN/pulse.host/pid")"
	pulse_stop host
	pulse_start host "$RUN/unused"
	sink_for "${raw_sound[@]}" && simple_start playback=1 record=0 sink="$sink" || return
	wait_for 8 streams_are sink-inputs 1 || { echo "no stream after it"; return 1; }
	wait $player
	guest vm 'dmesg | grep "goes on in silence" && dmesg | grep "is there again"'
}

ktap_plan 9
card_vm -P 4715
pulse_start host "$RUN/unused"
guest vm "modprobe snd-hvsock id=$raw_card protocol=simple port=4715 dyndbg=+p"
ktap_test "10 ms periods" twice simple_plays 4 --period-time=10000 || true
ktap_test "messages are few" twice messages_are_few || true
ktap_test "mmap, aplay's own buffer" twice simple_plays 4 -M || true
ktap_test "capture" twice simple_records || true
ktap_test "one format" one_format || true
ktap_test "a host that goes and comes" host_comes_and_goes || true
ktap_test "the same while playing" player_goes_on || true
ktap_test "unloads" guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock' || true
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
