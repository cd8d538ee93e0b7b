# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A machine of machines.table without a kernel of its own: the same disk in a container. Its journal
# lacks the kernel's lines, and takes a hundredth of the time. Uses what the row says, and the
# folders $image, $run and $out.
# shellcheck disable=SC2154

# systemd-nspawn's status then.
wants_reboot=133

# A cgroup of its own, as a container without systemd's help makes two where it is.
cgroups=(/sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd)
enter_cgroup() {
	local mount
	for mount in "${cgroups[@]}"; do
		[[ -w $mount/cgroup.procs ]] || continue
		mkdir -p "$mount/${run##*/}"
		echo "$BASHPID" >"$mount/${run##*/}/cgroup.procs"
	done
}

# shellcheck disable=SC2086 # one word an argument
run_container() (
	enter_cgroup
	exec setpriv --pdeathsig TERM timeout "${TIMEOUT:-3600}" systemd-nspawn --quiet --boot \
		--private-network --link-journal=no --register=no --keep-unit --directory="$run/root" \
		--console=pipe --machine="$name" $append </dev/null >>"$out/console" 2>>"$run/said"
)

# What it writes goes into a layer that is thrown away.
boot_container() {
	local root=$run/root status=0
	((EUID == 0)) || die "a container needs root"
	mkdir -p "$run"/{below,upper,layer,root}
	mount -o loop,ro "$image/disk" "$run/below"
	mount -t overlay -o "lowerdir=$run/below,upperdir=$run/upper,workdir=$run/layer" sevadm "$root"
	mkdir -p "$root/etc/systemd/system/work.service.d"
	printf '[Service]\nExecStartPre=\nExecStart=\nExecStart=sh /work/run\n' \
		>"$root/etc/systemd/system/work.service.d/container.conf"
	cp "$run/work" "$root/work/run"
	# A container may not make cgroups in all of the hierarchies that libvirt sees there.
	printf 'cgroup_controllers = []\nnamespaces = []\n' >>"$root/etc/libvirt/qemu.conf"
	while run_container || status=$?; ((status == wants_reboot)); do status=0; done
	cp -r "$root/var/log/." "$run/log/"
	return "$status"
}

clean_up_container() {
	local dir mount
	for mount in "${cgroups[@]}"; do
		[[ ! -d $mount/${run##*/} ]] || find "$mount/${run##*/}" -depth -type d -exec rmdir {} +
	done
	for dir in root below; do
		! mountpoint -q "$run/$dir" || umount -l "$run/$dir"
	done
}
