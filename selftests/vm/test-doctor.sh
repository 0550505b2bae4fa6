#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shellcheck disable=SC2016,SC2119 # single quotes are for the guest's shell; host_start as it is
#
# hvsnd doctor in guests that are broken in one way each: it names that cause, and no other.

. "$(dirname "$0")/card.sh"

HVSND=$TOP/user/hvsnd/hvsnd

# finds WORDS [COMMAND]: in the guest; one line is WRONG, and has the words.
finds()
{
	local status=0

	guest vm "${2:-hvsnd doctor}" >"$RUN/said" 2>&1 || status=$?
	cat "$RUN/said"
	[ $status = 1 ] && [ "$(grep -c ^WRONG "$RUN/said")" = 1 ] && grep ^WRONG "$RUN/said" | grep -qE -- "$1"
}

well()
{
	guest vm 'hvsnd doctor && hvsnd doctor -j >/host/json' && ! python3 -m json.tool <"$(vm_share vm)/json" | grep -i wrong
}

# healthy OPTION...: a guest in which only what is broken is broken, with a host that plays. Its kernel loads no module by
# itself: it would take hv_sock for any vsock socket.
healthy()
{
	card_vm -f "$HVSND" "$@" && host_start
}

ends()
{
	pulse_stop host
	vm_stop vm
	ktap_test "$1: the kernel does not complain" vm_check_log vm || true
	rm -rf "$RUN/vm.vm"
}

# without_module OPTION...: a guest that lacks ours.
without_module()
{
	local kernel modules

	read -r kernel modules < <("$VM_HERE/fetch.sh" kernel "$SUITE" ${RELEASE:+"$RELEASE"})
	vm_start vm "$kernel" "$modules" -f "$HVSND" "$@" && host_start
}

# as_if RELEASE FILE: the same module, said to be for another kernel, and one without SMP: the name alone a kernel with
# symbol versions forgives.
as_if()
{
	LC_ALL=C sed "s/vermagic=$release SMP/vermagic=$1 XMP/" "$MODULE" >"$2"
	! cmp -s "$MODULE" "$2"
}

# Another kernel's folder, where the module is.
other_folder()
{
	mkdir -p "$RUN/other/lib/modules/6.99.0-other/updates"
	cp "$MODULE" "$RUN/other/lib/modules/6.99.0-other/updates/"
	depmod -b "$RUN/other" 6.99.0-other 2>/dev/null
}

# There is no hv_sock either, so it is one of two things.
sound_is_wrong() { finds "$1" 'hvsnd doctor | grep -v "^WRONG *vsock"; exit 1'; }

# A machine that looks like Hyper-V, or WSL2.
hyperv='mkdir -p /tmp/bus && mount --bind /tmp/bus /sys/bus && mkdir -p /sys/bus/vmbus/devices/vmbus_0'
wsl2='echo 6.6.87.2-microsoft-standard-WSL2 >/tmp/release && mount --bind /tmp/release /proc/sys/kernel/osrelease'

# Where vhost-device-vsock is the rig's, as on Hyper-V nobody hears of a refusal.
three_causes()
{
	local words

	guest vm 'hvsnd probe' 2>&1 | tee "$RUN/said"
	if grep 'nobody listens there' "$RUN/said"; then
		echo "the kernel's vhost refuses connections: what a silent host means cannot be seen with it"
		return 4
	fi
	for words in 'nobody listens at port 4713' '00001269-facb-11e6-bd58-64006a7986d3" /v ElementName' 'auto_wsl2=true'; do
		grep -qF "$words" "$RUN/said" || return
	done
	[ "$(wc -l <"$RUN/said")" = 1 ]
}

