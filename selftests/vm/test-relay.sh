#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Cards of each protocol, and of a guest that is called, play and record through hvsndd: guest, vsock, hvsndd, PulseAudio;
# and hvsndd listens at a vsock itself, in the guest.

. "$(dirname "$0")/card.sh"

HVSNDD=$TOP/user/hvsndd/hvsndd

# relay_run: hvsndd where the cards look for the host, or, for the called one, where it calls
relay_run()
{
	rm -f "$(vm_socket vm 4713)" "$(vm_socket vm 4715)" "$(vm_socket vm 4716)" "$(vm_socket vm 4717)"
	spawn "$RUN/hvsndd.log" "$HVSNDD" --verbose --server "unix:$RUN/pulse.host/control" --control-dir "$RUN/control" \
		--output pulse --drift ignore --latency 200 --rate 44100 \
		--listen "unix:$(vm_socket vm 4713),name=work" \
		--listen "unix:$(vm_socket vm 4715),name=raw,protocol=simple,direction=both" \
		--listen "unix:$(vm_socket vm 4716),name=vault,protocol=qubes,direction=playback" \
		--listen "unix:$(vm_socket vm 4717),name=vault,protocol=qubes,direction=record" \
		--connect "unix:$RUN/call.4718,name=called,protocol=qubes,direction=playback" \
		--connect "unix:$RUN/call.4719,name=called,protocol=qubes,direction=record"
	hvsndd=$spawned
	wait_for 10 "$HVSNDD" ctl --control-dir "$RUN/control" status work >/dev/null 2>&1
}

