#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What commands pin page by page is counted while they run, traced, and limited: each of them. Wants
# a security processor that takes its time for them (--psp delay=COMMAND:TIME). The machine's speed
# does not matter: the guest gives the command again and again until it was seen at it.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

begin_on_sev_host

launch=create,init,launch_start,measure,finish
times=200

# about COMMAND STEPS STEP BYTES: the next tests are of STEP, which comes after STEPS, gives COMMAND
# and pins BYTES. No region is registered: nothing else is pinned.
about() {
	command=$1 steps=$2 before=${2##*,} step=$3 bytes=$4
}

pins() {
	sevadm -j trace show --event pin > "$scratch/trace" || return
	grep "\"command\":\"$command\".*\"transient\":true" "$scratch/trace" > "$scratch/pins" || {
		say "no pins of $command in the trace"
		return 1
	}
}

# outcome PATTERN: of the step.
outcome() {
	grep -q "^$step: .*$1" "$scratch/guest" || {
		say "$step did not end with $1:"
		sed 's/^/# /' "$scratch/guest"
		return 1
	}
}

counted() {
	guest_start "$before" --steps "$steps,$step*$times" && kill -USR1 "$guest" || return
	seen=
	while kill -0 "$guest" 2>/dev/null && [ "$seen" != "$bytes" ]; do
		seen=$(value status -- pinned current_bytes)
	done
	same "pinned bytes while it runs" "$seen" "$bytes" || return
	eventually 120 grep -q "^$step: " "$scratch/guest" && outcome good=true && guest_kill &&
		same "pinned bytes after it" "$(value status -- pinned current_bytes)" 0 && pins
}

refused() {
	guest_start "$before" --steps "$steps,$step" &&
		sevadm limit set host pin.max=$((bytes - 4096)) || return
	kill -USR1 "$guest"
	wait "$guest" || true
	sevadm limit delete host
	outcome errno=12 && pins &&
		same "refusals" "$(grep -c '"refusal":"limit"' "$scratch/pins")" 1 &&
		same "pinned bytes" "$(value status -- pinned current_bytes)" 0
}

plan 8
about DBG_DECRYPT "$launch" dbg_decrypt 8192
result "DBG_DECRYPT is counted while it runs" counted
result "a limit refuses DBG_DECRYPT" refused
about DBG_ENCRYPT "$launch" dbg_encrypt 8192
result "DBG_ENCRYPT is counted while it runs" counted
result "a limit refuses DBG_ENCRYPT" refused
about SEND_UPDATE_DATA "$launch,send_start" send_update_data 4096
result "SEND_UPDATE_DATA is counted while it runs" counted
result "a limit refuses SEND_UPDATE_DATA" refused
about RECEIVE_UPDATE_DATA "$launch,send_start,send_update_data,receive_start" receive_update_data 4096
result "RECEIVE_UPDATE_DATA is counted while it runs" counted
result "a limit refuses RECEIVE_UPDATE_DATA" refused
finished
