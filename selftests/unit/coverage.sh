#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make coverage: prints the lines and branches of the pure parts that the unit tests run. Fails below 97 % of lines or
# 92 % of branches.

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
build=$here/build/coverage

cd "$here"
# Without sanitizers, because the branches that they add would count.
make -s build="$build" SANITIZE= DEBUG= COVERAGE="--coverage -O0 -fno-exceptions"
rm -f "$build"/*.gcda
for program in "$build"/test_*; do
	[[ ${program##*/} == *.* ]] || "$program" >"$program.log" 2>&1 || { cat "$program.log"; exit 1; }
done

# The report must have every file that has code.
files=$(find ../../kernel/core -name '*.c' ! -name keys-gen.c | wc -l)
# gcov prints percentages of lines and of taken branches; convert them to numbers.
gcov --branch-probabilities --no-output --object-directory "$build" "$build"/*.gcda 2>/dev/null | awk -v files="$files" '
	function share(text) {
		sub(/.*:/, "", text)
		split(text, part, /% of /)
		return int(part[1] * part[2] / 100 + 0.5) " " part[2]
	}
	function percent(n, all) { return all ? 100 * n / all : 100 }
	function print_row(name, lines, all_lines, branches, all_branches) {
		printf "%-28s %5d of %5d lines %6.2f %%  %5d of %5d branches %6.2f %%\n", name, lines, all_lines,
			percent(lines, all_lines), branches, all_branches, percent(branches, all_branches)
	}
	/^File / {
		file = $2
		gsub("\047", "", file)
		sub(".*/kernel/", "kernel/", file)
		wanted = file ~ /^kernel\/core\/(proto\/)?[a-z_]*\.c$/
	}
	wanted && /^Lines executed/ { split(share($0), line, " ") }
	wanted && /^Taken at least once|^No branches/ {
		split(/^No/ ? "0 0" : share($0), branch, " ")
		files--
		print_row(file, line[1], line[2], branch[1], branch[2])
		for (i = 1; i <= 2; i++) {
			lines[i] += line[i]
			branches[i] += branch[i]
		}
		wanted = 0
	}
	END {
		print_row("all", lines[1], lines[2], branches[1], branches[2])
		exit files || percent(lines[1], lines[2]) < 97 || percent(branches[1], branches[2]) < 92
	}'
