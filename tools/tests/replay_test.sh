#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What each command prints of a host, and how it ends, without a kernel: the module's answers are
# those that replay/record has recorded. UPDATE=1 writes what they print now, to be read as a
# difference. SEVADM is the program (../build/bin/sevadm); VALGRIND=yes runs it under valgrind;
# PRELOAD is loaded before all.
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")
build=$(realpath -m "${BUILD:-$tests/../../build}")
golden=$tests/replay/golden
run=$(mktemp -d "${TMPDIR:-/tmp}/replay.XXXXXX")
trap 'rm -rf "$run"' EXIT

# Of this machine's processes none is a VM of the recording.
export SEVADM_REPLAY=$tests/replay/recording SEVADM_SYSROOT=/nonexistent TZ=UTC COLUMNS=200
program=("$sevadm")
# shellcheck disable=SC2034 # eval uses it
[[ ! ${VALGRIND-} ]] || program=(valgrind -q --error-exitcode=99 "$sevadm")

make -s -C "$tests/.." BUILD="$build" "$build/tools/tests/replay.so"
grep -v '^#' "$tests/replay/commands" >"$run/commands"
# What they write goes there.
mkdir "$run/here" && cd "$run/here"
while read -r words; do
	code=0
	printf '$ sevadm %s\n' "$words"
	eval "LD_PRELOAD=${PRELOAD:+$PRELOAD:}$build/tools/tests/replay.so \"\${program[@]}\" $words" </dev/null 2>&1 || code=$?
	printf '[%s]\n\n' "$code"
done <"$run/commands" >"$run/printed"
[[ ! ${UPDATE-} ]] || cp "$run/printed" "$golden"

# split FILE FOLDER: one file a command.
split() {
	mkdir "$2"
	awk -v folder="$2" '/^\$ sevadm/ { nr++ } { print > (folder "/" nr) }' "$1"
}

split "$golden" "$run/want"
split "$run/printed" "$run/have"
echo "KTAP version 1"
echo "1..$(wc -l <"$run/commands")"
number=0 failed=0
while read -r words; do
	number=$((number + 1))
	if diff "$run/want/$number" "$run/have/$number" >"$run/difference" 2>&1; then
		echo "ok $number sevadm $words"
	else
		echo "not ok $number sevadm $words"
		sed 's/^/# /' "$run/difference"
		failed=1
	fi
done <"$run/commands"
exit "$failed"
