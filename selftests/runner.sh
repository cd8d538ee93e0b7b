#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run tests beside this script, one after the other, and report in KTAP as the kernel's kselftest
# runner does. POSIX shell: it must run where there is only busybox.
#
# usage: runner.sh TEST...
set -eu

cd "$(dirname "$0")"

if [ $# -eq 0 ]; then
	echo "usage: $0 TEST..." >&2
	exit 2
fi

limit=$(sed -n 's/^timeout=//p' settings)
number=0
failed=0

# KTAP nests by two spaces. The status of a test must outlive the pipe.
run() {
	status_file=$(mktemp)
	{
		status=0
		timeout "$limit" "./$1" 2>&1 || status=$?
		echo "$status" > "$status_file"
	} | sed 's/^/  /'
	status=$(cat "$status_file")
	rm -f "$status_file"
}

echo "KTAP version 1"
echo "1..$#"
for test in "$@"; do
	number=$((number + 1))
	run "$test"
	case $status in
	0)
		echo "ok $number $test"
		;;
	4)
		echo "ok $number $test # SKIP"
		;;
	124 | 143)
		echo "not ok $number $test # TIMEOUT $limit seconds"
		failed=1
		;;
	*)
		echo "not ok $number $test # exit=$status"
		failed=1
		;;
	esac
done
exit "$failed"
