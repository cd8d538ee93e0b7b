#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What commands pin page by page is counted while they run, traced, and limited: each of them. Wants a
# security processor that takes its time for them (--psp delay=COMMAND:TIME), in the time that
# instructions take (--icount): then the machine's speed does not matter.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

echo "KTAP version 1"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -e /dev/sev ] || skip_all "no /dev/sev: no SEV host"
loaded sevadm || skip_all "the module sevadm is not loaded"

launch=create,init,launch_start,measure,finish

# about NAME STEPS STEP BYTES: the next tests are of STEP, the last one of STEPS, which pins BYTES. No
# region is registered: nothing else is pinned.
about() {
	name=$1 steps=$2,$3 before=${2##*,} step=$3 bytes=$4
}

pins() {
	sevadm -j trace show --event pin | grep "\"command\":\"$name\"" > "$scratch/pins"
}

counted() {
	guest_start "$before" --steps "$steps" && kill -USR1 "$guest" || return
	seen=
	while kill -0 "$guest" 2>/dev/null && [ "$seen" != "$bytes" ]; do
		seen=$(value status -- pinned current_bytes)
	done
	same "pinned bytes while it runs" "$seen" "$bytes" && wait "$guest" &&
		grep -q "^$step: good=true" "$scratch/guest" &&
		same "pinned bytes after it" "$(value status -- pinned current_bytes)" 0 && pins
}

refused() {
	guest_start "$before" --steps "$steps" && sevadm limit set host pin.max=$((bytes - 4096)) || return
	kill -USR1 "$guest"
	wait "$guest" || true
	sevadm limit delete host
	grep -q "^$step: .*errno=12" "$scratch/guest" && pins &&
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
