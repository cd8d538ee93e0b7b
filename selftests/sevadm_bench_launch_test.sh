#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What sevadm adds, in instructions, to a whole launch of a guest of 256 MiB by a real QEMU: from
# QEMU's start over the last command of the launch to its end. The type is the first argument
# (sev), the second one how many launches are measured with the module, and as many without it (15).
#
# Wants sevhost --icount --with qemu, and --snp for a SEV-SNP guest: there a microsecond is a
# thousand instructions, and all that QEMU runs is its cgroup's. Firmware commands take no time.
# The guest's first instruction halts it: what a guest does until QEMU reads its next command
# differs by more than what sevadm adds.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

CGROUP=/sys/fs/cgroup/sevadm-bench-launch
MEMORY=256
type=${1:-sev}
launches=${2:-15}
# In parts of 10000, more than chance makes of it: launches of a sort differ by up to 1 %.
limit=40
[ "$type" != sev-snp ] || limit=150

begin_on_sev_host
command -v sev-guest > /dev/null || skip_all "no sev-guest"
firmware=/usr/lib/sev-guest/usr/share/ovmf/OVMF.fd
[ -e "$firmware" ] || firmware=/usr/share/OVMF/OVMF_CODE.fd

# The processor begins 16 bytes before the firmware's end.
prepare() {
	bytes=$(wc -c < "$firmware")
	cp "$firmware" "$scratch/firmware"
	printf '\364' | dd of="$scratch/firmware" bs=1 seek=$((bytes - 16)) conv=notrunc 2> /dev/null
	mount --bind "$scratch/firmware" "$firmware"
}

# QEMU ends a launch when the guest runs.
launch() {
	printf 'cont\nquit\n' |
		sh -c 'echo $$ > "$0/cgroup.procs"; exec "$@"' "$CGROUP" \
			sev-guest --type "$type" --memory "$MEMORY" -S -monitor stdio > "$scratch/qemu" 2>&1 || {
		sed 's/^/# qemu: /' "$scratch/qemu"
		return 1
	}
}

no_process() {
	! grep -q . "$CGROUP/cgroup.procs"
}

# launch_counted FILE: adds its thousands of instructions.
launch_counted() {
	mkdir "$CGROUP"
	launch && eventually 60 no_process &&
		sed -n 's/^usage_usec //p' "$CGROUP/cpu.stat" >> "$1"
	ended=$?
	eventually 60 rmdir "$CGROUP"
	return "$ended"
}

# The first launch reads files that the others find in memory.
launches_counted() {
	launch_counted "$scratch/first" || return
	: > "$scratch/$1"
	while [ "$(grep -c . "$scratch/$1")" -lt "$launches" ]; do
		launch_counted "$scratch/$1" || return
	done
	say "$1: $(sort -n "$scratch/$1" | tr '\n' ' ')"
}

# The last command is in the trace of each: what is measured is a launch.
were_launched() {
	launches_counted with &&
		same "launches that were finished" \
			"$(sevadm -j trace show --event psp | grep -c 'LAUNCH_FINISH".*"ret":0,')" \
			$((launches + 1))
}

middle() {
	sort -n "$1" | sed -n "$((launches / 2 + 1))p"
}

adds_little() {
	with=$(middle "$scratch/with")
	without=$(middle "$scratch/without")
	added=$((with - without))
	say "| launch of $MEMORY MiB by QEMU, $type | without → with: added, in thousands of instructions |"
	say "|---|--:|"
	say "| from its start to its end | $without → $with: **$added** |"
	say "|"
	say "$((added * 100000 / without)) parts in 100000"
	[ $((added * 10000)) -le $((without * limit)) ]
}

prepare
plan 3
result "launches with sevadm" were_launched
sevadm module unload
result "launches without it" launches_counted without
result "it adds at most $limit parts in 10000" adds_little
umount "$firmware"
finished
