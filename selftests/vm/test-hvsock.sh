#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The distribution's own hv_sock.ko, unmodified and signed, between the card and a host that selftests/hv plays: sound
# both ways, and what can go wrong with a Hyper-V host.
#
#   test-hvsock.sh            some of it, with this machine's kernel
#   test-hvsock.sh SUITE...   all of it, with these suites' kernels; modules for others are built in clean systems

# shellcheck disable=SC2034 # card.sh looks at it
TRANSPORT=hyperv
. "$(dirname "$0")/card.sh"

play="aplay -q -D hw:HvSock --period-time=10000 --buffer-time=100000 -t raw -f S16_LE -r 48000 -c 2"

# set_host PARAMETER VALUE
set_host() { guest vm "echo $2 >/sys/module/hv_vmbus/parameters/$1"; }

# Loaded by force, or signed by nobody whom the kernel knows, it would be marked.
# shellcheck disable=SC2016 # for the guest's shell
stock_module()
{
	guest vm 'uname -r; for module in hv_sock hv_vmbus; do echo "$module: marked \"$(cat /sys/module/$module/taint)\""; done
		grep -q O /sys/module/hv_vmbus/taint && ! grep . /sys/module/hv_sock/taint'
}

# ring_was BYTES COMMAND...: the command succeeds, and the ring to the host has that many bytes of data.
ring_was()
{
	guest_dmesg >/dev/null
	"${@:2}" || return
	# The connection ends after its last sound.
	wait_for 5 said "its ring of $1 "
}

# said WORDS: the guest's kernel has, since guest_dmesg.
said() { guest vm "dmesg | grep -E 'snd_hvsock|fake vmbus' | grep -E '$1'"; }

# old_host COMMAND...: one that knows only rings of six pages, of which one is the header.
old_host()
{
	local status=0

	set_host version 0x40001
	ring_was 20480 "$@" || status=1
	set_host version 0x50003
	return $status
}

# A listener in the guest gets a connection from the host, and sends back what comes: more than the rings hold.
host_connects()
{
	local caller

	head -c 1000000 /dev/urandom >"$RUN/sent"
	guest vm 'socat VSOCK-LISTEN:5000 EXEC:cat >/tmp/listener 2>&1 & sleep 0.5'
	spawn "$RUN/caller.log" socat "UNIX-LISTEN:$(vm_socket vm 5000)" "SYSTEM:cat $RUN/sent & cat >$RUN/back; wait"
	caller=$spawned
	wait_for 5 test -S "$(vm_socket vm 5000)" || return
	set_host connect 5000
	wait_for 20 same "$RUN/sent" "$RUN/back" || { ls -l "$RUN/back"; return 1; }
	end_process "$caller"
	# The listener has come to its end, too.
	wait_for 5 guest vm 'cat /tmp/listener; ! pidof socat >/dev/null'
}

same() { cmp "$1" "$2" 2>/dev/null; }

