# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# KTAP for shell tests. Results are also noted in $KTAP_RESULTS, where several scripts may add up. KTAP_ONLY is an extended
# regular expression: ktap_test leaves out what has other names.

: "${KTAP_RESULTS:=$RUN/results}" "${KTAP_ONLY:=}"
export KTAP_RESULTS
touch "$KTAP_RESULTS"
ktap_number=0

# Of only some tests the number comes last.
ktap_plan()
{
	echo "KTAP version 1"
	[ -n "$KTAP_ONLY" ] || echo "1..$1"
}

# ktap_result pass|fail|skip NAME [REASON]
ktap_result()
{
	local verdict=ok directive=

	echo "$1 $2" >>"$KTAP_RESULTS"
	ktap_number=$((ktap_number + 1))
	[ "$1" != fail ] || verdict='not ok'
	[ "$1" != skip ] || directive=" # SKIP${3:+ $3}"
	echo "$verdict $ktap_number $2$directive"
}

ktap_pass() { ktap_result pass "$1"; }
ktap_fail() { ktap_result fail "$1"; }
ktap_skip() { ktap_result skip "$@"; }

# ktap_test NAME COMMAND...: its exit status decides, as in kselftest (4 is a skip); what it prints is a comment.
ktap_test()
{
	local name=$1 status=0 comments

	[[ $name =~ $KTAP_ONLY ]] || return 0
	shift
	{ comments=$!; "$@"; } > >(exec sed 's/^/# /') 2>&1 || status=$?
	wait "$comments" || true
	case $status in
	0) ktap_pass "$name" ;;
	4) ktap_skip "$name" ;;
	*) ktap_fail "$name" ;;
	esac
	[ $status = 0 ] || [ $status = 4 ]
}

# ktap_collect NAME STATUS <OUTPUT: takes over the results of a program that speaks KTAP and ended with STATUS.
ktap_collect()
{
	local name=$1 status=$2 line planned='' seen=0 failed=0
	local result='^(not )?ok [0-9]+ *-? *([^#]*[^# ])?( *# *(SKIP|TODO|XFAIL)(.*))?$'

	while IFS= read -r line || [ -n "$line" ]; do
		line=${line%$'\r'}
		if [[ $line =~ ^1\.\.([0-9]+) ]]; then
			planned=${BASH_REMATCH[1]}
		elif [[ $line =~ $result ]]; then
			seen=$((seen + 1))
			if [ -n "${BASH_REMATCH[4]}" ]; then
				ktap_skip "$name: ${BASH_REMATCH[2]}" "${BASH_REMATCH[5]# }"
			elif [ -n "${BASH_REMATCH[1]}" ]; then
				failed=1
				ktap_fail "$name: ${BASH_REMATCH[2]}"
			else
				ktap_pass "$name: ${BASH_REMATCH[2]}"
			fi
		elif [[ $line != KTAP* && $line != TAP* ]]; then
			echo "# ${line#\# }"
		fi
	done
	if [ "$seen$status" = 04 ] || [ "$planned$status" = 00 ]; then
		ktap_skip "$name"
	elif [ "$seen" = 0 ] || [ "$seen" != "$planned" ]; then
		ktap_fail "$name: $seen results of ${planned:-none} planned, exit status $status"
	elif [ "$status" != 0 ] && [ "$status" != 4 ] && [ $failed = 0 ]; then
		ktap_fail "$name: exit status $status"
	fi
}

ktap_count() { grep -c "^$1 " "$KTAP_RESULTS" || true; }

# The last line of a run; its status is the run's.
ktap_summary()
{
	[ -z "$KTAP_ONLY" ] || echo "1..$ktap_number"
	echo "$(ktap_count pass) passed, $(ktap_count fail) failed, $(ktap_count skip) skipped"
	[ "$(ktap_count fail)" = 0 ]
}
