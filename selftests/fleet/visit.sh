#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# visit.sh pool|psp|limit: on an emulated host: what `sevadm metrics` prints before, while and after
# something is wrong there, between lines "@@ before", "@@ wrong", "@@ after" and "@@ end".
cd /selftests || exit
# shellcheck source=selftests/lib.sh disable=SC1091,SC2154
. ./lib.sh

show() {
	echo "@@ $1"
	sevadm metrics
}

no_vms() {
	[ "$(vms)" = 0 ]
}

show before
case $1 in
pool)
	# All ASIDs that the host has for SEV.
	guest_start finish --memory 4 && first=$guest
	guest_start finish --memory 4
	show wrong
	kill -9 "$first" "$guest"
	eventually 60 no_vms
	;;
psp)
	# It stays so until the host is restarted: "before" is what comes then.
	sevlaunch --memory 4 > "$scratch/log" 2>&1
	show wrong
	;;
limit)
	sevadm limit set host pin.max=17M > "$scratch/log"
	guest_start finish --memory 16
	sevlaunch --memory 4 > "$scratch/log" 2>&1
	show wrong
	kill -9 "$guest"
	eventually 60 no_vms
	;;
esac
[ "$1" = psp ] || show after
echo "@@ end"
