#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make lint: what tools find wrong by reading, in all that git tracks, as it is now. Each tool is one result.
#
#   lint.sh [TOOL]...   of the functions that end in _lint below, by default all

set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
top=${here%/*}
# shellcheck source=vm/lib.sh
. "$here/vm/lib.sh"
# shellcheck source=vm/source.sh
. "$here/vm/source.sh"

"$here/vm/deps.sh" lint
KDIR=${KDIR:-/lib/modules/$("$here/vm/fetch.sh" release)/build}
KERNEL_SCRIPTS=$(source_scripts "$here/vm/fetch.sh")

# Of a copy, so that nothing which was built meanwhile is in the way, and nothing that is built here stays.
tree=$RUN/tree
mkdir "$tree"
cd "$top"
git -c safe.directory="$top" ls-files -z --deduplicate | xargs -0 cp --parents -t "$tree"
cd "$tree"

# files PATTERN...: as find has them for -path, below here.
files()
{
	local pattern or=()

	for pattern; do
		or+=(-o -path "./$pattern")
	done
	find . -type f \( "${or[@]:1}" \) -printf '%P\n' | LC_ALL=C sort
}

# The tests of the module's pure parts are programs as well.
programs='^kernel/tests/(test_(clock|pulse|qubes|simple|tagstruct)\.c|unit\.h|vectors\.[ch])$'
mapfile -t c_module < <(files 'kernel/*.[ch]' 'include/*.h' 'selftests/hv/*.[ch]' | grep -vE "$programs")
mapfile -t c_user < <({ files 'user/*.[ch]' 'demo/*.[ch]' 'bench/*.[ch]' 'selftests/*.[ch]' | grep -v '^selftests/hv/'
	files 'kernel/tests/*' | grep -E "$programs"; })
mapfile -t shell < <({ files '*.sh' '*.bash'; grep -rlIE '^#!.*[/ ](ba)?sh\>' .; } | sed 's,^\./,,' | LC_ALL=C sort -u)

# silent COMMAND...: what it prints, whatever its exit status, is a finding.
silent()
{
	local status=0

	"$@" >"$RUN/found" 2>&1 || status=$?
	cat "$RUN/found"
	[ $status = 0 ] && [ ! -s "$RUN/found" ]
}

# each COMMAND... -- FILE...: with some files at a time, on all processors.
each()
{
	local command=()

	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	shift
	printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -n 12 "${command[@]}"
}

# Not meant for user space: kernel types and macros that it has not got, processors and signals that it has, names of
# other libraries, what they call. A function may be called as a word of its messages is. Bytes in strings are written by their meaning.
user_ignore=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,BIT_MACRO,ARRAY_SIZE,ARCH_DEFINES,VOLATILE,CAMELCASE
user_ignore+=,AVOID_EXTERNS,EMBEDDED_FUNCTION_NAME,STRING_FRAGMENTS,SPLIT_STRING,MISSING_SPACE,MACRO_WITH_FLOW_CONTROL
# checkpatch IGNORE FILE...
checkpatch()
{
	{
		each "$KERNEL_SCRIPTS/checkpatch.pl" --strict --root=. --no-tree --no-summary --terse --show-types --ignore="$1" \
			-f -- "${@:2}" || true
	} | but_messages
}
# A message is not broken, however long; checkpatch does not see that where it ends a statement, or a macro goes on.
but_messages()
{
	local file line rest

	while IFS=: read -r file line rest; do
		[[ $rest == *LONG_LINE:* && $(sed -n "${line}p" "$file") =~ ^[^\"]*\".*\"([ ][A-Z_]+)?\;?$ ]] ||
			echo "$file:$line:$rest"
	done
}
checkpatch_lint()
{
	silent checkpatch LONG_LINE_STRING "${c_module[@]}" && silent checkpatch "LONG_LINE_STRING,$user_ignore" "${c_user[@]}"
}

# build_module OPTION...: both modules, whose warnings are findings; elsewhere, as what is generated is not looked at.
build_module()
{
	local dir

	[ -d "$RUN/module" ] || cp -r "$tree" "$RUN/module"
	for dir in . selftests/hv; do
		make -s -C "$KDIR" M="$RUN/module/$dir" modules "$@" >"$RUN/build" 2>&1 || { cat "$RUN/build"; return 1; }
		! grep -E '(warning|error): ' "$RUN/build" || return 1
	done
}
module_lint() { build_module W=1; }
# Files that are compiled already are only checked.
sparse_lint() { build_module C=2 CF=-D__CHECK_ENDIAN__; }

# What it looks at is no finding.
kernel_doc()
{
	"$KERNEL_SCRIPTS/kernel-doc" -none -v "${c_module[@]}" "${c_user[@]}" 2>&1 | { grep -v ': info: Scanning doc for ' || true; }
}
kernel_doc_lint() { silent kernel_doc; }

# Many rules are Python inside, for which spatch looks in libpython3-dev. All that the source has for any driver, but what needs an OCaml compiler: a check of bq27xxx, and one for comparisons
# of pointers with 0, which sparse finds as well.
spatch_rule()
{
	local options

	read -ra options < <(sed -n 's,^// Options: *,,p' "$1")
	spatch --very-quiet --no-show-diff -D report "${options[@]}" --cocci-file "$1" "${@:2}" 2>"$1.log" ||
		{ tail -n 3 "$1.log"; return 1; }
}
coccinelle_lint()
{
	local rules=$RUN/coccinelle

	rm -rf "$rules"
	mkdir "$rules"
	(cd "$KERNEL_SCRIPTS/coccinelle" && find api free iterators locks misc null tests -name '*.cocci' \
		-exec grep -LE 'script: *ocaml' {} + | xargs cp --parents -t "$rules")
	export -f spatch_rule
	find "$rules" -name '*.cocci' -print0 |
		silent xargs -0 -P "$(nproc)" -I {} bash -c 'spatch_rule "$@"' spatch {} "${c_module[@]}"
}

# The path-sensitive checks. Not those of insecureAPI, which ask for functions that no libc has; nor what newer versions
# have of streams (it cannot tell stdin's), of libc's arguments (connect() may be asked with -1) and of flags in an enum.
analyzer_checks="-*,clang-analyzer-*,-clang-analyzer-optin.performance*,-clang-analyzer-security.insecureAPI*"
analyzer_checks+=,-clang-analyzer-unix.Stream,-clang-analyzer-unix.StdCLibraryFunctions
analyzer_checks+=,-clang-analyzer-optin.core.EnumCastOutOfRange
analyzer()
{
	local out=$RUN/analyzer.$$

	clang-tidy --quiet --warnings-as-errors='*' "$@" -std=gnu11 -D_GNU_SOURCE '-DVECTORS_DIR=""' \
		-I{include/uapi,kernel,kernel/tests,user/hvsndd,selftests} >"$out" 2>&1 || grep -E ': (warning|error): ' "$out" || cat "$out"
}
analyzer_lint()
{
	local sources flags

	mapfile -t sources < <(printf '%s\n' "${c_user[@]}" kernel/clock.c kernel/proto/*.c | grep '\.c$')
	read -ra flags < <(pkg-config --cflags libnl-genl-3.0 json-c libkmod libpulse alsa libsystemd)
	export RUN
	export -f analyzer
	printf '%s\0' "${sources[@]}" | silent xargs -0 -P "$(nproc)" -I {} bash -c 'analyzer "$@"' analyzer \
		--checks="$analyzer_checks" {} -- "${flags[@]}"
}

# compile COMPILER: all of user space, tests too, and with them the module's pure parts.
compile()
{
	local dir

	cp -r "$tree" "$RUN/$1"
	for dir in user user/hvsndd user/tests demo bench selftests selftests/unit selftests/hvsndd; do
		CC=$1 CFLAGS="-O2 -Werror" make -s -j"$(nproc)" -C "$RUN/$1/$dir"
	done
}
gcc_lint() { silent compile gcc; }
clang_lint() { silent compile clang; }

# What is in single quotes is for a guest's shell (SC2016). A function may have options, and have none (SC2119, SC2120).
shellcheck_lint() { silent each shellcheck -x -P SCRIPTDIR -e SC2016,SC2119,SC2120 -f gcc -- "${shell[@]}"; }

# roff's bullet is \(bu.
codespell_lint()
{
	local text

	mapfile -t text < <(find . -type f ! -path '*/seeds/*' ! -name '*.hex')
	silent codespell -L bu "${text[@]}"
}

spdx_lint()
{
	local code

	mapfile -t code < <(files '*.[ch]' '*.py' '*Makefile' '*Kbuild' '*.yaml' '*.rst' '*.cocci')
	! grep -L -m 1 'SPDX-License-Identifier: ' "${code[@]}" "${shell[@]}" | grep .
}

man_lint() { silent mandoc -T lint -W warning Documentation/man/*; }

[ $# != 0 ] || set -- checkpatch module sparse kernel_doc coccinelle analyzer gcc clang shellcheck codespell spdx man
ktap_plan $#
for tool; do
	ktap_test "lint: $tool" "${tool}_lint" || true
done
ktap_summary
