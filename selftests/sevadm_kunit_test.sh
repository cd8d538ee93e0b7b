#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit suites of sevadm's pure parts pass: module sevadm_kunit, of `make module KUNIT=1`, on a
# kernel with CONFIG_KUNIT and its debugfs. Every case is a test here, those of parameters too.
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

results=/sys/kernel/debug/kunit

echo "KTAP version 1"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -d "$results" ] || skip_all "the kernel has no KUnit"
modprobe sevadm_kunit || skip_all "there is no module sevadm_kunit: make module KUNIT=1"

# The cases' own lines: a suite's are a level further out; a case of parameters, whose parameters
# are its tests, ends with a line of its own, which counts as one more.
cat "$results"/sevadm_*/results > "$scratch/results"
grep -E '^ +(not )?ok [0-9]+' "$scratch/results" > "$scratch/cases"
grep -E '^ *#' "$scratch/results" || true
plan "$(grep -c . "$scratch/cases")"

# One process for all of them: three for each take an emulated debug kernel minutes.
awk '{
	failed = /^ *not ok/ || /# SKIP/
	sub(/^ *(not )?ok [0-9]+ *-? */, "")
	print (failed ? "not ok " : "ok ") NR " " $0
}' "$scratch/cases" | tee "$scratch/tests"
test_number=$(grep -c . "$scratch/tests" || true)
tests_failed=$(grep -c '^not ok' "$scratch/tests" || true)
say "$test_number KUnit cases, $(grep -c '# SKIP' "$scratch/cases" || true) skipped"
modprobe -r sevadm_kunit
finished
