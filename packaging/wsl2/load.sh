#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Loads the module that packaging/wsl2/build.sh built for the running WSL2 kernel.

module=/usr/local/lib/snd-hvsock/$(uname -r)/snd-hvsock.ko

if [ -d /sys/module/snd_hvsock ]; then
	exit 0
elif [ ! -e "$module" ]; then
	echo "cannot load: no snd-hvsock for Linux $(uname -r). WSL2 has a new kernel: run packaging/wsl2/build.sh again" >&2
	exit 1
fi
modprobe -a snd-pcm snd-timer || exit
insmod "$module" "$@"
