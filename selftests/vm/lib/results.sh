# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests whose results are those of commands: a folder that is removed with the test ($run), and KTAP.
# The test exits with $failed.

run=$(mktemp -d "${TMPDIR:-/tmp}/test.XXXXXX")
trap 'rm -rf "$run"' EXIT
number=0
# shellcheck disable=SC2034 # the test exits with it
failed=0

# result WHAT COMMAND…: passes if COMMAND does; the end of what it has printed shows why not.
result() {
	local what=$1 ok=ok
	shift
	number=$((number + 1))
	# shellcheck disable=SC2034 # the test exits with it
	"$@" >"$run/why" 2>&1 || ok='not ok' failed=1
	printf '%s %s %s\n' "$ok" "$number" "$what"
	[[ $ok == ok ]] || tail -n 60 "$run/why" | sed 's/^/# /'
}
