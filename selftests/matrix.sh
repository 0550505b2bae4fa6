#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make check-matrix: builds the module for Debian's kernels in clean systems, with their suite's compiler, W=1 and warnings
# as errors, and tests it in guests that run them. What came of it goes into Documentation/kernels.rst.
#
#   matrix.sh [-s] [SUITE[-FLAVOUR]]...   only these rows. -s: a short form of the tests, and nothing is written
#
# Flavours: none, rt; cloud, which has no sound; arm64, cross-built; clang, only built; debug, the suite's source as
# vm/debug-kernel.sh builds it. Status 4 if no clean system can be made.

all='bullseye bookworm trixie forky trixie-rt trixie-arm64 bookworm-cloud trixie-cloud trixie-clang forky-clang forky-debug'

# What may differ between kernels: a test, and the names of its results, . for all.
full='playback 16 bit|mmap|32 bit|own buffer|four programs
capture 16 bit|mmap|at once
qubes qubes plays|qubes records|is refused|simple, called: plays|unloads
controls .
netlink events|while it plays|cookie|unloading|family
host .
power .
pause the same without|knows of a pause|dropped|linked
hvsock .'
short='playback 16 bit|mmap
capture 16 bit|mmap
qubes qubes plays|simple, called: plays|unloads
netlink events|unloading'
once="playback aplay's own buffer
capture arecord's own buffer"

here=$(dirname "$(readlink -f "$0")")
"$here/vm/root.sh" check || { status=$?; echo "1..0 # SKIP no clean systems on this machine"; exit $status; }
# shellcheck source=vm/lib.sh
. "$here/vm/lib.sh"
TOP=${here%/*}
# shellcheck source=vm/suite.sh
. "$VM_HERE/suite.sh"

# flavour NAME: sets what the row is built with.
flavour()
{
	headers=linux-headers-$arch packages=(dkms "linux-headers-$arch") options=() list=$full
	case $1 in
	'' | cloud) headers=linux-headers-${1:+$1-}$arch packages+=("linux-headers-cloud-$arch") ;;
	rt) headers=linux-headers-rt-$arch packages=(dkms "$headers") ;;
	arm64) packages+=(gcc-aarch64-linux-gnu) list=$once ;;
	clang) packages+=(clang lld llvm) options=(LLVM=1 CC=clang) list='' ;;
	esac
	[ -z "$chosen" ] || [ -z "$list" ] || list=$chosen
}

# Debian's headers have the configuration that is right for GCC. With clang these of its options are another compiler's.
# shellcheck disable=SC2016 # for the bash inside
for_clang='cd /lib/modules/$release/build/include
	for option in CC_IS_GCC GCC_VERSION CC_HAS_NAMED_AS USE_X86_SEG_SUPPORT CC_HAS_MIN_FUNCTION_ALIGNMENT \
		FTRACE_MCOUNT_USE_CC UBSAN_BOUNDS_STRICT; do
		sed -i "/\<CONFIG_$option\>/d" config/auto.conf generated/autoconf.h
	done
	sed -i s/fallthrough=5/fallthrough/ config/auto.conf
	echo CONFIG_CC_IS_CLANG=y >>config/auto.conf
	echo "#define CONFIG_CC_IS_CLANG 1" >>generated/autoconf.h'

# 5.10 has other structures than selftests/hv knows, and 7.2 its VMBus built in, where none can take its place.
has_hyperv() { [ "$row" = bookworm ] || [ "$row" = trixie ]; }

# 5.10's virtio-vsock knows nothing of sleep: no connection is made after it.
has_sleep() { [ "$row" != bullseye ]; }

# Sets $root and $release.
clean_row()
{
	root=$("$VM_HERE/root.sh" make "$suite" "${packages[@]}") || return
	release=$(release_of "$headers")
	mkdir "$share/tree"
	copy_tree "$share/tree"
	[ "$flavour" = arm64 ] || return 0
	# Unpacked, not installed: they would want arm64's compiler. Their scripts are links to this machine's.
	release=${release%"$arch"}arm64
	cp -r "$(VM_ARCH=arm64 "$VM_HERE/fetch.sh" unpack "$suite" "linux-headers-$release")" "$share/headers"
}

# $share/tree gets the module; what was said is in $share/said.
# shellcheck disable=SC2016 # for the bash inside
built()
{
	local before="" hyperv=""

	! has_hyperv || hyperv=yes
	[ "$flavour" != clang ] || before=$for_clang
	inside "hyperv=$hyperv options='${options[*]}'
		[ ! -e /host/headers ] || cp -r /host/headers/. /
		$before"'
		cd /host/tree
		build() { make -s -j "$(nproc)" KDIR=/lib/modules/$release/build W=1 KCFLAGS=-Werror $options "$@" 2>&1; }
		build >/host/said || { cat /host/said; exit 1; }
		[ -z "$hyperv" ] || build -C selftests/hv' || return
	if grep -i warning: "$share/said"; then return 1; fi
}

# The cloud kernels have no sound, and make is to say so.
refused() { ! built >/dev/null && grep 'has no sound' "$share/said"; }

# tested TEST ONLY: by its own script, whose results count as the row's.
tested()
{
	local status=0 part results=$share/results

	say "$row: $1"
	KTAP_RESULTS=$results KTAP_ONLY="$2|does not complain" timeout -k 10 900 "$VM_HERE/test-$1.sh" </dev/null || status=$?
	touch "$results"
	[ $status = 0 ] || grep -q '^fail ' "$results" || echo "fail ended with status $status" >>"$results"
	# What is called otherwise would be left out unseen.
	tr '|' '\n' <<<"$2" | while read -r part; do
		grep -qE "$part" "$results" || echo "fail nothing is called $part" >>"$results"
	done
	sed -E "s/^([a-z]+) /\1 $row: $1: /" "$results" >>"$KTAP_RESULTS"
	rm "$results"
}

# The debug kernel, with this machine's compiler. Sets $release, $build and $tests.
debug_row()
{
	local modules said=$share/said

	export DEBUG_SUITE=$suite
	release=$suite
	if read -r _ modules _ < <("$VM_HERE/debug-kernel.sh"); then
		release=${modules##*/}
		RACES_SECONDS=120 "$here/check.sh" -m debug -k kasan "$here/real/debug" </dev/null >"$said" 2>&1 || true
	fi
	tests=$(grep -xE '[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped' "$said" 2>/dev/null) ||
		{ ktap_fail "$row: builds"; return; }
	build=passes
	cat "$said"
	if [[ $tests == *", 0 failed, 0 skipped" ]]; then ktap_pass "$row: $tests"; else ktap_fail "$row: $tests"; fi
}

