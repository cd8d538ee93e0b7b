#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `sevadm check ledger` finds the module's ledger equal to kvm_amd's memory: without VMs, with VMs
# of each type, in a storm and after it; it says which VMs are older than the module, and who may
# not ask.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

begin_on_sev_host
cd "$scratch"

# judged CODE VERDICT VMS [OPTION]: what the check says, and of how many VMs.
judged() {
	code=0
	sevadm -j check ledger ${4+"$4"} > judgement || code=$?
	same "exit code" "$code" "$1" && same "verdict" "$("$here/json_get" verdict < judgement)" "$2" &&
		same "VMs" "$("$here/json_get" kvm_amd vms < judgement)" "$3" && return
	sed 's/^/# /' judgement
	return 1
}

without_vms() {
	judged 0 ok 0
}

of_each_type() {
	guest_start launch_update_data --memory 8 && first=$guest &&
		guest_start finish --type sev-es --memory 4 --regions 2 && judged 0 ok 2 &&
		same "pinned bytes" "$("$here/json_get" kvm_amd pinned_bytes < judgement)" $((12 << 20)) &&
		same "ASIDs used" "$("$here/json_get" kvm_amd used < judgement)" 2 &&
		guest_finish && guest=$first && guest_finish && judged 0 ok 0 &&
		same "ASIDs to be recycled" "$("$here/json_get" kvm_amd reclaim < judgement)" 2
}

# launches TYPE: guests that start, pin and end, one after the other, until $scratch/quiet is there.
launches() {
	while [ ! -e quiet ]; do
		"$here/sevlaunch" --type "$1" --memory 4 > "launched-$1" < /dev/null || echo "$1" > failed
	done
}

# While VMs come and go it finds a quiet moment and no difference, or says that there was none (2).
in_a_storm() {
	rm -f quiet failed
	launches sev & first=$!
	launches sev-es & second=$!
	differed=0 asked=0
	while [ "$asked" -lt 2 ]; do
		code=0
		sevadm check ledger > said 2>&1 || code=$?
		case $code in
		0|2) ;;
		*) differed=1 && sed 's/^/# /' said ;;
		esac
		asked=$((asked + 1))
	done
	: > quiet
	wait "$first" "$second"
	[ ! -e failed ] && same "differences" "$differed" 0 && judged 0 ok 0
}

older_than_the_module() {
	sevadm module unload && guest_start measure --memory 8 && sevadm module load --no-adopt &&
		judged 0 warning 1 && grep -q '1 VM is older than the module' judgement &&
		judged 1 warning 1 --strict &&
		sevadm module adopt && judged 0 ok 1 && guest_finish && judged 0 ok 0
}

who_may_not_ask() {
	code=0
	"$here/run_as" 1000 1000 sevadm check ledger > said 2>&1 || code=$?
	same "exit code" "$code" 2 && grep -q '/proc/kcore' said
}

plan 5
result "equal without VMs" without_vms
result "equal with VMs of each type" of_each_type
result "equal in a storm, and after it" in_a_storm
result "VMs that are older than the module" older_than_the_module
result "who may not ask" who_may_not_ask
finished
