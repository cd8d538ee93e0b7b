#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What `make` has built, `make -C tools` builds again where a header of it has changed, and the
# reverse: a program of objects that disagree about a struct does not say so. Nothing is built here,
# only asked for.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
top=${here%/selftests/workshop}
number=0 failed=0

# asks NAME ARGUMENT…: make with these arguments would compile kernel/client.c again.
asks() {
	local name=$1 output
	shift
	number=$((number + 1))
	output=$(make -n "$@" -W kernel/client.h 2>&1) || true
	if grep -q -- '-c .*kernel/client\.c' <<<"$output"; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
		tail -n 20 <<<"$output" | sed 's/^/# /'
		failed=1
	fi
}

cd "$top"
echo "KTAP version 1"
echo 1..3
asks "make -C tools" -C tools
asks "make -C tools BUILD=, as the top makefile has it" -C tools BUILD="${BUILD:-$top/build}"
asks "make -C tools BUILD=../build" -C tools BUILD="$(realpath --relative-to=tools "${BUILD:-$top/build}")"
exit "$failed"
