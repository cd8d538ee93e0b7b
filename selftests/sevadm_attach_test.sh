#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# sevadm attaches whenever kvm_amd is there and lets go without a trace: loaded before or after it,
# while guests live, across a reload of kvm_amd.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

echo "KTAP version 1"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -e /dev/sev ] || skip_all "no /dev/sev: no SEV host"
command -v sevadm > /dev/null || skip_all "no sevadm in PATH"
sevadm module load || skip_all "the module sevadm cannot be loaded"
[ "$(cat /sys/module/kvm_amd/refcnt)" -eq 0 ] || skip_all "kvm_amd is in use"

is_state() {
	same "state of the module" "$(value module status -- state)" "$1"
}

unaccounted() {
	same "number of unaccounted VMs" "$(value status -- unaccounted_vms)" "$1"
}

no_unaccounted() {
	[ "$(value status -- unaccounted_vms)" = 0 ]
}

guest_is_counted() {
	guest_start finish --memory 8 --regions 2 &&
		same "number of VMs" "$(vms)" 1 &&
		same "pid" "$(value vm list -- 0 pid)" "$guest" &&
		same "pinned bytes" "$(value vm list -- 0 pinned_bytes)" $((8 << 20)) &&
		ledger_is_true && guest_finish && same "number of VMs" "$(vms)" 0 &&
		ledger_is_true
}

kvm_amd_first() {
	sevadm module unload && ! loaded sevadm && loaded kvm_amd &&
		sevadm module load && is_state attached && guest_is_counted
}

sevadm_first() {
	sevadm module unload && modprobe -r kvm_amd && ! loaded kvm_amd &&
		sevadm module load && is_state waiting &&
		modprobe kvm_amd && is_state attached && guest_is_counted
}

kvm_amd_reloads() {
	guest_is_counted && modprobe -r kvm_amd && is_state waiting &&
		same "ASIDs in use" "$(value status -- pools sev used)" 0 &&
		modprobe kvm_amd && is_state attached && guest_is_counted
}

# The guest is in the middle of its launch, with pins and an ASID, and must notice nothing.
unload_under_guest() {
	guest_start launch_start --type "$1" --memory 8 &&
		same "number of VMs" "$(vms)" 1 &&
		sevadm module unload && ! loaded sevadm && kill -0 "$guest" &&
		guest_finish && sevadm module load && is_state attached && unaccounted 0
}

load_over_guest() {
	sevadm module unload && guest_start measure --type "$1" --memory 8 &&
		sevadm module load --no-adopt && is_state attached && unaccounted 1 &&
		same "number of accounted VMs" "$(vms)" 0
}

# What is not accounted is never counted backwards, and is gone when the guest is.
old_guest_ends() {
	guest_finish && eventually 120 no_unaccounted &&
		same "pinned bytes" "$(value status -- pinned current_bytes)" 0 &&
		same "used SEV ASIDs" "$(value status -- pools sev used)" 0 &&
		same "used SEV-ES ASIDs" "$(value status -- pools sev_es used)" 0
}

new_beside_old() {
	load_over_guest sev && old=$guest && guest_start finish --memory 8 &&
		same "number of accounted VMs" "$(vms)" 1 && unaccounted 1 &&
		same "pid" "$(value vm list -- 0 pid)" "$guest" &&
		same "pinned bytes" "$(value vm list -- 0 pinned_bytes)" $((8 << 20)) &&
		guest_finish && unaccounted 1 && kill -KILL "$old" && ! wait "$old" 2>/dev/null &&
		eventually 120 no_unaccounted && same "number of VMs" "$(vms)" 0
}

# As if the module had always been there, and not a second time; its end is booked like any other.
adopts() {
	load_over_guest "$1" && sevadm module adopt && unaccounted 0 && same "number of VMs" "$(vms)" 1 &&
		same "pid" "$(value vm list -- 0 pid)" "$guest" &&
		same "pinned bytes" "$(value vm list -- 0 pinned_bytes)" $((8 << 20)) &&
		same "VMs adopted again" "$(value module adopt -- adopted)" 0 && ledger_is_true &&
		guest_finish && same "number of VMs" "$(vms)" 0 &&
		same "pinned bytes" "$(value status -- pinned current_bytes)" 0 && ledger_is_true
}

# Not launched, so that the firmware does not know of it; the module shows its ASID all the same.
adopts_before_launch() {
	sevadm module unload && guest_start register --memory 8 --regions 2 && sevadm module load &&
		same "number of VMs" "$(vms)" 1 && same "regions" "$(value vm list -- 0 regions)" 2 &&
		ledger_is_true && guest_finish && ledger_is_true
}

asid_is_known_at_init() {
	guest_start init && [ "$(value vm list -- 0 asid)" != null ] && ledger_is_true && guest_finish
}

# An open device keeps the module; unloading says so.
device_keeps_module() (
	exec 3< /dev/sevadm
	! sevadm module unload 2> "$scratch/unload" && loaded sevadm && [ -s "$scratch/unload" ]
)

# Where KVM pins the pages of a command one by one: with that function left to others, nothing of it
# is seen.
pins_pass_by() {
	sevadm module unload && modprobe sevadm yield=sev_pin_page && is_state attached &&
		sevlaunch --memory 1 --steps \
			create,init,register,launch_start,measure,finish,dbg_decrypt,close &&
		is_state degraded && sevadm module status | grep -q '^sev_pin_memory .* calls passed it by' &&
		sevadm module unload && sevadm module load && is_state attached
}

pins_page_by_page() {
	sevadm module status | grep -q '^sev_pin_page .* yes '
}

many_times() {
	for _ in 1 2 3 4 5; do
		sevadm module unload && sevadm module load && is_state attached || return 1
	done
	guest_is_counted
}

# Only newer kernels do: that others do not is no case of theirs.
if pins_page_by_page; then plan 18; else plan 17; fi
result "loaded after kvm_amd" kvm_amd_first
result "loaded before kvm_amd" sevadm_first
result "kvm_amd is reloaded" kvm_amd_reloads
result "unloaded while a SEV guest lives" unload_under_guest sev
result "unloaded while a SEV-ES guest lives" unload_under_guest sev-es
result "a SEV guest older than the module is counted" load_over_guest sev
result "and gone when it ends" old_guest_ends
result "a SEV-ES guest older than the module is counted" load_over_guest sev-es
result "and gone when it ends" old_guest_ends
result "a new guest beside an old one" new_beside_old
result "a SEV guest is adopted" adopts sev
result "a SEV-ES guest is adopted" adopts sev-es
result "a guest is adopted before its launch" adopts_before_launch
result "an ASID has its number from the start" asid_is_known_at_init
result "an open device keeps the module" device_keeps_module
! pins_page_by_page || result "pins that pass by degrade it" pins_pass_by
result "loaded and unloaded five times" many_times
# Whatever waited before the attachments has been forgotten with kvm_amd's own memory of it.
result "the ledger is true after all" sevadm_first
finished
