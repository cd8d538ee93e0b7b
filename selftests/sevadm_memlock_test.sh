#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What sevadm says a VM will pin, be charged and map is what a real QEMU does: never less, and not
# much more. Prints both, in MiB.
#
# They have a monitor, as under libvirt: its thread counts.
#
# The guests stay paused (-S): their launch is real up to the measurement, no vCPU has to run.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

FIRMWARE=/usr/share/OVMF
CGROUP=/sys/fs/cgroup/sevadm-memlock-test
SLACK_MIB=48	# as much more than needed may be forecast
SLACK_PERCENT=15

begin_on_sev_host
command -v qemu-system-x86_64 > /dev/null || skip_all "no qemu-system-x86_64"
[ -e "$FIRMWARE/OVMF_CODE.fd" ] || skip_all "no $FIRMWARE/OVMF_CODE.fd"
echo +memory > /sys/fs/cgroup/cgroup.subtree_control || skip_all "no memory controller"

# domain MIB VCPUS IOTHREADS LOCKED: what libvirt would start alike.
domain() {
	cat <<-XML
		<domain type='kvm'>
		<name>guest</name>
		<memory unit='MiB'>$1</memory>
		<vcpu>$2</vcpu>
		<iothreads>$3</iothreads>
		<os><type arch='x86_64' machine='q35'>hvm</type>
		<loader type='pflash'>$FIRMWARE/OVMF_CODE.fd</loader>
		<nvram>$scratch/vars.fd</nvram></os>
		${4:+<memoryBacking><locked/></memoryBacking>}
		<launchSecurity type='sev'><policy>1</policy></launchSecurity>
		</domain>
	XML
}

measured() {
	kill -0 "$guest" 2> /dev/null || return 0
	[ "$(vms)" = 1 ] && [ "$(value vm list -- 0 state)" = lsecret ]
}

# Five times in a row QEMU has the same threads and locked memory.
settled() {
	now=$(grep -E '^(Threads|VmLck)' "/proc/$guest/status") || return
	[ "$now" = "${last-}" ] || steady=0
	last=$now steady=$((steady + 1))
	[ "$steady" -gt 5 ]
}

# enough WHAT NEED USED: in bytes.
enough() {
	say "$1: forecast $(($2 >> 20)), used $(($3 >> 20)) MiB"
	slack=$(($3 * SLACK_PERCENT / 100))
	[ "$slack" -ge $((SLACK_MIB << 20)) ] || slack=$((SLACK_MIB << 20))
	if [ "$2" -lt "$3" ] || [ "$2" -gt $(($3 + slack)) ]; then
		say "$1 is wrong"
		return 1
	fi
}

# ceiling NAME
ceiling() {
	sevadm -j check memlock "$scratch/domain.xml" |
		"$here/json_get" memlock ceilings "$1" need_bytes
}

# fits MIB VCPUS IOTHREADS [LOCKED]
fits() {
	locked=${4:-}
	cp "$FIRMWARE/OVMF_VARS.fd" "$scratch/vars.fd"
	domain "$1" "$2" "$3" "$locked" > "$scratch/domain.xml"
	threads=
	for i in $(seq "$3"); do threads="$threads -object iothread,id=io$i"; done
	mkdir -p "$CGROUP"
	# shellcheck disable=SC2086 # words of an option
	sh -c 'echo 0 > "$1/cgroup.procs"; shift; exec "$@"' sh "$CGROUP" \
		qemu-system-x86_64 -S -accel kvm -cpu host -smp "$2" -m "$1" $threads \
		${locked:+-overcommit mem-lock=on} \
		-machine q35,confidential-guest-support=sev0 \
		-object sev-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=1 \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$FIRMWARE/OVMF_CODE.fd" \
		-drive "if=pflash,format=raw,unit=1,file=$scratch/vars.fd" \
		-display none -nodefaults -serial none \
		-qmp "unix:$scratch/qmp,server=on,wait=off" \
		> "$scratch/qemu" 2>&1 < /dev/null &
	guest=$!
	guests="$guests $guest"
	if ! eventually 300 measured || ! kill -0 "$guest"; then
		sed 's/^/# qemu: /' "$scratch/qemu"
		return 1
	fi
	# Threads that QEMU starts late have their stacks by then.
	steady=0
	eventually 120 settled
	pinned=$(value vm list -- 0 pinned_peak_bytes)
	charged=$(cat "$CGROUP/memory.peak" 2> /dev/null || cat "$CGROUP/memory.current")
	# Not VmPeak: glibc maps 128 MiB to find an aligned arena in, and does without where it may
	# not.
	mapped=$(awk '/^VmLck/ { print $2 * 1024 }' "/proc/$guest/status")
	guest_kill
	eventually 120 rmdir "$CGROUP" 2> /dev/null || return 1
	good=0
	enough "pinned" "$(ceiling pinned)" "$pinned" || good=1
	enough "charged" "$(ceiling charged)" "$charged" || good=1
	[ -z "$locked" ] || enough "mapped" "$(ceiling mapped)" "$mapped" || good=1
	return "$good"
}

plan 5
result "128 MiB, 1 vCPU" fits 128 1 0
result "512 MiB, 1 vCPU, locked" fits 512 1 0 locked
result "256 MiB, 4 vCPUs" fits 256 4 0
result "256 MiB, 8 vCPUs, locked" fits 256 8 0 locked
result "256 MiB, 1 vCPU, 2 iothreads, locked" fits 256 1 2 locked
finished
