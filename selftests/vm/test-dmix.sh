#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two programs at once through ALSA's dmix, which writes into the ring without telling and never stops.

# shellcheck disable=SC2016 # for the guest's shell

. "$(dirname "$0")/card.sh"

mono=(-f S16_LE -r 48000 -c 1 -s 4)
player='aplay -q -D plug:dmix:HvSock -t raw -f S16_LE -r 48000 -c 2'

# channel FILE NUMBER: of a stereo recording.
channel() { sox -D -t raw -r 48000 -b 16 -e signed -L -c 2 "$1" -t raw - remix "$2"; }

# whole FILE BYTES RAMP'S_ARGUMENT...: to the end, without a gap, but for the first 50 ms: dmix puts a program's first
# frames where the position is already, on any card, and what it passes before they are all there is lost.
whole()
{
	local file=$1 bytes=$2 seconds=${*: -1}

	shift 2
	tail -c "+$((($(od -An -v -tx1 -w"$bytes" "$file" | grep -nvm 1 '^[ 0]*$' | cut -d: -f1) + 2400) * bytes + 1))" "$file" >"$file.end"
	"$ALSA/ramp" check "$@" -e "$file.end" | tee "$RUN/exact"
	[ "$(exact_frames)" -ge $((48000 * seconds - 7200)) ]
}

# One program's ramp is on the left, the other's on the right; each must be whole.
two() { once_more two_once "$@"; }
two_once()
{
	local n status=0 begin

	"$ALSA/ramp" gen "${mono[@]}" -t raw -o "$RUN/mono" || return
	sox -D -t raw -r 48000 -b 16 -e signed -L -c 1 "$RUN/mono" -t raw "$(vm_share vm)/left" remix 1 0 || return
	sox -D -t raw -r 48000 -b 16 -e signed -L -c 1 "$RUN/mono" -t raw "$(vm_share vm)/right" remix 0 1 || return
	record_start host main "$RUN/heard" || return
	begin=$(now_ms)
	guest vm "$player $* /host/left & first=\$!; sleep 1; $player $* /host/right && wait \$first" || status=1
	begin=$(($(now_ms) - begin))
	record_stop host main
	for n in 1 2; do
		channel "$RUN/heard" $n >"$RUN/heard.$n"
		whole "$RUN/heard.$n" 2 "${mono[@]}" || status=1
	done
	echo "4 s, and 4 s more a second later, took $begin ms"
	[ $begin -ge 4900 ] && [ $begin -le 6500 ] && return $status
}

# What dmix leaves in the ring must not be heard again, nor its last sounds be lost, when another comes.
again() { once_more again_once; }
again_once()
{
	local sound=(-f S16_LE -r 48000 -c 2 -s 1)

	"$ALSA/ramp" gen "${sound[@]}" -t raw -o "$(vm_share vm)/ramp" || return
	record_start host main "$RUN/heard" || return
	guest vm "head -c 1000000 /dev/zero >/tmp/silence; $player /tmp/silence & first=\$!; sleep 1; $player /host/ramp && wait \$first" || return
	record_stop host main
	whole "$RUN/heard" 4 "${sound[@]}"
}

ktap_plan 4
card_vm
host_start
# dmix wants its group to be there.
guest vm 'echo audio:x:29: >>/etc/group; modprobe snd-hvsock dyndbg=+p'
ktap_test "two programs" two || true
ktap_test "two programs with mmap" two -M || true
ktap_test "a short one beside a long one" again || true
guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock'
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
