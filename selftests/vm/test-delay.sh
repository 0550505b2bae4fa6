#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# snd_pcm_delay tells the truth: marked frames are played, or were recorded, when it said so, by a device on the host that
# tells when they really were.
#
#   test-delay.sh [SECONDS]   of each (8)

. "$(dirname "$0")/card.sh"

LIMIT_US=5000
PORT=4800
seconds=${1:-8}

# compare DEVICE GUEST: of the marks that both tell of, how much later than the guest said each really was.
compare()
{
	awk '
		/^mark/ { if (FNR == NR) real[$2] = $3; else if ($2 in real) print int((real[$2] - $3) / 1000) }' "$1" "$2" |
		sort -n >"$RUN/late"
	awk -v limit=$LIMIT_US '
		{ late[NR] = $1; if (NR > 1) all = all " " ; all = all $1 }
		END {
			if (NR < 15) { print NR " marks are too few: " all; exit 1 }
			median = late[int((NR + 1) / 2)]
			printf "%d marks: median %d us, %d to %d, the inner nine tenths %d to %d\n", NR, median, late[1], late[NR],
			       late[int(NR / 20) + 1], late[NR - int(NR / 20)]
			exit !(median >= -limit && median <= limit)
		}' "$RUN/late"
}

# marks DEVICE_LOG OPTION...: delay's in the guest, then both against each other.
marks()
{
	local device=$1

	shift
	guest -t $((seconds + 30)) vm "delay -t $PORT -s $seconds $*" >"$RUN/said" || { cat "$RUN/said"; return 1; }
	sleep 0.5
	end_process "$spawned"
	grep -v '^mark' "$RUN/said"
	grep -v '^mark' "$device"
	compare "$device" "$RUN/said"
}

plays_marks()
{
	rm -f "$RUN/pace"
	paced_sink 48000 -m || return
	marks "$RUN/pace" "$@"
}

records_marks()
{
	local source

	sinks=$((sinks + 1))
	source=paced$sinks
	rm -f "$RUN/pace"
	pa host pactl load-module module-pipe-source source_name=$source file="$RUN/$source" format=s16le rate=48000 channels=2 \
		>/dev/null || return
	pa host pactl set-default-source $source
	spawn "$RUN/pace" "$ALSA/pace" -w "$RUN/$source" 48000 4
	marks "$RUN/pace" -C "$@"
}

# true_at NAME PERIOD_FRAMES PERIODS
true_at()
{
	ktap_test "playing, $1" plays_marks -p "$2" -n "$3" || true
	fresh_host
	ktap_test "recording, $1" records_marks -p "$2" -n "$3" || true
	fresh_host
}

# A pipe without its other end is in the way of what comes next.
fresh_host()
{
	pulse_stop host
	host_start
}

ktap_plan 7
card_vm -f "$ALSA/delay" -P $PORT
spawn "$RUN/time.log" socat "UNIX-LISTEN:$(vm_socket vm $PORT),fork" EXEC:"$ALSA/tell_time"
host_start
guest vm 'modprobe snd-hvsock dyndbg=+p'
true_at "5 ms x 4" 240 4
true_at "10 ms x 10" 480 10
true_at "100 ms x 5" 4800 5
guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock'
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
