# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A machine as a user has it, as far as packages go: a Debian release with kernels and their headers
# in a folder, made by mmdebstrap of the archive that this system's apt is configured for. It is
# kept in the cache, and used through an overlay that is thrown away. Needs root; needs common.sh,
# packages.sh and suites.sh.

# run_in ROOT COMMAND…: with /proc, in the language of no country, asking nobody. No kernel boots here
# by way of an initramfs: INITRD=No keeps initramfs-tools' hook from making them for minutes.
run_in() {
	local root=$1
	shift
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive INITRD=No \
		unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" "$@"
}

# The newest package of those suites for each regex, by name.
newest_in() {
	local regex
	update_lists
	for regex; do
		newest_package "$regex"
	done
}

# What this system's apt is told about an archive that is older than it says it may be.
valid_until() { apt-config dump --format '%f "%v";%n' Acquire::Check-Valid-Until; }

# make_release "SUITE…" "IMAGE-PACKAGE…" DIR
make_release() {
	local suites=$1 images=$2 dir=$3 root=$3/root from=()
	# apt takes nothing from backports unless it is told to.
	[[ $suites != *-backports ]] || from=(-t "${suites##* }")
	# shellcheck disable=SC2086 # one word a suite
	suite_sources $suites >"$dir/sources.list"
	say "making ${suites%% *} with ${images//linux-image-/}"
	quietly "$dir/log" mmdebstrap --variant=minbase --aptopt="$(valid_until)" "${suites%% *}" "$root" \
		"$dir/sources.list"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	quietly "$dir/log" run_in "$root" apt-get -q update
	# shellcheck disable=SC2086 # one word a package
	quietly "$dir/log" run_in "$root" apt-get -qq -y --no-install-recommends "${from[@]}" \
		-o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-unsafe-io \
		install $images ${images//linux-image-/linux-headers-}
	run_in "$root" apt-get clean
}

# release NAME "SUITE…" REGEX…: prints the folder of a release with the newest kernels whose image
# packages match.
release() {
	local name=$1 suites=$2 images
	shift 2
	need_packages mmdebstrap debian-archive-keyring
	images=$(in_suites "$suites" newest_in "$@")
	images=${images//$'\n'/ }
	make_once "$cache/releases/$name" "$(digest - "$vm_dir/lib/chroot.sh" <<<"$suites $images")" \
		make_release "$suites" "$images" || exit
	printf '%s\n' "$cache/releases/$name/root"
}

# The kernels that ROOT has, oldest first.
kernels_in() { (cd "$1/lib/modules" && printf '%s\n' *) | sort -V; }

# open_release ROOT WORK: a copy of ROOT, WORK/root, made of differences only; a whole one where /tmp is
# on an overlay itself, or the kernel has none.
open_release() {
	mkdir -p "$2"/{root,upper,work}
	mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" sevadm "$2/root" 2>/dev/null ||
		cp -a --reflink=auto "$1/." "$2/root/"
}

close_release() {
	! mountpoint -q "$1/root" || umount "$1/root"
	rm -rf "$1"
}

# install_in ROOT FILE…: packages, with what they depend on, as a user installs them.
install_in() {
	local root=$1
	shift
	mkdir -p "$root/root/packages"
	cp "$@" "$root/root/packages/"
	run_in "$root" sh -c 'apt-get -q update && apt-get -qy --no-install-recommends \
		-o Dpkg::Options::=--force-unsafe-io install /root/packages/*.deb'
	rm -r "$root/root/packages"
}