# fault NAME AFTER WORDS: with a host that has this fault after so many bytes of each connection, 3 s of sound take 3 s,
# the kernel says WORDS, and the module can go.
fault()
{
	local ms

	guest_dmesg >/dev/null
	set_host after "$2" && set_host fault "$1" || return
	# shellcheck disable=SC2016
	ms=$(guest vm "a=\$(cut -d. -f1-2 /proc/uptime | tr -d .); $play -d 3 /dev/zero >/tmp/said 2>&1 || exit
		b=\$(cut -d. -f1-2 /proc/uptime | tr -d .); echo \$(((\${b%% *} - \${a%% *}) * 10))") || return
	echo "took $ms ms"
	guest vm 'rmmod snd-hvsock && modprobe snd-hvsock' || return
	said . | head -n 6
	set_host fault none
	[ "$ms" -ge 2900 ] && [ "$ms" -le 3400 ] && said "$3" >/dev/null
}

streams_are() { [ "$(pa host pactl list short sink-inputs | wc -l)" = "$1" ]; }

# comes_back FAULT: that happens to a playing program, for a second; the last 4 s of its 9 are whole.
comes_back()
{
	local player

	"$ALSA/ramp" gen -s 9 -t raw -o "$(vm_share vm)/ramp" || return
	set_host after 0
	pa host pactl set-default-sink main
	guest vm "$play /host/ramp" &
	player=$!
	wait_for 5 streams_are 1 || return
	sleep 1.5
	set_host fault "$1"
	sleep 1
	set_host fault none
	wait_for 4 streams_are 1 || return
	record_start host main "$RUN/heard" || return
	wait $player || return
	record_stop host main
	"$ALSA/ramp" check -s 9 -e "$RUN/heard" | tee "$RUN/exact"
	[ "$(sed -n 's/^exact frames=\([0-9]*\) .*/\1/p' "$RUN/exact")" -ge 192000 ]
}

# hv_sock goes when the host has taken back what was closed; it waits 8 s for that, at most.
unloads()
{
	set_host fault keep
	guest vm "$play -d 1 /dev/zero && rmmod snd-hvsock && sleep 9 && ! rmmod hv_sock" || return
	set_host fault none
	guest vm 'for n in 1 2 3 4 5; do sleep 1; rmmod hv_sock && exec rmmod hv_vmbus; done; ss -f vsock; ps; exit 1'
}

# modules_for SUITE: builds both in a clean system, and sets what card_vm looks at. This machine's are there already.
modules_for()
{
	suite=$1 share=$RUN/$1
	SUITE=$suite
	[ "$suite" != "$own" ] || return 0
	mkdir "$share"
	# shellcheck disable=SC2016 # for the bash inside
	clean_system && inside 'cd /host/tree
		make -s KDIR=/lib/modules/$release/build
		make -s -C selftests/hv KDIR=/lib/modules/$release/build' || return
	RELEASE=$release MODULE=$share/tree/kernel/snd-hvsock.ko HV_VMBUS=$share/tree/selftests/hv/hv_vmbus.ko
}

# hv_test NAME COMMAND...
hv_test() { ktap_test "$SUITE: $1" "${@:2}" || true; }

few_tests()
{
	hv_test "hv_sock.ko is the distribution's own" stock_module
	hv_test "it plays" ring_was 24576 plays S16_LE 48000 2 3 --period-time=20000
	hv_test "it records" once_more records S16_LE 48000 2 3 --period-time=20000
	hv_test "the host connects" host_connects
	hv_test "a host that offers nothing" fault silent 0 "no answer; "
	hv_test "a host that takes the channel back" fault rescind 50000 "connection lost; "
	hv_test "a host that does not read" fault full 50000 "stopped answering"
	hv_test "a packet without a header" fault short 500 "connection lost; "
}

more_tests()
{
	hv_test "a host before VMBus 5.0" old_host plays S16_LE 48000 2 4 --period-time=20000
	hv_test "it plays 8 channels of 32 bits at 96 kHz" plays S32_LE 96000 8 3 --period-time=20000 --buffer-time=400000
	hv_test "a host that offers too late" fault late 0 "no answer; "
	hv_test "a packet shorter than it says" fault long 500 "connection lost; "
	hv_test "a packet of more than 16 KiB" fault huge 500 "connection lost; "
	hv_test "data, and at once the end" fault fin 0 "connection lost; "
	hv_test "sound again, after a channel was taken back" comes_back rescind
	hv_test "hv_sock waits for a host that keeps what is closed" unloads
}

all_tests()
{
	few_tests
	more_tests
}

# tests COMMAND: in a guest with the card.
tests()
{
	card_vm -P 5000 -p socat
	# shellcheck disable=SC2119 # no arguments
	host_start
	guest vm 'modprobe snd-hvsock'
	"$@"
	pulse_stop host
	vm_stop vm
	hv_test "the kernel does not complain" vm_check_log vm
}

own=$SUITE
if [ $# = 0 ]; then
	ktap_plan 9
	tests few_tests
else
	. "$VM_HERE/suite.sh"
	ktap_plan $(($# * 18))
	for suite; do
		SUITE=$suite
		# Not in a test of its own, which would be another process.
		modules_for "$suite" >"$RUN/build.$suite" 2>&1 ||
			{ fail_log "cannot build for $suite" "$RUN/build.$suite"; ktap_fail "$suite: the modules are built"; continue; }
		ktap_pass "$suite: the modules are built"
		tests all_tests
		mv "$RUN/vm.vm" "$RUN/vm.$suite"
	done
fi
ktap_summary
