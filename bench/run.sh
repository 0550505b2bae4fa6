#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make bench: compares the card with other ways to carry a guest's audio data to its host. All ways run in one guest.
#
#   run.sh [PART]...   parts to measure (all but profile)
#
# Parts: cost      CPU time, instructions, context switches and timer interrupts of one stream
#        messages  packets on the vsock and interrupts
#        periods   smallest period that plays without an xrun or a gap
#        latency   shortest round trip
#        streams   number of streams without an xrun, and their costs
#        start     time from opening the PCM to the first frame on the host
#        recover   time until audio data arrives again after a restart of the host's server
#        profile   instructions by the kernel's symbols, in bench/out/profile.WAY
#
# Ways:  module    the card
#        pulse     ALSA's pulse plugin, and socat from its UNIX socket to a vsock
#        aloop     snd-aloop, and arecord | socat to a vsock; raw PCM
#        virtio    virtio-snd of QEMU and of the kernel
#        floor     a program that only writes the same bytes at the same intervals to a vsock
#        dummy     snd-dummy: the cost of ALSA itself
#        idle      nothing plays
#
#   BENCH=short   some minutes instead of an hour. Shows that it works. The figures say little and stay in bench/out.
#   ROUNDS=N      number of rounds of cost and start (5)
#   APPEND=1      keep earlier measurements
#   WAYS="..."    only these ways
#
# bench/out/raw has a line for each measurement. A whole run writes its results to bench/results.

SUITE=trixie	# the oldest Debian whose kernel and QEMU both have virtio-snd
set -euo pipefail
BENCH_HERE=$(dirname "$(readlink -f "$0")")
[ "$(id -u)" = 0 ] || { echo "bench: cannot build: only root can set up a clean system. Run: sudo make bench" >&2; exit 1; }
"$BENCH_HERE/../selftests/vm/deps.sh" bench
# shellcheck source=../selftests/vm/lib.sh
. "$BENCH_HERE/../selftests/vm/lib.sh"
# shellcheck source=qemu.sh
. "$BENCH_HERE/qemu.sh"

TOP=$(readlink -f "$BENCH_HERE/..")
ALSA=$TOP/selftests/alsa
SINK_PORT=4720 SOURCE_PORT=4721 FLOOR_PORT=4722 TIME_PORT=4800 COUNT_PORT=4801
LOOP=/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)/alsa-lib
VIRTIO_CARDS=13 VIRTIO_STREAMS=5	# a device of QEMU has at most ten streams, half of them playback
if [ "${BENCH-}" = short ]; then
	: "${ROUNDS:=1}"
	window=3 hold=5 all_periods=(480) all_latencies=(10000) loads=(idle) all_counts=(1 2 4)
else
	: "${ROUNDS:=5}"
	window=10 hold=60 all_periods=(48 120 240 480 960 1920 3840 7680) all_latencies=(3000 5000 10000 15000)
	loads=(idle loaded) all_counts=(1 2 4 8 16 32 64)
fi
out=$BENCH_HERE/out
raw=$out/raw

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
progress() { printf '%5d s  %s\n' "$SECONDS" "$*"; }

# --- guest and host --------------------------------------------------------

build()
{
	make -s -C "$BENCH_HERE"
	make -s -C "$ALSA" tell_time
	make -s -C "$TOP/user"
	read -r kernel modules module < <(cd "$TOP/selftests" && python3 -B -m rig.rows $SUITE)
	[ -n "$module" ] || return 1
}

# QEMU looks for its sink and its source only when it starts.
host_ready()
{
	rm -f "$(vm_socket vm 4713)"
	pulse_start host "$(vm_socket vm 4713)"
	pulse_sink host main s16le 48000 2
	pa host pactl set-default-sink main
	pa host pactl set-default-source main.monitor
}

