#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host whose device runs faster or slower than the guest's clock: nothing is lost, nothing doubled, and the delay
# stays what it was.
#
#   test-clock.sh [SECONDS]   for each of the two (60)

. "$(dirname "$0")/card.sh"

seconds=${1:-60}

# follows FRAMES_PER_SECOND: a ramp is whole where it is played at that pace, and the position keeps to it.
follows()
{
	local device ppm

	# A pipe sink without its reader is in the way of what comes next.
	[ ! -d "$RUN/pulse.host" ] || pulse_stop host
	host_start || return
	ppm=$((($1 - 48000) * 1000000 / 48000))
	paced_sink "$1" || return
	device=$spawned
	"$ALSA/ramp" gen -s "$seconds" -t raw -o "$(vm_share vm)/ramp"
	guest vm 'dmesg -c >/dev/null; (sleep 12; while pidof aplay; do hvsnd show; sleep 1; done) >/host/shown 2>&1 &'
	guest -t $((seconds + 30)) vm "position -d $((seconds - 2)) -p 40 -w 10 -s $ppm >/tmp/position &
		aplay -q -D hw:HvSock --period-time=10000 --buffer-time=500000 -t raw -f S16_LE -r 48000 -c 2 /host/ramp || exit
		wait \$! && status=0 || status=\$?; cat /tmp/position; exit \$status" || { end_process "$device"; return 1; }
	sleep 1
	guest_dmesg | sed -n 's/.*snd_hvsock.0: //p'
	end_process "$device"
	cat "$RUN/pace"
	keeps_delay || return
	"$ALSA/ramp" check -s "$seconds" "$RUN/played"
}

# What hvsnd showed each second of the streams' delays is within 3 ms of what it is to be.
keeps_delay()
{
	awk -v least=$((seconds - 20)) '
		/ delay [0-9.]+ of [0-9.]+ ms/ {
			for (i = 1; i < NF; i++) if ($i == "delay") { d = $(i + 1) - $(i + 3); break }
			if (d < 0) d = -d
			if (d > worst) worst = d
			n++
		}
		END { printf "%d looks at the delay: within %.1f ms\n", n, worst; exit !(n >= least && worst <= 3) }
	' "$(vm_share vm)/shown"
}

ktap_plan 3
card_vm -f "$ALSA/position" -f "$TOP/user/hvsnd/hvsnd"
guest vm 'modprobe snd-hvsock dyndbg=+p'
ktap_test "a host 500 ppm fast" twice follows 48024 || true
ktap_test "a host 500 ppm slow" twice follows 47976 || true
guest vm 'rmmod snd-hvsock'
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
