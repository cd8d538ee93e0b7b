#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# KVM's own SEV selftests pass on the emulated SEV host, with sevadm attached as without; with it,
# its ledger equals kvm_amd's state afterwards. Comes with `sevhost --with kvm-selftests`.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source-path=SCRIPTDIR/../.. source=lib.sh
. "$(dirname "$0")/lib.sh"

programs=$here/kvm

passes() {
	"$programs/$1" > "$scratch/log" 2>&1 || {
		status=$?
		sed 's/^/# /' "$scratch/log"
		say "exit status $status"
		return 1
	}
}

# Its migrations leak two charges of the misc cgroup, which no VM holds: the kernel's own count is
# wrong from here on, and sevadm says so.
drift_is_told() {
	same "SEV ASIDs in use" "$(value status -- pools sev used)" 0 &&
		same "SEV-ES ASIDs in use" "$(value status -- pools sev_es used)" 0 &&
		same "drift" "$(value status -- pools sev drift)" 2 &&
		sevadm status > "$scratch/status" &&
		grep -q "counts 2 ASIDs, but 0 are used: a drift of 2" "$scratch/status" &&
		grep -q "Intra-host migration leaks such charges" "$scratch/status" &&
		sevadm -j trace show --event limit | grep -q '"knob":"drift"'
}

echo "KTAP version 1"
have=$(cd "$programs" && echo *)
checks=1
! loaded sevadm || checks=2
plan $(($(echo "$have" | wc -w) * checks + checks - 1))
for program in $have; do
	result "$program" passes "$program"
	[ "$checks" -gt 1 ] || continue
	result "the ledger is true after $program" ledger_is_true
	[ "$program" != sev_migrate_tests ] || result "its drift is told" drift_is_told
done
finished
