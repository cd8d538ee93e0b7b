#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# On the emulated host: guests of each type in different states, one that has ended, limits that are
# met and near; then each command, and what was recorded.
folder=$PWD
cd /selftests || exit
# shellcheck source=selftests/lib.sh disable=SC1091,SC2154
. ./lib.sh
mkdir -p /sys/fs/cgroup/machine.slice/tenant
sevadm limit set host pin.max=40M > "$scratch/log"
sevadm limit set cgroup /machine.slice pin.high=64M asid.sev.min=1 >> "$scratch/log"
sevadm limit set user 0 asid.sev.max=7 >> "$scratch/log"
"$here/sevlaunch" --memory 4 > "$scratch/log" 2>&1
guest_start finish --memory 8
guest_start launch_update_data --type sev-es --memory 16 --regions 2
guest_start register --memory 15
"$here/sevlaunch" --memory 8 > "$scratch/log" 2>&1
grep -v '^#' "$folder/commands" | while read -r words; do
	# All that the ring holds, once: whatever a command asks for is found in it.
	device=
	[ "$words" != "trace show" ] || device="SEVADM_RECORD_DEVICE=yes"
	eval "LD_PRELOAD=$folder/replay.so SEVADM_RECORD=$folder/recorded $device sevadm $words" > "$scratch/log" 2>&1 < /dev/null
done
echo "@@ recording"
cat "$folder/recorded"
echo "@@ end"
