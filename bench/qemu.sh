# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # lib.sh sets $VM_HERE

# The QEMU of another Debian suite, from unpacked packages.

# find_qemu SUITE: sets VM_QEMU to the command of that suite's QEMU with its PulseAudio backend.
find_qemu()
{
	local programs rest libraries

	programs=$("$VM_HERE/fetch.sh" programs "$1" qemu-system-x86 libpulse0) || return
	rest=$("$VM_HERE/fetch.sh" unpack "$1" qemu-system-gui qemu-system-data seabios) || return
	libraries=$(find "$programs" -name libc.so.6 -printf %h -quit)
	VM_QEMU="env QEMU_MODULE_DIR=$(find "$rest" -name audio-pa.so -printf %h -quit) $(find "$programs" -name 'ld-linux*.so.*' -print -quit)"
	VM_QEMU+=" --library-path $libraries:$libraries/pulseaudio $programs/usr/bin/qemu-system-x86_64"
	VM_QEMU+=" -L $rest/usr/share/qemu -L $rest/usr/share/seabios"
}
