#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The emulated SEV-SNP host: a stock kernel turns SNP on, and where one thing is amiss it refuses
# and says why, as on a real host. Runs on this machine.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch
jobs=$(nproc)
count=0 names=() lines=() no_lines=()

# host NAME LINE NO_LINE OPTION…: LINE is in the kernel's log, or what the runner says, and NO_LINE,
# if there is one, is not. Some hosts run at a time.
host() {
	names[count]=$1 lines[count]=$2 no_lines[count]=$3
	local out=$scratch/$count
	shift 3
	while (($(jobs -rp | wc -l) >= jobs)); do
		wait -n || true
	done
	{ "$here/sevhost" --no-module --snp "$@" -- dmesg >"$out" 2>&1 && : >"$out.good"; } &
	count=$((count + 1))
}

report() {
	local i failures=0
	wait
	printf 'KTAP version 1\n1..%d\n' "$count"
	for ((i = 0; i < count; i++)); do
		if [[ -e $scratch/$i.good ]] && grep -qF -- "${lines[i]}" "$scratch/$i" &&
			{ [[ ! ${no_lines[i]} ]] || ! grep -qF -- "${no_lines[i]}" "$scratch/$i"; }; then
			printf 'ok %d %s\n' $((i + 1)) "${names[i]}"
			continue
		fi
		printf 'not ok %d %s\n# wanted: %s\n' $((i + 1)) "${names[i]}" "${lines[i]}"
		grep -iE 'sev|snp|rmp|amd-vi' "$scratch/$i" | tail -n 20 | sed 's/^/# /' || true
		failures=$((failures + 1))
	done
	((failures == 0))
}

enabled='SEV-SNP enabled (ASIDs 1 - 99)'
host 'SNP is on' "$enabled" ''
host 'with figures that repeat' "$enabled" '' --icount
host 'no IOMMU' 'SEV-SNP disabled' "$enabled" --no-iommu
host 'an IOMMU that translates nothing' \
	'SNP: IOMMU disabled or configured in passthrough mode, SNP cannot be supported.' "$enabled" \
	--append iommu=pt
host 'page tables that SNP cannot use' \
	'SNP: IOMMU is configured with V2 page table mode, SNP cannot be supported.' "$enabled" \
	--append amd_iommu=pgtbl_v2
host 'no memory for the RMP' 'Memory for the RMP table has not been reserved by BIOS' "$enabled" \
	--psp rmp-size=0
host 'an RMP that is too small' 'Memory reserved for the RMP table does not cover full system RAM' \
	"$enabled" --psp rmp-size=8M
host 'a firmware that is too old' 'SEV-SNP: failed to INIT rc -95' "$enabled" --psp api-minor=50
host 'a firmware that refuses' 'SEV-SNP: SNP_INIT_EX failed rc -5, error 0x3' "$enabled" \
	--psp fault=SNP_INIT_EX:INVALID_CONFIG
host 'a firmware that refuses SEV-ES guests' 'SEV-ES unusable (ASIDs 1 - 99)' '' --kernel 7 \
	--psp tcb=0xd51b000000000004
host 'ASIDs where ciphertext is hidden' 'SEV-SNP enabled (ASIDs 1 - 3)' "$enabled" --kernel 7 \
	--psp ciphertext-hiding=on --psp min-sev-asid=6 --param kvm_amd.ciphertext_hiding_asids=3
host '6.1 knows no SNP host' 'has no SEV-SNP for hosts' 'SEV-SNP enabled' --kernel 6.1
report
