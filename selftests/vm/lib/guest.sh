# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What images with a QEMU of Debian's have in common: its libraries, and what the guests boot. Needs
# common.sh and packages.sh.
# shellcheck source-path=SCRIPTDIR source=common.sh source=packages.sh

guest_kernel='linux-image-6\.12\.[0-9]+\+deb12-cloud-amd64'

# loader_of FILES: the unpacked loader. From Debian 13 on it is where /lib64 leads to.
loader_of() {
	local files=$1 at
	for at in lib64 usr/lib64; do
		if [[ -e $files/$at/ld-linux-x86-64.so.2 ]]; then
			printf '%s\n' "$files/$at/ld-linux-x86-64.so.2"
			return
		fi
	done
	die "no loader among the unpacked packages"
}

# libraries_of FILES PROGRAM: the unpacked libraries, under the unpacked loader: nothing of this
# machine gets in.
libraries_of() {
	local files=$1 program=$2 path loader folder
	path=$files/lib/x86_64-linux-gnu:$files/usr/lib/x86_64-linux-gnu
	# pulseaudio keeps one library in a folder of its own.
	while read -r folder; do
		path+=:$folder
	done < <(find "$files/usr/lib/x86_64-linux-gnu" -maxdepth 1 -type d -name pulseaudio)
	loader=$(loader_of "$files")
	"$loader" --library-path "$path" --list "$files/$program" |
		sed -n 's/^[[:space:]]*[^ ]* => \(\/[^ ]*\) (.*/\1/p'
}

# keep_guest FILES ROOT: a kernel of the smallest configuration that Debian has, and a root file system.
keep_guest() {
	local files=$1 share=$2/usr/share/sev-guest root=$1/guest version applet
	version=$(newest_package "$guest_kernel")
	[[ $version ]] || die "apt offers no package $guest_kernel"
	unpack_packages "$files/kernel" "$version" busybox-static
	install -D -m 644 "$files/kernel/boot/vmlinuz-${version#linux-image-}" "$share/vmlinuz"
	mkdir -p "$root"/{bin,dev,proc,root,sys,tmp,usr/bin}
	cp "$files/kernel/bin/busybox" "$root/bin/busybox"
	for applet in $("$root/bin/busybox" --list); do
		ln -s /bin/busybox "$root/usr/bin/$applet"
	done
	ln -s busybox "$root/bin/sh"
	# shellcheck disable=SC2154 # common.sh has it
	install "$vm_dir/image/guest-init" "$root/init"
	(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$share/initrd"
}

# keep_modules FILES ROOT MODULE...: of the guest's kernel, into the guests' initrd, with those that
# they need.
keep_modules() {
	local files=$1/kernel root=$1/modules share=$2/usr/share/sev-guest version module path
	shift 2
	need_packages cpio kmod xz-utils
	version=$(ls "$files/lib/modules")
	depmod -b "$files" "$version"
	mkdir -p "$root"/{lib/modules/"$version",sbin}
	for module; do
		while read -r path; do
			xz -dc "$path" >"$root/lib/modules/$version/$(basename "$path" .xz)"
		done < <(modprobe -d "$files" -S "$version" --show-depends "$module" |
			sed -n 's/^insmod \([^ ]*\).*/\1/p')
	done
	cp "$files/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} \
		"$root/lib/modules/$version/"
	depmod -b "$root" "$version"
	# The kernel, too, loads modules with this one.
	ln -s /bin/busybox "$root/sbin/modprobe"
	(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >>"$share/initrd"
}
