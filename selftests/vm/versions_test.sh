#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tool and module of different versions speak to each other: today's with those of the newest tag
# before this commit, or of the first commit whose interface others may use.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"

first=0cf64653951059124854b4598fe14f3871624f18
echo "KTAP version 1"
old=$(git -C "$top_dir" describe --tags --abbrev=0 HEAD^ 2>/dev/null) || old=$first
if ! git -C "$top_dir" cat-file -e "$old^{commit}" 2>/dev/null; then
	echo "1..0 # SKIP no older version in this clone: $old"
	exit 4
fi

run=$(mktemp -d "${TMPDIR:-/tmp}/versions.XXXXXX")
trap 'rm -rf "$run"' EXIT
version=$("$here/kernels/fetch" 6.12)
number=0 failed=0

# The older tree, built.
mkdir "$run/tree"
git -C "$top_dir" archive "$old" | tar -C "$run/tree" -x
quietly "$run/build" env -u BUILD -u MAKEFLAGS SEVADM_BUILD="$run/tree/build" \
	make -C "$run/tree" tools module KVER="$version"

questions=('status' 'status in JSON' 'vm list' 'asid list' 'trace show' 'module status')
# What an older module leaves to the tool.
fallbacks=('a filter' 'statistics' 'statistics of what the ring holds')

# pair NAME BUILD TOOL [QUESTION...]: the module of BUILD is asked by TOOL, these questions as well.
pair() {
	local name=$1 from=$2 tool=$3 question status
	shift 3
	# shellcheck disable=SC2016 # the guest's shell expands it
	SEVADM_BUILD=$from "$here/sevhost" --kernel "$version" --copy "$tool" \
		--copy "$build/selftests/sevlaunch" -- sh -c '
			PATH=/work:$PATH
			sevlaunch --pause-at finish --memory 8 >guest &
			for try in $(seq 600); do
				grep -q "^finish: good=true" guest && break; sleep 0.2
			done
			grep "^finish: good=true" guest || exit 1
			sevadm status && echo "done: status"
			sevadm -j status | grep -q "\"sev\"" && echo "done: status in JSON"
			sevadm vm list | grep sevlaunch && echo "done: vm list"
			sevadm -j asid list | grep -q used && echo "done: asid list"
			sevadm trace show | grep LAUNCH_START && echo "done: trace show"
			sevadm module status && echo "done: module status"
			sevadm -j trace show --command LAUNCH_START >filtered &&
				grep -q LAUNCH_START filtered && ! grep -vq LAUNCH_START filtered &&
				echo "done: a filter"
			sevadm trace stats | grep LAUNCH_START && echo "done: statistics"
			sevadm trace stats --ring | grep LAUNCH_START &&
				echo "done: statistics of what the ring holds"
			kill %1' >"$run/out" 2>&1 || true
	for question in "${questions[@]}" "$@"; do
		number=$((number + 1)) status=ok
		grep -qx "done: $question" "$run/out" || { status='not ok' failed=1; }
		printf '%s %s %s: %s\n' "$status" "$number" "$name" "$question"
	done
	((!failed)) || sed 's/^/# /' "$run/out"
}

echo "1..$((2 * ${#questions[@]} + ${#fallbacks[@]}))"
pair "older tool, this module" "$build" "$run/tree/build/bin/sevadm"
pair "this tool, older module" "$run/tree/build" "$build/bin/sevadm" "${fallbacks[@]}"
exit "$failed"