boot_all()
{
	local count='' devices='' n

	mkdir -p "$RUN/vm.vm"
	host_ready
	host_port $SINK_PORT "exec pacat --playback --latency-msec=\$(cat $RUN/latency)" pacat
	host_port $SOURCE_PORT "exec parec -d main.monitor --latency-msec=\$(cat $RUN/latency)" parec
	spawn "$RUN/port" socat -u "UNIX-LISTEN:$(vm_socket vm $FLOOR_PORT),fork" OPEN:/dev/null
	spawn "$RUN/port" socat "UNIX-LISTEN:$(vm_socket vm $TIME_PORT),fork" EXEC:"$ALSA/tell_time"
	# Only the emulator (TCG) can count instructions.
	counted=
	if [ "$(accelerators)" = tcg ]; then
		count="-plugin $BENCH_HERE/count.so,socket=$(vm_socket vm $COUNT_PORT)"
		[[ " ${parts[*]} " != *" profile "* ]] || count+=",profile=$RUN/profile"
		counted="-c $COUNT_PORT"
	fi
	for ((n = 0; n < VIRTIO_CARDS; n++)); do
		devices+=" -device virtio-sound-pci,audiodev=pa,streams=$((2 * VIRTIO_STREAMS))"
	done
	cat >"$RUN/asound.conf" <<-CONF
		pcm.pulse { type pulse handle_underrun 1 }
	CONF
	# On a busy machine, the kernel of an emulated guest would distrust the TSC and read the HPET, which costs much more.
	vm_start vm "$kernel" "$modules" -f "$module" -r 1280 -a tsc=reliable \
		-P $SINK_PORT -P $SOURCE_PORT -P $FLOOR_PORT -P $TIME_PORT -P $COUNT_PORT \
		-M virtio_snd -M snd-aloop -M snd-dummy -f "$BENCH_HERE/sound" -f "$TOP/user/hvsnd/hvsnd" -p socat -p stress-ng -p pactl \
		-f "$LOOP/libasound_module_pcm_pulse.so:$LOOP/libasound_module_pcm_pulse.so" -f "$RUN/asound.conf:/etc/asound.conf" \
		-q "$count -audiodev pa,id=pa,server=unix:$RUN/pulse.host/control$devices" || return
	guest vm "mount -t tracefs none /sys/kernel/tracing
		modprobe virtio_snd && modprobe snd-hvsock playback_streams=64 capture_streams=2 &&
		modprobe snd-aloop enable=1,1,1,1,1,1,1,1 id=L0,L1,L2,L3,L4,L5,L6,L7 pcm_substreams=8 &&
		modprobe snd-dummy pcm_substreams=64 fake_buffer=0" || return
	# The kernel still works for some seconds after its start.
	sleep 5
}

# host_port PORT COMMAND NAME: runs the command with raw PCM at this machine's PulseAudio for each connection to PORT.
host_port()
{
	local environment

	printf '#!/bin/sh\n%s --raw --format=s16le --rate=48000 --channels=2\n' "$2" >"$RUN/$3"
	chmod 755 "$RUN/$3"
	pulse_env host
	spawn "$RUN/port" "${environment[@]}" socat "UNIX-LISTEN:$(vm_socket vm "$1"),fork" "EXEC:$RUN/$3"
}

# --- a measurement ---------------------------------------------------------

# pcm_of WAY: arguments of bench/sound.
pcm_of()
{
	case $1 in
	module) echo hw:HvSock ;;
	pulse) echo pulse ;;
	aloop) echo -d 8 hw:L ;;
	virtio) echo -d $VIRTIO_STREAMS hw: ;;
	floor) echo vsock:$FLOOR_PORT ;;
	dummy) echo hw:Dummy ;;
	idle) echo -k 0 none ;;
	esac
}

# helpers WAY PERIOD PERIODS STREAMS [-r]: commands for the guest that run beside bench/sound.
helpers()
{
	local geometry="-q -t raw -f S16_LE -r 48000 -c 2 --period-size=$2 --buffer-size=$(($2 * $3))" n

	case $1 in
	pulse) echo "socat UNIX-LISTEN:/tmp/pulse,fork,unlink-early VSOCK-CONNECT:2:4713 & export PULSE_SERVER=unix:/tmp/pulse" ;;
	aloop)
		for ((n = 0; n < $4; n++)); do
			echo "arecord -D hw:L$((n / 8)),1,$((n % 8)) $geometry 2>>/tmp/aloop | socat -u - VSOCK-CONNECT:2:$SINK_PORT &"
		done
		[ -z "${5-}" ] || echo "socat -u VSOCK-CONNECT:2:$SOURCE_PORT - | aplay -D hw:L0,1,0 $geometry 2>>/tmp/aloop &"
		;;
	esac
}

