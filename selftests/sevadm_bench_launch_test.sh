#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What sevadm adds, in instructions, to a whole SEV-SNP guest of 256 MiB: a real QEMU launches it,
# its firmware takes all of its memory, Linux boots and ends. Once with the module and once without
# it, as often as the argument says (1), in one boot of the emulated host. Fails above 20 parts in
# 10000.
#
# Wants sevhost --snp --icount --with qemu: there a microsecond is a thousand instructions, the
# guest's own among them, and all that QEMU and its guest run is its cgroup's.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

CGROUP=/sys/fs/cgroup/sevadm-bench-launch
MEMORY=256
LIMIT=20	# parts in 10000
rounds=${1:-1}

begin_on_sev_host
[ -e /usr/lib/sev-guest ] || skip_all "no QEMU that knows SEV-SNP"

# life FILE: adds its thousands of instructions.
life() {
	mkdir "$CGROUP"
	status=0
	sh -c "echo \$\$ > $CGROUP/cgroup.procs && exec sev-guest --type sev-snp --memory $MEMORY --run 'exit 42'" \
		> "$scratch/output" 2>&1 || status=$?
	sed -n 's/^usage_usec //p' "$CGROUP/cpu.stat" >> "$1"
	say "$(basename "$1"): $(tail -n 1 "$1") thousand instructions"
	eventually 60 rmdir "$CGROUP"
	same "exit status" "$status" 42 || { sed 's/^/# /' "$scratch/output" && return 1; }
}

lives() {
	round=0
	while [ "$round" -lt "$rounds" ]; do
		life "$scratch/$1" || return
		round=$((round + 1))
	done
}

middle() {
	sort -n "$1" | sed -n "$((rounds / 2 + 1))p"
}

adds_little() {
	with=$(middle "$scratch/with")
	without=$(middle "$scratch/without")
	added=$((with - without))
	say "| SEV-SNP guest of $MEMORY MiB | without → with: added, in thousands |"
	say "|---|--:|"
	say "| its whole life, by QEMU | $without → $with: **$added** |"
	say "|"
	say "$((added * 100000 / without)) parts in 100000"
	[ "$added" -gt 0 ] && [ $((added * 10000)) -le $((without * LIMIT)) ]
}

plan 3
result "guests with sevadm" lives with
sevadm module unload
result "guests without it" lives without
result "it adds at most $LIMIT parts in 10000" adds_little
finished
