# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Names of kernels. Needs common.sh.

# The rows of a table file: no comments, no empty lines.
rows() { grep -Ev '^[[:space:]]*(#|$)' "$1"; }

# matching PREFIX: of the versions on stdin, those that are PREFIX or go on from
# it at the end of a part. A kernel of our own (debug) is only meant by its last
# word, or its whole name.
matching() {
	local version
	while read -r version; do
		case $version in
		"$1") printf '%s\n' "$version" ;;
		*-sevadm-*) [[ $1 != "${version##*-}" ]] || printf '%s\n' "$version" ;;
		"$1"[-.+]*) printf '%s\n' "$version" ;;
		esac
	done
}

# The versions that are there already, oldest first. What is being made, or was
# just replaced, is in no folder of a version yet or any more (make_new()).
cached_kernels() {
	local key
	for key in "$cache"/kernels/*/.key; do
		[[ ! -e $key || $key == *.new.* ]] || basename "${key%/.key}"
	done | sort -V
}
