# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What every script of the emulated SEV host shares: where things are, how to
# complain, and how to make a directory once, whoever else wants it too.
# shellcheck disable=SC2034 # its variables are for the scripts that read it

vm_dir=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)
top_dir=${vm_dir%/*/*}
cache=${SEVADM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sevadm}
# BUILD is make's word for it, and absolute there; SEVADM_BUILD goes before it.
build=${SEVADM_BUILD:-${BUILD:-$top_dir/build}}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
	say "$@"
	exit 1
}

# quietly LOG COMMAND…: its output is only worth reading if it fails.
quietly() {
	local log=$1
	shift
	if ! "$@" >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		die "failed: $*"
	fi
}

# A short name for the contents of files and of the words on stdin.
digest() { cat -- "$@" | sha256sum | cut -c1-16; }

# make_once DIR KEY FUNCTION [ARG…]: have "FUNCTION ARG… NEW" fill an empty
# directory and put it in DIR's place, unless DIR was already made from KEY.
# DIR appears complete or not at all.
make_once() {
	local dir=$1 key=$2 lock
	shift 2
	[[ $(cat "$dir/.key" 2>/dev/null) == "$key" ]] && return
	mkdir -p "${dir%/*}"
	exec {lock}>"${dir%/*}/.${dir##*/}.lock"
	flock "$lock"
	if [[ $(cat "$dir/.key" 2>/dev/null) != "$key" ]]; then
		make_new "$dir" "$key" "$@" {lock}>&-
	fi
	exec {lock}>&-
}

# Its names are its own: the trap may run within a function that has others.
make_new() (
	made_dir=$1 made_key=$2
	shift 2
	rm -rf "$made_dir".new.*
	made_new=$(mktemp -d "$made_dir.new.XXXXXX")
	trap '[[ ! -e $made_new ]] || { rm -rf "$made_new"; say "could not make $made_dir"; }' EXIT
	trap 'exit 130' INT TERM HUP
	chmod 755 "$made_new"
	"$@" "$made_new"
	printf '%s\n' "$made_key" >"$made_new/.key"
	if [[ -e $made_dir ]]; then
		mv -T "$made_dir" "$made_new.old"
	fi
	mv -T "$made_new" "$made_dir"
	rm -rf "$made_new.old"
)
