#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make demo: plays an audio file in a guest, records it at a PulseAudio server on this machine, and compares both bit
# by bit.
#
#   FILE=song.wav  file to play, in any format that sox or ffmpeg reads (sounds of alsa-utils)
#   OUT=FOLDER     folder for sent.wav, recording.wav and waveform.svg (demo/out)
#   LISTEN=1       also play what arrives in the PulseAudio or PipeWire session of the user
#
# The exit status is 0 only if every frame arrived once, unchanged and in order.

# shellcheck disable=SC2317 # step calls the functions

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
top=${here%/*}
file=${1:-${FILE-}}
out=${OUT:-$here/out}
sound=/usr/share/sounds/alsa

die() { printf 'demo: %s\n' "$@" >&2; exit 1; }

# step TEXT COMMAND...: runs the command and prints its time. Prints its output only if it fails.
step()
{
	local what=$1 begin=${EPOCHREALTIME/./} ms

	shift
	printf '%s ... ' "$what"
	if ! "$@" >"$RUN/step" 2>&1; then
		printf 'failed\n'
		tail -n 30 "$RUN/step" >&2
		exit 1
	fi
	ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
	printf '%d.%d s\n' $((ms / 1000)) $((ms % 1000 / 100))
}

build()
{
	make -C "$here" &&
		make -C "$top" modules KDIR="/lib/modules/$release/build" &&
		modinfo "$top/kernel/snd-hvsock.ko"
}

get_kernel()
{
	"$VM_HERE/fetch.sh" kernel "$suite" "$release" >"$RUN/kernel"
}

clamp() { echo $(($1 < $2 ? $2 : $1 > $3 ? $3 : $1)); }

# ffmpeg_decode FILE WAV: keeps 24 bits if the file has more than 16.
ffmpeg_decode()
{
	local bits

	bits=$(ffprobe -v error -select_streams a:0 -show_entries stream=bits_per_raw_sample -of csv=p=0 "$1")
	case $bits in
	24 | 32) ;;
	*) bits=16 ;;
	esac
	ffmpeg -v error -nostdin -y -i "$1" -map 0:a:0 -c:a "pcm_s${bits}le" "$2"
}

# Writes $RUN/sent.wav. Converts the file only if the card cannot play it: the card takes 8 to 192 kHz, 1 to 8
# channels, 16, 24 or 32 bits.
convert()
{
	local from=$file precision

	if [ -z "$file" ]; then
		sox -D "|sox $sound/Front_Left.wav -p remix 1 0" "|sox $sound/Front_Right.wav -p remix 0 1" \
			"|sox $sound/Front_Center.wav -p remix 1 1" "|sox $sound/Noise.wav -p remix 1 1" \
			-b 16 "$RUN/default.wav" || return 1
		from=$RUN/default.wav
	elif ! soxi "$from"; then
		if ! command -v ffmpeg; then
			echo "cannot read $file: sox does not know the format. Run: apt-get install ffmpeg"
			return 1
		fi
		from=$RUN/decoded.wav
		ffmpeg_decode "$file" "$from" || return 1
	fi
	rate=$(clamp "$(soxi -r "$from")" 8000 192000)
	channels=$(clamp "$(soxi -c "$from")" 1 8)
	precision=$(soxi -p "$from")
	bits=$((precision <= 16 ? 16 : precision <= 24 ? 24 : 32))
	sox -D "$from" -e signed-integer -b "$bits" -r "$rate" -c "$channels" "$RUN/sent.wav" &&
		# Refuses a silent file before it is played.
		"$here/compare" "$RUN/sent.wav" "$RUN/sent.wav"
}

# The sink has the format of the file and ALSA's channel order, so PulseAudio converts nothing. Its monitor delivers
# each frame once, when it is played.
start_pulse()
{
	pulse_start demo "$(vm_socket vm 4713)" &&
		pulse_sink demo demo "s${bits}le" "$rate" "$channels"
}

load_module()
{
	ln "$out/sent.wav" "$(vm_share vm)/sent.wav" || cp "$out/sent.wav" "$(vm_share vm)/" || return 1
	# shellcheck disable=SC2016 # the guest expands these
	guest vm 'modprobe snd-hvsock && aplay -l && echo "$(uname -r) $(cat /sys/module/snd_hvsock/version)" >/host/versions'
}

# own_environment COMMAND...: keeps libpulse from writing to the user's home.
own_environment()
{
	env -u PULSE_SERVER HOME="$RUN/pulse.demo" XDG_RUNTIME_DIR="$RUN/pulse.demo" "$@"
}

# Sets $session: a command prefix that reaches the audio session of the user, also of one who ran sudo.
find_session()
{
	local uid dir home server

	uid=$(id -u)
	session=(env)
	if [ "$uid" = 0 ] && [ -n "${SUDO_UID-}" ]; then
		uid=$SUDO_UID
		home=$(getent passwd "$uid" | cut -d : -f 6)
		dir=/run/user/$uid
		session=(setpriv --reuid "$uid" --regid "$SUDO_GID" --init-groups env HOME="$home")
	else
		dir=${XDG_RUNTIME_DIR:-/run/user/$uid}
	fi
	session+=(XDG_RUNTIME_DIR="$dir")
	for server in ${PULSE_SERVER-} "unix:$dir/pulse/native" unix:/mnt/wslg/PulseServer; do
		session+=(PULSE_SERVER="$server")
		! timeout 5 "${session[@]}" pactl info >"$RUN/session" 2>&1 || return 0
	done
	echo "LISTEN: cannot play here: no PulseAudio or PipeWire session of user $(id -nu "$uid") answers at $dir/pulse/native." \
		"Log in to a desktop or run: systemctl --user start pipewire-pulse. The demo continues without."
	return 1
}

listen()
{
	local format=(--raw --format="s${bits}le" --rate="$rate" --channels="$channels" --latency-msec=50)

	find_session || return 0
	sed -n 's/^Server Name: /listening in: /p' "$RUN/session"
	mkfifo "$RUN/listen"
	# The user may not access $RUN, so root's shell opens the pipe.
	# shellcheck disable=SC2016 # sh expands these
	spawn "$RUN/listen.log" sh -c 'exec "$@" <"$0"' "$RUN/listen" \
		"${session[@]}" pacat --client-name=snd-hvsock-demo "${format[@]}"
	listener=$spawned
	spawn "$RUN/listen.log" own_environment parec -s "unix:$RUN/pulse.demo/control" -d demo.monitor \
		"${format[@]}" "$RUN/listen"
	feeder=$spawned
}

stop_listening()
{
	[ -n "${listener-}" ] || return 0
	end_process "$feeder"
	wait_for 3 gone "$listener" || true
	[ ! -s "$RUN/listen.log" ] || sed 's/^/LISTEN: /' "$RUN/listen.log"
}

recording_runs()
{
	alive "$meter" || return 2
	[ -e "$out/recording.wav" ]
}

# The meter draws on the terminal, or prints a line each second if the output is no terminal.
start_meter()
{
	own_environment "$here/meter" -s "unix:$RUN/pulse.demo/control" -d demo.monitor \
		-o "$out/recording.wav" -S "$RUN/heard" "$out/sent.wav" </dev/null &
	meter=$!
	: >"$RUN/processes/$meter"
	wait_for 20 recording_runs || die "cannot record: the meter did not start within 20 s"
}

play()
{
	local seconds

	seconds=$(($(soxi -s "$out/sent.wav") / rate))
	# The time of the file /host/begin is by this machine's clock, like the times of the meter.
	if ! guest -t $((seconds * 2 + 60)) vm ': >/host/begin; exec aplay -D hw:HvSock /host/sent.wav' >"$RUN/aplay" 2>&1; then
		end_process "$meter"
		printf '\n'
		cat "$RUN/aplay" >&2
		guest vm 'dmesg | grep -i hvsock | tail -n 20' >&2 || true
		die "cannot play: aplay failed in the guest"
	fi
	wait "$meter" || true
	rm "$RUN/processes/$meter"
}

ms() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%.0f", (to - from) * 1000 }'; }

latency()
{
	local end first_frame stream_opened lost_by_meter key value

	while IFS='=' read -r key value; do
		printf -v "$key" %s "$value"
	done < <(grep -E '^(end|first_frame|stream_opened|lost_by_meter)=' "$RUN/heard")
	[ "$first_frame" != 0.000000 ] || return 0
	echo "first frame: $(ms "$(stat -c %.6Y "$(vm_share vm)/begin")" "$first_frame") ms after the start of aplay," \
		"$(ms "$stream_opened" "$first_frame") ms after the stream appeared at PulseAudio" \
		"(within 20 ms$emulated)"
	[ "$lost_by_meter" = 0 ] || echo "the meter lost $lost_by_meter frames: this machine is too busy"
}

[ -z "$file" ] || [ -r "$file" ] || die "cannot read $file"
"$top/selftests/vm/deps.sh" demo
# shellcheck source=../selftests/vm/lib.sh
. "$top/selftests/vm/lib.sh"

suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
release=$(dpkg-query -W -f '${Depends}' "linux-headers-$(dpkg --print-architecture)" | grep -om 1 'linux-headers-[^ ,]*')
release=${release#linux-headers-}
mkdir -p "$out"
out=$(readlink -f "$out")

step "building for $release" build
step "preparing ${file:-sounds of alsa-utils}" convert
rm -f "$out"/{recording.wav,waveform.svg}
mv -f "$RUN/sent.wav" "$out/"
echo "  $(soxi -d "$out/sent.wav") at $rate Hz, $channels channel$([ "$channels" = 1 ] || echo s), $bits bits"
step "getting Debian's $release kernel" get_kernel
read -r kernel modules <"$RUN/kernel"
step "booting Debian's $release kernel" vm_start vm "$kernel" "$modules" -f "$top/kernel/snd-hvsock.ko"
emulated=
! grep -q '(tcg' "$RUN/step" || emulated='; the guest is emulated, because there is no KVM'
step "starting PulseAudio on this machine" start_pulse
step "modprobe snd-hvsock in the guest" load_module
[ -z "${LISTEN-}" ] || [ "$LISTEN" = 0 ] || listen

echo "aplay -D hw:HvSock in the guest, recorded at PulseAudio on this machine:"
start_meter
play
stop_listening

status=0
"$here/compare" -o "$out/waveform.svg" -t "${file:-alsa-utils}" "$out/sent.wav" "$out/recording.wav" || status=$?
latency
read -r guest_kernel version <"$(vm_share vm)/versions"
echo "guest: kernel $guest_kernel, snd-hvsock ${version:-without a version}"
vm_check_log vm || status=1
vm_stop vm || status=1
[ -z "${SUDO_UID-}" ] || [ "$(id -u)" != 0 ] || chown -R "$SUDO_UID:${SUDO_GID-}" "$out"
echo "files in $out: sent.wav recording.wav waveform.svg"
exit $status
