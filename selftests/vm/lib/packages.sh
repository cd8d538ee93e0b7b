# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian packages: installed where the machine needs them, or unpacked into a
# folder without touching the system. Needs common.sh.
# shellcheck source-path=SCRIPTDIR source=common.sh

# The packages of one apt call at a time: apt's own lock on its lists does not wait.
apt_locked() {
	mkdir -p "$cache"
	flock "$cache/.apt.lock" "$@" >&2
}

update_lists() {
	# Those of other suites (suites.sh) are ours.
	if ((EUID != 0)) && [[ ! ${APT_CONFIG-} ]]; then
		die "the package lists are missing or old; run: sudo apt-get update"
	fi
	say "updating the package lists"
	apt_locked apt-get -q update
}

# apt knows nothing before the first update, as on a freshly made machine.
have_lists() { [[ -n $(apt-get indextargets 'Created-By: Packages' 2>/dev/null) &&
	-n $(apt-cache search --names-only '^dpkg$') ]]; }

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# need_packages PACKAGE…: have them installed on this machine.
need_packages() {
	local package missing=()
	for package; do
		is_installed "$package" || missing+=("$package")
	done
	((${#missing[@]})) || return 0
	if ((EUID != 0)); then
		die "packages are missing; run: sudo apt-get install --no-install-recommends ${missing[*]}"
	fi
	have_lists || update_lists
	say "installing ${missing[*]}"
	install_packages "${missing[@]}" || {
		update_lists
		install_packages "${missing[@]}"
	}
}

install_packages() {
	DEBIAN_FRONTEND=noninteractive apt_locked apt-get -qq -y --no-install-recommends \
		-o DPkg::Lock::Timeout=600 install "$@"
}

# newest_package REGEX: the highest versioned name that matches all of it.
newest_package() {
	have_lists || update_lists
	apt-cache pkgnames | grep -Ex -- "$1" | sort -V | tail -n 1
}

# unpack_packages DIR PACKAGE…: their files, and theirs only, below DIR.
unpack_packages() {
	local dir=$1 archives
	shift
	have_lists || update_lists
	archives=$(mktemp -d)
	download_packages "$archives" "$@" || {
		update_lists
		download_packages "$archives" "$@"
	}
	unpack_archives "$dir" "$archives"
}

# Kernels vanish from the archive as newer ones come: lists can be ahead of it
# or behind, so the caller updates them and tries again.
download_packages() (
	cd "$1"
	shift
	say "downloading $*"
	apt-get -qq -o APT::Sandbox::User=root download "$@" >&2
)

# unpack_closure DIR PACKAGE…: with all that they depend on, as for a machine
# that has nothing installed.
unpack_closure() {
	local dir=$1 archives
	shift
	have_lists || update_lists
	archives=$(mktemp -d)
	download_closure "$archives" "$@" || {
		update_lists
		download_closure "$archives" "$@"
	}
	unpack_archives "$dir" "$archives"
}

download_closure() {
	local archives=$1
	shift
	mkdir -p "$archives/partial"
	: >"$archives/status"
	say "downloading $* and what they depend on"
	apt-get -qq -y --no-install-recommends --download-only \
		-o Dir::State::status="$archives/status" -o Dir::Cache::archives="$archives" \
		-o Debug::NoLocking=1 -o APT::Sandbox::User=root install "$@" >&2
}

unpack_archives() {
	local dir=$1 archives=$2 archive
	for archive in "$archives"/*.deb; do
		dpkg-deb -x "$archive" "$dir"
	done
	rm -rf "$archives"
}
