#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Installs the module without dkms, or removes it: make modules_install, make uninstall.
#
#   module.sh install      for the kernel that kernel/snd-hvsock.ko is built for
#   module.sh uninstall    for every kernel
#
# INSTALL_MOD_PATH: root folder of another system. SIGN_KEY, SIGN_CERT: key and certificate that sign the module.
# Without them, the key of dkms or Ubuntu for Secure Boot signs the module, if it exists.

set -euo pipefail
# The PATH of a user may lack modinfo and depmod.
PATH=$PATH:/usr/sbin:/sbin

top=$(dirname "$(dirname "$(readlink -f "$0")")")
module=$top/kernel/snd-hvsock.ko
root=${INSTALL_MOD_PATH-}
root=${root%/}

die() { printf 'snd-hvsock: %s\n' "$@" >&2; exit 1; }

# sign FILE RELEASE: appends a signature and prints the key, or prints why it does not.
sign()
{
	local build=/lib/modules/$2/build key=${SIGN_KEY-} cert=${SIGN_CERT-} hash pair

	[ -z "$key$cert" ] || [[ -n $key && -n $cert ]] || die "set both SIGN_KEY and SIGN_CERT"
	for pair in /var/lib/dkms/mok.key:/var/lib/dkms/mok.pub \
		/var/lib/shim-signed/mok/MOK.priv:/var/lib/shim-signed/mok/MOK.der; do
		[[ -n $key || ! -r ${pair%:*} || ! -r ${pair#*:} ]] || key=${pair%:*} cert=${pair#*:}
	done
	if [ -z "$key" ]; then
		echo "  not signed: no key in /var/lib/dkms, and no SIGN_KEY= and SIGN_CERT=; Secure Boot refuses the module"
		return
	fi
	[ -x "${KDIR:-$build}/scripts/sign-file" ] || KDIR=$build
	if [ ! -x "${KDIR:-$build}/scripts/sign-file" ]; then
		[ -z "${SIGN_KEY-}" ] || die "cannot sign: ${KDIR:-$build} has no scripts/sign-file"
		echo "  not signed: ${KDIR:-$build} has no scripts/sign-file; Secure Boot refuses the module"
		return
	fi
	hash=$(sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"/\1/p' "${KDIR:-$build}/.config" 2>/dev/null) || true
	"${KDIR:-$build}/scripts/sign-file" "${hash:-sha256}" "$key" "$cert" "$1" || die "cannot sign with $key"
	echo "  signed with $key; for Secure Boot, once: sudo mokutil --import $cert, and reboot"
}

# The folder of a package has no kernel. modules.* that depmod writes there would replace those of the kernel.
run_depmod()
{
	if [ -z "$root" ]; then
		depmod "$1"
		echo "  ran depmod for Linux $1"
	elif [ -e "$root/lib/modules/$1/modules.order" ]; then
		depmod -b "$root" "$1"
		echo "  ran depmod for Linux $1 in $root"
	else
		echo "  no depmod: $root has no Linux $1; run depmod $1 where the module will be loaded"
	fi
}

# installed_at FOLDER: prints files of this script, and those that modules_install of the kernel installed earlier
installed_at()
{
	local parts=()

	[ ! -d "$1/extra" ] || parts+=("$1/extra")
	[ ! -e "$1/updates/snd-hvsock.ko" ] || parts+=("$1/updates/snd-hvsock.ko")
	[ ${#parts[@]} = 0 ] || find "${parts[@]}" -type f -name 'snd-hvsock.ko*'
}

install_module()
{
	local release folder file version

	command -v modinfo >/dev/null || die "cannot install: modinfo and depmod are missing. Install kmod"
	[ -e "$module" ] || die "cannot install: kernel/snd-hvsock.ko is not built. Run make first"
	release=$(modinfo -F vermagic "$module")
	release=${release%% *}
	version=$(modinfo -F version "$module")
	folder=$root/lib/modules/$release
	[[ -n $root || -d $folder ]] ||
		die "cannot install: the module is built for Linux $release, which is not installed. Run make again"
	for file in "$folder"/updates/dkms/snd-hvsock.ko*; do
		[ ! -e "$file" ] || die "cannot install: dkms has already installed the module." \
			"Keep that one, or first run: sudo dkms remove snd-hvsock/$(modinfo -F version "$file") --all"
	done
	mkdir -p "$folder/updates" 2>/dev/null || true
	[ -w "$folder/updates" ] || die "cannot write to $folder/updates. Run it with sudo"
	installed_at "$folder" | while read -r file; do rm -f "$file"; done
	# As in Kbuild, debugging symbols stay unless INSTALL_MOD_STRIP is set.
	install -m 644 "$module" "$folder/updates/snd-hvsock.ko"
	[ -z "${INSTALL_MOD_STRIP-}" ] || "${STRIP:-strip}" --strip-debug "$folder/updates/snd-hvsock.ko"
	echo "  INSTALL $folder/updates/snd-hvsock.ko ($version, for Linux $release)"
	sign "$folder/updates/snd-hvsock.ko" "$release"
	run_depmod "$release"
	[ -z "$root" ] || return 0

	if [ "$release" != "$(uname -r)" ]; then
		echo "Next: boot Linux $release, which has the module. Now Linux $(uname -r) runs."
	elif [ -d /sys/module/snd_hvsock ]; then
		echo "Next: sudo rmmod snd-hvsock && sudo modprobe snd-hvsock (the old module is loaded)"
	else
		echo "Next: sudo modprobe snd-hvsock"
	fi
}

uninstall_module()
{
	local folder file found

	for folder in "$root"/lib/modules/*; do
		found=$(installed_at "$folder")
		[ -n "$found" ] || continue
		while read -r file; do
			rm -f "$file"
			echo "  REMOVE  $file"
			rmdir --ignore-fail-on-non-empty "${file%/*}"
		done <<<"$found"
		[[ -n $root && ! -e $folder/modules.order ]] || run_depmod "${folder##*/}"
	done
	[[ -n $root || ! -d /sys/module/snd_hvsock ]] ||
		echo "The module is still loaded: sudo rmmod snd-hvsock"
}

case ${1-} in
install) install_module ;;
uninstall) uninstall_module ;;
*) sed -n 's/^# \{0,1\}//; 4,10p' "$0" >&2; exit 2 ;;
esac
