#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A signal ends what waits for events, also where the device has more of them at every look: ppoll()
# lets no signal in when there is something to read. One that is ignored, as by nohup, ends nothing.
# SEVADM is the program (../build/bin/sevadm); PRELOAD is loaded before all.
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")
build=$(realpath -m "${BUILD:-$tests/../../build}")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/signals.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export SEVADM_REPLAY=$tests/replay/recording SEVADM_SYSROOT=/nonexistent
make -s -C "$tests/.." BUILD="$build" "$build/tools/tests/replay.so"

# ends SIGNAL: the command of a recording sends it to sevadm, and ends with 7 by the SIGTERM that
# sevadm passes on. The replayed device is always readable.
ends() {
	local status=0
	# shellcheck disable=SC2016 # the command expands it
	timeout -s KILL 60 env LD_PRELOAD="${PRELOAD:+$PRELOAD:}$build/tools/tests/replay.so" "$sevadm" trace record "$scratch/$1" -- \
		env -u LD_PRELOAD sh -c 'trap "exit 7" TERM; kill -s "$1" "$PPID"; while :; do sleep 0.1; done' sh "$1" \
		>"$scratch/output" 2>&1 </dev/null || status=$?
	sed 's/^/# /' "$scratch/output" | tail -n 3
	[[ $status == 7 ]] && grep -q ' events in ' "$scratch/output"
}

# is_left_alone SIGNAL: sevadm and its command go on where it is ignored, as by nohup; the command
# ends with 7 by itself. timeout(1) would have it taken again, and comes first.
is_left_alone() {
	local status=0
	# shellcheck disable=SC2016 # the shells expand them
	timeout -s KILL 60 bash -c 'trap "" "$1"; exec "${@:2}"' bash "$1" \
		env LD_PRELOAD="${PRELOAD:+$PRELOAD:}$build/tools/tests/replay.so" "$sevadm" trace record "$scratch/$1" -- \
		env -u LD_PRELOAD sh -c 'kill -s "$1" "$PPID" && kill -s "$1" $$ && exit 7' sh "$1" \
		>"$scratch/output" 2>&1 </dev/null || status=$?
	sed 's/^/# /' "$scratch/output" | tail -n 3
	[[ $status == 7 ]] && grep -q ' events in ' "$scratch/output"
}

number=0 failed=0
result() {
	number=$((number + 1))
	if "${@:2}"; then
		echo "ok $number $1"
	else
		echo "not ok $number $1"
		failed=1
	fi
}

echo "KTAP version 1"
echo "1..5"
for signal in INT TERM HUP; do
	result "trace record ends by SIG$signal while events keep coming" ends "$signal"
done
for signal in INT HUP; do
	result "trace record is not ended by a SIG$signal that is ignored" is_left_alone "$signal"
done
exit "$failed"
