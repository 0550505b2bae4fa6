#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a clean system of each suite dkms builds and installs this tree, and that module plays in the suite's own kernel.
#
#   test-dkms.sh [SUITE]...   (bookworm trixie)

"$(dirname "$0")/root.sh" check || { status=$?; echo "1..0 # SKIP no clean systems on this machine"; exit $status; }
. "$(dirname "$0")/card.sh"
. "$VM_HERE/suite.sh"

[ $# -gt 0 ] || set -- bookworm trixie

# shellcheck disable=SC2016 # for the bash inside
dkms_installs()
{
	inside 'cp -r /host/tree /usr/src/snd-hvsock-$version
		dkms add snd-hvsock/$version
		dkms build snd-hvsock/$version -k $release ||
			{ cat /var/lib/dkms/snd-hvsock/$version/build/make.log; exit 1; }
		dkms install snd-hvsock/$version -k $release
		dkms status
		cp -v /lib/modules/$release/updates/dkms/snd-hvsock.ko* /host/' || return
	[ ! -e "$share/snd-hvsock.ko.xz" ] || xz -d "$share/snd-hvsock.ko.xz"
	modinfo -F vermagic "$share/snd-hvsock.ko"
	modinfo -F version "$share/snd-hvsock.ko" | grep -Fx "$version"
}

# 77 is what dkms has for "not for this kernel", and autoinstall goes on after it.
# shellcheck disable=SC2016
cloud_is_skipped()
{
	inside 'cp -r /host/tree /usr/src/snd-hvsock-$version
		dkms add snd-hvsock/$version
		status=0
		dkms build snd-hvsock/$version -k $cloud >/tmp/said 2>&1 || status=$?
		cat /tmp/said
		echo "status $status"
		[ $status = 77 ]
		grep -q BUILD_EXCLUSIVE /tmp/said'
}

# The kernel which runs here is not one that the clean system has headers of, unless by chance.
# shellcheck disable=SC2016
make_says_what_to_install()
{
	inside 'cp -r /host/tree /tmp/tree
		cd /tmp/tree
		make -s -j "$(nproc)" KDIR=/lib/modules/$release/build
		ls kernel/snd-hvsock.ko
		rm -f /lib/modules/$(uname -r)/build
		status=0
		make >/tmp/said 2>&1 || status=$?
		cat /tmp/said
		[ $status = 2 ]
		[ $(grep -cv "^make:" /tmp/said) = 1 ]
		grep -q "install linux-headers-$(uname -r)" /tmp/said'
}

# shellcheck disable=SC2016,SC2119 # for the guest's shell; no arguments
plays_in_its_kernel()
{
	SUITE=$suite RELEASE=$release MODULE=$share/snd-hvsock.ko card_vm && host_start &&
		guest vm 'modprobe snd-hvsock && echo "$(uname -r), snd-hvsock $(cat /sys/module/snd_hvsock/version)"' &&
		plays S16_LE 48000 2 3 --period-time=10000 && guest vm 'rmmod snd-hvsock' || return
	pulse_stop host
	vm_stop vm
}

ends()
{
	[ ! -d "$RUN/pulse.host" ] || pulse_stop host
	[ ! -d "$RUN/vm.vm" ] || { vm_kill vm; mv "$RUN/vm.vm" "$share/vm"; }
}

# after WHAT NAME COMMAND...: a test that means nothing where WHAT is missing.
after()
{
	if [ -e "$1" ]; then
		ktap_test "${@:2}" || true
	else
		ktap_skip "$2" "what it needs has failed"
	fi
}

ktap_plan $(($# * 6))
for suite; do
	begin=$SECONDS
	share=$RUN/$suite
	mkdir "$share"
	say "$suite: a clean system"
	ktap_test "$suite: a clean system, and its kernel" clean_system || true
	say "$suite: dkms for ${release-}"
	after "$share/tree" "$suite: dkms builds and installs" dkms_installs
	after "$share/tree" "$suite: dkms skips a kernel without sound" cloud_is_skipped
	say "$suite: make"
	after "$share/tree" "$suite: make says which headers it misses, and takes KDIR=" make_says_what_to_install
	after "$share/snd-hvsock.ko" "$suite: the module from dkms plays in the suite's kernel" plays_in_its_kernel
	after "$RUN/vm.vm" "$suite: the kernel does not complain" vm_check_log vm
	ends
	say "$suite: $((SECONDS - begin)) s"
done
ktap_summary
