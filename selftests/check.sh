#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make check: builds everything, then the unit tests, then the tests in virtual machines.
#
#   check.sh [TEST]...   lint, unit, coverage, kunit, spec, fuzz, hvsndd, newest, hvsock-suites, debug (what looks for
#                        faults, on the debug kernel), or what selftests/vm/test-*.sh are called; by default those that
#                        do not judge the speed of an emulated guest
#   check.sh all         the default, and what judges time in guests that run in real time
#
# Up to five tests in guests that fail are run once more, and then count as they end: the clock of a guest that is
# emulated is not always one to play by. What failed at first is said before the last line. Where
# the kernel complained, or did not come to be asked, nothing is run again.
#
# LIMIT: seconds that a test may take (1800); with it none is run again. With KTAP_RESULTS the results are added to that file as
# well.
#
# The last line counts the results. Exit status 0 if nothing failed, and, where CI is set, nothing was skipped.

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
top=${here%/*}
sum=${KTAP_RESULTS-}
results=$(mktemp -d "${TMPDIR:-/tmp}/hvsock-check.XXXXXX")
group=
trap '[ -z "$group" ] || kill -- "-$group" 2>/dev/null || true; rm -rf "$results" "$results".*' EXIT
# A busy machine makes these fail: they are not part of "make check".
timed=(instructions playback capture cases pipewire pause moved dmix delay lost power clock position)
untimed=(debug lint unit coverage kunit spec fuzz doctor dkms simple qubes server host controls netlink hvsnd hostile
	unload hvsock newest hvsndd relay units)
case ${1-} in
'') set -- "${untimed[@]}" ;;
all) set -- "${untimed[@]}" "${timed[@]}" ;;
esac
# These measure no time: they come first, two at once. Beside them a guest that is emulated would often be late. Those
# with no guest are nice to the others.
declare -A unhurried=([unit]=5 [lint]=5 [coverage]=5 [kunit]=5 [spec]=5 [fuzz]=0 [doctor]=0 [dkms]=0 [debug]=0)

# run NAME COMMAND...: a test's own results count; one that ends badly without a failed result is one.
run()
{
	local name=$1 status=0 begin=$SECONDS

	shift
	echo "# $name"
	KTAP_RESULTS=$results/$name "$@" 2>&1 | tee "$results.said.$name" || status=${PIPESTATUS[0]}
	if [ "$status" = 4 ] && [ ! -s "$results/$name" ]; then
		echo "skip $name" >>"$results/$name"
	elif [ "$status" != 0 ] && ! grep -q '^fail ' "$results/$name"; then
		echo "not ok $name: ended with status $status"
		echo "fail $name: ended with status $status" >>"$results/$name"
	fi
	echo "# $name: $((SECONDS - begin)) s"
}

# failures WORDS TEST: each of its failed results after these words, and before it the last that the test said of it.
failures()
{
	[ ! -e "$results.said.$2" ] || awk '
		/^ok [0-9]/ { n = 0 }
		/^not ok [0-9]/ { for (i = n > 12 ? n - 12 : 0; i < n; i++) print said[i]; n = 0 }
		/^#/ { said[n++] = $0 }' "$results.said.$2"
	sed -n "s/^fail /# $1: /p" "$results/$2"
}

unit()
{
	# shellcheck source=vm/lib.sh
	(
		. "$here/vm/lib.sh"
		for program in "$here"/unit/build/test_* "$top"/user/tests/build/test_* "$here"/hvsndd/build/test_*; do
			[[ -x $program && $program != *.[od] ]] || continue
			status=0
			CMOCKA_MESSAGE_OUTPUT=TAP "$program" >"$RUN/out" 2>"$RUN/err" || status=$?
			ktap_collect "${program##*/}" $status <"$RUN/out"
			[ $status = 0 ] || sed 's/^/# /' "$RUN/err"
		done
	)
}

coverage()
{
	# shellcheck source=vm/lib.sh
	(
		. "$here/vm/lib.sh"
		ktap_test "95 % of the pure parts' lines, 90 % of their branches" make -s -C "$here/unit" coverage || true
	)
}

# What is committed is what the specification says.
spec()
{
	# shellcheck source=vm/lib.sh
	(
		. "$here/vm/lib.sh"
		ktap_test "generated from the specification" "$top/Documentation/netlink/generate.sh" check || true
	)
}

