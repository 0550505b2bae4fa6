#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# protocol=simple: raw PCM, as an unmodified module-simple-protocol-unix takes and delivers it.

# shellcheck disable=SC2119 # no arguments needed

. "$(dirname "$0")/card.sh"

sound=(-f S16_LE -r 44100 -c 2)

# simple_start ARGUMENT...: PulseAudio answers where the card looks, with the simple protocol only.
simple_start()
{
	rm -f "$(vm_socket vm 4713)"
	pa host pactl load-module module-simple-protocol-unix "socket=$(vm_socket vm 4713)" \
		format=s16le rate=44100 channels=2 "$@" >/dev/null
}

simple_stop() { pa host pactl unload-module module-simple-protocol-unix; }

# simple_plays SECONDS [APLAY'S ARGUMENT...]: a ramp arrives whole.
simple_plays()
{
	local status=0 seconds=$1

	shift
	"$ALSA/ramp" gen "${sound[@]}" -s "$seconds" -t raw -o "$(vm_share vm)/ramp" || return
	sink_for "${sound[@]}" && simple_start sink="$sink" || return
	record_start host "$sink" "$RUN/heard" || return
	guest vm "aplay -q -D hw:HvSock -t raw ${sound[*]} $* /host/ramp" || status=1
	# The card keeps the connection until all of it must have been played.
	wait_for 10 streams_are sink-inputs 0 || { echo "the stream stays"; status=1; }
	record_stop host "$sink"
	simple_stop
	"$ALSA/ramp" check "${sound[@]}" -s "$seconds" "$RUN/heard" && return $status
}

simple_records()
{
	local status=0 source

	sink_for "${sound[@]}" && source_start "${sound[@]}" && simple_start playback=0 record=1 source="$sink.monitor" || return
	source=$spawned
	guest vm "arecord -q -D hw:HvSock -t raw ${sound[*]} -d 5 --period-time=10000 /host/recorded" || status=1
	end_process "$source"
	simple_stop
	"$ALSA/ramp" check "${sound[@]}" -s 20 -p "$(vm_share vm)/recorded" && return $status
}

# The protocol has no word for a format: what the card was not made for it does not offer.
one_format()
{
	guest vm "aplay -q -D hw:HvSock -t raw -f S16_LE -r 44100 -c 1 -d 1 /dev/zero 2>&1 || true" | grep -i 'channel' &&
		guest vm "aplay -q -D hw:HvSock -t raw -f U8 -r 44100 -c 2 -d 1 /dev/zero 2>&1 || true" | grep -i 'format'
}

# The server is killed, and another found. While playing vhost-device-vsock does not tell the guest of it.
host_comes_and_goes()
{
	local player

	sink_for "${sound[@]}" && simple_start playback=0 record=1 source="$sink.monitor" || return
	guest vm "arecord -q -D hw:HvSock -t raw ${sound[*]} --period-time=10000 -d 8 /dev/null" &
	player=$!
	wait_for 5 streams_are source-outputs 1 || { echo "no stream"; return 1; }
	# One that has only just been made vhost-device-vsock may forget.
	sleep 0.5
	kill -KILL "$(<"$RUN/pulse.host/pid")"
	pulse_stop host
	pulse_start host "$RUN/unused"
	sink_for "${sound[@]}" && simple_start playback=0 record=1 source="$sink.monitor" || return
	wait_for 3 streams_are source-outputs 1 || { echo "no stream after it"; return 1; }
	wait $player
}

ktap_plan 7
card_vm
pulse_start host "$RUN/unused"
guest vm 'modprobe snd-hvsock protocol=simple dyndbg=+p'
ktap_test "10 ms periods" twice simple_plays 4 --period-time=10000 || true
ktap_test "mmap, aplay's own buffer" twice simple_plays 4 -M || true
ktap_test "capture" twice simple_records || true
ktap_test "one format" one_format || true
ktap_test "a host that goes and comes" host_comes_and_goes || true
ktap_test "unloads" guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock' || true
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
