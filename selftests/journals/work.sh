# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What happens on an ordinary machine, and fails there as it does every day: nothing of it is about
# encrypted guests. Run by the machine's work.service: the functions that the table's row names.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# Services come and go; some are wrong.
services() {
	for unit in ssh cron chrony avahi-daemon NetworkManager nginx smbd snmpd libvirtd; do
		systemctl restart "$unit"
	done
	systemctl start there-is-none
	systemd-run --wait --unit=fails false
	systemd-run --wait --unit=is-killed sh -c 'kill -SEGV $$'
	systemd-run --wait --unit=takes-long --property=RuntimeMaxSec=2 sleep 60
	systemctl daemon-reload
	logger -p kern.err "a line of the administrator's: ret=-110, Device or resource busy"
	logger -t backup "error: 16, see errno=-5"
	udevadm trigger
	udevadm settle --timeout=120
	modprobe kvm_intel
	modprobe dummy && ip link add test0 type dummy && ip link delete test0
	nft add table inet test && nft delete table inet test
	su -s /bin/sh nobody -c true
	auditctl -w /etc/passwd -p wa -k accounts
	useradd somebody && userdel somebody
}

# Nobody gets in.
logins() {
	for name in root admin oracle; do
		ssh -o BatchMode=yes -o StrictHostKeyChecking=no "$name@localhost" true
	done
	su somebody-else -c true
	runuser -u nobody -- cat /etc/shadow
}

containers() {
	tar -cf /work/image.tar -C / etc/hostname etc/passwd
	for engine in podman docker; do
		"$engine" info
		"$engine" import /work/image.tar test
		"$engine" run --rm test /bin/true
		"$engine" network create test
		"$engine" pull there.is.invalid/none
	done
}

# domain NAME TYPE MORE: a plain one, with what libvirt gives to every domain.
domain() {
	cat <<-XML
		<domain type='$2'>
		  <name>$1</name>
		  <memory unit='MiB'>192</memory>
		  <vcpu>2</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <features><acpi/><apic/></features>
		  <devices>
		    <disk type='file' device='disk'>
		      <driver name='qemu' type='qcow2'/>
		      <source file='/var/lib/libvirt/images/$1.qcow2'/>
		      <target dev='vda' bus='virtio'/>
		    </disk>
		    $network
		    <serial type='pty'/>
		    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
		    <memballoon model='virtio'/>
		    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
		    $3
		  </devices>
		</domain>
	XML
}

# Virtual machines of libvirt's and of nobody's: by KVM where the processor has it, and without.
vms() {
	kinds=qemu
	[ ! -c /dev/kvm ] || kinds="kvm qemu"
	# bind9 has the port that libvirt's dnsmasq wants.
	virsh net-start default || {
		systemctl stop named
		virsh net-start default
	}
	network=''
	! virsh net-list --name | grep -q default ||
		network="<interface type='network'><source network='default'/></interface>"
	for kind in $kinds; do
		qemu-img create -q -f qcow2 "/var/lib/libvirt/images/$kind.qcow2" 1G
		domain "$kind" "$kind" >/work/domain
		virsh define /work/domain
		virsh start "$kind"
		sleep 10
		virsh suspend "$kind" && virsh resume "$kind"
		virsh snapshot-create-as "$kind" first --disk-only
		virsh managedsave "$kind" && virsh start "$kind"
		virsh setmem "$kind" 128M --live
		virsh attach-interface "$kind" network default --live
		virsh reset "$kind"
		virsh shutdown "$kind"
		sleep 5
		virsh destroy "$kind"
		virsh undefine "$kind" --snapshots-metadata --managed-save
	done
	# What operators get wrong.
	domain lost "${kinds%% *}" >/work/domain && virsh create /work/domain
	domain odd "${kinds%% *}" "<tpm model='tpm-crb'/>" >/work/domain && virsh create /work/domain
	virsh start nobody
	virsh domcapabilities >/dev/null
	virt-host-validate
	for wrong in "-accel tcg" "-accel kvm" "-m 1T" "-device there-is-none"; do
		# shellcheck disable=SC2086 # two words
		timeout 10 qemu-system-x86_64 -nodefaults -display none $wrong 2>&1 | logger -t qemu
	done
}

# From here on, libvirt's daemon says all that it does.
libvirt_debug() {
	virt-admin daemon-log-filters "1:qemu 1:security 1:cgroup 2:util 3:json 3:event 3:object"
	virt-admin daemon-log-outputs "1:journald"
}

# Once more.
again() {
	[ "$boots" != 1 ] || echo reboot >/work/next
}

boots=$(($(cat /work/boots 2>/dev/null) + 1))
echo "$boots" >/work/boots
echo poweroff >/work/next
systemctl is-system-running --wait
