#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Downloads Debian packages of any suite and unpacks them in the cache folder. Installs nothing.
#
#   fetch.sh vhost                     prints the command that runs vhost-device-vsock
#   fetch.sh kernel SUITE [RELEASE]    prints "IMAGE MODULES_DIR" of the suite's kernel (or of RELEASE)
#   fetch.sh unpack SUITE PACKAGE...   prints a folder with the packages, without their dependencies
#   fetch.sh programs SUITE PACKAGE... prints a folder with the packages and their libraries; "run PROGRAM" in it runs a
#                                      program on this machine
#   fetch.sh mirror                    prints the Debian mirror of this machine
#   fetch.sh release                   prints the kernel release of the installed linux-headers
#
# VM_ARCH=: another architecture

set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/snd-hvsock
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
own_arch=$(dpkg --print-architecture)
arch=${VM_ARCH:-$own_arch}
own_suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
foreign=
[ "$arch" = "$own_arch" ] || foreign=-$arch

say() { echo "fetch: $*" >&2; }
die() { say "$@"; exit 1; }

# site SUFFIX: prints this machine's mirror of the archive (empty suffix, or -security) of its own suite. Unlike
# "apt-get indextargets", this also works before the first update.
site()
{
	apt-get update --print-uris 2>/dev/null |
		sed -nE "s,^'(.*)/dists/($own_suite|stable|testing|unstable|sid|oldstable)$1/InRelease'.*,\1,p" | sort -u | sed 1q
}

# locked COMMAND...: runs the command under a lock of all processes.
locked()
{
	local fd

	exec {fd}>"$cache/lock"
	flock "$fd"
	"$@"
	exec {fd}>&-
}

# An apt with its own state. Only the proxy settings are those of the machine.
private() { APT_CONFIG=$apt/apt.conf "$@"; }

apt_setup()
{
	local suite=$1 main security

	apt=$cache/apt/$suite$foreign
	mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,prefs}
	: >"$apt/status"
	main=$(site '')
	[ -n "$main" ] || die "cannot download: apt has no Debian mirror in its sources"
	echo "deb [signed-by=$keyring] $main $suite main" >"$apt/sources.list"
	security=$(site -security)
	if [ "$suite" = "$own_suite" ] && [ -n "$security" ]; then
		echo "deb [signed-by=$keyring] $security $suite-security main" >>"$apt/sources.list"
	fi
	cat >"$apt/apt.conf" <<-CONF
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "$apt/prefs";
		Dir::Etc::preferences "$apt/prefs/none";
		Dir::State "$apt/state";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		Acquire::Check-Valid-Until "false";
		Acquire::Languages "none";
		Acquire::Retries "3";
		APT::Sandbox::User "root";
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; };
	CONF
}

known() { private apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

lists_younger_than() { [ -n "$(find "$apt/updated" -mmin "-$1" 2>/dev/null)" ]; }

# need SUITE PACKAGE: updates lists that are not of today, because an archive soon drops the packages of old lists.
need()
{
	if ! lists_younger_than 1440 || { ! known "$2" && ! lists_younger_than 10; }; then
		say "package lists of $1"
		private apt-get -qq update >&2 && touch "$apt/updated"
	fi
	known "$2"
}

# closure PATTERN PACKAGE: prints the package and its dependencies whose names match.
closure()
{
	private apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "$2" |
		grep -E '^[a-z0-9]' | sed 's/:[a-z0-9]*$//' | grep -Ex "$1" | sort -u
}

# unpack_into DIR PACKAGE...: DIR exists only once it is complete.
unpack_into()
{
	local dir=$1 tmp deb

	shift
	say "fetching $*"
	mkdir -p "$(dirname "$dir")"
	tmp=$(mktemp -d "$cache/tmp.XXXXXX")
	# shellcheck disable=SC2064 # this folder, now
	trap "rm -rf '$tmp'" EXIT
	mkdir "$tmp/deb" "$tmp/root"
	(cd "$tmp/deb" && private apt-get -qq download "$@" >&2) || die "cannot download $*"
	for deb in "$tmp"/deb/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root"
	done
	chmod 755 "$tmp/root"
	rm -rf "$dir"
	mv -T "$tmp/root" "$dir"
	rm -rf "$tmp"
}

vhost_unpack()
{
	local suite dir=$cache/vhost packages

	[ ! -d "$dir" ] || return 0
	for suite in "$own_suite" forky sid; do
		apt_setup "$suite"
		need "$suite" vhost-device-vsock || continue
		mapfile -t packages < <(closure '.*' vhost-device-vsock)
		unpack_into "$dir" "${packages[@]}"
		return
	done
	die "cannot run guests: no suite has vhost-device-vsock"
}

vhost()
{
	local dir=$cache/vhost ld libc

	if command -v vhost-device-vsock; then
		return
	fi
	locked vhost_unpack
	# Its own libc and loader; this machine's may be older.
	ld=$(find "$dir" -name 'ld-linux*.so.*' -print -quit)
	libc=$(find "$dir" -name libc.so.6 -print -quit)
	echo "$ld --library-path ${libc%/*} $(find "$dir" -type f -name vhost-device-vsock -perm -100 -print -quit)"
}

kernel_unpack()
{
	local suite=$1 release=$2 dir=$3 packages

	[ ! -d "$dir" ] || return 0
	apt_setup "$suite"
	need "$suite" "linux-image-$release" || die "cannot download linux-image-$release: $suite no longer has it. Install the newest headers of $suite"
	# Newer suites split the image into packages with these prefixes.
	mapfile -t packages < <(closure 'linux-(image|binary|modules)-.*' "linux-image-$release")
	unpack_into "$dir" "${packages[@]}"
}

# number FILE OFFSET BYTES: prints a little-endian number of the file.
number() { od -An -v -tu"$3" -j "$2" -N "$3" "$1" | tr -d ' '; }

# bare_image VMLINUZ FILE: unpacks the kernel of the image, because an emulated guest would need seconds for that. QEMU
# starts it at its PVH entry. Without such an entry FILE stays empty. Offsets: Documentation/arch/x86/boot.rst.
bare_image()
{
	local start=$((($(number "$1" 497 1) + 1) * 512 + $(number "$1" 584 4))) unpack

	[ ! -e "$2" ] || return 0
	case $(od -An -tx1 -j $start -N 2 "$1") in
	" 1f 8b") unpack="gzip -dc" ;;
	" fd 37") unpack="xz -dc --single-stream" ;;
	" 28 b5") unpack="zstd -dc" ;;
	" 02 21") unpack="lz4 -dc" ;;
	*) unpack=false ;;
	esac
	# Some of these programs complain about the data behind the packed kernel.
	tail -c +$((start + 1)) "$1" | head -c "$(number "$1" 588 4)" | $unpack >"$2.tmp" 2>/dev/null || true
	readelf -n "$2.tmp" 2>/dev/null | grep 'Xen .*0x00000012' >/dev/null || : >"$2.tmp"
	mv "$2.tmp" "$2"
}

