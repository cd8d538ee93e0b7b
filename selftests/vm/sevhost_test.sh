#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The runner keeps its word: statuses, streams, crashes, what is left behind. Runs on this machine.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch
number=0 failures=0

# result NAME COMMAND...
result() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		printf 'ok %d %s\n' "$number" "$name"
	else
		printf 'not ok %d %s\n' "$number" "$name"
		sed 's/^/# /' "$scratch/out" "$scratch/err" 2>/dev/null | tail -n 30
		failures=$((failures + 1))
	fi
}

# sevhost STATUS OPTION... -- COMMAND...: it ends with that status; output in $scratch.
sevhost() {
	local wanted=$1 status=0
	shift
	"$here/sevhost" --no-module "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	[[ $status == "$wanted" ]] || { echo "# status $status, not $wanted"; return 1; }
}

sev_enabled() {
	# shellcheck disable=SC2016 # for the shell in there
	sevhost 0 --kernel "$1" -- sh -c 'dmesg | grep ASIDs' &&
		grep -q 'SEV enabled (ASIDs 100 - 509)' "$scratch/out" &&
		grep -q 'SEV-ES enabled (ASIDs 1 - 99)' "$scratch/out"
}

other_ranges() {
	sevhost 0 --psp min-sev-asid=5 --psp max-asid=15 -- sh -c 'dmesg | grep ASIDs' &&
		grep -q 'SEV enabled (ASIDs 5 - 15)' "$scratch/out"
}

streams_apart() {
	sevhost 0 -- sh -c 'echo to-stdout; echo to-stderr >&2' &&
		[[ $(cat "$scratch/out") == to-stdout ]] && grep -qx to-stderr "$scratch/err"
}

bytes_unchanged() {
	head -c 1000000 /dev/urandom >"$scratch/bytes"
	sevhost 0 --copy "$scratch/bytes" -- cat bytes && cmp "$scratch/bytes" "$scratch/out"
}

crash_shows_log() {
	sevhost 125 -- sh -c 'echo c >/proc/sysrq-trigger; sleep 30' &&
		grep -q 'sysrq: Trigger a crash' "$scratch/err"
}

warning_fails() {
	sevhost 125 -- sh -c 'echo "<4>WARNING: CPU: 0 PID: 1 at nowhere" >/dev/kmsg' &&
		grep -q 'WARNING: CPU: 0' "$scratch/err"
}

gives_up() {
	sevhost 125 --timeout 15 -- sleep 1000 && grep -q 'not done after 15 seconds' "$scratch/err"
}

quick() {
	SECONDS=0
	sevhost 0 -- true && ((SECONDS < 20))
}

bad_usage() {
	sevhost 2 --psp nonsense -- true && sevhost 2 -- && sevhost 2 --frobnicate -- true &&
		sevhost 125 --psp fault=NO_SUCH_COMMAND:4 -- true
}

interrupted() {
	local pid
	"$here/sevhost" --no-module -- sleep 1000 >"$scratch/out" 2>"$scratch/err" &
	pid=$!
	sleep 8
	kill -TERM "$pid"
	wait "$pid" && return 1
	sleep 1
	! pgrep -f "$scratch/sevhost" >/dev/null && [[ -z $(find "$scratch" -maxdepth 1 -name 'sevhost.*') ]]
}

echo 'KTAP version 1'
echo '1..14'
for series in 6.1 6.12; do
	result "$series says which ASIDs SEV and SEV-ES have" sev_enabled "$series"
done
result 'the ranges of ASIDs can be chosen' other_ranges
result 'true exits with 0, within 20 seconds' quick
result 'false exits with 1' sevhost 1 -- false
result 'a status passes unchanged' sevhost 42 -- sh -c 'exit 42'
# shellcheck disable=SC2016
result 'a signal shows as 128 + N' sevhost 137 -- sh -c 'kill -9 $$'
result 'stdout and stderr stay apart' streams_apart
result 'bytes pass unchanged' bytes_unchanged
result 'a crash fails, and shows the log' crash_shows_log
result 'a warning of the kernel fails, whatever the command says' warning_fails
result 'a command that does not end is given up' gives_up
result 'wrong options are refused' bad_usage
result 'nothing is left behind when interrupted' interrupted
((failures == 0))
