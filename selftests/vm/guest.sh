# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# shellcheck disable=SC2054,SC2154 # QEMU's arguments have commas; lib.sh sets $spawned
#
# Guests of the demo and the benchmarks: start, commands, end.

: "${VM_BOOT_LIMIT:=120}" "${VM_SILENCE_LIMIT:=10}" "${VM_END_LIMIT:=30}"

vm_log() { echo "$RUN/vm.$1/log"; }
vm_pid() { cat "$RUN/vm.$1/pid"; }
vm_alive() { alive "$(vm_pid "$1" 2>/dev/null)"; }
# vm_share NAME: the folder that the guest has at /host.
vm_share() { echo "$RUN/vm.$1/share"; }
# vm_socket NAME PORT: path of the UNIX socket at which the guest's connections to CID 2 and PORT arrive. The server
# creates it.
vm_socket() { echo "$RUN/vm.$1/vsock_$2"; }

# vm_start NAME KERNEL MODULES_DIR [OPTION]...: starts a guest and returns when the guest accepts commands.
#   -M -p -f      options of initramfs.sh
#   -P PORT       a vsock port to which the guest connects, in addition to 4713
#   -a WORDS      more words of the kernel's command line
#   -q WORDS      more arguments of QEMU
#   -r MEGABYTES  memory
# VM_ACCEL: kvm or tcg. VM_QEMU: command of another QEMU than this machine's.
vm_start()
{
	local name=$1 kernel=$2 modules=$3 dir=$RUN/vm.$1 words='' memory=384
	local OPTIND=1 option accel image=(-m vmw_vsock_virtio_transport) qemu more=() ports=(4713) try

	shift 3
	while getopts M:p:f:P:a:q:r: option; do
		case $option in
		M | p | f) image+=("-$option" "$OPTARG") ;;
		P) ports+=("$OPTARG") ;;
		a) words=$OPTARG ;;
		q) read -ra more <<<"$OPTARG" ;;
		r) memory=$OPTARG ;;
		*) return 2 ;;
		esac
	done
	mkdir -p "$dir/share/.job"
	"$VM_HERE/initramfs.sh" "$dir/initramfs" "$modules" "${image[@]}" || return 1
	read -ra qemu <<<"${VM_QEMU:-qemu-system-x86_64}"
	# norandmaps: with random addresses QEMU would translate each program again, and the guest would stand still for 0.2 s
	# whenever the buffer for translated code is full.
	qemu+=("${more[@]}" -nodefaults -no-user-config -display none -no-reboot
		-m "$memory" -smp 2 -kernel "$kernel" -initrd "$dir/initramfs"
		-object "memory-backend-memfd,id=memory,size=${memory}M,share=on"
		-append "console=ttyS0 panic=-1 loglevel=6 norandmaps $words"
		-chardev "file,id=log,path=$dir/log" -serial chardev:log
		-chardev "pipe,id=control,path=$dir/control" -device virtio-serial-pci
		-device virtserialport,chardev=control,name=control
		-fsdev "local,id=host,path=$dir/share,security_model=none"
		-device virtio-9p-pci,fsdev=host,mount_tag=host)
	# Start an emulated guest again if it hangs: QEMU may emulate a breakpoint that the kernel has already removed, or let
	# a processor sleep for ever. The module is not loaded yet.
	for try in $(accelerators) again; do
		if [ "$try" != again ]; then
			accel=$try
		elif [ "$accel" = kvm ]; then
			break
		fi
		rm -f "$dir"/{control,job}* "$dir"/log
		mkfifo "$dir/control.in" "$dir/control.out" "$dir/job.boot"
		local vsock=()
		vsock_start "$name" || return 1
		boot "$name" "$accel" && return 0
		vm_kill "$name"
	done
	return 1
}

# accelerators: prints the accelerators to try, in order. KVM may exist and still not run a guest.
accelerators()
{
	if [ -n "${VM_ACCEL-}" ]; then
		echo "$VM_ACCEL"
	elif grep -qwE 'vmx|svm' /proc/cpuinfo && : 2>/dev/null <>/dev/kvm; then
		echo kvm tcg
	else
		echo tcg
	fi
}

# Uses $qemu and $vsock of the caller.
boot()
{
	local name=$1 dir=$RUN/vm.$1 type=$2 cpu=host begin=${EPOCHREALTIME/./} boot limit

	[ "$type" != tcg ] || type=tcg,thread=multi cpu=max
	spawn "$dir/qemu.log" "${qemu[@]}" -machine q35,memory-backend=memory -accel "$type" -cpu "$cpu" "${vsock[@]}"
	echo "$spawned" >"$dir/pid"
	spawn "$dir/qemu.log" answers "$dir"
	echo "$spawned" >"$dir/reader"
	exec {boot}<>"$dir/job.boot"
	limit=$VM_BOOT_LIMIT
	[ "$type" = kvm ] && ! wait_for "$VM_SILENCE_LIMIT" test -s "$dir/log" && limit=0
	if ! await "$name" "$boot" "$limit" >/dev/null; then
		exec {boot}>&-
		fail_log "$name does not boot with $type" "$dir/log"
		fail_log "QEMU" "$dir/qemu.log" 5
		return 1
	fi
	exec {boot}>&-
	if [[ $type == tcg,* ]]; then
		spawn "$dir/qemu.log" nudge "$dir"
		echo "$spawned" >"$dir/nudge"
	fi
	say "$name: up after $(((${EPOCHREALTIME/./} - begin) / 1000)) ms ($type)"
}

