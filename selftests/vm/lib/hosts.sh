# shellcheck shell=bash disable=SC2154 # common.sh and the test set $cache and $here
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests that boot hosts of their own: the kernel they boot ($version), a folder that is removed with
# the test ($run), results, and modules for that kernel. To be sourced behind common.sh, with $here set to
# selftests/vm; the test exits with $failed.

version=$("$here/kernels/fetch" 6.12)
run=$(mktemp -d "${TMPDIR:-/tmp}/hosts.XXXXXX")
trap 'rm -rf "$run"' EXIT
number=0
# shellcheck disable=SC2034 # the test exits with it
failed=0

# result STATUS NAME: the next KTAP line; for a failure, with what was printed to $run/out.
result() {
	number=$((number + 1))
	if (($1)); then
		printf 'not ok %s %s\n' "$number" "$2"
		sed 's/^/# /' "$run/out"
		# shellcheck disable=SC2034 # the test exits with it
		failed=1
	else
		printf 'ok %s %s\n' "$number" "$2"
	fi
}

# make_module FOLDER: builds the module of selftests/vm/FOLDER in $run/FOLDER.
make_module() {
	cp -r "$here/$1" "$run/$1"
	make -s -C "$cache/kernels/$version/build" M="$run/$1" W=1 modules >"$run/out" 2>&1 ||
		{ sed 's/^/# /' "$run/out" && exit 1; }
}
