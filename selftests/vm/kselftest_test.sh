#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# selftests/ is a kselftest folder: stand-alone, with the lib.mk of a kernel tree, and dropped into
# one. On this machine, which is no SEV host, every test is skipped with a reason, and the kernel's
# own parser of KTAP accepts what is printed.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"
# shellcheck source=selftests/vm/lib/packages.sh
. "$here/lib/packages.sh"
# shellcheck source=selftests/vm/lib/source.sh
. "$here/lib/source.sh"

kernel_source
run=$(mktemp -d "${TMPDIR:-/tmp}/kselftest.XXXXXX")
trap 'rm -rf "$run"' EXIT
tree=$run/linux ksft=$run/linux/tools/testing/selftests
cp -r "$source_tree" "$tree"
number=0 failed=0

# check NAME COMMAND…
check() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@" >"$run/out" 2>&1; then
		printf 'ok %s %s\n' "$number" "$name"
	else
		printf 'not ok %s %s\n' "$number" "$name"
		sed 's/^/# /' "$run/out"
		failed=1
	fi
}

run_make() { env -u BUILD -u MAKEFLAGS -u MAKELEVEL make --no-print-directory "$@"; }

tests_run() {
	local log=$1
	shift
	run_make "$@" run_tests >"$log" || { cat "$log"; return 1; }
}

# The tests that need no SEV host: they pass.
anywhere=(sevadm_code_patch_test)

# all_skipped LOG: each test but these, and each with its reason.
all_skipped() {
	local tests skips reasons test
	# shellcheck disable=SC2016 # make expands it
	tests=$(run_make -s -C "$top_dir/selftests" --eval='count: ; @echo $(words $(TEST_GEN_PROGS) $(TEST_PROGS))' count)
	skips=$(grep -c '^ok [0-9]* .*# SKIP' "$1")
	reasons=$(grep -cE '1\.\.0 # SKIP [^ ]' "$1")
	echo "$tests tests, $skips skipped, $reasons reasons"
	tests=$((tests - ${#anywhere[@]}))
	((tests > 0 && tests == skips && tests == reasons)) || { cat "$1"; return 1; }
	for test in "${anywhere[@]}"; do
		grep -qE "^ok [0-9]+ (.*[ :])?$test\$" "$1" || { echo "$test did not pass" && return 1; }
	done
}

parser_accepts() {
	python3 "$tree/tools/testing/kunit/kunit.py" parse <"$1" >"$run/parsed" 2>&1 || true
	cat "$run/parsed"
	! grep -qiE '\[ERROR\]|\[CRASHED\]|\[FAILED\]' "$run/parsed" &&
		grep -q "Testing complete. Ran .* tests: .*skipped: [1-9]" "$run/parsed"
}

installed_runs() {
	run_make -C "$top_dir/selftests" "OUTPUT=$run/alone" "INSTALL_PATH=$run/installed" install &&
		[[ -x $run/installed/sevadm_ledger_test && -e $run/installed/config ]] &&
		(cd "$run/installed" && ./runner.sh ./*_test >"$run/installed.log") &&
		grep -q '^ok 1 .*# SKIP' "$run/installed.log"
}

dropped_in() {
	cp -r "$top_dir/selftests" "$ksft/sevadm"
	# What the tests include of sevadm itself would be in the kernel's tree, too.
	cp -r "$top_dir"/{uapi,module} "$ksft/"
	tests_run "$run/dropped.log" -C "$ksft/sevadm" "KSFT_DIR=$ksft"
}

# The kernel's own top Makefile makes the folder that it names.
mkdir "$run/ksft"
echo "KTAP version 1"
echo 1..9
check "stand-alone: run_tests" tests_run "$run/alone.log" -C "$top_dir/selftests" "OUTPUT=$run/alone"
check "stand-alone: every test is skipped, with a reason" all_skipped "$run/alone.log"
check "stand-alone: the kernel's parser accepts it" parser_accepts "$run/alone.log"
check "stand-alone: install" installed_runs
check "with the kernel's lib.mk: run_tests" tests_run "$run/ksft.log" -C "$top_dir/selftests" \
	"KSFT_DIR=$ksft" "OUTPUT=$run/ksft"
check "with the kernel's lib.mk: every test is skipped, with a reason" all_skipped "$run/ksft.log"
check "with the kernel's lib.mk: the kernel's parser accepts it" parser_accepts "$run/ksft.log"
check "dropped into the kernel's tree: run_tests" dropped_in
check "dropped into the kernel's tree: every test is skipped, with a reason" all_skipped \
	"$run/dropped.log"
exit "$failed"
