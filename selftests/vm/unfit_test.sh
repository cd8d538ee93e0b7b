#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Hosts on which sevadm can do nothing, or not all: each says so in one clear message, and none is
# harmed: no splat, and the module goes as it came.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"
# shellcheck source=selftests/vm/lib/hosts.sh
. "$here/lib/hosts.sh"

# What is done on each of these hosts. busybox's modprobe says nothing about the reason; sevadm
# does.
# shellcheck disable=SC2016 # the guest's shell expands it
visit='
	modprobe ccp; modprobe kvm_amd
	modprobe sevadm; echo "modprobe $?"
	sevadm module load; echo "load $?"
	sevadm status; echo "status $?"
	[ ! -d /sys/module/sevadm ] || rmmod sevadm || exit 1
	dmesg | sed "s/^.*\] //"
	exit 0'

# host NAME LOADED MESSAGE OPTION…: LOADED is what modprobe exits with there, MESSAGE what must be
# said.
host() {
	local name=$1 loaded=$2 message=$3 status=0
	shift 3
	"$here/sevhost" --kernel "$version" --no-module "$@" -- sh -c "$visit" >"$run/out" 2>&1 || status=$?
	((status)) || grep -q "^modprobe $loaded$" "$run/out" || status=1
	((status)) || grep -qF "$message" "$run/out" || status=1
	result "$status" "$name: $message"
}

occupied() {
	local status=0
	make_module occupant
	"$here/sevhost" --kernel "$version" --no-module --copy "$run/occupant/occupant.ko" -- \
		sh -c "$1" >"$run/out" 2>&1 || status=$?
	result "$status" "$2"
}

# shellcheck disable=SC2016 # the guest's shell expands it
taken='
	modprobe kvm_amd && insmod occupant.ko symbol=sev_pin_memory && modprobe sevadm || exit 1
	sevadm module status | tee status
	sed -n "s/.*degraded: \([0-9]*\) of \([0-9]*\) .*/\1 \2/p" status >numbers
	read -r attached seams <numbers && [ $((attached + 1)) -eq "$seams" ] || exit 1
	grep "^sev_pin_memory" status | grep -q "already redirected by someone else" || exit 1
	sevadm -j vm list && sevlaunch --pause-at finish --memory 8 >guest & guest=$!
	for try in $(seq 600); do grep -q "^finish: good=true" guest && break; sleep 0.2; done
	sevadm vm list | grep sevlaunch || exit 1
	[ "$(sevadm -j vm list | json_get 0 pinned_bytes)" = $((8 << 20)) ] || exit 1
	kill -USR1 $guest && wait $guest || exit 1
	[ "$(sevadm -j status | json_get pinned current_bytes)" = 0 ] || exit 1
	rmmod sevadm && rmmod occupant && modprobe sevadm || exit 1
	sevadm module status | grep -q "attached: \([0-9]*\) of \1 "'

echo "KTAP version 1"
echo 1..5
host "a processor without SEV" 0 'sevadm: this processor has no SEV: there will be nothing to account for' \
	--no-kvm --no-psp --cpu Skylake-Server-v1,check=off
host "no security processor" 0 'sevadm: ccp has found no security processor: no SEV VM can be started' \
	--no-psp
host "kvm_amd.sev=0" 0 'sevadm: kvm_amd offers no SEV: see its own messages, and its parameters sev and npt' \
	--param kvm_amd.sev=0
host "lockdown, unsigned" 1 'and under Secure Boot a signed module' --append lockdown=integrity
occupied "$taken" "a seam that someone else has taken: degraded, with the reason; whole once it is free"
exit "$failed"
