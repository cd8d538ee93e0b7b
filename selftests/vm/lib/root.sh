# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A kernel as it is installed in a root folder, with the sevadm.ko that is installed for it there:
# laid out like a fetched one (kernels/fetch), but for the image, which is booted as it is. Needs
# common.sh and kernels.sh.

# Where ROOT has the image of VERSION.
root_image() {
	local image
	for image in "$1/usr/lib/modules/$2/vmlinuz" "$1/boot/vmlinuz-$2"; do
		[[ ! -e $image ]] || { printf '%s\n' "$image" && return; }
	done
	die "$1 has no kernel $2"
}

# keep_installed ROOT VERSION DIR: the modules of kernels/modules that there are, and sevadm, each
# with what it depends on, unpacked, in the folders where they were.
keep_installed() {
	local root=$1 version=$2 dir=$3 name file to
	while read -r name; do
		while read -r file; do
			to=$dir${file#"$root"}
			to=${to/#"$dir/usr/lib/"/"$dir/lib/"}
			mkdir -p "${to%/*}"
			case $file in
			*.xz) xz -dc "$file" >"${to%.xz}" ;;
			*.zst) zstd -qdcf "$file" >"${to%.zst}" ;;
			*.gz) gzip -dc "$file" >"${to%.gz}" ;;
			*) cp "$file" "$to" ;;
			esac
		done < <(modprobe -d "$root" -S "$version" --show-depends "$name" 2>/dev/null |
			sed -n 's/^insmod \([^ ]*\).*/\1/p')
	done < <(rows "$vm_dir/kernels/modules" && echo sevadm)
	mkdir -p "$dir/lib/modules/$version"
	cp "$root/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} \
		"$dir/lib/modules/$version/"
	depmod -b "$dir" "$version"
}
