# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# shellcheck disable=SC2154 # card.sh has $sink and $spawned
#
# A sound server that speaks raw PCM, its simple protocol, at the port 4715 of the host, where the card hw:$raw_card is.

raw_sound=(-f S16_LE -r 44100 -c 2)
raw_card=raw

# simple_start ARGUMENT...: of PulseAudio's module
simple_start()
{
	local door

	door=$(vm_socket vm 4715)
	rm -f "$door"
	simple_module=$(pa host pactl load-module module-simple-protocol-unix socket="$door" format=s16le rate=44100 channels=2 "$@")
}

simple_stop() { pa host pactl unload-module "$simple_module"; }

# simple_plays SECONDS [APLAY'S ARGUMENT...]: a ramp arrives whole.
simple_plays()
{
	local status=0 seconds=$1

	shift
	"$ALSA/ramp" gen "${raw_sound[@]}" -s "$seconds" -t raw -o "$(vm_share vm)/ramp" || return
	sink_for "${raw_sound[@]}" && simple_start playback=1 record=0 sink="$sink" || return
	record_start host "$sink" "$RUN/heard" || return
	guest vm "aplay -q -D hw:$raw_card -t raw ${raw_sound[*]} $* /host/ramp" || status=1
	# The card keeps the connection until all of it must have been played, and no longer.
	wait_for 2 streams_are sink-inputs 0 || { echo "the stream stays"; status=1; }
	record_stop host "$sink"
	simple_stop
	"$ALSA/ramp" check "${raw_sound[@]}" -s "$seconds" "$RUN/heard" && return $status
}

simple_records()
{
	local status=0 source

	sink_for "${raw_sound[@]}" && source_start "${raw_sound[@]}" || return
	source=$spawned
	simple_start playback=0 record=1 source="$sink.monitor" || return
	guest vm "arecord -q -D hw:$raw_card -t raw ${raw_sound[*]} -d 5 --period-time=10000 /host/recorded" || status=1
	end_process "$source"
	simple_stop
	"$ALSA/ramp" check "${raw_sound[@]}" -s 20 -p "$(vm_share vm)/recorded" && return $status
}
