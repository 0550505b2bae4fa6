# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Guests for the demo and the benchmarks; sourced by bash scripts. The comment above a function names its arguments. All
# files are in the folder $RUN, and all processes end with the script. Tests use rig/machine.py instead.

VM_HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# The path of a UNIX socket has at most 107 bytes.
: "${TMPDIR=}"
[ ${#TMPDIR} -lt 50 ] || TMPDIR=
# A guest that plays must not wait for a disk, so the folder is in memory if there is enough.
memory_has_room()
{
	local kilobytes

	kilobytes=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1) && [ -w /dev/shm ] && [ "$kilobytes" -gt 4000000 ]
}
if [ -z "$TMPDIR" ] && memory_has_room; then
	RUN=$(mktemp -d /dev/shm/hvsock.XXXXXX)
else
	RUN=$(mktemp -d "${TMPDIR:-/tmp}/hvsock.XXXXXX")
fi
mkdir "$RUN/processes"
PATH=$PATH:/usr/sbin:/sbin
spawned=

say() { echo "# $*" >&2; }

# fail_log MESSAGE LOG
fail_log()
{
	say "$1; $2 ends with:"
	tail -n "${3:-25}" "$2" 2>/dev/null | tr -d '\r' | sed 's/^/#   /' >&2
}

# wait_for SECONDS COMMAND...: repeats the command until it succeeds. Its exit status 64 ends the wait.
wait_for()
{
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) status

	shift
	while :; do
		status=0
		"$@" || status=$?
		[ $status != 0 ] || return 0
		[ $status != 64 ] && [ "${EPOCHREALTIME/./}" -lt $end ] || return 1
		sleep 0.05
	done
}

# spawned_run COMMAND...: closes this script's open files first, because their readers would wait for the command, too.
spawned_run()
{
	local file

	for file in "/proc/$BASHPID/fd"/*; do
		file=${file##*/}
		[ "$file" -le 2 ] || eval "exec $file>&-"
	done
	[ "$(type -t "$1")" = function ] || exec "$@"
	"$@"
}

# started PID: prints the start time of the process in clock ticks; nothing if there is none. PIDs are reused.
started()
{
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	read -ra stat <<<"${stat##*) }"
	echo "${stat[19]}"
}

# spawn LOG COMMAND...: runs the command in the background and sets $spawned to its PID. It ends with this script.
spawn()
{
	local log=$1

	shift
	spawned_run "$@" </dev/null >>"$log" 2>&1 &
	spawned=$!
	started "$spawned" >"$RUN/processes/$spawned"
	# "wait" without arguments must not wait for these.
	disown "$spawned"
}

alive() { kill -0 "$1" 2>/dev/null; }
gone() { ! alive "$1"; }

# end_process PID
end_process()
{
	local begun

	[ -e "$RUN/processes/$1" ] || return 0
	begun=$(<"$RUN/processes/$1")
	if [ -n "$begun" ] && [ "$(started "$1")" = "$begun" ]; then
		kill -TERM "$1" 2>/dev/null || true
		wait_for 5 gone "$1" || kill -KILL "$1" 2>/dev/null || true
	fi
	rm -f "$RUN/processes/$1"
}

vm_cleanup()
{
	local status=$? process

	trap - EXIT INT TERM HUP
	for process in "$RUN"/processes/*; do
		[ ! -e "$process" ] || end_process "${process##*/}"
	done
	if [ $status = 0 ] && [ -z "${KEEP-}" ]; then
		rm -rf "$RUN"
	else
		rm -f "$RUN"/vm.*/initramfs
		[[ $RUN != /dev/shm/* ]] || { mv "$RUN" /tmp && RUN=/tmp/${RUN##*/}; }
		say "logs are in $RUN"
	fi
	exit $status
}
trap vm_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# shellcheck source=pulse.sh
. "$VM_HERE/pulse.sh"
# shellcheck source=guest.sh
. "$VM_HERE/guest.sh"
