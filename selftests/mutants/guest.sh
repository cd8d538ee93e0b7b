#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh COMMAND [PARAMETER...]: on the emulated host, loads each module that the file `order`
# names, with these parameters, runs COMMAND and unloads it. Prints "begins NAME", and then "killed
# NAME WHY" or "survived NAME". What may have harmed the kernel ends the boot. emulated.py reads it.
set -u
command=$1
shift
updates=/lib/modules/$(uname -r)/updates
# What the sound module takes, which comes first, becomes the measure of the others.
limit=900
# As vm/lib/splats.sh, in short.
splats='(^|[^[:alnum:]_])BUG[^[:alnum:]_]|WARNING: |-\[ cut here \]-|Oops|general protection'
splats="$splats|INFO: task .* blocked|detected (expedited )?stall|refcount_t: |unable to handle "
splats="$splats|sevadm: kvm_amd has gone: forgot "

# bounded SECONDS COMMAND...: its status; 124 if it takes longer, also where it cannot be killed.
bounded() {
	seconds=$1
	shift
	rm -f status
	{
		"$@"
		echo $? >status.new
		mv status.new status
	} >log 2>&1 &
	while [ "$seconds" -gt 0 ] && ! [ -e status ]; do
		sleep 1
		seconds=$((seconds - 1))
	done
	[ -e status ] || return 124
	return "$(cat status)"
}

# Sets why, if the row's command does not pass.
run_row() {
	began=$(date +%s) status=0
	bounded "$limit" sh -c "$command" || status=$?
	took=$(($(date +%s) - began))
	if [ "$status" -eq 124 ]; then
		why="not done after $limit s"
	elif grep -q '^ *not ok' log; then
		why=$(grep -m 1 '^ *not ok' log)
	elif [ "$status" -ne 0 ]; then
		why="status $status: $(tail -n 1 log)"
	elif ! grep -q '^ *ok' log; then
		why="it passed nothing"
	fi
}

# Whatever the row has left, so that the next one finds what this one has found.
clean_up() {
	kill -KILL -1
	find /sys/fs/cgroup -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
	bounded 60 modprobe -r sevadm && bounded 60 modprobe -r kvm_amd &&
		bounded 60 modprobe kvm_amd
}

# try NAME PARAMETER...: returns 1 if the next module is not to be loaded into this kernel.
try() {
	name=$1 why=
	shift
	echo "begins $name"
	cp "$name.ko" "$updates/sevadm.ko"
	dmesg -c >/dev/null
	if bounded 60 modprobe sevadm "$@"; then
		chown root:sevadm /dev/sevadm && chmod 660 /dev/sevadm
		run_row
	else
		why="it cannot be loaded: $(tail -n 1 log)"
	fi
	# A module that stays, or that the kernel complains of, may harm the next one.
	left=0
	clean_up || left=1 why=${why:-it cannot be unloaded: $(tail -n 1 log)}
	complaint=$(dmesg | grep -Em 1 "$splats") && left=1 why="the kernel complains: $complaint"
	if [ "$why" ]; then
		echo "killed $name $why"
		# What was before it has done harm.
		[ "$name" != sound ] || left=1
	else
		echo "survived $name"
		[ "$name" != sound ] || limit=$((60 + 4 * took))
	fi
	return $left
}

while read -r module; do
	try "$module" "$@" || exit 1
done <order
