#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The three deaths of an encrypted domain, by real libvirt: each is forecast, explained from the
# logs afterwards, and refused by the hook in libvirt's own error once that is installed.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

HOOK=$PWD/qemu	# tools/libvirt/qemu
INSTALLED=/etc/libvirt/hooks/qemu

echo "KTAP version 1"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -e /dev/sev ] || skip_all "no /dev/sev: no SEV host"
virsh -q version > /dev/null 2>&1 || skip_all "libvirt's daemon is not running"
[ -e "$HOOK" ] || skip_all "no $HOOK: copy tools/libvirt/qemu here"
[ ! -e "$INSTALLED" ] || skip_all "$INSTALLED is there already"

# domain NAME HARD_LIMIT LOCKED: of 256 MiB; into $scratch/NAME.xml.
domain() {
	cat > "$scratch/$1.xml" <<-XML
		<domain type='kvm'>
		<name>$1</name>
		<memory unit='MiB'>256</memory>
		<memtune><hard_limit unit='MiB'>$2</hard_limit></memtune>
		${3:+<memoryBacking><locked/></memoryBacking>}
		<os><type arch='x86_64' machine='q35'>hvm</type>
		<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader>
		<nvram template='/usr/share/OVMF/OVMF_VARS.fd'/></os>
		<features><acpi/></features>
		<devices><memballoon model='none'/></devices>
		<launchSecurity type='sev'><policy>1</policy></launchSecurity>
		</domain>
	XML
}

starts() {
	virsh -q create --paused "$scratch/$1.xml" > "$scratch/said" 2>&1 || {
		sed 's/^/# /' "$scratch/said"
		return 1
	}
	virsh -q destroy "$1"
}

dies() {
	! virsh -q create --paused "$scratch/$1.xml" > "$scratch/said" 2>&1
}

# The first cause that is given for some line of the logs is this one, and is proven.
explains() {
	{
		cat "$scratch/said" "/var/log/libvirt/qemu/$1.log"
		dmesg
	} > "$scratch/log"
	sevadm explain --file "$scratch/log" > "$scratch/explained"
	grep -A 1 "^1\. $2" "$scratch/explained" | grep -q '^ *proven by' || {
		sed 's/^/# log: /' "$scratch/log"
		sed 's/^/# /' "$scratch/explained"
		return 1
	}
}

# death NAME OUTCOME CAUSE
death() {
	dmesg -C
	sevadm -j check memlock "$scratch/$1.xml" > "$scratch/forecast" || true
	same "the forecast" "$("$here/json_get" memlock outcome < "$scratch/forecast")" "$2" || return 1
	# Before Linux 6.2, and a paused guest does not.
	if [ "$("$here/json_get" memlock while_running < "$scratch/forecast")" = true ]; then
		say "$1 would die while it runs"
		starts "$1"
		return
	fi
	dies "$1" && explains "$1" "$3"
}

# last_failure NAME CAUSE: the first cause that the trace alone gives, of the domain that libvirt
# names, without a log that somebody has to find.
last_failure() {
	sevadm explain --last > "$scratch/explained"
	grep -q "^the last failure in the trace, .* libvirt could not start $1 " "$scratch/explained" &&
		grep -q "^1\. $2" "$scratch/explained" && return
	sed 's/^/# /' "$scratch/said" "$scratch/explained"
	return 1
}

# Wants such a firmware: sevhost --psp fault=LAUNCH_START:RESOURCE_LIMIT:1.
firmware_refuses() {
	dies fine && last_failure fine "RESOURCE_LIMIT: the firmware has no room"
}

# named NAME: by the commands that say who holds what.
named() {
	sevadm status > "$scratch/shown" && grep -q " $1 " "$scratch/shown" &&
		same "name in vm list" "$(value vm list -- 0 name)" "$1" &&
		same "name by ASID" "$(value asid show "$(value vm list -- 0 asid)" -- name)" "$1"
}

# Wants a pool of one ASID: --psp min-sev-asid=5 --psp max-asid=5.
pool_is_full() {
	virsh -q create --paused "$scratch/fine.xml" && named fine && dies second &&
		last_failure second "the pool has no ASID left" && virsh -q destroy fine
}

limit_refuses() {
	sevadm limit set host pin.max=100M && dies second && sevadm limit delete host &&
		last_failure second "a limit of sevadm's is met"
}

supported() {
	virsh domcapabilities | grep -q "<sev supported='yes'>" &&
		sevadm -j check host > "$scratch/host.json" &&
		same "libvirt_sev" "$("$here/json_get" facts libvirt_sev < "$scratch/host.json")" true
}

installed() {
	install -D -m 755 "$HOOK" "$INSTALLED"
	systemctl restart libvirtd
}

# refused NAME REASON: before QEMU is started, whose arguments its log would begin with.
refused() {
	rm -f "/var/log/libvirt/qemu/$1.log"
	rm -f "/var/log/libvirt/qemu/$1.log"
	dies "$1" && grep -q "the limits of $1 would end it" "$scratch/said" &&
		grep -q "$2" "$scratch/said" && grep -q "remedy: <hard_limit" "$scratch/said" &&
		! grep -qs -e -machine "/var/log/libvirt/qemu/$1.log" && return
	sed 's/^/# /' "$scratch/said"
	return 1
}

remedied() {
	limit=$(sed -n "s/.*remedy: <hard_limit unit='MiB'>\([0-9]*\)<.*/\1/p" "$scratch/said")
	domain remedied "$limit" '' && starts remedied
}

domain refused 200 ''
domain killed 271 ''
domain unlockable 600 yes
domain fine 400 ''

domain second 400 ''

plan 14
result "libvirt says that there is SEV, and check host hears it" supported
result "the last failure: the firmware has no room" firmware_refuses
result "the last failure: the pool is full, of which the other one has the ASID" pool_is_full
result "the last failure: a limit of ours" limit_refuses
result "refused by RLIMIT_MEMLOCK" death refused refused-by-rlimit "RLIMIT_MEMLOCK is lower"
result "the last failure: RLIMIT_MEMLOCK" last_failure refused "RLIMIT_MEMLOCK is lower"
result "killed by its cgroup" death killed killed-by-cgroup "the VM's memory cgroup is too small"
result "mlockall() fails" death unlockable mlockall-fails "<locked/> makes QEMU lock"
result "the hook can be installed" installed
result "the hook refuses what mlockall() would" refused unlockable "mapped and the limit"
result "the hook refuses what KVM would" refused refused "pinned and the limit"
result "the hook refuses what the cgroup would kill" refused killed "charged and the limit"
result "its remedy holds" remedied
result "the hook lets the others pass" starts fine
rm -f "$INSTALLED"
finished
