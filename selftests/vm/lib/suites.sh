# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Packages of other suites of the archive that this system is configured for, seen without touching
# the system. Needs common.sh.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The archive that this system's own release comes from.
archive() {
	local codename
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016 # apt-get expands it
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
		awk -v codename="$codename" '$2 == codename && !uri { uri = $1 } END { print uri }'
}

# The archive that has SUITE: security suites have their own, where this release's is.
suite_archive() {
	local own uri
	[[ $1 == *-security ]] || { archive && return; }
	# shellcheck source=/dev/null
	own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}-security")
	# shellcheck disable=SC2016 # apt-get expands it
	uri=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
		awk -v codename="$own" '$2 == codename && !uri { uri = $1 } END { print uri }')
	[[ $uri ]] || die "apt is configured for no $own, so that there is no $1"
	printf '%s\n' "$uri"
}

# A line of sources.list for each SUITE.
suite_sources() {
	local suite uri
	for suite; do
		uri=$(suite_archive "$suite")
		[[ $uri ]] || die "apt is configured for no archive of this Debian release"
		printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$uri" "$suite"
	done
}

# What another apt may be reading changes at once.
put() {
	local new
	new=$(mktemp "$1.XXXXXX")
	cat >"$new"
	mv "$new" "$1"
}

configure_apt() {
	local dir=$1 suites=$2
	[[ -e $keyring ]] || die "no $keyring; run: sudo apt-get install debian-archive-keyring"
	mkdir -p "$dir"/{lists,archives}/partial
	# shellcheck disable=SC2086 # one line a suite
	suite_sources $suites | put "$dir/sources.list"
	put "$dir/apt.conf" <<-CONFIG
		Acquire::Languages "none";
		APT::Sandbox::User "root";
		Dir::Cache "$dir";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::State::lists "$dir/lists";
	CONFIG
}

# in_suites "SUITE…" COMMAND [ARGUMENT…]: COMMAND with an apt that sees nothing but those suites; no
# suite: the system's own.
in_suites() {
	local suites=$1 dir=$cache/apt/${1// /+}
	shift
	if [[ ! $suites ]]; then
		"$@"
		return
	fi
	(
		configure_apt "$dir" "$suites"
		export APT_CONFIG=$dir/apt.conf
		"$@"
	)
}