# What differs between kernels is tested where the module is.
run_row()
{
	local build=fails tests=- begin=$SECONDS test only vm_arch=

	suite=${row%%-*} share=$RUN/$row flavour=
	[ "$suite" = "$row" ] || flavour=${row#*-}
	mkdir "$share"
	flavour "$flavour"
	[ "$flavour" != arm64 ] || vm_arch=arm64
	say "$row: building"
	if [ "$flavour" = debug ]; then
		debug_row
	elif ! clean_row >"$share/clean" 2>&1; then
		fail_log "no clean system for $row" "$share/clean"
		release=$suite
		ktap_fail "$row: a clean system"
	elif [ "$flavour" = cloud ]; then
		if refused; then
			ktap_skip "$row: $release" "no sound in it, as make says"
			build="skipped: no sound"
		else
			ktap_fail "$row: $release has no sound, and make does not say so"
		fi
	elif ktap_test "$row: builds for $release" built; then
		build=passes
		while read -r test only; do
			[ -n "$test" ] || continue
			[ "$test" != hvsock ] || has_hyperv || continue
			[ "$test" != power ] || has_sleep || continue
			SUITE=$suite RELEASE=$release MODULE=$share/tree/kernel/snd-hvsock.ko \
				HV_VMBUS=$share/tree/selftests/hv/hv_vmbus.ko VM_ARCH=$vm_arch tested "$test" "$only"
		done <<<"$list"
		[ -z "$list" ] || tests=$(row_tests)
	fi
	printf '%s  %s  %s  %s  %s\n' "$row" "$release" "$(compiler)" "$build" "$tests" >>"$RUN/table"
	say "$row: $build, $tests, $((SECONDS - begin)) s"
}

# As it says in what it made; a debug kernel has this machine's.
compiler()
{
	[ "$flavour" != debug ] || { echo "GCC: $(gcc --version | sed -n '1s/^gcc //p')"; return; }
	readelf -p .comment "$share/tree/kernel/snd-hvsock.ko" 2>/dev/null | sed -nE 's/^ *\[ *[01]\] *//p' | grep . || echo -
}

row_count() { grep "^$1 $row: " "$KTAP_RESULTS" | grep -vc ": builds for " || true; }
row_tests() { echo "$(row_count pass) passed, $(row_count fail) failed, $(row_count skip) skipped"; }

# The document, with rows that did not run now as they were.
document()
{
	local row table=$TOP/Documentation/kernels.rst

	cat <<-'RST'
		.. SPDX-License-Identifier: GPL-2.0
		.. Written by "make check-matrix".

		=======
		Kernels
		=======

		What ``make check-matrix`` came to. Each row is a kernel of Debian: the module is built in a clean system of the kernel's
		suite with the suite's compiler, ``W=1``, and warnings as errors, and tested in a guest that runs it. These are the tests
		of ``make check`` that mind what differs between kernels, and some of their results only; ``selftests/matrix.sh`` lists
		them. ``selftests/matrix.sh ROW`` runs one row again.

		* ``cloud``: these kernels have no sound. make says so, and dkms goes on without the module.
		* ``rt``: the real-time kernel.
		* ``arm64``: cross-built; one sound is played and one recorded, in an emulated guest.
		* ``clang``: built, not run. Debian configured the headers for GCC, so the options are taken out of them that only GCC
		  has: ``CONFIG_CC_IS_GCC`` and what follows from it.
		* ``debug``: the suite's source, built with KASAN, lockdep, object debugging and kmemleak, and this machine's compiler.

		``hv_sock`` with a Hyper-V host of our own is tested on 6.1 and 6.12: in 5.10 the structures are others, in 7.2 the VMBus
		is built in, where none can take its place. Sleep is not tested on 5.10: its virtio-vsock connects to nobody after it.

	RST
	{
		echo "Row  Kernel  Compiler  Build  Tests"
		for row in $all; do
			grep "^$row " "$RUN/table" || grep -s "^$row " "$table" || true
		done
	} | awk -F '  +' '
		{
			for (i = 1; i <= 5; i++) {
				cell[NR, i] = $i
				if (length($i) > wide[i]) wide[i] = length($i)
			}
		}
		function rule(i, text) {
			for (i = 1; i <= 5; i++) {
				text = sprintf("%" wide[i] "s", "")
				gsub(/ /, "=", text)
				printf "%s%s", text, i < 5 ? "  " : "\n"
			}
		}
		END {
			rule()
			for (n = 1; n <= NR; n++) {
				for (i = 1; i < 5; i++) printf "%-" wide[i] "s  ", cell[n, i]
				print cell[n, 5]
				if (n == 1) rule()
			}
			rule()
		}'
}

chosen=
[ "${1-}" != -s ] || { chosen=$short; shift; }
read -ra rows <<<"${*:-$all}"
if [[ ${rows[*]} == *arm64* ]]; then "$here/vm/deps.sh" matrix; else "$here/vm/deps.sh" check; fi
make -s -C "$here"
make -s -C "$TOP/user"
: >"$RUN/table"
for row in "${rows[@]}"; do
	run_row
done
document >"$RUN/kernels.rst"
[ -n "$chosen" ] || cp "$RUN/kernels.rst" "$TOP/Documentation/kernels.rst"
sed 's/^/# /' "$RUN/table"
sed -n 's/^fail /# failed: /p; s/^skip /# skipped: /p' "$KTAP_RESULTS"
ktap_summary
