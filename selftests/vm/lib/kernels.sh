# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Names of kernels. Needs common.sh.

# The rows of a table file: no comments, no empty lines.
rows() { grep -Ev '^[[:space:]]*(#|$)' "$1"; }

# matching PREFIX: of the versions on stdin, those that are PREFIX or go on from
# it at the end of a part. A debug kernel is only meant by that name, or its own.
matching() {
	local version
	while read -r version; do
		case $version in
		"$1") printf '%s\n' "$version" ;;
		*-debug) [[ $1 != debug ]] || printf '%s\n' "$version" ;;
		"$1"[-.+]*) printf '%s\n' "$version" ;;
		esac
	done
}

# The versions that are there already, oldest first.
cached_kernels() {
	local key
	for key in "$cache"/kernels/*/.key; do
		[[ ! -e $key ]] || basename "${key%/.key}"
	done | sort -V
}
