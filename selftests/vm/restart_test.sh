#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# How a host with sevadm and a guest goes down: the kernel starts another one by kexec, or it
# panics. The module is in the way of neither. Before a kexec the kernel shuts the firmware down
# itself, through functions that the module has redirected, so that the next kernel finds it as
# after a reset. (What it does in a panic where there is SEV-SNP: beside_test.sh.)
#
# usage: restart_test.sh [KERNEL]...	(6.1 6.12 7)
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"
# shellcheck source=selftests/vm/lib/results.sh
. "$here/lib/results.sh"

kernels=("$@")
((${#kernels[@]})) || kernels=(6.1 6.12 7)

# host KERNEL HOW: sets status; leaves what was printed and the device's own log in $run.
host() {
	local kernel=$1 how=$2 options=()
	[[ $how != kexec ]] || options=(--with kexec)
	status=0
	"$here/sevhost" --kernel "$kernel" "${options[@]}" --psp "log=$run/device" --log "$run/console" \
		--copy "$here/restart_guest.sh" -- ./restart_guest.sh "$how" >"$run/out" 2>&1 || status=$?
	cat "$run/out"
	tail -n 30 "$run/device"
}

# The kernel's own words twice, and none that a splat would have.
restarts() {
	host "$1" kexec
	((status == 0 && $(grep -c 'Linux version' "$run/console") == 2)) && grep -qx 'two lives' "$run/out"
}

# The device's log of each life ends with the firmware's shutdown, and the second one begins as the
# first. Nobody resets the device in between: a kernel that found a firmware in use would have to
# shut it down.
was_shut_down() {
	local life=0 name last=none
	while read -r name; do
		case $name in
		INIT | INIT_EX)
			[[ $last == none || $last == SHUTDOWN ]] || return
			life=$((life + 1))
			last=$name
			;;
		PLATFORM_STATUS | GET_ID | DF_FLUSH) ;;
		*) last=$name ;;
		esac
	done < <(awk '{ print $3 }' "$run/device")
	echo "lives of the firmware: $life, and the end: $last"
	[[ $life == 2 && $last == SHUTDOWN ]]
}

# The kernel's whole log names the module in no trace of calls.
panics() {
	host "$1" panic
	((status == 125)) && grep -q 'Kernel panic - not syncing: sysrq triggered crash' "$run/console" &&
		! grep -E '\[sevadm\]|BUG:|stalls? on CPU' "$run/console"
}

echo "KTAP version 1"
echo "1..$((3 * ${#kernels[@]}))"
for kernel in "${kernels[@]}"; do
	version=$("$here/kernels/fetch" "$kernel")
	quietly "$run/build" make -C "$top_dir" module KVER="$version"
done
for kernel in "${kernels[@]}"; do
	result "$kernel: a kernel with a guest starts another one by kexec, which has a guest" restarts "$kernel"
	result "$kernel: the firmware was shut down by each kernel, and found as after a reset" was_shut_down
	result "$kernel: the module is no part of a panic" panics "$kernel"
done
exit "$failed"
