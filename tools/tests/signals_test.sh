#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A signal ends what waits for events, also where the device has more of them at every look: ppoll()
# lets no signal in when there is something to read. SEVADM is the program (../build/bin/sevadm).
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")
build=$(realpath -m "${BUILD:-$tests/../../build}")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/signals.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export SEVADM_REPLAY=$tests/replay/recording SEVADM_SYSROOT=/nonexistent
make -s -C "$tests/.." BUILD="$build" "$build/tools/tests/replay.so"

# ends SIGNAL COMMAND...: the replayed device is always readable.
ends() {
	local status=0 signal=$1
	shift
	timeout -s "$signal" -k 60 1 env LD_PRELOAD="$build/tools/tests/replay.so" "$sevadm" "$@" \
		>"$scratch/output" 2>&1 </dev/null || status=$?
	sed 's/^/# /' "$scratch/output" | tail -n 3
	# timeout(1) reports 124 where the signal ended it or it ended after it, 137 where SIGKILL did.
	[[ $status == 124 ]]
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
echo "1..3"
for signal in INT TERM HUP; do
	result "trace record ends by SIG$signal while events keep coming" \
		ends "$signal" trace record "$scratch/recording.$signal"
done
exit "$failed"
