# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A Debian in a folder becomes the root file system of an emulated SEV host: systemd is PID 1, and the
# run's command a service of its own. Needs common.sh, and gcc.

# Nobody logs in, and no run is long enough for chores.
masked_units=(getty@.service serial-getty@.service systemd-logind.service libvirt-guests.service
	dpkg-db-backup.timer fstrim.timer systemd-tmpfiles-clean.timer apt-daily.timer
	apt-daily-upgrade.timer)

# The run's command starts when what VMs are started by is up, if it is there.
configure_system() {
	local root=$1 unit
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o "$root/init" "$vm_dir/init.c"
	mkdir -p "$root"/etc/systemd/{journald,system}.conf.d "$root"/work \
		"$root/etc/systemd/system/multi-user.target.wants"
	cat >"$root/etc/systemd/system/sevhost.service" <<-'UNIT'
		[Unit]
		Description=The command of the emulated SEV host
		Wants=libvirtd.service
		After=libvirtd.service

		[Service]
		ExecStart=/init
		OOMScoreAdjust=-1000

		[Install]
		WantedBy=multi-user.target
	UNIT
	ln -sf ../sevhost.service "$root/etc/systemd/system/multi-user.target.wants/"
	# The kernel's log stays the kernel's.
	printf '[Manager]\nShowStatus=no\nLogTarget=journal\n' >"$root/etc/systemd/system.conf.d/sevhost.conf"
	printf '[Journal]\nStorage=volatile\n' >"$root/etc/systemd/journald.conf.d/sevhost.conf"
	for unit in "${masked_units[@]}"; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
	# Without an id, each boot would be the first one, which takes longer.
	digest - <<<sevhost | sed 's/.*/&&/' >"$root/etc/machine-id"
	echo sevhost >"$root/etc/hostname"
}

# pack_system ROOT PATH…: as an archive on stdout, without what is at and below those paths.
pack_system() {
	local root=$1 path without=(-path ./dev)
	shift
	for path; do without+=(-o -path ".$path"); done
	(cd "$root" && find . \( "${without[@]}" \) -prune -o -print | LC_ALL=C sort |
		cpio --quiet -o -H newc)
}
