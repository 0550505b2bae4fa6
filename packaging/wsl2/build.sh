#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the module for the running WSL2 kernel, installs it, and loads it at each start of WSL2.
# Run it in a distribution in WSL2, as a user with sudo: packaging/wsl2/build.sh
#
# SOURCE=FOLDER: the kernel's source, instead of fetching the tag of the running kernel
# JOBS=N: processes of make (number of processors)
#
# WSL2 has no package with the headers of its kernel. The kernel checks the version of each symbol, and only a whole
# build of the kernel gives these versions. That takes an hour, 25 GB and 8 GB of memory, once for each kernel.

set -euo pipefail

top=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
release=$(uname -r)
source=${SOURCE-${XDG_CACHE_HOME:-$HOME/.cache}/snd-hvsock/wsl2/$release}
config=${CONFIG-/proc/config.gz}
installed=/usr/local/lib/snd-hvsock/$release
url=https://github.com/microsoft/WSL2-Linux-Kernel

say() { echo "== $*"; }
die() { printf 'wsl2: %s\n' "$@" >&2; exit 1; }
has() { zcat -f "$config" | grep -q "^$1=[ym]"; }
make_kernel() { make -C "$source" -j "${JOBS:-$(nproc)}" LOCALVERSION= "$@"; }

check()
{
	[[ $release == *microsoft*WSL2* ]] || die "cannot build: Linux $release is not a WSL2 kernel." \
		"In another virtual machine, follow README.md."
	[ -r "$config" ] || die "cannot build: $config is missing"
	has CONFIG_SND_PCM || die "cannot build: Linux $release has no ALSA (CONFIG_SND_PCM)." \
		"Run wsl --update on Windows. Linux 6.6 and newer have it."
	has CONFIG_HYPERV_VSOCKETS || die "cannot build: Linux $release has no hv_sock (CONFIG_HYPERV_VSOCKETS)." \
		"Run wsl --update on Windows."
}

install_tools()
{
	local tools=(build-essential flex bison bc libssl-dev libelf-dev dwarves cpio git python3 kmod alsa-utils) missing=()
	local tool

	for tool in "${tools[@]}"; do
		[[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$tool" 2>/dev/null) == ii* ]] || missing+=("$tool")
	done
	[ ${#missing[@]} = 0 ] || { say "installing ${missing[*]}" && sudo apt-get -y install "${missing[@]}"; }
}

fetch()
{
	local tag=linux-msft-wsl-${release%%-*}

	[ ! -e "$source/Makefile" ] || return 0
	say "fetching $tag"
	mkdir -p "$(dirname "$source")"
	rm -rf "$source.tmp"
	git clone -q --depth 1 --branch "$tag" "$url" "$source.tmp" ||
		die "cannot fetch the tag $tag of $url." \
			"If the tag does not exist yet, get the source otherwise and name its folder with SOURCE=."
	mv "$source.tmp" "$source"
}

build_kernel()
{
	local built

	[ ! -s "$source/Module.symvers" ] || return 0
	say "building Linux $release, which takes an hour"
	zcat -f "$config" >"$source/.config"
	make_kernel -s olddefconfig
	built=$(make_kernel -s kernelrelease)
	[ "$built" = "$release" ] || die "cannot build: the source in $source is Linux $built, not $release"
	make_kernel -s vmlinux modules
}

build_module()
{
	say "building snd-hvsock"
	make -C "$top" KERNELRELEASE="$release" KDIR="$source" modules
}

# WSL2 mounts /lib/modules from a file of Windows, so the module is beside it.
install_module()
{
	say "installing to $installed"
	sudo install -D -m 644 "$top/kernel/snd-hvsock.ko" "$installed/snd-hvsock.ko"
	sudo install -D -m 755 "$top/packaging/wsl2/load.sh" /usr/local/sbin/snd-hvsock-load
	if [ -d /run/systemd/system ]; then
		sudo install -D -m 644 "$top/packaging/wsl2/snd-hvsock-load.service" /etc/systemd/system/snd-hvsock-load.service
		sudo systemctl daemon-reload
		sudo systemctl enable snd-hvsock-load.service
	else
		say "WSL2 runs without systemd. To load the module at each start, add to /etc/wsl.conf:"
		printf '[boot]\ncommand = /usr/local/sbin/snd-hvsock-load\n'
	fi
	sudo /usr/local/sbin/snd-hvsock-load
}

check
install_tools
fetch
build_kernel
build_module
install_module
say "done. aplay -l should list HvSock. For the host: hvsnd host-setup windows"
