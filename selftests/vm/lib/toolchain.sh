# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The compiler of another Debian release, for kernels that this release's compiler does not fit.
# Needs common.sh, packages.sh and suites.sh.

# What a module's build calls besides the compiler.
toolchain_base=(base-files bash binutils coreutils dash diffutils findutils grep make mawk sed)

make_toolchain() {
	local suites=$1 dir=$3
	# shellcheck disable=SC2086 # one word a package
	in_suites "$suites" unpack_closure "$dir" "${toolchain_base[@]}" $2
	rm -rf "$dir"/usr/share/{doc,info,locale,man}
	# A link of the alternatives, which nobody set up here.
	ln -s mawk "$dir/usr/bin/awk"
}

# toolchain "SUITE…" "PACKAGE…": the folder it is in.
toolchain() {
	local key dir
	key=$(printf '%s\n' "$@" | digest - "$vm_dir/lib/toolchain.sh")
	dir=$cache/toolchains/${1%% *}-$key
	make_once "$dir" "$key" make_toolchain "$1" "$2"
	printf '%s\n' "$dir"
}

# with_toolchain DIR COMMAND…: in a namespace of its own, where that folder's /usr is the machine's.
# Every other path is what it is outside, so that messages name the right files.
with_toolchain() {
	local dir=$1 map=()
	shift
	((EUID == 0)) || map=(--map-root-user)
	# shellcheck disable=SC2016 # the inner shell's
	unshare "${map[@]}" --mount sh -c 'mount --bind "$0" /usr && exec "$@"' "$dir/usr" "$@"
}