# caller PORT: a UNIX socket whose connections arrive at that port of the guest
caller()
{
	local dial

	dial=VSOCK-CONNECT:$(vm_door vm "$1")
	if [[ $dial == *:/* ]]; then
		printf '#!/bin/sh\n{ echo CONNECT %s; cat; } | socat -t 1 - UNIX-CONNECT:%s | { read -r answer && exec cat; }\n' \
			"$1" "$RUN/vm.vm/vsock" >"$RUN/dial.$1"
		chmod +x "$RUN/dial.$1"
		dial="EXEC:$RUN/dial.$1"
	fi
	spawn "$RUN/call.log" socat "UNIX-LISTEN:$RUN/call.$1,fork" "$dial"
}

ctl() { "$HVSNDD" ctl --control-dir "$RUN/control" "$@"; }
names() { pa host pactl list "$1" | sed -n 's/.*application.name = "\(.*\)"/\1/p' | sort -u | tr '\n' ' '; }
named() { [[ " $(names "$1") " == *" $2 "* ]]; }

# is_named CARD RATE NAME
is_named()
{
	local player status=0

	"$ALSA/ramp" gen -f S16_LE -r "$2" -c 2 -s 3 -t raw -o "$(vm_share vm)/ramp"
	pa host pactl set-default-sink main
	guest vm "aplay -q -D hw:$1 -t raw -f S16_LE -r $2 -c 2 /host/ramp" &
	player=$!
	wait_for 20 named sink-inputs "$3" || { echo "streams: $(names sink-inputs)"; status=1; }
	wait $player && return $status
}

wants() { ctl -j status "$1" | grep -q "\"wants_microphone\":$2"; }

# gate CARD RATE GUEST NAME: recorded while the microphone is closed is silence, or nothing; once it is open, it is unbroken.
gate()
{
	local sound=(-f S16_LE -r "$2" -c 2) recorder source status=0

	sink_for "${sound[@]}" && source_start "${sound[@]}" || return
	source=$spawned
	guest vm "arecord -q -D hw:$1 -t raw ${sound[*]} -d 6 --period-time=20000 /host/recorded" &
	recorder=$!
	wait_for 20 wants "$3" true || { echo "the guest does not want to record"; return 1; }
	sleep 1
	[ -z "$(pa host pactl list short source-outputs)" ] || { echo "the host has a record stream"; status=1; }
	[ -z "$(tr -d '\0' <"$(vm_share vm)/recorded" | head -c 1 | od -An)" ] || { echo "something was heard before"; status=1; }
	ctl allow "$3" || status=1
	wait_for 2 named source-outputs "$4" || { echo "records: $(names source-outputs)"; status=1; }
	sleep 1.5
	ctl deny "$3" || status=1
	wait_for 2 streams_are source-outputs 0 || { echo "the host still has a record stream"; status=1; }
	wait $recorder || status=1
	end_process "$source"
	# Up to the silence that comes after it was denied.
	perl -0777 -ne 's/\0*\z//; print substr($_, 0, length($_) - length($_) % 4)' "$(vm_share vm)/recorded" >"$RUN/heard"
	"$ALSA/ramp" check "${sound[@]}" -s 20 -p "$RUN/heard" || status=1
	[ "$(stat -c %s "$RUN/heard")" -gt 200000 ] || status=1
	return $status
}

plays_again()
{
	end_process "$hvsndd"
	relay_run && plays S16_LE 48000 2 3 --period-time=10000
}

# with CARD COMMAND...: a card whose delay may be longer
with() { local CARD=$1 TAIL=0.5; shift; "$@"; }

recorded_unbroken()
{
	local status=0

	ctl allow "$2" >/dev/null
	with "$1" records S16_LE "$3" 2 4 --period-time=10000 || status=1
	ctl deny "$2" >/dev/null
	return $status
}

# serve_in_guest OPTION...: hvsndd in the guest, at its vsock
serve_in_guest()
{
	guest vm "hvsndd -v -p simple --rate 44100 -o file:/tmp/wav -l vsock:any:5713 --control-dir /tmp/control $* >/host/served 2>&1 &
		echo \$! >/tmp/hvsndd; for i in 1 2 3 4 5 6 7 8 9; do sleep 0.2; hvsndd ctl --control-dir /tmp/control list >/dev/null && exit; done; exit 1"
}
served_end() { guest vm 'kill $(cat /tmp/hvsndd); while kill -0 $(cat /tmp/hvsndd) 2>/dev/null; do sleep 0.1; done'; }

# The guest is its own host: hvsndd at a vsock knows who calls, and refuses who may not.
own_host()
{
	local sound=(-f S16_LE -r 44100 -c 2) status=0

	guest vm 'modprobe vsock_loopback && hvsnd add own cid 1 port 5713 protocol simple' || return
	serve_in_guest || { cat "$(vm_share vm)/served"; return 1; }
	guest vm "aplay -q -D hw:own -t raw ${sound[*]} -d 1 /dev/zero" || status=1
	served_end
	grep 'CID 1: refused: it may not connect' "$(vm_share vm)/served" || { cat "$(vm_share vm)/served"; status=1; }
	serve_in_guest -g 1,name=self || status=1
	"$ALSA/ramp" gen "${sound[@]}" -s 4 -t raw -o "$(vm_share vm)/ramp"
	guest vm "aplay -q -D hw:own -t raw ${sound[*]} --period-time=10000 /host/ramp; sleep 2" || status=1
	served_end
	guest vm 'hvsnd del own; tail -c +45 /tmp/wav/self.wav >/host/heard'
	"$ALSA/ramp" check "${sound[@]}" -s 4 "$(vm_share vm)/heard" && return $status
}

ktap_plan 18
[ -x "$HVSNDD" ] || make -s -C "$TOP/user/hvsndd"
card_vm -P 4715 -P 4716 -P 4717 -M vsock_loopback -f "$TOP/user/hvsnd/hvsnd" -f "$HVSNDD"
pulse_start host "$RUN/native"
pulse_sink host main s16le 48000 2
caller 4718
caller 4719
guest vm 'modprobe snd-hvsock dyndbg=+p && hvsnd add raw protocol simple port 4715 && hvsnd add vault protocol qubes port 4716 &&
	hvsnd add called protocol qubes role listen port 4718'
relay_run
ktap_test "pulse: 16 bit, 48 kHz, 10 ms periods" plays S16_LE 48000 2 5 --period-time=10000 || true
ktap_test "pulse: 32 bit, 44.1 kHz, aplay's own buffer" plays S32_LE 44100 2 3 || true
ktap_test "pulse: 8 channels of floats at 96 kHz" plays FLOAT_LE 96000 8 2 --period-time=10000 --buffer-time=100000 || true
ktap_test "pulse: the host's stream has the guest's name" is_named HvSock 48000 "work: aplay" || true
ktap_test "pulse: the microphone is silent until it is allowed, and again when it is denied" gate HvSock 48000 work "work: arecord" || true
ktap_test "pulse: recorded sound is unbroken" recorded_unbroken HvSock work 48000 || true
ktap_test "simple: 10 ms periods" with raw plays S16_LE 44100 2 4 --period-time=10000 || true
ktap_test "simple: the host's stream has the guest's name" is_named raw 44100 raw || true
ktap_test "simple: the microphone" gate raw 44100 raw raw || true
ktap_test "qubes: 10 ms periods" with vault plays S16_LE 44100 2 4 --period-time=10000 || true
ktap_test "qubes: the host's stream has the guest's name" is_named vault 44100 vault || true
ktap_test "qubes: the microphone" gate vault 44100 vault vault || true
ktap_test "qubes: recorded sound is unbroken" recorded_unbroken vault vault 44100 || true
ktap_test "qubes, called: 10 ms periods" with called plays S16_LE 44100 2 4 --period-time=10000 || true
ktap_test "qubes, called: the microphone" gate called 44100 called called || true
ktap_test "hvsndd was started again" plays_again || true
ktap_test "hvsndd at a vsock: who may not connect, and who may" own_host || true
guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock'
sed 's/^/# /' "$RUN/hvsndd.log" | tail -n 20
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