# sound WAY PERIOD PERIODS STREAMS [OPTION]...: runs bench/sound in the guest and prints its output in one line.
sound()
{
	local way=$1 period=$2 periods=$3 streams=$4 both=

	shift 4
	[[ " $* " != *' -r '* ]] || both=-r
	echo $(((period * periods + 47) / 48)) >"$RUN/latency"
	guest -t 150 vm ": >/tmp/aloop
		$(helpers "$way" "$period" "$periods" "$streams" $both)
		sleep 0.7
		sound -k $streams -p $period -n $periods $* $(pcm_of "$way")
		echo helper_xruns=\$(grep -c run!!! /tmp/aloop)
		killall -q arecord aplay socat" 2>>"$RUN/guest.log" | tr '\n' ' ' || true
	echo
}

# hear SECONDS_BEFORE SECONDS: runs bench/gaps on the monitor of the sink; its output is in $RUN/heard.
hear()
{
	local environment

	pulse_env host
	: >"$RUN/heard"
	# shellcheck disable=SC2016 # for the bash inside
	spawn "$RUN/heard" "${environment[@]}" bash -c 'exec "$0" "$@" < <(exec parec -d main.monitor --raw --format=s16le \
		--rate=48000 --channels=2 --latency-msec=10 2>/dev/null)' "$BENCH_HERE/gaps" $(($1 * 48000)) $(($2 * 48000))
}

# stop_after PID: ends bench/sound when the process has ended. bench/gaps ends at the first gap.
stop_after()
{
	while alive "$1"; do
		sleep 0.2
	done
	sleep 1
	guest vm 'killall -q -INT sound' >/dev/null || true
}

note() { echo "${*//$'\n'/ }" >>"$raw"; }

# ways WAY...: those that WAYS selects.
ways()
{
	local way

	for way; do
		[[ " ${WAYS-$way} " != *" $way "* ]] || echo "$way"
	done
}

# --- the parts -------------------------------------------------------------

part_cost()
{
	local round way

	for ((round = 1; round <= ROUNDS; round++)); do
		for way in $(ways idle floor dummy module pulse aloop virtio | shuf); do
			# shellcheck disable=SC2086 # words
			note "part=cost round=$round way=$way $(sound "$way" 480 10 "$([ "$way" = idle ] && echo 0 || echo 1)" -s $window $counted)"
			progress "cost, round $round: $way"
		done
	done
}

TRACE=/sys/kernel/tracing
# Reads the kernel's histograms: number and bytes of each kind of packet.
# shellcheck disable=SC2016 # for the guest's awk
awk='/^[{]/ {
	what = FILENAME
	gsub(/.*virtio_transport_|.*kprobes.|.hist/, "", what)
	count = bytes = 0
	for (i = 1; i < NF; i++) {
		if ($i == "op:") what = what "_" $(i + 1)
		if ($i == "hitcount:") count = $(i + 1)
		if ($i == "len:") bytes = $(i + 1)
	}
	printf "%s=%s %s_bytes=%s ", what, count, what, bytes
}'

