# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the tests of the card share: a guest with the module, and sound to send through it.
#
# The environment may name another machine than this one's own Debian:
#   SUITE   whose kernel boots (this machine's)
#   RELEASE which kernel of it, as uname -r says (the newest)
#   MODULE  the module, built for that kernel (kernel/snd-hvsock.ko)
#   KERNEL  an image and its modules' folder instead, debug-kernel.sh's; it wants more memory
#   CARD    which card plays and records (HvSock), and how many more seconds the host then plays, TAIL (0)
#   TRANSPORT hyperv: its hv_sock, with a VMBus and host of our own, HV_VMBUS (selftests/hv/hv_vmbus.ko)

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

TOP=$(readlink -f "$VM_HERE/../..")
ALSA=$TOP/selftests/alsa
: "${SUITE:=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)}"
: "${MODULE:=$TOP/kernel/snd-hvsock.ko}" "${CARD:=HvSock}" "${KERNEL:=}" "${TAIL:=0}" "${TRANSPORT:=vsock}" "${HV_VMBUS:=$TOP/selftests/hv/hv_vmbus.ko}"

# card_vm [OPTION]...: boots the guest "vm"; options as vm_start has them. The module is there, not loaded.
card_vm()
{
	local kernel modules

	[ -e "$MODULE" ] || { say "no $MODULE: run make first"; return 1; }
	[ "$TRANSPORT" != hyperv ] || [ -e "$HV_VMBUS" ] || { say "no $HV_VMBUS: run make -C selftests/hv first"; return 1; }
	read -r kernel modules <<<"${KERNEL:-$("$VM_HERE/fetch.sh" kernel "$SUITE" ${RELEASE:+"$RELEASE"})}"
	vm_start vm "$kernel" "$modules" ${KERNEL:+-r 1536} -t "$TRANSPORT" -f "$MODULE" "$@" || return
	[ "$TRANSPORT" != hyperv ] || guest vm 'ip link set eth0 up && ip address add 10.0.2.15/24 dev eth0 &&
		until grep -q 1 /sys/class/net/eth0/carrier; do sleep 0.1; done && modprobe hv_vmbus server=10.0.2.100 && modprobe hv_sock'
}

# host_start [ARGUMENT...]: PulseAudio where the card looks for it, with the sink "main".
host_start()
{
	rm -f "$(vm_socket vm 4713)"
	pulse_start host "$(vm_socket vm 4713)" "$@"
	pulse_sink host main s16le 48000 2
}

# host_away SECONDS [ARGUMENT...]: the audio server is killed, and started again after that.
host_away()
{
	kill -KILL "$(<"$RUN/pulse.host/pid")"
	pulse_stop host
	sleep "$1"
	host_start "${@:2}"
}

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# What the kernel said since the last call.
guest_dmesg() { guest vm 'dmesg -c'; }

# pulse_format FORMAT: ALSA's name of a format as PulseAudio has it.
pulse_format()
{
	local name=${1,,}

	name=${name/_3/}
	case $name in
	s24_[lb]e) [[ $1 == *_3* ]] || name=s24-32${name#s24_} ;;
	float_*) name=float32${name#float_} ;;
	a_law) name=alaw ;;
	mu_law) name=ulaw ;;
	esac
	echo "${name/_/}"
}

# sink_for SOUND...: a new default sink of just the kind that these arguments of ramp name; sets $sink.
sinks=0
sink_for()
{
	sinks=$((sinks + 1))
	sink=exact$sinks
	pulse_sink host "$sink" "$(pulse_format "$2")" "$4" "$6"
	pa host pactl set-default-sink "$sink"
}

# paced_sink FRAMES_PER_SECOND [-m]: a new default sink whose device takes so many of 48000 Hz, by this machine's clock;
# $spawned is that device, its last words are in $RUN/pace, what it played in $RUN/played.
paced_sink()
{
	local holder

	sinks=$((sinks + 1))
	sink=paced$sinks
	mkfifo "$RUN/$sink"
	# Opened for both ends, lest one waits for the other.
	exec {holder}<>"$RUN/$sink"
	pa host pactl load-module module-pipe-sink sink_name=$sink file="$RUN/$sink" format=s16le rate=48000 channels=2 \
		>/dev/null || return
	pa host pactl set-default-sink $sink
	pa host pactl set-default-source $sink.monitor
	spawn "$RUN/pace" "$ALSA/pace" "${@:2}" "$RUN/$sink" "$1" 4 "$RUN/played"
	exec {holder}>&-
}

