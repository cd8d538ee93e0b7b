#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A security processor that never answers: the command is in the trace when ccp gives it up,
# listeners get a message, and the ledger stays true. Wants one that hangs, and a ccp that does not
# wait for long: sevhost --psp hang=LAUNCH_START --param ccp.psp_cmd_timeout=5.
#
# usage: sevadm_psp_dead_test.sh [CALLS]	after so many refused calls of a user (none)
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

begin_on_sev_host
timeout=$(cat /sys/module/ccp/parameters/psp_cmd_timeout)
[ "$timeout" -le 5 ] || skip_all "ccp waits $timeout s: this is for a security processor that hangs"

flooded=${1-0}

# What a user can do to what is recorded and reported, before it matters.
calls_are_refused() {
	"$here/sevadm_flood_test" --refuse-calls "$flooded" &&
		sevadm -j trace show --errors --event kvm | grep -q '"uid":60001,.*"repeated":true'
}

launch_fails() {
	sevadm -j monitor > "$scratch/heard" 2> /dev/null < /dev/null &
	monitor=$!
	guests="$guests $monitor"
	eventually 120 waits_in_poll "$monitor" || return
	# A tenant who runs into a limit all the while is not to keep them from that message.
	sevadm limit set user 60001 pin.max=4K || return
	"$here/sevadm_flood_test" --refuse-pins $((timeout + 4)) &
	flood=$!
	guests="$guests $flood"
	eventually 120 grep -q '"subject":"user 60001"' "$scratch/heard" || return
	! "$here/sevlaunch" --memory 4 > "$scratch/launch" 2>&1 && wait "$flood" &&
		sevadm limit delete user 60001
}

# The last command that was asked took as long as ccp waits, and has no status.
is_traced() {
	sevadm -j trace show --event psp --errors | grep '"command":"LAUNCH_START"' > "$scratch/event" &&
		grep -q '"ret":-110' "$scratch/event" && grep -q '"fw_error":null' "$scratch/event" &&
		[ "$("$here/json_get" psp_ns < "$scratch/event")" -ge $((timeout * 900000000)) ]
}

listeners_get_it() {
	eventually 120 grep -q '"command":"LAUNCH_START".*"ret":-110' "$scratch/heard" &&
		grep -q '"event":"limit".*"subject":"user 60001"' "$scratch/heard"
}

nothing_left() {
	same "number of VMs" "$(vms)" 0 && same "pinned bytes" "$(value status -- pinned current_bytes)" 0
}

if [ "$flooded" -gt 0 ]; then
	plan 5
	result "$flooded refused calls" calls_are_refused
else
	plan 4
fi
result "a launch fails" launch_fails
result "the command is in the trace" is_traced
result "listeners get a message" listeners_get_it
result "nothing is left" nothing_left
kill "$monitor"
finished
