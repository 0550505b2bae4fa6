# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# shellcheck disable=SC2154 # lib.sh has $spawned
#
# PulseAudio servers of our own on this machine, and what records them.

# pulse_env NAME: sets $environment, in which nothing of the user's own session gets in and nothing of ours gets out.
pulse_env()
{
	local dir=$RUN/pulse.$1

	environment=(env -i PATH="$PATH" LC_ALL=C HOME="$dir" XDG_RUNTIME_DIR="$dir" PULSE_SERVER="unix:$dir/control")
}

# pa NAME COMMAND...: a client program (pactl, parec, paplay) on that server.
pa()
{
	local environment

	pulse_env "$1"
	"${environment[@]}" "${@:2}"
}

# pulse_start NAME SOCKET [ARGUMENT...]: PulseAudio answers on SOCKET; the arguments are the protocol module's, and
# auth-anonymous=1 without any.
pulse_start()
{
	local name=$1 socket=$2 dir=$RUN/pulse.$1 door=() port environment

	shift 2
	mkdir -p "$dir"
	door=(-L "module-native-protocol-unix socket=$socket ${*:-auth-anonymous=1}")
	if [[ $* == *auth-cookie=* ]]; then
		# A UNIX socket's peer of the same user needs no cookie, so it comes by TCP as from a real guest.
		port=$((20000 + SRANDOM % 10000))
		door=(-L "module-native-protocol-tcp listen=127.0.0.1 port=$port $*")
		spawn "$dir/door.log" socat "UNIX-LISTEN:$socket,fork,unlink-early" "TCP:127.0.0.1:$port"
		echo "$spawned" >"$dir/door"
	fi
	pulse_env "$name"
	spawn "$dir/log" "${environment[@]}" pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 \
		--disable-shm --realtime=no --high-priority=no --log-target=stderr --log-level=info \
		-L "module-native-protocol-unix socket=$dir/control auth-anonymous=1" "${door[@]}" \
		-L "module-cli-protocol-unix socket=$dir/cli"
	echo "$spawned" >"$dir/pid"
	wait_for 20 pulse_ready "$name" || { fail_log "PulseAudio $name does not start" "$dir/log"; return 1; }
}

pulse_ready()
{
	alive "$(<"$RUN/pulse.$1/pid")" || return 64
	pa "$1" pactl info >/dev/null 2>&1
}

pulse_stop()
{
	local file

	for file in "$RUN/pulse.$1"/{pid,door}; do
		[ ! -e "$file" ] || end_process "$(<"$file")"
	done
	rm -f "$RUN/pulse.$1"/{pid,door,control,cli}
}

# channel_map CHANNELS: ALSA's order of them, in PulseAudio's words.
channel_map()
{
	local map=front-left,front-right,rear-left,rear-right,front-center,lfe,side-left,side-right

	case $1 in
	1) map=mono ;;
	3) map=front-left,front-right,front-center ;;
	7) map=aux0,aux1,aux2,aux3,aux4,aux5,aux6 ;;
	esac
	cut -d, -f "1-$1" <<<"$map"
}

# pulse_sink NAME SINK FORMAT RATE CHANNELS: without rewinds, as a monitor does not hear what they put back; the
# channels are in ALSA's order.
pulse_sink()
{
	echo "$3 $5 $4" >"$RUN/pulse.$1/sink.$2"
	pa "$1" pactl load-module module-null-sink sink_name="$2" format="$3" rate="$4" channels="$5" norewinds=1 \
		channel_map="$(channel_map "$5")" sink_properties=device.description="$2" >/dev/null
}

# record_start NAME SINK FILE: what the sink plays, as it is; returns when the recording runs.
record_start()
{
	local format channels rate environment

	# As it was made: PipeWire lists its own floats for it.
	read -r format channels rate <"$RUN/pulse.$1/sink.$2" || { say "no sink $2"; return 1; }
	: >"$3"
	pulse_env "$1"
	spawn "$RUN/pulse.$1/parec.$2.log" "${environment[@]}" parec -d "$2.monitor" --raw --format="$format" --rate="$rate" \
		--channels="$channels" --channel-map="$(channel_map "$channels")" --no-remix --no-remap --latency-msec=20 "$3"
	echo "$spawned $3 $format $channels $rate" >"$RUN/pulse.$1/record.$2"
	wait_for 10 test -s "$3" || { say "the recording of $2 does not begin"; return 1; }
}

grown() { [ "$(stat -c %s "$1")" -ge "$2" ]; }

# record_stop NAME SINK: takes half a second more of sound, lest the tail be lost, and ends.
record_stop()
{
	local pid file format channels rate bytes

	read -r pid file format channels rate <"$RUN/pulse.$1/record.$2"
	case $format in
	u8 | alaw | ulaw | aLaw | uLaw) bytes=1 ;;
	s16*) bytes=2 ;;
	s24le | s24be) bytes=3 ;;
	*) bytes=4 ;;
	esac
	wait_for 10 grown "$file" $(($(stat -c %s "$file") + rate * channels * bytes / 2)) || say "the recording of $2 has stalled"
	end_process "$pid"
}

# pulse_command NAME COMMAND: one that pactl has not, as pacmd(1) has it.
pulse_command() { echo "$2" | socat -t 1 - "UNIX-CONNECT:$RUN/pulse.$1/cli" | sed '1d;s/^>>> //'; }

# silent_server SOCKET: accepts, reads, says nothing; $spawned is its process.
silent_server()
{
	spawn "$RUN/silent.log" socat -u "UNIX-LISTEN:$1,fork" OPEN:/dev/null
	wait_for 5 test -S "$1"
}
