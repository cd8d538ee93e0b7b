#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sevadm beside modules that are made for it: a livepatch of one of its seams, before it and after
# it; a kvm_amd with a compiler's clone; and when what it needs does not go on: ftrace, a task
# inside of KVM, the security processor. The module says each in clear words, and it harms no guest.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"
# shellcheck source=selftests/vm/lib/hosts.sh
. "$here/lib/hosts.sh"

# Words for the commands below, each of which must succeed; "guest" is a guest's whole life, seen by
# the ledger.
# shellcheck disable=SC2016 # the guest's shell expands it
words='
	set -e
	fail() { echo "$*"; exit 1; }
	is() { sevadm module status >status; grep -q "$1" status || { cat status; exit 1; }; }
	row() { is "^$1 .*$2"; }
	whole() { is "attached: \([0-9]*\) of \1 "; }
	lacks_one() {
		is degraded; sed -n "s/.*degraded: \([0-9]*\) of \([0-9]*\) .*/\1 \2/p" status >numbers
		read -r attached seams <numbers && [ $((attached + 1)) -eq "$seams" ] || { cat status; exit 1; }
	}
	guest() {
		sevlaunch --memory 8 --pause-at finish >guest & pid=$!
		until grep -q "^finish:" guest; do sleep 0.1; done
		[ "${1-}" = unseen ] || sevadm vm list | grep -q sevlaunch || fail "the ledger has no guest"
		kill -USR1 $pid && wait $pid || { cat guest; exit 1; }
	}
	until_said() { for try in $(seq 3000); do dmesg | grep -q "$1" && return; sleep 0.1; done; fail "not said: $1"; }'

# host NAME COMMANDS OPTION…
host() {
	local name=$1 commands=$2 status=0
	shift 2
	"$here/sevhost" --kernel "$version" "$@" -- sh -c "$words$commands" >"$run/out" 2>&1 || status=$?
	result "$status" "$name"
}

# shellcheck disable=SC2016 # the guest's shell expands it
patched='
	patch=/sys/kernel/livepatch/livepatch
	settled() { for try in $(seq 3000); do [ "$(cat $patch/transition 2>/dev/null)" != 1 ] && return; sleep 0.1; done; fail "no end of the transition"; }
	unpatch() {
		echo 0 >$patch/enabled; until [ ! -d $patch ]; do sleep 0.1; done; rmmod livepatch
	}
	echo "1: it is refused whole while the module has the function"
	! insmod livepatch.ko 2>/dev/null || fail "two have redirected one function"
	whole; guest
	echo "2: the module yields the function"
	! echo no_such_function >/sys/module/sevadm/parameters/yield 2>/dev/null || fail "yields nothing"
	echo sev_guest_df_flush >/sys/module/sevadm/parameters/yield
	[ "$(cat /sys/module/sevadm/parameters/yield)" = sev_guest_df_flush ]
	lacks_one; row sev_guest_df_flush "yielded: someone else may redirect it"
	insmod livepatch.ko; settled; guest
	echo "3: it was there before, and a guest is older than both"
	unpatch; sevadm module unload; sevadm module load; whole
	sevlaunch --memory 8 --pause-at finish >old & old=$!
	until grep -q "^finish:" old; do sleep 0.1; done
	sevadm module unload; insmod livepatch.ko; settled; sevadm module load
	lacks_one; row sev_guest_df_flush "already redirected by someone else: a livepatch?"
	sevadm vm list | grep -q sevlaunch || fail "the guest is not adopted"
	guest; kill -USR1 $old; wait $old
	echo "4: it is gone"
	unpatch; sevadm module unload; sevadm module load; whole; guest'

# shellcheck disable=SC2016 # the guest's shell expands it
dead='
	insmod occupant.ko kill=1
	guest
	sevadm module unload >/dev/null 2>&1 &
	until_said "ftrace would not let go, which only a bug"
	[ -d /sys/module/sevadm ]; guest unseen; guest unseen
	dmesg | grep "ftrace would not"'

# shellcheck disable=SC2016 # the guest's shell expands it
locked='
	mount -t securityfs none /sys/kernel/security
	echo confidentiality >/sys/kernel/security/lockdown
	! sevadm module adopt 2>said || fail "numbers of the kernel are shown"
	grep "is locked down against being read" said; whole; guest'

# shellcheck disable=SC2016 # the guest's shell expands it
held='
	sevlaunch --memory 8 --steps create,init,launch_start,status >held & pid=$!
	until [ "$(cut -d" " -f3 /proc/$pid/stat)" = D ]; do sleep 0.1; done
	sevadm module unload >/dev/null 2>&1 &
	until_said "sevadm: task $pid (sevlaunch) is inside of kvm_amd"'

# shellcheck disable=SC2016 # the guest's shell expands it
hung='
	sevadm module load; modprobe ccp psp_cmd_timeout=10; modprobe kvm_amd
	[ "$(cat /sys/module/kvm_amd/initstate)" = live ]
	whole
	asked=$(sevadm -j trace show --command PLATFORM_STATUS | wc -l)
	[ "$asked" = 1 ] || fail "the firmware was asked, and waited for: $asked"'

# The kernel shuts SEV-SNP down before a crash kernel begins: by a command of the firmware, with
# interrupts off.
# shellcheck disable=SC2016 # the guest's shell expands it
panics='
	whole; sevlaunch --memory 8 --pause-at finish >guest &
	until grep -q "^finish:" guest; do sleep 0.1; done
	echo c >/proc/sysrq-trigger; sleep 60'

panic() {
	local status=0
	"$here/sevhost" --kernel "$version" --snp --psp "log=$run/device" -- sh -c "$words$panics" >"$run/out" 2>&1 ||
		status=$?
	tail -n 3 "$run/device" >>"$run/out"
	((status == 125)) && grep -q 'Kernel panic - not syncing: sysrq triggered crash' "$run/out" &&
		! grep -E 'BUG|stalls? on CPU|NULL pointer.*sevadm' "$run/out" &&
		tail -n 1 "$run/device" | grep -w SNP_SHUTDOWN_EX | grep -wv HANG
}

make_module livepatch
make_module clone
make_module occupant
echo "KTAP version 1"
echo 1..7
host "a livepatch of a seam, before and after" "$patched" --copy "$run/livepatch/livepatch.ko"
host "a clone beside a seam" '
	insmod kvm_amd.ko; modprobe sevadm; is "degraded: "
	row sev_pin_memory "a clone of it, with other arguments, takes part of the calls"
	rmmod sevadm; rmmod kvm_amd' --no-kvm --copy "$run/clone/kvm_amd.ko"
host "ftrace is dead: the module stays, and goes on" "$dead" --copy "$run/occupant/occupant.ko"
host "a kernel that is locked down against being read" "$locked"
host "who keeps the module from being unloaded" "$held" --psp hang=GUEST_STATUS --param ccp.psp_cmd_timeout=60
host "the security processor hangs when kvm_amd arrives" "$hung" --no-kvm --psp hang=PLATFORM_STATUS:2
panic && status=0 || status=$?
result "$status" "the kernel panics on a SEV-SNP host"
exit "$failed"
