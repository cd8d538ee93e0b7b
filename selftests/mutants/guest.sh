#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh [PARAMETER...]: on the emulated host, takes "MODULE ROW" line by line from the file
# `order`: loads MODULE.ko with these parameters, runs the file row.ROW, and unloads it. Prints
# "begins MODULE", and then "killed MODULE WHY" or "survived MODULE". What may have harmed the
# kernel ends it, and so does the sound module if it fails. emulated.py has written the files, and
# reads what is printed.
set -u
updates=/lib/modules/$(uname -r)/updates

# bounded SECONDS COMMAND...: its status; 124 if it takes longer, also where it cannot be killed, or
# has a bad result before.
bounded() {
	seconds=$1
	shift
	rm -f status
	: >log
	{
		"$@"
		echo $? >status.new
		mv status.new status
	} >log 2>&1 &
	until [ -e status ] || [ "$seconds" -eq 0 ] || grep -q '^ *not ok' log; do
		sleep 1
		seconds=$((seconds - 1))
	done
	[ -e status ] || return 124
	return "$(cat status)"
}

# run_row ROW: sets why if it does not pass. The sound module, which comes first, is the measure of
# the time that others get.
run_row() {
	limit=$(cat "limit.$1" 2>/dev/null) || limit=900
	began=$(date +%s) status=0
	bounded "$limit" sh "row.$1" || status=$?
	[ -e "limit.$1" ] || echo $((30 + 4 * ($(date +%s) - began))) >"limit.$1"
	if grep -q '^ *not ok' log; then
		why=$(grep -m 1 '^ *not ok' log)
	elif [ "$status" -eq 124 ]; then
		why="not done after $limit s"
	elif [ "$status" -ne 0 ]; then
		why="status $status: $(tail -n 1 log)"
	elif ! grep -q '^ *ok' log; then
		why="it passed nothing"
	elif grep -q '^ *ok .* # SKIP' log; then
		why=$(grep -m 1 '^ *ok .* # SKIP' log)
	fi
}

# Whatever a row has left, so that the next one finds what this one has found.
clean_up() {
	kill -KILL -1
	find /sys/fs/cgroup -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
	bounded 60 modprobe -r sevadm && bounded 60 modprobe -r kvm_amd &&
		bounded 60 modprobe kvm_amd
}

# try MODULE ROW PARAMETER...: returns 1 if the next module is not to be loaded into this kernel.
try() {
	name=$1 row=$2 why='' harm=0
	shift 2
	echo "begins $name"
	cp "$name.ko" "$updates/sevadm.ko"
	dmesg -c >/dev/null
	if bounded 60 modprobe sevadm "$@"; then
		chown root:sevadm /dev/sevadm && chmod 660 /dev/sevadm
		run_row "$row"
	else
		why="it cannot be loaded: $(tail -n 1 log)"
	fi
	clean_up || harm=1 why=${why:-it cannot be unloaded: $(tail -n 1 log)}
	complaint=$(dmesg | sed 's/^\[[^]]*\] *//' | grep -Em 1 -f splats) &&
		harm=1 why="the kernel complains: $complaint"
	if [ "$why" ]; then
		echo "killed $name $why"
		[ "$name" != sound ] || harm=1
	else
		echo "survived $name"
	fi
	return $harm
}

while read -r module number; do
	# A kernel that was harmed may never come to its own end.
	try "$module" "$number" "$@" || { sleep 2 && echo b >/proc/sysrq-trigger; }
done <order
