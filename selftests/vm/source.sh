# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Debian's package of the kernel's source, in the cache folder; sourced by bash scripts.

SOURCE_SUITE=bookworm
SOURCE_PACKAGE=linux-source-6.1
SOURCE_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/snd-hvsock/debug

# source_find FETCH: sets $source_archive and $source_version.
source_find()
{
	local root

	root=$("$1" unpack "$SOURCE_SUITE" "$SOURCE_PACKAGE")
	source_version=$(zcat "$root/usr/share/doc/$SOURCE_PACKAGE/changelog.Debian.gz" | sed -n '1s/.*(\(.*\)).*/\1/p')
	source_archive=$root/usr/src/$SOURCE_PACKAGE.tar.xz
}

# source_unpack DIR TAR_OPTION...: unpacks the selected files, unless DIR exists.
source_unpack()
{
	local dir=$1

	shift
	[ ! -e "$dir/.complete" ] || return 0
	echo "unpacking $SOURCE_PACKAGE" >&2
	rm -rf "$dir"
	mkdir -p "$dir"
	tar -xf "$source_archive" -C "$dir" --strip-components=1 --wildcards "$@"
	touch "$dir/.complete"
}

# source_scripts FETCH: prints the path of the scripts folder. Unpacks only that folder if the rest is not needed yet.
source_scripts()
{
	local dir lock

	source_find "$1"
	mkdir -p "$SOURCE_CACHE"
	exec {lock}>"$SOURCE_CACHE/scripts.lock"
	flock "$lock"
	dir=$SOURCE_CACHE/linux-$source_version
	if [ ! -e "$dir/.complete" ]; then
		dir=$SOURCE_CACHE/scripts-$source_version
		source_unpack "$dir" "$SOURCE_PACKAGE/scripts"
	fi
	exec {lock}>&-
	echo "$dir/scripts"
}
