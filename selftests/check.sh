#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make check: builds what the tests need, then runs the tests with pytest: one more at once than there are processors,
# because the guests in real time, which are one worker's, wait for most of their time.
#
#   check.sh [PYTEST_ARGUMENT]...   by default all tests that are not marked long
#   check.sh --rows all|ROW,...     the tests marked matrix, on other kernels (rig/rows.py)
#
#   T=NAME            only tests whose file or function has this name (an expression of pytest's -k)
#   LONG=1            also tests marked long
#   SEED=N SEEDS=N    first seed of the soak, and number of seeds
#   RELEASE= MODULE=  another kernel release of this suite, and the module built for it
#
# The last line counts the results. The exit status is 0 if no test failed. With CI set, a skipped test is a failure.

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
top=${here%/*}
python=/usr/bin/python3

"$here/vm/deps.sh" check
[[ " $* " != *" --rows"* ]] || "$here/vm/deps.sh" matrix
[[ " $* " != *" wine "* ]] || "$here/vm/deps.sh" wine
RELEASE=${RELEASE:-$("$here/vm/fetch.sh" release)}
export RELEASE

# build NAME MAKE_ARGUMENT...: prints the output only if the build fails or the compiler warns.
build()
{
	local log status=0

	log=$(mktemp)
	make -s -j "$(nproc)" "${@:2}" >"$log" 2>&1 || status=$?
	if [ $status != 0 ] || grep -qi 'warning:' "$log"; then
		cat "$log"
		echo "check: cannot build $1: make failed, or the compiler warned" >&2
		status=1
	fi
	rm -f "$log"
	return $status
}

echo "# building for $RELEASE"
[ -n "${MODULE-}" ] || build module -C "$top" modules "KDIR=/lib/modules/$RELEASE/build" W=1
build programs -C "$here"
build user -C "$top/user"
for folder in hv unit hvsndd ../user/tests ../user/hvsndd; do
	build "$folder" -C "$here/$folder" "KDIR=/lib/modules/$RELEASE/build"
done

if [ -n "${T-}" ]; then
	# One test does not need several workers.
	set -- -k "$T" "$@" "$here"
	[ -n "${LONG-}" ] || set -- -m 'not long' "$@"
elif [ $# = 0 ]; then
	# Several tests need it. The first build takes minutes.
	echo "# building User-mode Linux for KUnit, if it is not in the cache"
	ARCH=um "$here/vm/debug-kernel.sh" >/dev/null
	set -- -v -n "$(($(nproc) + 1))" --dist loadgroup -m "(${LONG:+long or }not long) and not wine" "$here"
fi
exec "$python" -m pytest -c "$here/pytest.ini" "$@"