kernel()
{
	local suite=${1:?suite} release=${2:-$arch} dir image modules

	dir=$cache/kernel/$suite/$release
	locked kernel_unpack "$suite" "$release" "$dir"
	image=$(find "$dir" \( -path '*/boot/vmlinuz*' -o -path '*/lib/modules/*/vmlinuz' \) -print -quit)
	modules=$(find "$dir" -type d -path '*lib/modules/*' -name kernel -printf '%h\n' -quit)
	[ -n "${image:+$modules}" ] || die "cannot find a kernel image in $dir"
	locked bare_image "$image" "$dir/vmlinux"
	[ ! -s "$dir/vmlinux" ] || image=$dir/vmlinux
	echo "$image $modules"
}

unpack_once()
{
	[ -d "$1" ] && return
	apt_setup "$2"
	need "$2" "$3" || die "cannot download $3: $2 does not have it"
	unpack_into "$1" "${@:3}"
}

unpack()
{
	local key dir

	key=$1$foreign-$(sha256sum <<<"$*" | cut -c 1-16)
	dir=$cache/unpack/$key
	locked unpack_once "$dir" "$@"
	echo "$dir"
}

# Programs of another suite run with the libc and the loader of that suite. libpulse has the absolute path of a library of
# its own.
write_run()
{
	local libc folders

	libc=$(find "$1" -name libc.so.6 -print -quit)
	folders=$({
		find "$1" -name 'lib*.so.*' -path '*/lib/*-*/*' -printf '%h\n' | grep -vE '/share/|/lib/[^/]*/'
		find "$1" -name 'libpulsecommon-*.so' -printf '%h\n'
	} | sort -u | tr '\n' :)
	cat >"$1/run.tmp" <<-RUN
		#!/bin/sh
		program=\$1
		shift
		exec ${libc%/*}/ld-linux*.so.* --library-path $folders "$1/usr/bin/\$program" "\$@"
	RUN
	chmod 755 "$1/run.tmp"
	mv "$1/run.tmp" "$1/run"
}

programs_unpack()
{
	local dir=$1 suite=$2 package packages=()

	[ ! -d "$dir" ] || { write_run "$dir"; return; }
	apt_setup "$suite"
	for package in "${@:3}"; do
		need "$suite" "$package" || die "cannot download $package: $suite does not have it"
		packages+=("$package")
		mapfile -t -O "${#packages[@]}" packages < <(closure 'lib.*' "$package")
	done
	mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
	unpack_into "$dir" "${packages[@]}"
	write_run "$dir"
}

programs()
{
	local dir

	dir=$cache/programs/$1$foreign-$(sha256sum <<<"$*" | cut -c 1-16)
	locked programs_unpack "$dir" "$@"
	echo "$dir"
}

mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
case ${1-} in
vhost | kernel | unpack | programs) "$@" ;;
mirror) site '' ;;
release)
	dpkg-query -W -f '${Depends}' "linux-headers-$(dpkg --print-architecture)" |
		sed 's/.*linux-headers-\([^ ,]*\).*/\1\n/'
	;;
*) sed -n 's/^# \{0,1\}//; 4,12p' "$0" >&2; exit 2 ;;
esac
