#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make check: builds what the tests need, then has pytest run them, as many at once as there are processors.
#
#   check.sh [PYTEST_ARGUMENT]...   by default all tests that are not marked long
#
# T: only tests whose file or function has this name (pytest's -k expression). LONG: also those marked long.
# SEED, SEEDS: which seeds of the soak run, the first and how many.
# --rows all|ROW,...: the tests marked matrix, on other kernels.
# RELEASE and MODULE: another kernel release of this suite, and the module built for it.
#
# The last line counts the results. The exit status is 0 if nothing failed and, where CI is set, nothing was skipped.

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
top=${here%/*}
python=/usr/bin/python3

"$here/vm/deps.sh" check
[[ " $* " != *" --rows"* ]] || "$here/vm/deps.sh" matrix
RELEASE=${RELEASE:-$("$here/vm/fetch.sh" release)}
export RELEASE

# build NAME MAKE_ARGUMENT...: says nothing unless it fails or the compiler warns.
build()
{
	local log status=0

	log=$(mktemp)
	make -s -j "$(nproc)" "${@:2}" >"$log" 2>&1 || status=$?
	if [ $status != 0 ] || grep -qi 'warning:' "$log"; then
		cat "$log"
		echo "$1: the build fails or warns" >&2
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
	# One test by itself starts no second worker.
	set -- -k "$T" "$@" "$here"
	[ -n "${LONG-}" ] || set -- -m 'not long' "$@"
elif [ $# = 0 ]; then
	# Two tests need it, and it takes minutes to build once.
	echo "# User-mode Linux for KUnit, from the cache or built"
	ARCH=um "$here/vm/debug-kernel.sh" >/dev/null
	# No more: a guest in real time is to have a processor of its own.
	set -- -v -n "$(nproc)" --dist loadgroup -m "${LONG:+long or }not long" "$here"
fi
exec "$python" -m pytest -c "$here/pytest.ini" "$@"
