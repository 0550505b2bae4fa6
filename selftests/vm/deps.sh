#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Installs the missing Debian packages for "make demo", "make check", "make bench" or "make docs". Prints nothing if none
# is missing.
#
#   deps.sh [demo|check|debug|docs|lint|matrix|bench|wine|clients]

set -euo pipefail

what=${1:-check}
docs=(python3-sphinx python3-myst-parser python3-yaml mandoc)
# libvirt's schema
schema=libvirt-common
! grep -qsx 'VERSION_ID="12"' /etc/os-release || schema=libvirt0
packages=(python3 xz-utils libc6-dev libpulse-dev libsndfile1-dev "linux-headers-$(dpkg --print-architecture)")
[ "$what" = lint ] || packages+=(busybox-static cpio kmod zstd socat qemu-system-x86 alsa-utils alsa-ucm-conf
	pulseaudio pulseaudio-utils sox)
[ "$what" = demo ] || packages+=(libasound2-dev libcmocka-dev pkg-config libnl-genl-3-dev libjson-c-dev libkmod-dev
	libsystemd-dev clang libclang-rt-dev git sparse coccinelle libpython3-dev clang-tidy shellcheck codespell mandoc perl reuse
	pyflakes3 pycodestyle python3-pytest python3-pytest-xdist openssl)
[ "$what" = demo ] || [ "$what" = lint ] || packages+=(mmdebstrap python3-yaml python3-jsonschema unifdef
	dbus-daemon systemd zsh fish libasound2-plugins libxml2-utils "$schema")
[ "$what" != bench ] || packages+=(stress-ng)
[ "$what" != matrix ] || packages+=(qemu-system-arm)
[[ $what != wine && $what != check ]] || packages+=(gcc-mingw-w64-x86-64-win32)
[ "$what" != wine ] || packages+=(wine wine64 libwine msitools wixl)
[ "$what" = demo ] || packages+=("${docs[@]}")
[ "$what" != docs ] || packages=("${docs[@]}")
[ "$what" != clients ] || packages=(mpv ffmpeg gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-pulseaudio)
[[ $what != debug && $what != check ]] || packages+=(flex bison bc libelf-dev libssl-dev)

installed() { [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]; }
available() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

apt()
{
	local root=()

	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || { echo "deps: cannot install packages: there is no sudo. Run as root: apt-get install ${missing[*]}" >&2; exit 1; }
		root=(sudo)
	fi
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
		"$@" </dev/null >"$log" 2>&1
}

missing=()
for package in "${packages[@]}"; do
	installed "$package" || missing+=("$package")
done
# Only newer suites have it. On others, fetch.sh downloads it.
if [ "$what" != lint ] && [ "$what" != docs ] && [ ! -e /dev/vhost-vsock ] && ! command -v vhost-device-vsock >/dev/null && available vhost-device-vsock; then
	missing+=(vhost-device-vsock)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing: ${missing[*]}" >&2
available "${missing[0]}" || apt update || true
apt install --no-install-recommends "${missing[@]}" ||
	{ apt update && apt install --no-install-recommends "${missing[@]}"; } ||
	{ cat "$log" >&2; exit 1; }
