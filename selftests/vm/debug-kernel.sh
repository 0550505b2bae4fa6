#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds a debug kernel (KASAN, lockdep, kmemleak, fault injection: debug.config) from Debian's source. Installs
# nothing.
# The result is kept in the cache folder. The first build takes some minutes, and 3 GB while it runs.
#
#   debug-kernel.sh [FRAGMENT]...   prints "IMAGE MODULES_DIR KDIR"
#
# The options of a FRAGMENT replace those of debug.config. With ARCH=um, the kernel is User-mode Linux and the options
# are those of uml.config. DEBUG_SUITE=: the newest source of that suite. JOBS=: number of compilers at once.

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=source.sh
. "$here/source.sh"
arch=${ARCH:-x86_64}
case $arch in
x86_64)
	base=$here/debug.config image=bzImage made=arch/x86/boot/bzImage
	if [ -n "${DEBUG_SUITE-}" ]; then
		SOURCE_SUITE=$DEBUG_SUITE
		SOURCE_PACKAGE=$(readlink "$("$here/fetch.sh" unpack "$DEBUG_SUITE" linux-source)/usr/share/doc/linux-source")
	fi
	;;
um)
	base=$here/uml.config image=linux made=linux
	SOURCE_SUITE=trixie SOURCE_PACKAGE=linux-source-6.12
	# Before 6.13, User-mode Linux has room for the registers of AVX-512 only. On a processor with more registers (AMX:
	# 11008 bytes) it crashes at its first process.
	registers="HOST_FP_SIZE, 16384"
	# Save stacks by frame pointers only. To check each word on the stack took half of the time.
	frames="if ((unsigned long)sp == bp + sizeof(long) \\&\\& __kernel_text_address(addr))"
	;;
esac
cache=$SOURCE_CACHE

say() { echo "debug kernel: $*" >&2; }
die() { say "$@"; exit 1; }

# merged FILE...: prints the options; the last file that has an option counts.
merged()
{
	awk 'match($0, /CONFIG_[A-Z0-9_]+/) {
			name = substr($0, RSTART, RLENGTH)
			if (!(name in line)) names[++n] = name
			line[name] = $0
		}
		END { for (i = 1; i <= n; i++) print line[names[i]] }' "$@"
}

# progress LOG: writes the output of make to LOG and prints the number of compiled files from time to time.
progress()
{
	local begin=$SECONDS line n=0

	while IFS= read -r line; do
		printf '%s\n' "$line"
		if [[ $line == "  CC "* || $line == "  AS "* ]] && [ $((++n % 200)) = 0 ]; then
			say "$n files compiled, $((SECONDS - begin)) s"
		fi
	done >"$1"
}

# make_kernel TARGET...: builds in $build and leaves the sources unchanged. KCSAN checks a sample of all accesses; only
# modules are instrumented here, not the kernel itself.
make_kernel() { nice -n 10 make -C "$source" O="$build" ARCH="$arch" LOCALVERSION= KCSAN_SANITIZE=n "$@" 2>&1; }

# Unpacks the source. Of other architectures and drivers, only Kconfig files and Makefiles are needed.
sources()
{
	source_unpack "$source" \
		--exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/net/ethernet/*.[ch]' --exclude='*/drivers/net/wireless/*.[ch]' \
		--exclude='*/drivers/media/*.[ch]' --exclude='*/drivers/infiniband/*.[ch]' --exclude='*/drivers/scsi/*.[ch]' \
		--exclude='*/drivers/staging/*.[ch]' \
		--exclude='*/arch/[!x]*/*.dts*' --exclude='*/Documentation/*.rst'
	if [ "$arch" = um ]; then
		sed -i "/$registers/!s/HOST_FP_SIZE, 2696/$registers/" "$source/arch/x86/um/user-offsets.c"
		sed -i "s/if (__kernel_text_address(addr))/$frames/" "$source/arch/um/kernel/stacktrace.c"
	fi
}

# configure: Kconfig silently drops options that are misspelt or lack a dependency, so check each option.
configure()
{
	local line missing=()

	make_kernel KCONFIG_ALLCONFIG="$config" tinyconfig >"$build.log" || { cat "$build.log" >&2; die "cannot configure"; }
	"$source/scripts/kconfig/merge_config.sh" -m -O "$build" "$build/.config" "$config" >"$build.log" 2>&1
	make_kernel olddefconfig >>"$build.log" || { cat "$build.log" >&2; die "cannot configure"; }
	while IFS= read -r line; do
		case $line in
		CONFIG_*=*) grep -qxF "$line" "$build/.config" || missing+=("$line") ;;
		"# CONFIG_"*" is not set") ! grep -q "^${line:2:-11}=" "$build/.config" || missing+=("$line") ;;
		esac
	done <"$config"
	[ ${#missing[@]} = 0 ] || { printf 'debug kernel: cannot configure: Kconfig dropped %s\n' "${missing[@]}" >&2; exit 1; }
}

build()
{
	local begin=$SECONDS

	[ ! -e "$dir/complete" ] || return 0
	for tool in flex bison bc; do
		command -v "$tool" >/dev/null || die "cannot build: $tool is missing. Run: apt-get install flex bison bc libelf-dev libssl-dev"
	done
	sources
	mkdir -p "$build"
	merged "$base" "$@" >"$config"
	configure
	say "building for some minutes; $build.log"
	make_kernel -j"${JOBS:-$(nproc)}" "$image" modules | progress "$build.log" ||
		{ grep -m 1 -B 2 -A 10 -E '(error|Error|\*\*\*)' "$build.log" >&2; die "cannot build: see $build.log"; }
	rm -rf "$dir/root"
	make_kernel INSTALL_MOD_PATH="$dir/root" modules_install >>"$build.log"
	cp "$build/$made" "$dir/vmlinuz"
	# Modules outside of the tree are built without these files.
	find "$build" \( -path "$build/scripts" -o -path "$build/tools" \) -prune -o \
		\( -name '*.o' -o -name '.*.cmd' -o -name '*.a' -o -name '.tmp_*' \) -type f -exec rm -f {} +
	touch "$dir/complete"
	say "built in $((SECONDS - begin)) s"
}

source_find "$here/fetch.sh"
version=$source_version
source=$cache/linux-$version
dir=$cache/$({ echo "$version${registers+ $registers $frames}"; merged "$base" "$@"; gcc --version; } | sha256sum | cut -c 1-16)
build=$dir/build
config=$dir/config
mkdir -p "$dir"

if [ ! -e "$dir/complete" ]; then
	exec {lock}>"$source.lock"
	flock -n "$lock" || { say "waiting for another build"; flock "$lock"; }
	build "$@"
	exec {lock}>&-
fi

echo "$dir/vmlinuz $(echo "$dir"/root/lib/modules/*) $build"