part_messages()
{
	local way tx rx e player said

	tx=$TRACE/events/vsock/virtio_transport_alloc_pkt/trigger
	rx=$TRACE/events/vsock/virtio_transport_recv_pkt/trigger
	guest vm "echo p:kick virtqueue_notify >$TRACE/kprobe_events && echo p:irq vring_interrupt >>$TRACE/kprobe_events"
	for e in kick irq; do
		guest vm "echo hist:keys=__probe_ip >$TRACE/events/kprobes/$e/trigger"
	done
	guest vm "echo hist:keys=op:vals=len >$tx; echo hist:keys=op:vals=len >$rx"
	for way in $(ways floor dummy module pulse aloop virtio); do
		sound "$way" 480 10 1 -w 3 -s $((window + 3)) >"$RUN/player" &
		player=$!
		sleep 4
		said=$(guest vm "for e in $tx $rx; do echo hist:keys=op:vals=len:clear >>\$e; done
			for e in kick irq; do echo hist:keys=__probe_ip:clear >>$TRACE/events/kprobes/\$e/trigger; done
			sleep $window
			cd $TRACE/events && awk '$awk' vsock/*_alloc_pkt/hist vsock/*_recv_pkt/hist kprobes/kick/hist kprobes/irq/hist")
		wait $player || true
		note "part=messages way=$way window=$window $said"
		progress "messages: $way"
	done
	guest vm "echo '!hist:keys=op:vals=len' >$tx; echo '!hist:keys=op:vals=len' >$rx
		for e in kick irq; do echo '!hist:keys=__probe_ip' >$TRACE/events/kprobes/\$e/trigger; done"
	guest vm "echo >$TRACE/kprobe_events" || true
}

load_begin()
{
	[ "$1" = loaded ] || return 0
	guest vm 'stress-ng -q --cpu 2 --timeout 1200 >/dev/null 2>&1 & sleep 2'
}

load_end() { guest vm 'killall -q stress-ng stress-ng-cpu; sleep 1' || true; }

# holds WAY PERIOD LOAD: whether it plays without an xrun or a gap. Also notes the result.
holds()
{
	local said waiter heard

	hear 2 "$hold"
	heard=$spawned
	stop_after "$heard" &
	waiter=$!
	[ "$1" != dummy ] || { kill $waiter; waiter=; }
	said=$(sound "$1" "$2" 4 1 -x -w 3 -s "$hold")
	[ -z "$waiter" ] || kill "$waiter" 2>/dev/null || true
	end_process "$heard"
	sleep 0.2
	note "part=periods way=$1 load=$3 $said $(tail -n 1 "$RUN/heard")"
	[[ $said == *" xruns=0 "* && $said == *"running=1"* && $said == *helper_xruns=0* ]] || return 1
	[ "$1" = dummy ] || grep -q 'gaps=0' "$RUN/heard"
}

# Sets smallest[WAY]. A period that fails twice is too small.
declare -A smallest
part_periods()
{
	local load way period

	for load in "${loads[@]}"; do
		for way in $(ways module pulse aloop virtio dummy); do
			load_begin "$load"
			for period in "${all_periods[@]}"; do
				if holds "$way" "$period" "$load" || holds "$way" "$period" "$load"; then
					[ "$load" != idle ] || smallest[$way]=$period
					note "part=smallest way=$way load=$load period=$period"
					break
				fi
			done
			load_end
			progress "smallest period, $load: $way $(tail -n 1 "$raw" | grep -o 'period=.*')"
		done
	done
}

# trips WAY PERIOD LATENCY: whether audio data comes back without an xrun or a gap. Also notes the result. LATENCY is a
# key of the card, in microseconds; 0 is the default.
trips()
{
	local said

	[ "$1" != module ] || guest vm "hvsnd set HvSock latency-us $3"
	said=$(sound "$1" "$2" 4 1 -r -x -w 15 -s "$hold")
	note "part=latency way=$1 period=$2 latency_us=$3 $said"
	[[ $said == *" xruns=0 gaps=0 "*" trip_us="* ]]
}

# Tries the card with each latency, the other ways with each period, from the shortest on.
part_latency()
{
	local way period latency

	for way in $(ways module pulse aloop virtio); do
		for period in "${all_periods[@]}"; do
			[ "$period" -ge "${smallest[$way]:-48}" ] || continue
			for latency in $([ "$way" != module ] || echo "${all_latencies[@]}") 0; do
				if trips "$way" "$period" "$latency" || trips "$way" "$period" "$latency"; then
					break 2
				fi
			done
		done
		progress "round trip: $way: $(tail -n 1 "$raw" | grep -oE '(period|latency_us|trip_us)=[0-9]+' | tr '\n' ' ')"
	done
	guest vm 'hvsnd set HvSock latency-us 0'
}

part_streams()
{
	local way count said

	for way in $(ways module pulse aloop virtio floor dummy); do
		for count in "${all_counts[@]}"; do
			# shellcheck disable=SC2086 # words
			said=$(sound "$way" 480 10 "$count" -w 3 -s $((window * 4 / 5)) $counted)
			note "part=streams way=$way $said"
			[[ $said == *" xruns=0 "* && $said == *"running=$count "* && $said == *helper_xruns=0* ]] || break
		done
		progress "streams: $way: $count"
	done
}

part_start()
{
	local round way heard

	for ((round = 1; round <= ROUNDS; round++)); do
		for way in $(ways module pulse aloop virtio | shuf); do
			hear 0 1
			heard=$spawned
			sleep 0.5
			note "part=start round=$round way=$way $(sound "$way" 480 4 1 -w 1 -s 1 -t $TIME_PORT; sleep 0.3; end_process "$heard"
				tail -n 1 "$RUN/heard")"
			progress "start, round $round: $way"
		done
	done
}

# Time from the restart of the server until audio data arrives there.
part_recover()
{
	local way player ready end

	for way in $(ways module pulse aloop virtio); do
		sound "$way" 480 10 1 -w 12 -s 2 >"$RUN/player" &
		player=$!
		wait_for 10 streams_play || true
		sleep 1
		kill -KILL "$(<"$RUN/pulse.host/pid")"
		pulse_stop host
		host_ready
		ready=$(now_ms)
		end=never
		! wait_for 8 streams_play || end=$(($(now_ms) - ready))
		note "part=recover way=$way recover_ms=$end"
		guest vm 'killall -q sound arecord aplay socat' >/dev/null || true
		wait $player || true
		progress "host restarted: $way: $end"
	done
}

# Not part of a whole run.
part_profile()
{
	local way player

	[ -n "$counted" ] || { echo "bench: cannot profile: only an emulated guest counts instructions, and this one has KVM" >&2; return 1; }
	guest vm 'cat /proc/kallsyms >/host/kallsyms'
	for way in $(ways idle floor dummy module virtio pulse); do
		sound "$way" 480 10 "$([ "$way" = idle ] && echo 0 || echo 1)" -w 3 -s $((window + 3)) >"$RUN/player" &
		player=$!
		sleep 4
		printf p | socat -t 2 - "UNIX-CONNECT:$(vm_socket vm $COUNT_PORT)" >/dev/null
		sleep $window
		printf p | socat -t 2 - "UNIX-CONNECT:$(vm_socket vm $COUNT_PORT)" >/dev/null
		"$BENCH_HERE/profile.py" "$RUN/profile" "$(vm_share vm)/kallsyms" $window 100 >"$out/profile.$way"
		wait $player || true
		progress "profile: $way: $(head -n 1 "$out/profile.$way")"
	done
}

# Whether frames of bench/sound arrive within 0.4 s.
streams_play()
{
	local environment n

	pulse_env host
	# shellcheck disable=SC2016 # for the bash inside
	n=$(timeout 0.4 "${environment[@]}" bash -c 'exec "$0" "$@" < <(exec parec -d main.monitor --raw --format=s16le --rate=48000 \
		--channels=2 --latency-msec=10 2>/dev/null)' "$BENCH_HERE/gaps" 0 2400 2>/dev/null | grep -o 'heard_frames=[0-9]*' || true)
	[ "${n#*=}" != 0 ] && [ -n "$n" ]
}

parts=("$@")
[ $# -gt 0 ] || parts=(cost messages periods latency streams start recover)
progress "building"
build
find_qemu $SUITE
mkdir -p "$out"
[ -n "${APPEND-}" ] || : >"$raw"
progress "booting"
boot_all
# shellcheck disable=SC2016 # for the guest
note "part=machine$(guest vm 'echo " kernel=$(uname -r) cpus=$(grep -c ^processor /proc/cpuinfo)"') accelerator=$(accelerators | cut -d' ' -f1)" \
	"qemu=$(${VM_QEMU:-qemu-system-x86_64} --version | sed -n 's/.*version \([^ ]*\).*/\1/p')" \
	"host_kernel=$(uname -r) host_cpus=$(nproc) length=${BENCH:-full} cpu=$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1 | tr ' ' _)"
for part in "${parts[@]}"; do
	"part_$part"
done
vm_stop vm || true
if [ "${BENCH-}" = short ]; then
	"$BENCH_HERE/report.py" "$raw" "$out"
else
	"$BENCH_HERE/report.py" "$raw" "$BENCH_HERE/results" "$TOP/README.md"
fi
progress "done"