# An emulated processor sometimes sleeps for seconds after its timer has expired, until a device interrupts it.
nudge()
{
	while sleep 0.25; do
		echo 1<>"$1/control.in"
	done
}

# One process reads the guest's answers and passes each to the function that waits for it.
answers()
{
	local id status

	while read -r id status; do
		[ ! -p "$1/job.$id" ] || echo "$status" 1<>"$1/job.$id"
	done <"$1/control.out"
}

# await NAME FD SECONDS: prints the status that arrives; fails if none arrives.
await()
{
	local end=$((SECONDS + $3)) status='' part

	while [ $SECONDS -le $end ]; do
		if read -r -t 1 -u "$2" part; then
			echo "$status$part"
			return
		fi
		# The part that arrived before the timeout
		status+=$part
		vm_alive "$1" || return 1
	done
	return 1
}

# Sets $vsock of the caller to the arguments of QEMU.
vsock_start()
{
	local name=$1 dir=$RUN/vm.$1 command port

	rm -f "$dir"/vhost* "$dir"/bridge.*
	if [ -w /dev/vhost-vsock ] && [ -z "${VM_VHOST_USER-}" ] && bridges "$dir"; then
		vsock=(-device "vhost-vsock-pci,guest-cid=$((4096 + $$ * 16 + RANDOM % 16))")
		return
	fi
	read -ra command < <("$VM_HERE/fetch.sh" vhost)
	[ ${#command[@]} -gt 0 ] || return 1
	spawn "$dir/vhost.log" "${command[@]}" --guest-cid 3 --socket "$dir/vhost" --uds-path "$dir/vsock"
	echo "$spawned" >"$dir/vhost.pid"
	wait_for 10 test -S "$dir/vhost" || { fail_log "vhost-device-vsock does not start" "$dir/vhost.log"; return 1; }
	vsock=(-chardev "socket,id=vsock,path=$dir/vhost" -device vhost-user-vsock-pci,chardev=vsock)
}

# vhost-vsock of the kernel has no UNIX sockets. socat connects its ports to them, if the ports are free.
bridges()
{
	local port

	for port in "${ports[@]}"; do
		spawn "$1/bridge.log" socat "VSOCK-LISTEN:$port,fork" "UNIX-CONNECT:$1/vsock_$port"
		echo "$spawned" >"$1/bridge.$port"
		if wait_for 0.3 gone "$spawned"; then
			return 1
		fi
	done
}

# guest [-t SECONDS] NAME COMMAND: runs the command in the guest, prints its output, returns its status (124: timeout).
guest()
{
	local limit=60 dir id fd status

	[ "$1" != -t ] || { limit=$2; shift 2; }
	dir=$RUN/vm.$1
	id=$BASHPID.$SRANDOM
	printf '%s\n' "$2" >"$dir/share/.job/$id"
	mkfifo "$dir/job.$id"
	exec {fd}<>"$dir/job.$id"
	echo "run $id" 1<>"$dir/control.in"
	if ! status=$(await "$1" "$fd" "$limit"); then
		status=124
		if vm_alive "$1"; then
			echo "end $id" 1<>"$dir/control.in"
			await "$1" "$fd" 5 >/dev/null || true
			say "$1: ended after $limit s: $2"
		else
			say "$1: gone during: $2"
		fi
	fi
	exec {fd}>&-
	cat "$dir/share/.job/$id.out" 2>/dev/null
	rm -f "$dir/job.$id" "$dir/share/.job/$id"*
	return "$status"
}

# vm_stop NAME: shuts the guest down; fails if that does not work.
vm_stop()
{
	local status=0

	vm_alive "$1" || { fail_log "$1 has ended unexpectedly" "$(vm_log "$1")"; status=1; }
	# Without vhost-device-vsock the guest has no connection, which looks like a fault of the guest.
	! grep -qs panicked "$RUN/vm.$1/vhost.log" || fail_log "vhost-device-vsock has crashed" "$RUN/vm.$1/vhost.log"
	[ $status != 0 ] || echo off 1<>"$RUN/vm.$1/control.in"
	if ! wait_for "$VM_END_LIMIT" gone "$(vm_pid "$1")"; then
		fail_log "$1 did not end within $VM_END_LIMIT s" "$(vm_log "$1")"
		status=1
	fi
	vm_kill "$1"
	return $status
}

vm_kill()
{
	local file

	for file in "$RUN/vm.$1"/{nudge,pid,reader,vhost.pid,bridge.[0-9]*}; do
		[ ! -e "$file" ] || end_process "$(<"$file")"
	done
}

# vm_check_log NAME: fails if the kernel log has complaints (rig/kernel_log.py).
vm_check_log()
{
	python3 -B "$VM_HERE/../rig/kernel_log.py" "$(vm_log "$1")" >&2 || { say "$1: the kernel complains: $(vm_log "$1")"; return 1; }
}
