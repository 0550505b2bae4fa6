#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A sound server in the guest, which has the card to itself by mmap and does not let it stop: what it plays arrives
# whole. (PulseAudio uses no timers of its own in a virtual machine; player -n in test-pause.sh does.)

# shellcheck disable=SC2016,SC2119 # for the guest's shell; no arguments needed

. "$(dirname "$0")/card.sh"

modules=$(echo /usr/lib/pulse-*/modules)
server=(-p pulseaudio -p pactl -p pacat)
for module in module-alsa-sink module-alsa-source module-native-protocol-unix; do
	server+=(-f "$modules/$module.so:$modules/$module.so")
	for library in $(ldd "$modules/$module.so" | awk '$3 ~ "^/" { print $3 }'); do
		server+=(-f "$library:$(readlink -f "${library%/*}")/${library##*/}")
	done
done

# server_start MODULE ARGUMENT...: PulseAudio in the guest, with that and its clients' door; it is ended with its shell.
server_start()
{
	guest vm "export HOME=/tmp XDG_RUNTIME_DIR=/tmp
		pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disable-shm --realtime=no --high-priority=no \\
			--log-target=stderr --log-level=info -L '$*' \\
			-L 'module-native-protocol-unix socket=/tmp/door auth-anonymous=1' >/tmp/server.log 2>&1 &
		echo \$! >/tmp/server
		for i in \$(seq 100); do pactl -s unix:/tmp/door info >/dev/null 2>&1 && exit; sleep 0.1; done; cat /tmp/server.log; exit 1"
}
server_stop() { guest vm 'kill $(cat /tmp/server); sleep 0.3; grep -iE "underrun|overrun|woke" /tmp/server.log; true'; }

raw='--raw --format=s16le --rate=48000 --channels=2'

# server_plays [ARGUMENT...]: two ramps, one after the other, with the card open in between.
server_plays()
{
	local sink status=0

	"$ALSA/ramp" gen -s 5 -t raw -o "$(vm_share vm)/ramp" || return
	sink_for -f S16_LE -r 48000 -c 2 || return
	server_start module-alsa-sink device=hw:HvSock format=s16le rate=48000 channels=2 "$@" || return
	for _ in 1 2; do
		record_start host "$sink" "$RUN/heard" || return
		guest vm "pacat -s unix:/tmp/door --playback $raw /host/ramp" || status=1
		sleep 1
		record_stop host "$sink"
		"$ALSA/ramp" check -s 5 "$RUN/heard" || status=1
	done
	server_stop
	return $status
}

server_records()
{
	local source status=0

	sink_for -f S16_LE -r 48000 -c 2 && source_start -f S16_LE -r 48000 -c 2 || return
	source=$spawned
	server_start module-alsa-source device=hw:HvSock format=s16le rate=48000 channels=2 "$@" || return
	guest vm "pacat -s unix:/tmp/door --record $raw /host/recorded & sleep 6; kill \$!" || status=1
	server_stop
	end_process "$source"
	"$ALSA/ramp" check -s 20 -p "$(vm_share vm)/recorded" | tee "$RUN/exact"
	[ "$(exact_frames)" -ge 192000 ] && return $status
}

ktap_plan 5
card_vm "${server[@]}"
host_start
guest vm 'modprobe snd-hvsock dyndbg=+p'
ktap_test "PulseAudio plays" once_more server_plays || true
ktap_test "PulseAudio plays, with a small buffer" once_more server_plays fragments=4 fragment_size=1920 || true
ktap_test "PulseAudio records" once_more server_records || true
ktap_test "unloads" guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock' || true
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary
