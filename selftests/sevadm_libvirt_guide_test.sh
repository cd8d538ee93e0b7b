#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The SEV guide's own example: real libvirt does not take it, and takes what `check domain --fix`
# makes of it, on the host that it is made for.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

GUIDE=$PWD/guide.xml	# tools/tests/data/domain/guide.xml
FIXED=$scratch/fixed.xml
DISK=/vmimages/sev-guest-disk.raw

echo "KTAP version 1"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -e /dev/sev ] || skip_all "no /dev/sev: no SEV host"
virsh -q version > /dev/null 2>&1 || skip_all "libvirt's daemon is not running"
[ -e "$GUIDE" ] || skip_all "no $GUIDE: copy tools/tests/data/domain/guide.xml here"

said() {
	sed 's/^/# /' "$scratch/said"
	return 1
}

as_printed() {
	! virsh -q create --paused "$GUIDE" > "$scratch/said" 2>&1
}

fixed() {
	sevadm -j check host > "$scratch/host.json"
	sevadm check domain --host "$scratch/host.json" --output "$FIXED" "$GUIDE" \
		> "$scratch/said" 2>&1 || [ $? -eq 1 ] || said || return 1
	sevadm check domain --host "$scratch/host.json" "$FIXED" > "$scratch/said" 2>&1 || said
}

# The disk is the one thing that no correction can bring.
starts() {
	mkdir -p "${DISK%/*}" && truncate -s 4M "$DISK" && chmod 666 "$DISK" || return 1
	outcome=$(sevadm -j check memlock "$FIXED" | "$here/json_get" memlock outcome)
	same "the forecast" "$outcome" starts || return 1
	virsh -q create --paused "$FIXED" > "$scratch/said" 2>&1 || said || return 1
	same "VMs" "$(vms)" 1 && virsh -q destroy guide
}

plan 3
result "libvirt refuses it as it is printed" as_printed
result "sevadm corrects it" fixed
result "libvirt starts what was corrected" starts
finished
