#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# KVM's own SEV selftests pass on the emulated SEV host, with sevadm attached as without; with it,
# its ledger equals kvm_amd's state afterwards. On a host with SEV-SNP, guests of that type run, too,
# with kernels whose tests know it (Linux 6.15). Comes with `sevhost --with kvm-selftests`.
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

# How many SEV-ES and SEV-SNP guests have ended themselves, which KVM logs.
ended() {
	dmesg | grep -c 'guest requested termination' || true
}

# Whatever it leaves out it passes; of each type, four guests of the smoke test end themselves.
runs_snp() {
	same "guests that have ended themselves" $(($(ended) - before)) 8
}

no_asid_is_used() {
	same "SEV ASIDs in use" "$(value status -- pools sev used)" 0 &&
		same "SEV-ES ASIDs in use" "$(value status -- pools sev_es used)" 0
}

# KVM's own account of its migrations is wrong by two ASIDs: the module puts it right.
nothing_leaks() {
	no_asid_is_used && same "drift" "$(value status -- pools sev drift)" 0
}

# What was lost before it came is lost until the host restarts: it says so.
drift_is_told() {
	sevadm module unload && passes sev_migrate_tests && sevadm module load &&
		passes sev_migrate_tests && no_asid_is_used &&
		same "drift" "$(value status -- pools sev drift)" 2 &&
		sevadm status > "$scratch/status" &&
		grep -q "counts 2 ASIDs, but 0 are used" "$scratch/status" &&
		grep -q "intra-host migration leaks such charges" "$scratch/status" &&
		sevadm -j trace show --event limit | grep -q '"knob":"drift"'
}

echo "KTAP version 1"
have=$(cd "$programs" && echo *)
checks=1
! loaded sevadm || checks=2
snp=0
! grep -qs Y /sys/module/kvm_amd/parameters/sev_snp || snp=1
plan $(($(echo "$have" | wc -w) * checks + 2 * (checks - 1) + snp))
for program in $have; do
	before=$(ended)
	result "$program" passes "$program"
	if [ "$program" = sev_smoke_test ] && [ "$snp" = 1 ]; then
		result "guests of SEV-ES and SEV-SNP have run" runs_snp
	fi
	[ "$checks" -gt 1 ] || continue
	result "the ledger is true after $program" ledger_is_true
	[ "$program" = sev_migrate_tests ] || continue
	result "its migrations leak no ASID of the misc cgroup" nothing_leaks
	result "a leak of before the module came is told" drift_is_told
done
finished
