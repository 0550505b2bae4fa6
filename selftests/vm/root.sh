#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Minimal Debian systems in folders of the cache. Needs root; the exit status is 4 if this machine does not allow it.
#
#   root.sh check                       fails if this machine does not allow it
#   root.sh make SUITE PACKAGE...       prints the folder of a minimal system of the suite with these packages
#   root.sh run FOLDER SHARE COMMAND... runs the command in a temporary copy of the system, with SHARE at /host

set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

here=$(dirname "$(readlink -f "$0")")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/snd-hvsock/root
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
days=30

say() { echo "root: $*" >&2; }
skip() { say "$@"; exit 4; }

may()
{
	unshare --mount --pid --fork mount -t tmpfs tmpfs "$cache/copy" 2>/dev/null ||
		skip "this machine allows no mounts (a container without CAP_SYS_ADMIN)"
}

fresh() { [ -n "$(find "$1" -maxdepth 0 -mtime -$days 2>/dev/null)" ]; }

# bootstrap DIR SUITE PACKAGE...: DIR exists only once it is complete.
bootstrap()
{
	local dir=$1 suite=$2 mirror proxies option options=()

	shift 2
	mirror=$("$here/fetch.sh" mirror)
	[ -n "$mirror" ] || { say "apt names no Debian mirror"; return 1; }
	mapfile -t proxies < <(apt-config dump | grep -i '^Acquire::.*proxy')
	for option in "${proxies[@]}" 'Acquire::Check-Valid-Until "false";' 'Acquire::Retries "3";' \
		'Acquire::Languages "none";'; do
		options+=("--aptopt=$option")
	done
	say "making a clean $suite with $*"
	tmp=$(mktemp -d "$cache/tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	mmdebstrap --quiet --mode=root --format=directory --variant=minbase "${options[@]}" --dpkgopt=force-unsafe-io \
		--include="$(IFS=,; echo "$*")" "$suite" "$tmp/root" "deb [signed-by=$keyring] $mirror $suite main" \
		>"$tmp/log" 2>&1 || { tail -n 20 "$tmp/log" >&2; say "mmdebstrap of $suite fails"; return 1; }
	# Rename first: a system that is half removed would look like a complete one.
	[ ! -e "$dir" ] || mv -T "$dir" "$tmp/old"
	touch "$tmp/root" && mv -T "$tmp/root" "$dir"
}

make()
{
	local suite=$1 dir lock

	command -v mmdebstrap >/dev/null || { say "no mmdebstrap: run deps.sh"; exit 1; }
	dir=$cache/$suite-$(sha256sum <<<"$*" | cut -c 1-16)
	exec {lock}>"$dir.lock"
	# Commands that run in the system hold the lock too, so nobody replaces it while they run.
	flock -s "$lock"
	if ! fresh "$dir"; then
		flock "$lock"
		fresh "$dir" || bootstrap "$dir" "$@" || exit 1
	fi
	echo "$dir"
}

run()
{
	local lock

	exec {lock}<"$1.lock"
	flock -s "$lock"
	exec unshare --mount --pid --fork --kill-child "$here/root.sh" inside "$@"
}

# The mounts and processes of the command end with it.
inside()
{
	local root=$1 share=$2 copy=$cache/copy new=$cache/copy/root

	shift 2
	trap 'exit 143' INT TERM
	mount -t tmpfs -o mode=755 tmpfs "$copy"
	mkdir "$copy"/{upper,work,root}
	mount -t overlay -o "lowerdir=$root,upperdir=$copy/upper,workdir=$copy/work" overlay "$new"
	mount -t proc proc "$new/proc"
	mount --rbind /sys "$new/sys"
	mount --rbind /dev "$new/dev"
	mkdir "$new/host"
	mount --bind "$share" "$new/host"
	cp -L /etc/resolv.conf /etc/hosts "$new/etc/" 2>/dev/null || true
	chroot "$new" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} "$@"
}

[ "$(id -u)" = 0 ] || skip "a clean system can only be made and entered by root"
mkdir -p "$cache/copy"
cache=$(cd "$cache" && pwd)
case ${1-} in
check) may ;;
make | run) may && "$@" ;;
inside) "$@" ;;
*) sed -n 's/^# \{0,1\}//; 4,8p' "$0" >&2; exit 2 ;;
esac
