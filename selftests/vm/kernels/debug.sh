# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The debug kernel: Debian's source of a kernel with debug.config. Needs common.sh, packages.sh and
# kernels.sh.

debug_suffix=-sevadm-debug # CONFIG_LOCALVERSION

# debug_version PACKAGE: what the kernel built from that source package is called.
debug_version() {
	local version
	version=$(apt-cache show --no-all-versions "$1" | sed -n 's/^Version: //p')
	[[ ! $version ]] || printf '%s\n' "${version%%-*}$debug_suffix"
}

# All that the fragment asks for, or nothing: Kconfig drops what it cannot have without a word.
check_config() {
	local line lost=()
	while read -r line; do
		grep -qxF -- "$line" .config || lost+=("$line")
	done < <(rows "$1")
	((!${#lost[@]})) || die "this kernel's Kconfig refuses ${lost[*]}"
}

# build_debug PACKAGE VERSION DIR: a kernel as fetch describes it; of its tree nothing stays but what
# modules are built against.
build_debug() (
	local package=$1 version=$2 dir=$3 log=$3/log module
	need_packages bc bison flex gcc kmod libc6-dev libelf-dev make pahole perl xz-utils
	unpack_packages "$dir/files" "$package"
	mkdir "$dir/source"
	tar -xJf "$dir/files/usr/src/$package.tar.xz" -C "$dir/source" --strip-components=1
	cd "$dir/source"
	quietly "$log" ./scripts/kconfig/merge_config.sh -n /dev/null "$vm_dir/kernels/debug.config"
	check_config "$vm_dir/kernels/debug.config"
	[[ $(make -s kernelrelease) == "$version" ]] ||
		die "the archive has another $package by now: run fetch again"

	say "building $version, which takes about ten minutes on two processors"
	quietly "$log" nice make -j"$(nproc)" vmlinux modules
	strip --strip-debug -o "$dir/vmlinux" vmlinux
	cp .config "$dir/config"
	quietly "$log" make modules_install INSTALL_MOD_PATH="$dir" INSTALL_MOD_STRIP=1
	rm -f "$dir/lib/modules/$version/build"
	while read -r module; do
		modprobe -d "$dir" -S "$version" --show-depends "$module" >/dev/null
	done < <(rows "$vm_dir/kernels/modules")
	# shellcheck disable=SC2016 # make's variable
	quietly "$log" make run-command \
		KBUILD_RUN_COMMAND='$(srctree)/scripts/package/install-extmod-build '"$dir/build"
	# The BTF of a module refers to the kernel's.
	ln -s ../vmlinux "$dir/build/vmlinux"
	rm -rf "$dir"/{files,log,source}
	say "built in $SECONDS s"
)