ktap_plan 29
healthy -p setpriv
ktap_test "nothing is wrong" well || true
user='/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups hvsnd'
ktap_test "the user may not open the sound devices" finds 'may not open /dev/snd/controlC0: sudo usermod -aG audio' "$user doctor" || true
guest vm 'chmod 666 /dev/snd/*'
ktap_test "and then may" guest vm "$user doctor" || true
guest vm 'hvsnd del HvSock'
ktap_test "there is no card" finds 'there is no card: sudo hvsnd add' || true
guest vm 'hvsnd add studio port 4799'
ktap_test "a card whose port nobody listens at" finds 'vsock:2:4799.*(nobody listens|does a server listen)' || true
guest vm 'rmmod snd-hvsock'
ktap_test "a user cannot load the module" finds 'snd-hvsock is not loaded: sudo modprobe' "$user doctor" || true
# Sockets that were closed hold the transport for up to 8 s.
wait_for 20 guest vm 'rmmod vmw_vsock_virtio_transport'
guest vm 'modprobe snd-hvsock'
ktap_test "no transport is loaded" finds 'vmw_vsock_virtio_transport is not loaded; sudo modprobe' || true
ends "first guest"

# No look into its log: hv_sock goes without hv_vmbus, which busybox's modprobe does not mind.
healthy -M hv_sock
guest vm 'modprobe -q snd-hvsock'
guest vm "$hyperv"
ktap_test "Hyper-V without hv_sock" finds 'hv_sock is not loaded; sudo modprobe hv_sock.*modules-load.d' || true
ktap_test "and is seen as such" grep 'Hyper-V, Linux' "$RUN/said" || true
guest vm "$wsl2"
ktap_test "WSL2 without hv_sock" finds 'hv_sock is not loaded' || true
ktap_test "and is seen as such, too" grep 'WSL2, Linux' "$RUN/said" || true
pulse_stop host
rm -f "$(vm_socket vm 4713)"

ktap_test "a silent host on Hyper-V: three causes, three remedies" three_causes || true
vm_stop vm
rm -rf "$RUN/vm.vm"

without_module -M snd_pcm
ktap_test "the module is not installed" finds 'snd-hvsock is not installed: sudo dkms install' || true
ends "without the module"

other_folder
without_module -M snd_pcm -f "$RUN/other/lib/modules/6.99.0-other:/lib/modules/6.99.0-other"
ktap_test "the module is another kernel's" finds 'is there for Linux 6.99.0-other only: build it for' || true
release=$(guest vm 'uname -r')
ends "another kernel's module"

without_module
ktap_test "the kernel has no sound" finds 'the kernel has no sound: install one with CONFIG_SND_PCM' || true
# By name only: a cloud kernel lacks what these guests talk by.
guest vm 'echo 6.1.0-9-cloud-amd64 >/tmp/release && mount --bind /tmp/release /proc/sys/kernel/osrelease'
ktap_test "a cloud kernel" finds 'a cloud kernel has no sound: apt install linux-image-amd64' || true
guest vm "umount /proc/sys/kernel/osrelease; $wsl2"
ktap_test "a WSL2 kernel without sound" sound_is_wrong 'wsl --update' || true
ends "no sound"

as_if "${release%?}X" "$RUN/snd-hvsock.ko"
MODULE=$RUN/snd-hvsock.ko healthy
ktap_test "the module was built for another kernel" finds 'was built for Linux .*X: build it for' || true
guest vm 'rmmod snd-hvsock 2>/dev/null; dmesg -c | grep "version magic"' || true
ends "built for another"

as_if "$release" "$RUN/snd-hvsock.ko"
MODULE=$RUN/snd-hvsock.ko healthy
ktap_test "the kernel refuses the module" finds 'refuses snd-hvsock .Exec format error.: it was built for another one' || true
ends "refused"

card_vm -t none -f "$HVSND"
guest vm 'modprobe snd-hvsock'
ktap_test "the kernel has no vsock" finds 'the kernel has no vsock: sudo modprobe vsock' || true
vm_stop vm
rm -rf "$RUN/vm.vm"

card_vm -t none -m vmw_vsock_virtio_transport -f "$HVSND"
guest vm 'modprobe snd-hvsock'
ktap_test "the VM has no vsock device" finds 'no vsock device; QEMU -device' || true
vm_stop vm
rm -rf "$RUN/vm.vm"

healthy -a lockdown=integrity
ktap_test "the kernel is locked down" finds 'takes only signed modules .Secure Boot.* is not signed.*mokutil' \
	'mount -t securityfs none /sys/kernel/security; hvsnd doctor' || true
ends "lockdown"
ktap_summary
