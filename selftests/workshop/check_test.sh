#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# selftests/check loses no row: what dies without a result has failed, and so has a choice that
# chooses nothing. It runs here as it is, on tables of this test; what it starts is played by
# scripts, so that nothing boots.
# shellcheck disable=SC2317 # result calls the functions by name
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failed=0

# result NAME COMMAND…
result() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
		sed 's/^/# /' "$work/output"
		failed=1
	fi
}

# script PATH: an executable with what is on stdin.
script() {
	mkdir -p "${1%/*}"
	cat >"$1"
	chmod +x "$1"
}

make_tree() {
	local name
	mkdir -p "$work/tree/selftests"
	cp "$here/../check" "$work/tree/selftests/check"
	for name in qemu/build image/base image/qemu; do
		script "$work/tree/selftests/vm/$name" <<<'#!/bin/true'
	done
	script "$work/tree/selftests/vm/kernels/fetch" <<<$'#!/bin/sh\necho "$1.1"'
	# The emulated host is this machine.
	script "$work/tree/selftests/vm/sevhost" <<-'SEVHOST'
		#!/bin/bash
		options=''
		while [[ $1 != -- ]]; do options+=" $1" && shift; done
		export options
		shift
		exec "$@"
	SEVHOST
	printf 'module:\n' >"$work/tree/Makefile"
	# die N: kills the Nth of the shells below selftests/check that lead to here.
	script "$work/die" <<-'DIE'
		#!/bin/bash
		shells=() pid=$$
		until [[ $(cat /proc/$pid/comm) == timeout ]]; do
			shells=("$pid" "${shells[@]}")
			pid=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")
		done
		kill -KILL "${shells[$1]}"
	DIE
}

# table NAME: rows on stdin, columns separated by blanks.
table() {
	sed 's/ /\t/; s/ /\t/; s/ /\t/' >"$work/$1"
}

# ends STATUS [NAME=VALUE]… -- ROW…: selftests/check does, with what is set; its output in
# $work/output.
ends() {
	local wanted=$1 status=0 set=()
	shift
	while [[ $1 != -- ]]; do set+=("$1") && shift; done
	shift
	rm -rf "$work/build"
	env -u KERNELS -u SHOW TABLE="$work/first" BUILD="$work/build" JOBS=2 "${set[@]}" \
		timeout 60 "$work/tree/selftests/check" "$@" >"$work/output" 2>&1 || status=$?
	[[ $status == "$wanted" ]] || { echo "# status $status, not $wanted"; return 1; }
}

# said TEXT…: each is a line of the output.
said() {
	local text
	for text; do
		grep -qxF -- "$text" "$work/output" || { echo "# not said: $text"; return 1; }
	done
}

# Rows that are done are counted, on this machine and on each kernel.
all_pass() {
	table first <<-'ROWS'
		# NAME KERNELS OPTIONS COMMAND
		here - none echo ok 1
		own own none echo ok 1 && echo ok 2
		there 6.1,7 --snp echo ok 1
	ROWS
	ends 0 -- && said '5 passed, 0 failed, 0 skipped' && ends 0 KERNELS=8 -- there here &&
		said '1 passed, 0 failed, 0 skipped'
}

row_fails() {
	table first <<-'ROWS'
		bad - none echo not ok 1
		silent 7 none true
		good - none echo ok 1
	ROWS
	ends 1 -- && said '1 passed, 2 failed, 0 skipped'
}

row_dies() {
	table first <<-ROWS
		dies - none $work/die 2
		after - none echo ok 1
		dies-there 6.1 none $work/die 1
		after-there 6.1 none echo ok 1
	ROWS
	ends 1 -- && said 'FAILED dies: no result' 'FAILED dies-there on 6.1: no result' \
		'2 passed, 2 failed, 0 skipped'
}

# A row takes with it those that were to come after it on this machine: they are not forgotten.
chain_dies() {
	table first <<-ROWS
		first - none $work/die 1; echo ok 1
		second - none echo ok 1
		third 7 none echo ok 1
	ROWS
	ends 1 -- && said 'FAILED second: no result' && grep -q '^ok     third on 7' "$work/output"
}

# Two tables may have a row of one name for one kernel: neither takes the other's log.
same_name() {
	table first <<<'twice 7 none echo ok 1 first'
	table second <<<'twice 7 none echo ok 1 second && echo ok 2'
	ends 0 TABLE="$work/first $work/second" -- && said '3 passed, 0 failed, 0 skipped' &&
		grep -q first "$work/build/check/twice-7" && grep -q second "$work/build/check/twice-7.2"
}

# What gcov has counted leaves the log for an archive; one that is not whole fails its row.
counters() {
	local print="tar -C $work -cz counted | base64 | sed 's/^/# gcov: /'"
	echo 7 >"$work/counted"
	table first <<-ROWS
		counts 7 none echo ok 1; $print
		lost 7 none echo ok 1; $print | head -c 60
	ROWS
	ends 1 -- && said '2 passed, 1 failed, 0 skipped' && ! grep -q gcov "$work/build/check/counts-7" &&
		[[ $(tar -xzOf "$work/build/check/counts-7.gcov.tar.gz") == 7 ]] &&
		grep -q '^FAILED lost' "$work/output"
}

# On a kernel that looks at each access, a row's own time is too short: the last one counts.
slow_kernels() {
	# shellcheck disable=SC2016 # the row's shell expands it
	printf '%s\t' slow 7 '--timeout 60' '[ "${options##*--timeout }" = 7200 ] && echo ok 1' >"$work/first"
	ends 0 KERNELS=debug -- && ends 0 KERNELS=kcsan -- && ends 1 KERNELS=7 --
}

nothing_chosen() {
	table first <<<'here - none echo ok 1'
	ends 2 -- here nowhere && grep -q 'no row nowhere' "$work/output" &&
		ends 2 KERNELS=7 -- here && grep -q 'take no KERNELS' "$work/output" &&
		ends 2 TABLE="$work/none" -- && grep -q "no table $work/none" "$work/output" || return 1
	: >"$work/empty"
	ends 2 TABLE="$work/empty" -- && grep -q 'no rows' "$work/output"
}

no_jobs() {
	local jobs
	table first <<<'here - none echo ok 1'
	for jobs in 0 -1 x 1x; do
		ends 2 JOBS="$jobs" -- && grep -q "JOBS=$jobs " "$work/output" || return 1
	done
}

make_tree
echo "KTAP version 1"
echo 1..9
result "rows that pass are counted" all_pass
result "rows that fail, or say nothing, have failed" row_fails
result "a row that dies with its shell has failed, and the others run" row_dies
result "rows after one that ends all of them have failed" chain_dies
result "two tables with a row of one name and kernel" same_name
result "counters of gcov are kept, or their row has failed" counters
result "kernels that are slow have their time" slow_kernels
result "a choice that chooses nothing" nothing_chosen
result "numbers of jobs that there cannot be" no_jobs
exit "$failed"
