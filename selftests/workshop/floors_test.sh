#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Breaks each rule of the floors in a copy of the sources, and looks whether
# selftests/workshop/floors finds it: what finds nothing wrong may look at nothing.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
top=${here%/selftests/workshop}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number=0 failed=0
result() {
	number=$((number + 1))
	printf '%s %s %s\n' "$([[ $1 == 0 ]] && echo ok || echo 'not ok')" "$number" "$2"
	[[ $1 == 0 ]] || failed=1
}

# fresh: the sources as they are.
fresh() {
	rm -rf "$work/tree"
	mkdir "$work/tree"
	cp -r "$top/module" "$top/tools" "$work/tree"
}

# finds NAME TEXT: floors fails on the copy, and says so.
finds() {
	local status=0
	"$here/floors" "$work/tree" >"$work/output" 2>&1 || status=$?
	if [[ $status == 1 ]] && grep -qF "$2" "$work/output"; then
		result 0 "$1"
	else
		result 1 "$1"
		sed 's/^/# /' "$work/output"
	fi
}

# ties NAME STATUS: floors ends so on the objects of a.c, b.c and c.c.
ties() {
	local status=0
	for source in a b c; do
		"${CC:-cc}" -c -o "$work/$source.o" "$work/$source.c"
	done
	"$here/floors" "$work"/[abc].o >"$work/output" 2>&1 || status=$?
	result "$((status != $2))" "$1"
}

printf 'TAP version 13\n1..8\n'

fresh
status=0
"$here/floors" "$work/tree" >"$work/output" || status=$?
result "$status" "the sources keep the rules"
sed 's/^/# /' "$work/output"

echo '#include "report/findings.h"' >>"$work/tree/tools/cli/output.c"
finds "a file of tools/ that includes a header of a higher floor" 'tools/cli/output.c'

fresh
echo '#include "limit.h"' >>"$work/tree/module/pool.c"
finds "a file of the module that includes a header of a higher one" 'module/pool.c'

fresh
echo '#include "ledger.h"' >>"$work/tree/module/record.h"
finds "a header without an object that includes one with an object" 'module/record.h'

fresh
echo 'int nothing;' >"$work/tree/module/nowhere.c"
finds "a file of the module that Kbuild does not list" 'module/nowhere.c'

echo 'int b(void); int a(void) { return b(); }' >"$work/a.c"
echo 'int c(void); int b(void) { return c(); }' >"$work/b.c"
echo 'int c(void) { return 0; }' >"$work/c.c"
ties "objects that call down only" 0

echo 'int a(void); int c(void) { return a(); }' >"$work/c.c"
ties "three objects that call each other in a circle" 1

# Those that were built, of the tools and of the module for 6.12.
status=0
"$here/lint" floors >"$work/output" 2>&1 || status=$?
result "$status" "the objects of the tools and of the module call down only"
sed 's/^/# /' "$work/output"
exit "$failed"
