#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The work of packages_test.sh on the machine that it has installed the packages on, booted by that
# machine's own systemd: udev finds the processor, and all that follows is the packages' doing.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=selftests/lib.sh
. /selftests/lib.sh
here=/selftests

# Not the one of the tree.
sevadm=/usr/sbin/sevadm
export SYSTEMD_PAGER=

unit() {
	[ "$(systemctl show -P ActiveState sevadm.service)" = "$1" ]
}

# has_limit SUBJECT LIMIT: LIMIT is a regular expression.
has_limit() {
	"$sevadm" config save | sed -n "\,^\[$1\]\$,,/^\$/p" | grep -qxE "$2"
}

# The first module listed is the youngest.
loaded_at_boot() {
	eventually 120 loaded kvm_amd && eventually 120 unit active &&
		same "order of the modules" "$(sed -nE 's/^(sevadm|kvm_amd) .*/\1/p' /proc/modules | xargs)" \
			"kvm_amd sevadm" &&
		"$sevadm" module status | grep ", attached: "
}

devices_are_the_groups() {
	same "owner and mode of /dev/sevadm" "$(stat -c '%U:%G %a' /dev/sevadm)" "root:sevadm 660"
}

limits_hold() {
	has_limit host 'pin.max = [0-9]+[KMG]' && ! has_limit 'cgroup /machine.slice' 'asid.sev.min = 4'
}

slice_is_bound() {
	systemctl start machine.slice &&
		eventually 120 has_limit 'cgroup /machine.slice' 'asid.sev.min = 4'
}

reloads() {
	sed -i -e '/^pin.high/d' -e 's/^pin.max = .*/pin.max = 1G/' /etc/sevadm.conf &&
		systemctl reload sevadm.service && eventually 120 has_limit host 'pin.max = 1G' && unit active
}

# And what is wrong is said once: no restart mends it.
refuses() {
	cp /etc/sevadm.conf good && echo nonsense >>/etc/sevadm.conf &&
		! systemctl restart sevadm.service
	cp good /etc/sevadm.conf
	unit failed && has_limit host 'pin.max = 1G' &&
		journalctl -qu sevadm.service | grep 'sevadm.conf:[0-9]' &&
		systemctl restart sevadm.service && unit active
}

# Between changes it waits.
watcher_waits() {
	waits_in_poll "$(systemctl show -P MainPID sevadm.service)"
}

goes_with_the_module() {
	eventually 120 watcher_waits && "$sevadm" module unload && eventually 120 unit inactive && ! loaded sevadm
}

no_unaccounted() {
	[ "$(value status -- unaccounted_vms)" = 0 ]
}

# A VM that was there before is adopted by the unit: no one else asks for it.
comes_with_the_module() {
	guest_start measure --memory 8 && modprobe sevadm && eventually 120 unit active &&
		has_limit host 'pin.max = 1G' && no_unaccounted &&
		same "number of VMs" "$(vms)" 1 && guest_finish
}

nothing_failed() {
	systemctl --failed --no-legend --plain >failed && ! grep -E 'sevadm|modules-load|udev' failed
}

trap 'journalctl -qb -u sevadm.service | sed "s/^/# /"; clean_up' EXIT
echo "KTAP version 1"
plan 9
result "booted: sevadm is loaded before kvm_amd, and the unit has started" loaded_at_boot
result "the device belongs to a group of its own" devices_are_the_groups
result "the host's limits hold; a cgroup that is not there has none" limits_hold
result "a slice that comes later gets its guarantee" slice_is_bound
result "a reload takes the changed file" reloads
result "a broken file is refused with its line, and changes nothing" refuses
result "the unit ends with the module" goes_with_the_module
result "the unit starts with the module, and adopts what is older" comes_with_the_module
result "none of its units has failed" nothing_failed
finished
