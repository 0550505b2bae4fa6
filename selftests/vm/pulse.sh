# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# shellcheck disable=SC2154 # lib.sh sets $spawned
#
# Separate PulseAudio servers on this machine.

# pulse_env NAME: sets $environment, which separates the server and its clients from the user's session.
pulse_env()
{
	local dir=$RUN/pulse.$1

	environment=(env -i PATH="$PATH" LC_ALL=C HOME="$dir" XDG_RUNTIME_DIR="$dir" PULSE_SERVER="unix:$dir/control")
}

# pa NAME COMMAND...: runs a client (pactl, parec, paplay) of that server.
pa()
{
	local environment

	pulse_env "$1"
	"${environment[@]}" "${@:2}"
}

# pulse_start NAME SOCKET: starts PulseAudio, which listens at SOCKET.
pulse_start()
{
	local name=$1 dir=$RUN/pulse.$1 environment

	mkdir -p "$dir"
	pulse_env "$name"
	spawn "$dir/log" "${environment[@]}" pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 \
		--disable-shm --realtime=no --high-priority=no --log-target=stderr --log-level=info \
		-L "module-native-protocol-unix socket=$dir/control auth-anonymous=1" \
		-L "module-native-protocol-unix socket=$2 auth-anonymous=1"
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
	[ ! -e "$RUN/pulse.$1/pid" ] || end_process "$(<"$RUN/pulse.$1/pid")"
	rm -f "$RUN/pulse.$1"/{pid,control}
}

# channel_map CHANNELS: prints ALSA's channel order in PulseAudio's words.
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

# pulse_sink NAME SINK FORMAT RATE CHANNELS: adds a null sink with ALSA's channel order. It does not rewind, because a
# monitor does not get the data that a rewind writes again.
pulse_sink()
{
	pa "$1" pactl load-module module-null-sink sink_name="$2" format="$3" rate="$4" channels="$5" norewinds=1 \
		channel_map="$(channel_map "$5")" sink_properties=device.description="$2" >/dev/null
}
