#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Guests of real libvirt, of all types at once, boot OVMF and Linux, write to a disk, read it back
# and talk to a network; all the while the ledger is true, and afterwards nothing of them is left.
#
# usage: sevadm_libvirt_guest_test.sh [--seconds N] TYPE[:VCPUS]...
#   TYPE is sev, sev-es or sev-snp, with as many vCPUs (1); they work for N seconds at least (10).
#   Without a TYPE, as kselftest runs it: sev.
#
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

SHARE=/usr/share/sev-guest	# kernel and initrd: sevhost --with guest
IMAGES=/var/lib/libvirt/images
LOGS=/var/log/libvirt
MEMORY=384	# MiB

seconds=10
if [ "${1-}" = --seconds ]; then
	seconds=$2
	shift 2
fi
[ $# -gt 0 ] || set -- sev

begin_on_sev_host
virsh -q version > /dev/null 2>&1 || skip_all "libvirt's daemon is not running"
[ -e "$SHARE/vmlinuz" ] || skip_all "no $SHARE/vmlinuz"

# What each guest does. Its disk is in blocks of 64 KiB, of which each round writes and reads 16.
# shellcheck disable=SC2016 # for the guest's shell
command='
dmesg | sed -n "s/.*Memory Encryption Features active: /features /p"
echo "processors $(grep -c ^processor /proc/cpuinfo)"
for module in virtio_pci virtio_blk virtio_net; do modprobe "$module"; done
ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0
rounds=0 different=0 lost=0
while [ "$(cut -d . -f 1 /proc/uptime)" -lt $((started + seconds)) ]; do
	dd if=/dev/urandom of=/tmp/blocks bs=64k count=16 2> /dev/null
	at=$((rounds * 16 % 512))
	dd if=/tmp/blocks of=/dev/vda bs=64k seek=$at conv=fsync 2> /dev/null
	echo 3 > /proc/sys/vm/drop_caches
	dd if=/dev/vda bs=64k skip=$at count=16 2> /dev/null | cmp -s - /tmp/blocks ||
		different=$((different + 1))
	ping -c 1 -W 60 10.0.2.2 > /dev/null || lost=$((lost + 1))
	rounds=$((rounds + 1))
done
echo "rounds $rounds different $different lost $lost"
'

# firmware_of NAME TYPE: SEV-SNP guests have no flash memory.
firmware_of() {
	if [ "$2" = sev-snp ]; then
		echo "<loader readonly='yes' type='rom'>/usr/share/ovmf/OVMF.fd</loader>"
		return
	fi
	for code in /usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/OVMF/OVMF_CODE.fd; do
		[ -e "$code" ] || continue
		vars=$(echo "$code" | sed 's/_CODE/_VARS/')
		echo "<loader readonly='yes' type='pflash'>$code</loader>"
		echo "<nvram template='$vars'>$IMAGES/$1.vars</nvram>"
		return
	done
}

# launch_security TYPE: guest policies as of sev-guest.
launch_security() {
	if [ "$1" = sev-snp ]; then
		echo "<launchSecurity type='sev-snp'><policy>0x30000</policy></launchSecurity>"
		return
	fi
	policy=0x1
	[ "$1" = sev ] || policy=0x5
	echo "<launchSecurity type='sev'><policy>$policy</policy></launchSecurity>"
}

# domain NAME TYPE VCPUS
domain() {
	cat <<-XML
		<domain type='kvm'>
		<name>$1</name>
		<memory unit='MiB'>$MEMORY</memory>
		<vcpu>$3</vcpu>
		<memtune><hard_limit unit='MiB'>$((2 * MEMORY + 256))</hard_limit></memtune>
		<os>
		<type arch='x86_64' machine='q35'>hvm</type>
		$(firmware_of "$1" "$2")
		<kernel>$IMAGES/vmlinuz</kernel>
		<initrd>$IMAGES/initrd</initrd>
		<cmdline>console=ttyS0 loglevel=4 panic=-1</cmdline>
		</os>
		<features><acpi/></features>
		<cpu mode='host-passthrough'/>
		<on_reboot>destroy</on_reboot>
		<on_crash>destroy</on_crash>
		$(launch_security "$2")
		<devices>
		<disk type='file' device='disk'>
		<driver name='qemu' type='raw' iommu='on'/>
		<source file='$IMAGES/$1.raw'/>
		<target dev='vda' bus='virtio'/>
		</disk>
		<interface type='user'>
		<model type='virtio'/><driver iommu='on'/><rom enabled='no'/>
		</interface>
		$(port "$1" console 0)
		$(port "$1" firmware 1)
		$(port "$1" output 2)
		$(port "$1" verdict 3)
		<memballoon model='none'/>
		</devices>
		</domain>
	XML
}

# port NAME WHAT NUMBER: a serial port, as the guest's init wants it.
port() {
	echo "<serial type='file'><source path='$LOGS/$1.$2'/>"
	echo "<target type='isa-serial' port='$3'/></serial>"
}

prepare() {
	mkdir "$scratch/files"
	printf 'started=%s seconds=%s\n%s' "\$(cut -d . -f 1 /proc/uptime)" "$seconds" "$command" \
		> "$scratch/files/command"
	cp "$SHARE/vmlinuz" "$IMAGES/vmlinuz"
	cp "$SHARE/initrd" "$IMAGES/initrd"
	(cd "$scratch/files" && find . | cpio -o -H newc 2> /dev/null) >> "$IMAGES/initrd"
	for guest; do
		truncate -s 32M "$IMAGES/$(name_of "$guest").raw"
	done
	chmod 666 "$IMAGES"/*
}

# Of sev-snp:4: guest-sev-snp, sev-snp, 4.
name_of() {
	echo "guest-$(type_of "$1")"
}

type_of() {
	echo "${1%%:*}"
}

vcpus_of() {
	case $1 in
	*:*) echo "${1#*:}" ;;
	*) echo 1 ;;
	esac
}

starts() {
	name=$(name_of "$1")
	domain "$name" "$(type_of "$1")" "$(vcpus_of "$1")" > "$scratch/$name.xml"
	sevadm check domain "$scratch/$name.xml" | sed 's/^/# /'
	virsh -k 0 -q create "$scratch/$name.xml" > "$scratch/said" 2>&1 || {
		sed 's/^/# /' "$scratch/said"
		tail -n 5 "$LOGS/qemu/$name.log" | sed 's/^/# /'
		return 1
	}
}

# The names that sevadm has are libvirt's, in the order in which the guests started.
have_names() {
	sevadm -j vm list > "$scratch/vms"
	listed=0
	for guest; do
		same "name" "$("$here/json_get" "$listed" name < "$scratch/vms")" "$(name_of "$guest")" &&
			same "type" "$("$here/json_get" "$listed" type < "$scratch/vms")" \
				"$(type_of "$guest")" || return 1
		listed=$((listed + 1))
	done
}

# Until all have ended. A daemon that is too busy to answer for half a minute has not ended them:
# virsh waits for it (-k 0), and when it cannot be asked, that is a failure.
stays_true() {
	compared=0
	while virsh -k 0 -q list --name > "$scratch/domains" || return 1; grep -q . "$scratch/domains"; do
		ledger_is_true > "$scratch/compared" 2>&1 || {
			sed 's/^/# /' "$scratch/compared"
			return 1
		}
		compared=$((compared + 1))
		sleep 2
	done
	say "compared $compared times"
	[ "$compared" -gt 0 ]
}

# did NAME WORD...: the guest printed that line.
did() {
	name=$1
	shift
	grep -qx "$*" "$LOGS/$name.output" || {
		say "$name did not print '$*', but:"
		sed 's/^/#   /' "$LOGS/$name.output"
		tail -n 10 "$LOGS/$name.console" | tr -d '\033\r' | sed 's/^/#   /'
		return 1
	}
}

features_of() {
	case $1 in
	sev) echo "AMD SEV" ;;
	sev-es) echo "AMD SEV SEV-ES" ;;
	sev-snp) echo "AMD SEV SEV-ES SEV-SNP" ;;
	esac
}

worked() {
	name=$(name_of "$1")
	grep -a '^rounds' "$LOGS/$name.output" | sed "s/^/# $name: /"
	did "$name" features "$(features_of "$(type_of "$1")")" &&
		did "$name" processors "$(vcpus_of "$1")" &&
		did "$name" 'rounds [1-9][0-9]* different 0 lost 0' &&
		same "its verdict" "$(cat "$LOGS/$name.verdict")" "exit 0"
}

nothing_left() {
	eventually 60 has_vms 0 && ledger_is_true
}

plan $((2 * $# + 3))
prepare "$@"
for guest; do
	result "libvirt starts a guest: $guest" starts "$guest"
done
result "sevadm has libvirt's names" have_names "$@"
result "the ledger is true all the while" stays_true
for guest; do
	result "a guest with an encrypted kernel works on disk and network: $guest" worked "$guest"
done
result "nothing of them is left" nothing_left
finished
