# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Kernels of our own: Debian's source of a kernel, with host.config and one that says what is looked for:
# debug.config or kcsan.config. Needs common.sh, packages.sh and kernels.sh.

# own_version PACKAGE SERIES: what the kernel of that series is called, built from that source package. Its
# CONFIG_LOCALVERSION says so, too.
own_version() {
	local version
	version=$(apt-cache show --no-all-versions "$1" | sed -n 's/^Version: //p')
	[[ ! $version ]] || printf '%s\n' "${version%%-*}-sevadm-$2"
}

# What KCSAN watches of the kernel, instead of nearly all: where our module's data meets others', or is passed to.
# KCSAN chooses accesses by chance, and each one that it watches waits: this kernel is not for races elsewhere.
# Where locks, RCU, files and wake-ups are made, only barriers are reported to it, as mm/ always does: without
# them it would miss the order that those keep, and report false races. It watches modules built later as a whole.
# shellcheck disable=SC2016 # make's variables: the folder that it is in
watched_folders=(
	'KCSAN_SANITIZE=$(if $(filter arch/x86/kvm drivers/crypto/ccp kernel/cgroup lib net/netlink,$(obj)),y,n)'
	'KCSAN_INSTRUMENT_BARRIERS=$(if $(filter $(ordering),$(obj)),y)'
	'ordering=fs kernel kernel/events kernel/locking kernel/rcu kernel/sched mm net/core'
)

# All that the fragments ask for, or nothing: Kconfig drops what it cannot have without a word.
check_config() {
	local line lost=()
	while read -r line; do
		grep -qxF -- "$line" .config || lost+=("$line")
	done < <(cat "$@" | rows -)
	((!${#lost[@]})) || die "this kernel's Kconfig refuses ${lost[*]}"
}

# build_own PACKAGE VERSION SERIES DIR: a kernel as fetch describes it; of its tree nothing stays but what
# modules are built against.
build_own() (
	local package=$1 version=$2 dir=$4 log=$4/log module fragments watched=()
	fragments=("$vm_dir/kernels/host.config" "$vm_dir/kernels/$3.config")
	[[ $3 != kcsan ]] || watched=("${watched_folders[@]}")
	need_packages bc bison flex gcc kmod libc6-dev libelf-dev make pahole perl xz-utils
	unpack_packages "$dir/files" "$package"
	mkdir "$dir/source"
	tar -xJf "$dir/files/usr/src/$package.tar.xz" -C "$dir/source" --strip-components=1
	cd "$dir/source"
	quietly "$log" ./scripts/kconfig/merge_config.sh -n /dev/null "${fragments[@]}"
	check_config "${fragments[@]}"
	[[ $(make -s kernelrelease) == "$version" ]] ||
		die "the archive has another $package by now: run fetch again"

	say "building $version, which takes about ten minutes on two processors"
	quietly "$log" nice make -j"$(nproc)" "${watched[@]}" vmlinux modules
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
