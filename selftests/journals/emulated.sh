# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A machine of machines.table with a kernel of its own, under the emulator of the SEV host. Uses
# what the row says, and the folders $image, $run and $out.
# shellcheck disable=SC2154

# An EPYC without what TCG has not.
cpu=EPYC-Rome,-xsavec,+svm,+npt,+decodeassists,+flushbyasid,+nrip-save,+lbrv,check=off

# What takes an emulated processor minutes: containers have it.
masked=(containerd docker fail2ban named postgresql prometheus-node-exporter tuned
	unattended-upgrades)

# Why these arguments of the kernel: describe_machine of the SEV host.
boot_emulated() {
	local qemu version status=0
	append+=$(printf ' systemd.mask=%s.service' "${masked[@]}")
	qemu=${SEVADM_QEMU:-$("$here/../vm/qemu/build")}
	version=$(cd "$image" && printf '%s\n' vmlinuz-"$kernel".* | sort -V | tail -n 1)
	version=${version#vmlinuz-}
	[[ -e $image/vmlinuz-$version ]] || die "Debian $release has no kernel $kernel"
	cp --sparse=always "$image/disk" "$run/disk"
	# Without an id, it would be the first boot, which takes longer.
	digest - <<<"$name" | sed 's/.*/&&/' >"$run/id"
	printf '%s\n' 'rm /etc/machine-id' "write $run/id /etc/machine-id" >"$run/commands"
	debugfs -w -f "$run/commands" "$run/disk" >/dev/null 2>&1
	setpriv --pdeathsig KILL timeout "${TIMEOUT:-3600}" "$qemu" -nodefaults -no-user-config \
		-display none -machine q35 -accel tcg,thread=multi -smp 2 -m 2048 -cpu "$cpu" \
		-device virtio-blk-pci,drive=disk -device virtio-net-pci,romfile= \
		-device amd-iommu \
		-drive "if=none,id=disk,format=raw,cache=unsafe,file=$run/disk" \
		-chardev "file,id=console,path=$out/console" -device isa-serial,chardev=console \
		-fw_cfg "name=opt/work,file=$run/work" \
		-kernel "$image/vmlinuz-$version" -initrd "$image/initrd.img-$version" -append \
		"root=LABEL=server ro console=ttyS0 tsc=reliable tsc_early_khz=1000000 no_timer_check $append" \
		</dev/null >"$run/said" 2>&1 || status=$?
	debugfs -R "rdump /var/log $run/log" "$run/disk" >/dev/null 2>&1
	mv "$run"/log/log/* "$run/log/"
	return "$status"
}
