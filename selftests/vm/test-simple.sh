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
	guest vm "aplay -q -D hw:HvSock -t raw -f S16_LE -r 44100 -c 1 -d 1 /dev/zero 2>&1" | grep -i 'channel' &&
		guest vm "aplay -q -D hw:HvSock -t raw -f U8 -r 44100 -c 2 -d 1 /dev/zero 2>&1" | grep -i 'format'
}

# It plays on when the host stops; a pause leaves no gap in what is heard but silence.
host_comes_and_goes()
{
	local begin=$SECONDS player

	sink_for "${sound[@]}" && simple_start sink="$sink" || return
	guest vm "aplay -q -D hw:HvSock -t raw ${sound[*]} --period-time=10000 -d 8 /dev/zero" &
	player=$!
	wait_for 5 streams_are sink-inputs 1 || { echo "no stream"; return 1; }
	simple_stop
	wait_for 2 streams_are sink-inputs 0 || { echo "the stream is still there"; return 1; }
	simple_start sink="$sink"
	wait_for 3 streams_are sink-inputs 1 || { echo "no stream after it"; return 1; }
	wait $player || return
	simple_stop
	echo "took $((SECONDS - begin)) s"
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
