#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# sevadm sees a real QEMU's guest as it is: process, type, ASID, handle, every pinned byte; and
# nothing of it when QEMU was killed, be it because memory ran out.
#
# The guests stay paused (-S): their launch is real up to the measurement, no vCPU has to run.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

MEMORY=256 # MiB
FIRMWARE=/usr/share/OVMF
UUID=0a1b2c3d-0000-4000-8000-00112233aabb
CGROUP=/sys/fs/cgroup/sevadm-qemu

begin_on_sev_host
command -v qemu-system-x86_64 > /dev/null || skip_all "no qemu-system-x86_64"
[ -e "$FIRMWARE/OVMF_CODE.fd" ] || skip_all "no $FIRMWARE/OVMF_CODE.fd"

# qemu_start POLICY: sets $guest.
qemu_start() {
	cp "$FIRMWARE/OVMF_VARS.fd" "$scratch/vars.fd"
	sh -c 'echo $$ > "$0/cgroup.procs"; exec "$@"' "$CGROUP" \
		qemu-system-x86_64 -S -name guest=tenant-a,debug-threads=on -uuid "$UUID" -accel kvm -cpu host -smp 1 -m "$MEMORY" \
		-machine q35,confidential-guest-support=sev0 \
		-object "sev-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=$1" \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$FIRMWARE/OVMF_CODE.fd" \
		-drive "if=pflash,format=raw,unit=1,file=$scratch/vars.fd" \
		-display none -nodefaults -monitor none -serial none \
		> "$scratch/qemu" 2>&1 < /dev/null &
	guest=$!
	guests="$guests $guest"
	eventually 300 qemu_is_measured || {
		sed 's/^/# qemu: /' "$scratch/qemu"
		return 1
	}
}

# LAUNCH_MEASURE is the last thing QEMU asks of the firmware before it waits.
qemu_is_measured() {
	kill -0 "$guest" 2>/dev/null || return 0
	[ "$(vms)" = 1 ] && [ "$(value vm list -- 0 state)" = lsecret ]
}

between() {
	if [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
		say "$1 is '$2', should be from $3 to $4"
		return 1
	fi
}

# The regions that KVM has from QEMU, summed up by the oracle.
registered_bytes() {
	"$here/oracle" | "$here/json_get" vms 0 regions |
		grep -o '"npages":[0-9]*' | awk -F: '{ pages += $2 } END { print pages * 4096 }'
}

# qemu_is_seen POLICY TYPE POOL LOWEST HIGHEST
qemu_is_seen() {
	qemu_start "$1" &&
		same "pid" "$(value vm list -- 0 pid)" "$guest" &&
		same "comm" "$(value vm list -- 0 comm)" qemu-system-x86 &&
		same "type" "$(value vm list -- 0 type)" "$2" &&
		same "pool" "$(value vm list -- 0 pool)" "$3" &&
		same "policy" "$(value vm list -- 0 policy)" "$(($1))" &&
		between "asid" "$(value vm list -- 0 asid)" "$4" "$5" &&
		between "handle" "$(value vm list -- 0 handle)" 1 4294967295 &&
		same "pinned bytes" "$(value vm list -- 0 pinned_bytes)" "$(registered_bytes)" &&
		between "pinned bytes" "$(value vm list -- 0 pinned_bytes)" $((MEMORY << 20)) \
			$(((MEMORY + 64) << 20)) &&
		ledger_is_true
}

# Each command that takes a VM takes its name or UUID.
qemu_is_named() {
	qemu_start 0x1 &&
		same "name" "$(value vm list -- 0 name)" tenant-a &&
		same "source" "$(value vm list -- 0 name_source)" "command line" &&
		same "id of the name" "$(value vm show tenant-a -- id)" "$(value vm list -- 0 id)" &&
		same "id of the UUID" "$(value vm show "$UUID" -- id)" "$(value vm list -- 0 id)" &&
		same "name of the ASID" "$(value asid show "$(value vm list -- 0 asid)" -- name)" tenant-a &&
		sevadm trace show --vm tenant-a --event asid | grep -q asid &&
		refused tenant-b && guest_kill && refused tenant-a
}

# refused NAME: no VM is called so, which is an error that names it.
refused() {
	status=0
	sevadm vm show "$1" > "$scratch/refused" 2>&1 || status=$?
	same "status" "$status" 1 && grep -qF "no VM is called \"$1\"" "$scratch/refused"
}

qemu_is_killed() {
	guest_kill && same "number of VMs" "$(vms)" 0 &&
		same "pinned bytes" "$(value status -- pinned current_bytes)" 0 &&
		ledger_is_true
}

# What is pinned cannot be reclaimed: the kernel kills the one that has it.
qemu_runs_out_of_memory() {
	echo 16M > "$CGROUP/memory.max"
	! wait "$guest" && grep -qx 'oom_kill 1' "$CGROUP/memory.events" &&
		same "number of VMs" "$(vms)" 0 &&
		same "pinned bytes" "$(value status -- pinned current_bytes)" 0 &&
		ledger_is_true && echo max > "$CGROUP/memory.max"
}

min_sev=$("$here/oracle" | "$here/json_get" min_sev_asid)
max_sev=$("$here/oracle" | "$here/json_get" max_sev_asid)

mkdir "$CGROUP"
plan 5
result "a QEMU SEV guest" qemu_is_seen 0x1 sev sev "$min_sev" "$max_sev"
result "SIGKILL leaves nothing of it" qemu_is_killed
result "a QEMU SEV-ES guest" qemu_is_seen 0x5 sev-es sev_es 1 $((min_sev - 1))
result "running out of memory leaves nothing of it" qemu_runs_out_of_memory
result "a VM by its name and UUID" qemu_is_named
rmdir "$CGROUP" || say "the cgroup stays"
finished
