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

# entry_of FIELD=VALUE…: all of an entry that the unit of sevadm monitor wrote for such an event.
entry_of() {
	journalctl -qb -o verbose -t sevadm _SYSTEMD_UNIT=sevadm-monitor.service "$@" >entry && [ -s entry ]
}

monitor_writes_fields() {
	"$sevadm" limit set host pin.max=4M && ! "$here/sevlaunch" --memory 8 >launched 2>&1 &&
		"$sevadm" limit set host pin.max=1G &&
		eventually 120 entry_of SEVADM_EVENT=limit SEVADM_RESOURCE=pin || return 1
	sed 's/^/# /' entry
	for field in PRIORITY=4 SYSLOG_IDENTIFIER=sevadm SEVADM_SUBJECT=host SEVADM_KNOB=max \
		SEVADM_COMM=sevlaunch SEVADM_RET=-12 "SEVADM_LIMIT=$((4 << 20))"; do
		grep -qx " *$field" entry || { say "no $field"; return 1; }
	done
	grep -q '^ *MESSAGE=refused: host: asked for ' entry
}

monitor_is() {
	[ "$(systemctl show -P ActiveState sevadm-monitor.service)" = "$1" ]
}

# It has its signals once it listens.
monitor_listens() {
	waits_in_poll "$(systemctl show -P MainPID sevadm-monitor.service)"
}

# Whether it is stopped by hand or by the module that goes, that is no failure.
monitor_comes_and_goes() {
	systemctl -q enable --now sevadm-monitor.service && eventually 120 monitor_listens &&
		monitor_writes_fields && systemctl status sevadm-monitor.service >shown &&
		grep -q 'Active: active (running)' shown && systemctl stop sevadm-monitor.service &&
		monitor_is inactive &&
		same "its result" "$(systemctl show -P Result sevadm-monitor.service)" success &&
		systemctl start sevadm-monitor.service && eventually 120 monitor_listens
}

# Those who watch fleets read files that timers keep fresh.
timers_write() {
	mkdir -p /var/lib/prometheus/node-exporter /etc/kubernetes/node-feature-discovery/features.d
	systemctl -q enable --now sevadm-metrics.timer sevadm-nfd.timer &&
		eventually 120 grep -qs '^sevadm_asids{pool="sev"' /var/lib/prometheus/node-exporter/sevadm.prom &&
		eventually 120 grep -qs sev /etc/kubernetes/node-feature-discovery/features.d/sevadm &&
		systemctl -q disable --now sevadm-metrics.timer sevadm-nfd.timer
}

# Between changes it waits.
watcher_waits() {
	waits_in_poll "$(systemctl show -P MainPID sevadm.service)"
}

goes_with_the_module() {
	eventually 120 watcher_waits && "$sevadm" module unload && eventually 120 unit inactive &&
		eventually 120 monitor_is inactive && ! loaded sevadm
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

trap 'journalctl -qb -u sevadm.service -u sevadm-monitor.service | sed "s/^/# /"; clean_up' EXIT
echo "KTAP version 1"
plan 11
result "booted: sevadm is loaded before kvm_amd, and the unit has started" loaded_at_boot
result "the device belongs to a group of its own" devices_are_the_groups
result "the host's limits hold; a cgroup that is not there has none" limits_hold
result "a slice that comes later gets its guarantee" slice_is_bound
result "a reload takes the changed file" reloads
result "a broken file is refused with its line, and changes nothing" refuses
result "sevadm-monitor.service writes entries with fields, and ends well" monitor_comes_and_goes
result "timers write metrics and features of the node" timers_write
result "the units end with the module" goes_with_the_module
result "the unit starts with the module, and adopts what is older" comes_with_the_module
result "none of its units has failed" nothing_failed
finished
