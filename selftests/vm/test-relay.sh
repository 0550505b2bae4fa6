#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The card plays and records through hvsndd: guest, vsock, hvsndd, PulseAudio.

. "$(dirname "$0")/card.sh"

HVSNDD=$TOP/user/hvsndd/hvsndd

# hvsndd where the card looks for the host, and PulseAudio behind it.
relay_start()
{
	pulse_start host "$RUN/native" || return
	pulse_sink host main s16le 48000 2
	rm -f "$(vm_socket vm 4713)"
	spawn "$RUN/hvsndd.log" "$HVSNDD" --verbose --server "unix:$RUN/pulse.host/control" --control-dir "$RUN/control" \
		--listen "unix:$(vm_socket vm 4713),name=work"
	hvsndd=$spawned
	wait_for 10 "$HVSNDD" ctl --control-dir "$RUN/control" status work >/dev/null 2>&1
}

ctl() { "$HVSNDD" ctl --control-dir "$RUN/control" "$@"; }
names() { pa host pactl list "$1" | sed -n 's/.*application.name = "\(.*\)"/\1/p' | sort -u | tr '\n' ' '; }
named() { [[ " $(names "$1") " == *" $2 "* ]]; }

is_named()
{
	local player

	"$ALSA/ramp" gen -f S16_LE -r 48000 -c 2 -s 3 -t raw -o "$(vm_share vm)/ramp"
	pa host pactl set-default-sink main
	guest vm 'aplay -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 /host/ramp' &
	player=$!
	wait_for 20 named sink-inputs "work: aplay" || { echo "streams: $(names sink-inputs)"; return 1; }
	ctl status work
	wait $player
}

# Recorded while the microphone is closed is silence; what is heard once it is open is unbroken.
gate()
{
	local sound=(-f S16_LE -r 48000 -c 2) recorder source status=0

	sink_for "${sound[@]}" && source_start "${sound[@]}" || return
	source=$spawned
	guest vm 'arecord -q -D hw:HvSock -t raw -f S16_LE -r 48000 -c 2 -d 6 --period-time=20000 /host/recorded' &
	recorder=$!
	wait_for 20 wants true || { echo "the guest does not want to record"; return 1; }
	sleep 1
	[ -z "$(pa host pactl list short source-outputs)" ] || { echo "the host has a record stream"; status=1; }
	[ -z "$(tr -d '\0' <"$(vm_share vm)/recorded" | head -c 1 | od -An)" ] || { echo "something was heard before"; status=1; }
	ctl allow work || status=1
	wait_for 2 named source-outputs "work: arecord" || { echo "records: $(names source-outputs)"; status=1; }
	sleep 1.5
	ctl deny work || status=1
	sleep 0.3
	[ -z "$(pa host pactl list short source-outputs)" ] || { echo "the host still has a record stream"; status=1; }
	wait $recorder || status=1
	end_process "$source"
	# Up to the silence that comes after it was denied.
	perl -0777 -ne 's/\0*\z//; print substr($_, 0, length($_) - length($_) % 4)' "$(vm_share vm)/recorded" >"$RUN/heard"
	"$ALSA/ramp" check "${sound[@]}" -s 20 -p "$RUN/heard" || status=1
	[ "$(stat -c %s "$RUN/heard")" -gt 200000 ] || status=1
	return $status
}
wants() { ctl -j status work | grep -q "\"wants_microphone\":$1"; }

plays_again()
{
	end_process "$hvsndd"
	relay_again && plays S16_LE 48000 2 3 --period-time=10000
}
relay_again()
{
	spawn "$RUN/hvsndd.log" "$HVSNDD" --server "unix:$RUN/pulse.host/control" --control-dir "$RUN/control" \
		--listen "unix:$(vm_socket vm 4713),name=work"
	hvsndd=$spawned
	wait_for 10 "$HVSNDD" ctl --control-dir "$RUN/control" status work >/dev/null 2>&1
}

ktap_plan 8
[ -x "$HVSNDD" ] || make -s -C "$TOP/user/hvsndd"
# shellcheck disable=SC2119 # the script's own are none
card_vm
relay_start
guest vm 'modprobe snd-hvsock'
ktap_test "16 bit, 48 kHz, 10 ms periods" plays S16_LE 48000 2 5 --period-time=10000 || true
ktap_test "32 bit, 44.1 kHz, aplay's own buffer" plays S32_LE 44100 2 3 || true
ktap_test "8 channels of floats at 96 kHz" plays FLOAT_LE 96000 8 2 --period-time=10000 --buffer-time=100000 || true
ktap_test "the host's stream has the guest's name" is_named || true
ktap_test "the microphone is silent until it is allowed, and again when it is denied" gate || true
ctl allow work >/dev/null
ktap_test "recorded sound is unbroken" records S16_LE 48000 2 4 --period-time=10000 || true
ktap_test "hvsndd was started again" plays_again || true
guest vm 'rmmod snd-hvsock'
sed 's/^/# /' "$RUN/hvsndd.log" | tail -n 20
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
