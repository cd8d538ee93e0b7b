#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a command pins for as long as it runs is counted while it runs, and limited. Wants a security
# processor that never answers DBG_DECRYPT (--psp hang=DBG_DECRYPT).
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

begin_on_sev_host

steps=create,init,launch_start,measure,finish,dbg_decrypt

# KVM pins two pages, that of the guest and that of the answer: one after the other.
refused() {
	sevadm limit set host pin.max=4K
	"$here/sevlaunch" --steps "$steps" > "$scratch/launch" 2>&1
	sevadm limit delete host
	grep '^dbg_decrypt: ' "$scratch/launch" > "$scratch/step" && grep 'errno=12' "$scratch/step" &&
		sevadm -j trace show --event pin > "$scratch/pins" &&
		same "refusals by a limit" "$(grep -c '"refusal":"limit"' "$scratch/pins")" 1 &&
		same "pinned bytes" "$(value status -- pinned current_bytes)" 0
}

pinned() {
	[ "$(value vm list -- length)" = 1 ] && [ "$(value vm list -- 0 pinned_bytes)" = 8192 ]
}

# No answer comes: there is all the time that ccp waits for one to look.
counted() {
	"$here/sevlaunch" --steps "$steps" > "$scratch/launch" 2>&1 &
	guests="$guests $!"
	eventually 120 pinned && same "pinned bytes" "$(value status -- pinned current_bytes)" 8192 &&
		sevadm -j trace show --event pin | grep '"command":"DBG_DECRYPT"' > "$scratch/pins"
}

plan 2
result "a limit refuses what a command would pin" refused
result "what a command pins is counted while it runs" counted
finished
