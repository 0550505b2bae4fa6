#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every sample format, 1 to 8 channels, many rates, playing and recording: bit by bit, and the host's own listing shows
# each as what it is. Then the order of channels, by a tone on each.

. "$(dirname "$0")/card.sh"

cases=(
	"U8 8000 1" "A_LAW 11025 1" "MU_LAW 8000 2" "S16_LE 44100 2" "S16_BE 48000 6" "S24_3LE 22050 3" "S24_3BE 37800 4"
	"S24_LE 96000 5" "S24_BE 48000 7" "S32_LE 192000 8" "S32_BE 48000 2" "FLOAT_LE 44100 6" "FLOAT_BE 96000 8"
)

# The only stream of that kind, as pactl shows it: format, channels, rate, map.
listing()
{
	pa host pactl list "$1" | awk '
		/^\tSample Specification:/ { spec = tolower($3) " " $4 " " $5 }
		/^\tChannel Map:/ { print spec " " $3 }'
}
is_listed() { [ -n "$(listing "$1")" ]; }

# lists KIND FORMAT RATE CHANNELS: what comes is listed so.
lists()
{
	local seen

	wait_for 10 is_listed "$1" || { echo "no stream is listed"; return 1; }
	seen=$(listing "$1")
	echo "$seen"
	[ "$seen" = "$(pulse_format "$2") $4ch $3Hz $(channel_map "$4")" ]
}

# shows KIND plays|records FORMAT RATE CHANNELS SECONDS
shows()
{
	local lister status=0

	# What was before this has gone.
	wait_for 10 streams_are "$1" 0 || return
	lists "$1" "$3" "$4" "$5" &
	lister=$!
	"$2" "$3" "$4" "$5" "$6" --period-time=20000 --buffer-time=160000 || status=1
	wait $lister || status=1
	pa host pactl unload-module module-null-sink
	return $status
}

# All samples of an 8-bit format and mono are in this short time, which the ramp needs to be found in.
play_shows() { once_more shows sink-inputs plays "$@" 0.5; }
record_shows()
{
	local source_seconds=4

	once_more shows source-outputs records "$@" 1
}

# A tone for each, in ALSA's order.
alsa=(front-left front-right rear-left rear-right front-center lfe side-left side-right)
tones=(300 400 500 600 700 800 900 1000)
# The host's device has them in another order, which is that of WAV files turned round.
device=side-right,side-left,lfe,front-center,rear-right,rear-left,front-right,front-left

# tone_of CHANNEL
tone_of()
{
	local n

	for n in "${!alsa[@]}"; do
		[ "${alsa[n]}" != "$1" ] || echo "${tones[n]}"
	done
}

# tones_gen FILE SECONDS CHANNEL...: S16_LE, 48 kHz.
tones_gen()
{
	local synth=() channel

	for channel in "${@:3}"; do
		synth+=(sine "$(tone_of "$channel")")
	done
	sox -n -r 48000 -b 16 -e signed -L -c $(($# - 2)) -t raw "$1" synth "$2" "${synth[@]}" gain -6
}

# tones_check FILE CHANNEL...: each has its own tone, within 2 %, and is loud.
tones_check()
{
	local file=$1 n=0 channel tone level status=0

	shift
	for channel; do
		n=$((n + 1))
		read -r tone level < <(sox -t raw -r 48000 -b 16 -e signed -L -c $# "$file" -n remix $n stat 2>&1 |
			awk '/^Rough/ { tone = $3 } /^Maximum amplitude/ { level = $3 } END { print tone, level }')
		echo "$channel: $tone Hz, $level"
		awk -v tone="$tone" -v level="$level" -v wanted="$(tone_of "$channel")" \
			'BEGIN { exit !(tone > 0.98 * wanted && tone < 1.02 * wanted && level > 0.4) }' || status=1
	done
	return $status
}

# device_start MAP CHANNELS: a sink of these channels.
device_start()
{
	pa host pactl load-module module-null-sink sink_name=tones format=s16le rate=48000 channels="$2" channel_map="$1" \
		>/dev/null || return
	echo "s16le $2 48000" >"$RUN/pulse.host/sink.tones"
	pa host pactl set-default-sink tones
	pa host pactl set-default-source tones.monitor
}

# in_order_of CHANNELS plays_tones|records_tones
in_order_of()
{
	local map order status=0

	map=$(cut -d, -f "$((9 - $1))-" <<<"$device")
	IFS=, read -ra order <<<"$map"
	device_start "$map" "$1" || return
	"$2" "$1" || status=1
	pa host pactl unload-module module-null-sink
	return $status
}

plays_tones()
{
	tones_gen "$(vm_share vm)/tones" 1 "${alsa[@]:0:$1}" || return
	record_start host tones "$RUN/heard" || return
	guest vm "aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c $1 /host/tones" || return
	record_stop host tones
	tones_check "$RUN/heard" "${order[@]}"
}

records_tones()
{
	local environment source status=0

	tones_gen "$RUN/tones" 8 "${order[@]}" || return
	pulse_env host
	spawn "$RUN/source.log" "${environment[@]}" pacat --raw --format=s16le --rate=48000 --channels="$1" -d tones \
		--channel-map="$map" --latency-msec=100 "$RUN/tones"
	source=$spawned
	wait_for 5 streams_are sink-inputs 1 || return
	guest vm "arecord -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c $1 -d 2 /host/recorded" || status=1
	end_process "$source"
	tones_check "$(vm_share vm)/recorded" "${alsa[@]:0:$1}" && return $status
}

ktap_plan $((2 * ${#cases[@]} + 5))
card_vm
pulse_start host "$(vm_socket vm 4713)"
guest vm 'modprobe snd-hvsock'
for case in "${cases[@]}"; do
	read -ra words <<<"$case"
	ktap_test "playing $case" play_shows "${words[@]}" || true
	ktap_test "recording $case" record_shows "${words[@]}" || true
done
for channels in 6 8; do
	ktap_test "playing, the order of $channels channels" in_order_of $channels plays_tones || true
	ktap_test "recording, the order of $channels channels" in_order_of $channels records_tones || true
done
guest vm 'rmmod snd-hvsock'
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
