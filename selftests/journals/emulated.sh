# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A machine of machines.table with a kernel of its own, under the emulator of the SEV host. Uses
# what the row says, and the folders $image, $run and $out.
# shellcheck disable=SC2054,SC2154

# An EPYC without what TCG has not.
amd=EPYC-Rome,-xsavec,+svm,+npt,+decodeassists,+flushbyasid,+nrip-save,+lbrv,check=off
milan=EPYC-Milan,-hypervisor,+svm,+npt,+decodeassists,+flushbyasid,+nrip-save,+lbrv,check=off

# What takes an emulated processor minutes: containers have it.
masked=(containerd docker fail2ban named postgresql prometheus-node-exporter tuned
	unattended-upgrades)

describe_emulated() {
	local device
	memory=2048 machine=q35 devices=() arguments=()
	case $disk in
	virtio) devices=(virtio-blk-pci,drive=disk virtio-net-pci,romfile=) ;;
	scsi) devices=(virtio-scsi-pci scsi-hd,drive=disk vmxnet3,romfile=) ;;
	nvme) devices=(nvme,drive=disk,serial=1 e1000e,romfile=) ;;
	usb) devices=(qemu-xhci usb-storage,drive=disk usb-tablet e1000,romfile=) ;;
	sata) devices=(ide-hd,drive=disk e1000e,romfile=) ;;
	ide) machine=pc devices=(ide-hd,drive=disk rtl8139,romfile=) ;;
	*) die "there is no disk '$disk'" ;;
	esac
	case $host in
	amd) cpu=$amd ;;
	amd-iommu) cpu=$amd devices+=(amd-iommu) ;;
	intel) cpu=Skylake-Server-noTSX-IBRS,check=off memory=1024 ;;
	sev) cpu=$amd devices+=(sev-psp) ;;
	snp)
		cpu=$milan devices+=(sev-psp,snp=on amd-iommu)
		machine=q35,max-ram-below-4g=2048M memory=2080
		;;
	*) die "there is no host '$host'" ;;
	esac
	for device in "${devices[@]}"; do arguments+=(-device "$device"); done
	append+=$(printf ' systemd.mask=%s.service' "${masked[@]}")
}

# Why these arguments of the kernel: describe_machine of the SEV host.
boot_emulated() {
	local qemu version status=0
	describe_emulated
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
		-display none -machine "$machine" -accel tcg,thread=multi -smp 2 -m "$memory" -cpu "$cpu" \
		"${arguments[@]}" -drive "if=none,id=disk,format=raw,cache=unsafe,file=$run/disk" \
		-chardev "file,id=console,path=$out/console" -device isa-serial,chardev=console \
		-fw_cfg "name=opt/work,file=$run/work" \
		-kernel "$image/vmlinuz-$version" -initrd "$image/initrd.img-$version" -append \
		"root=LABEL=server ro console=ttyS0 tsc=reliable tsc_early_khz=1000000 no_timer_check $append" \
		</dev/null >"$run/said" 2>&1 || status=$?
	debugfs -R "rdump /var/log $run/log" "$run/disk" >/dev/null 2>&1
	mv "$run"/log/log/* "$run/log/"
	return "$status"
}
