#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A firmware that refuses LAUNCH_START with RESOURCE_LIMIT: real QEMU names the number, sevadm the
# reason. Wants such a firmware: sevhost --psp fault=LAUNCH_START:RESOURCE_LIMIT.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

echo "KTAP version 1"
loaded sevadm || skip_all "the module sevadm is not loaded"
command -v sev-guest > /dev/null || skip_all "no sev-guest"
plan 4

qemu_names_the_number() {
	sev-guest --paused > "$scratch/qemu" 2>&1 < /dev/null && return 1
	sed 's/^/# qemu: /' "$scratch/qemu"
	grep -q 'fw_error=23' "$scratch/qemu"
}

# One event of the trace has all of the patterns.
traced() {
	sevadm -j trace show > "$scratch/trace"
	sed 's/ //g' "$scratch/trace" > "$scratch/events"
	for pattern; do
		grep -- "$pattern" "$scratch/events" > "$scratch/left" || {
			say "no event with $pattern"
			return 1
		}
		mv "$scratch/left" "$scratch/events"
	done
}

nothing_left() {
	[ "$(sevadm -j vm list | tr -d ' \n')" = '[]' ]
}

result "QEMU prints fw_error=23" qemu_names_the_number
result "the command is in the trace, with the status' name" \
	traced '"event":"psp"' '"command":"LAUNCH_START"' '"fw_error":23' \
	'"fw_error_name":"RESOURCE_LIMIT"' '"ret":-5'
result "so is KVM's command" \
	traced '"event":"kvm"' '"command":"LAUNCH_START"' '"fw_error_name":"RESOURCE_LIMIT"'
result "no VM is left" nothing_left
finished
