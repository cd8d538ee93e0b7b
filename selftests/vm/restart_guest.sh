#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The work of restart_test.sh on the emulated host. In the host's first life a guest runs,
# and the kernel panics, or starts itself once more by kexec: with the same files, and so with this
# command again.
#
# usage: restart_guest.sh panic|kexec
set -eu
how=$1
mark=sevhost.restarted

fail() {
	echo "$*" >&2
	exit 1
}

attached() {
	sevadm module status >state
	grep -q "attached: \([0-9]*\) of \1 " state || fail "$(cat state)"
}

begin_guest() {
	sevlaunch --memory 8 --pause-at finish >guest &
	for try in $(seq 600); do
		! grep -q "^finish:" guest || return 0
		sleep 0.1
	done
	fail "after $try looks: $(cat guest)"
}

restart() {
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -name vmlinux \) -prune -o \
		-print | cpio -o -H newc >/tmp/initrd 2>/tmp/said || fail "$(cat /tmp/said)"
	kexec -l vmlinux --args-linux --initrd=/tmp/initrd --append="$(cat /proc/cmdline) $mark"
	kexec -e
}

attached
if grep -q "$mark" /proc/cmdline; then
	rm guest
	begin_guest
	sevadm check ledger --strict
	echo "two lives"
	exit 0
fi
begin_guest
if [ "$how" = kexec ]; then
	restart
else
	echo c >/proc/sysrq-trigger
fi
sleep 60
fail "the host goes on"