# The version is said to modprobe, to dkms and by hvsnd.
versions_agree()
{
	local module dkms hvsnd

	module=$(modinfo -F version "$top/kernel/snd-hvsock.ko")
	dkms=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$top/dkms.conf")
	hvsnd=$("$top/user/hvsnd/hvsnd" --version)
	echo "module $module, dkms.conf $dkms, $hvsnd"
	[ "$module" = "$dkms" ] && [ "hvsnd $module" = "$hvsnd" ]
}

"$here/vm/deps.sh" check
RELEASE=$("$here/vm/fetch.sh" release)
export RELEASE

echo "# building for $RELEASE"
make -s -C "$top" modules KDIR="/lib/modules/$RELEASE/build" W=1 >"$results.build" 2>&1 ||
	{ cat "$results.build"; exit 1; }
if grep -i warning: "$results.build"; then
	echo "the module builds with warnings"
	exit 1
fi
rm -f "$results.build"
make -s -C "$here"
make -s -C "$here/hv" KDIR="/lib/modules/$RELEASE/build"
make -s -C "$here/unit"
make -s -C "$top/user"
make -s -C "$top/user/tests"
make -s -C "$here/hvsndd"
make -s -C "$top/user/hvsndd"
versions_agree

one()
{
	case $1 in
	unit | coverage | spec) run "$1" "$1" ;;
	hvsock-suites) run "$1" timeout 1800 "$here/vm/test-hvsock.sh" bookworm trixie ;;
	newest) run newest timeout 1800 "$here/matrix.sh" -s forky ;;
	lint | fuzz) JOBS=2 run "$1" timeout 1800 "$here/$1.sh" ;;
	kunit) run kunit timeout 3600 "$here/test-kunit.sh" ;;
	hvsndd) run hvsndd timeout 1800 "$here/test-hvsndd.sh" ;;
	debug) run debug "$here/debug.sh" faults races netlink-fuzz ;;
	*) run "$1" timeout "${LIMIT:-1800}" "$here/vm/test-$1.sh" ;;
	esac
}

# at_once TEST...: two of them; each is told when it ends. A group of processes of its own, so that nothing outlives this.
at_once()
{
	local test

	set -m
	(
		set +m
		for test; do
			[ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n || true
			{
				# Who is nicer already may not be told to be less so.
				renice -n "${unhurried[$test]}" -p "$BASHPID" >/dev/null 2>&1 || true
				one "$test" >"$results.once.$test" 2>&1 </dev/null
				cat "$results.once.$test"
			} &
		done
		wait
	) &
	group=$!
	set +m
	wait $group
	group=
}

hurried=() others=()
for test; do
	if [ -n "${unhurried[$test]-}" ]; then others+=("$test"); else hurried+=("$test"); fi
done
if [ ${#hurried[@]} = 0 ]; then
	hurried=("$@") others=()
fi
[ ${#others[@]} = 0 ] || at_once "${others[@]}"
again=()
for test in "${hurried[@]}"; do
	one "$test"
	if [ -z "${LIMIT-}" ] && [ -x "$here/vm/test-$test.sh" ] && grep -q '^fail ' "$results/$test" &&
		grep -q '^pass .*the kernel does not complain' "$results/$test" &&
		! grep -q '^fail .*the kernel does not complain' "$results/$test"; then
		again+=("$test")
	fi
done
if [ ${#again[@]} -gt 0 ] && [ ${#again[@]} -le 5 ]; then
	for test in "${again[@]}"; do
		failures "failed at first, and $test was run again" "$test" >>"$results.again"
		rm "$results/$test"
		one "$test"
	done
fi

count() { cat "$results"/* | grep -c "^$1 " || true; }

[ -z "$sum" ] || cat "$results"/* >>"$sum"
[ ! -e "$results.again" ] || cat "$results.again"
for test; do
	# Whatever ended it, what told nothing did not pass.
	[ -e "$results/$test" ] || echo "fail $test: no result" >"$results/$test"
	failures failed "$test"
done
cat "$results"/* | sed -n 's/^skip /# skipped: /p'
echo "$(count pass) passed, $(count fail) failed, $(count skip) skipped"
[ "$(count fail)" = 0 ] && [ "$(count pass)" != 0 ] && { [ -z "${CI-}" ] || [ "$(count skip)" = 0 ]; }
