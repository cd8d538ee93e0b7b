#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a domain asks for and Debian 13's QEMU does not have: real libvirt refuses it, and
# `check memlock` has a finding beforehand.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

FIRMWARE=/usr/share/OVMF/OVMF
MODULES=/usr/lib/x86_64-linux-gnu/qemu

echo "KTAP version 1"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -e /dev/sev ] || skip_all "no /dev/sev: no SEV host"
virsh -q version > /dev/null 2>&1 || skip_all "libvirt's daemon is not running"
[ -e "$MODULES/hw-display-qxl.so" ] || skip_all "this QEMU's qxl is not a package of its own"

# domain NAME MACHINE SIZE VIDEO: with firmware of that size, into $scratch/NAME.xml.
domain() {
	cat > "$scratch/$1.xml" <<-XML
		<domain type='kvm'>
		<name>$1</name>
		<memory unit='MiB'>256</memory>
		<memtune><hard_limit unit='MiB'>600</hard_limit></memtune>
		<os><type arch='x86_64' machine='$2'>hvm</type>
		<loader readonly='yes' type='pflash'>${FIRMWARE}_CODE$3.fd</loader>
		<nvram template='${FIRMWARE}_VARS_4M.fd'/></os>
		<features><acpi/></features>
		<devices><memballoon model='none'/><video><model type='$4'/></video></devices>
		<launchSecurity type='sev'><policy>1</policy></launchSecurity>
		</domain>
	XML
}

starts() {
	virsh -q create --paused "$scratch/$1.xml" > "$scratch/said" 2>&1 && virsh -q destroy "$1"
}

# finds NAME RULE SEVERITY
finds() {
	sevadm -j check memlock "$scratch/$1.xml" > "$scratch/findings" || true
	grep -q "\"rule\":\"$2\",\"severity\":\"$3\"" "$scratch/findings"
}

show_both() {
	sed 's/^/# /' "$scratch/said" "$scratch/findings"
	return 1
}

# refused NAME RULE SEVERITY TEXT: libvirt's error has TEXT.
refused() {
	{ finds "$1" "$2" "$3" && ! starts "$1" && grep -q "$4" "$scratch/said"; } || show_both
}

all_there() {
	for rule in machine video firmware-missing; do
		! finds plain "memlock-$rule" '[a-z]*' || show_both || return 1
	done
	starts plain || show_both
}

# Where its package is installed, there is nothing to say but a warning.
with_qxl() {
	{ finds qxl memlock-video warning && starts qxl; } || show_both
}

# libvirt looks at QEMU again when the folder has changed.
without_qxl() {
	rm "$MODULES/hw-display-qxl.so" && refused qxl memlock-video warning qxl
}

domain plain q35 _4M vga
domain qxl q35 _4M qxl
domain later pc-q35-99.0 _4M vga
domain older pc-i440fx-2.3 _4M vga
domain small q35 '' vga

plan 6
result "a domain of which all is there starts, without such findings" all_there
result "qxl starts where its package is installed" with_qxl
result "qxl is refused where it is not" without_qxl
result "a machine type that came later is refused" refused later memlock-machine error pc-q35-99.0
result "one that QEMU has no more is refused" refused older memlock-machine error pc-i440fx-2.3
result "firmware of 2 MiB, which this Debian has no more, is refused" \
	refused small memlock-firmware-missing warning OVMF_CODE.fd
finished
