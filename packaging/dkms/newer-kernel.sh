#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# dkms runs this before it builds the module: newer-kernel.sh RELEASE BUILD_TREE
#
# A kernel that is newer than those of Documentation/kernels.rst may have changed its API. If the module does not build
# for it, dkms would fail, and with it the installation of the kernel. Exit status 77 makes dkms skip the module.

newest=7.2

number() { echo "$1" | sed -n 's/^\([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | { read -r major minor; echo $((major * 1000 + minor)); }; }

[ "$(number "$1")" -gt "$(number $newest)" ] || exit 0
make KERNELRELEASE="$1" KDIR="$2" modules && exit 0
cat <<END

snd-hvsock $(cat VERSION) does not build for Linux $1. It was tested up to Linux $newest.
The kernel is installed without snd-hvsock. To have sound, install a newer version of snd-hvsock, or boot the
previous kernel.
END
exit 77