# host_streams sink-inputs|source-outputs: a line for each: its number, its channels' percents, yes or no for mute.
host_streams()
{
	pa host pactl list "$1" | awk '
		/^(Sink Input|Source Output) #/ { id = substr($3, 2) }
		/^\tMute:/ { mute = $2 }
		/^\tVolume:/ {
			volume = ""
			for (i = 1; i <= NF; i++) if ($i ~ /%$/) volume = volume " " ($i + 0)
		}
		/^\tVolume:/ || /^\tMute:/ { state[id] = volume " " mute }
		END { for (id in state) print id state[id] }' | sort -n
}

# host_is sink-inputs|source-outputs "PERCENT... MUTE": every stream there has these, and there is one.
host_is()
{
	local id state any=1

	while read -r id state; do
		[ "$state" = "$2" ] || return 1
		any=0
	done < <(host_streams "$1")
	return $any
}

stream_id() { host_streams "${1:-sink-inputs}" | awk '{ print $1; exit }'; }

streams_are() { [ "$(pa host pactl list short "$1" | wc -l)" = "$2" ]; }

# twice COMMAND...: once more if the first try failed because a program in the guest was not run in time (it says so
# itself): an emulated guest shares this machine's processors. The second result counts.
twice()
{
	local status=0

	"$@" >"$RUN/try" 2>&1 || status=$?
	cat "$RUN/try"
	[ $status != 0 ] && grep -qE 'underrun|overrun|XRUN' "$RUN/try" || return $status
	echo "the guest's program came too late; once more"
	"$@"
}

# once_more COMMAND...: what is bad once on a machine that has others to serve must not be so again.
once_more() { "$@" || { echo "once more, as this machine has others to serve:"; "$@"; }; }

# plays FORMAT RATE CHANNELS SECONDS [APLAY'S ARGUMENT...]: a ramp arrives whole at a sink of just that kind.
plays() { twice plays_once "$@"; }
plays_once()
{
	local sound=(-f "$1" -r "$2" -c "$3" -s "$4") sink

	shift 4
	"$ALSA/ramp" gen "${sound[@]}" -t raw -o "$(vm_share vm)/ramp" || return
	sink_for "${sound[@]}" || return
	record_start host "$sink" "$RUN/heard" || return
	guest vm "aplay -q -D hw:$CARD -t raw -f ${sound[1]} -r ${sound[3]} -c ${sound[5]} $* /host/ramp" || return
	sleep "$TAIL"
	record_stop host "$sink"
	"$ALSA/ramp" check "${sound[@]}" "$RUN/heard"
}

# As ramp check has said it into $RUN/exact; 0 if it was not exact.
exact_frames() { awk '/^exact frames=/ { split($2, part, "="); n = part[2] } END { print n + 0 }' "$RUN/exact"; }

# source_start SOUND...: a ramp of so many seconds plays to $sink, whose monitor is the default source; $spawned is its process.
source_seconds=20
source_start()
{
	local environment

	"$ALSA/ramp" gen "$@" -s $source_seconds -t raw -o "$RUN/source" || return
	pa host pactl set-default-source "$sink.monitor"
	pulse_env host
	spawn "$RUN/source.log" "${environment[@]}" pacat --playback --raw --no-remap --no-remix -d "$sink" --latency-msec=200 \
		--format="$(pulse_format "$2")" --rate="$4" --channels="$6" --channel-map="$(channel_map "$6")" "$RUN/source"
}

# records FORMAT RATE CHANNELS SECONDS [ARECORD'S ARGUMENT...]: a ramp on the host is recorded unbroken.
records() { twice records_once "$@"; }
records_once()
{
	local sound=(-f "$1" -r "$2" -c "$3") seconds=$4 sink source status=0

	shift 4
	sink_for "${sound[@]}" && source_start "${sound[@]}" || return
	source=$spawned
	guest vm "arecord -q -D hw:$CARD -t raw -f ${sound[1]} -r ${sound[3]} -c ${sound[5]} -d $seconds $* /host/recorded" ||
		status=1
	end_process "$source"
	"$ALSA/ramp" check "${sound[@]}" -s $source_seconds -p "$(vm_share vm)/recorded" && return $status
}
