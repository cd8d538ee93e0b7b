#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a release must be: every source names its licence, the version is in one place, what is said
# twice is the same, and the archive of one commit is the same bytes. (reuse(1) also wants a folder
# of licences and a copyright line in each file; those are in COPYING and in debian/copyright.)
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"
cd "$top_dir"

echo "KTAP version 1"
if ! git rev-parse --git-dir >/dev/null 2>&1; then
	echo "1..0 # SKIP not a clone"
	exit 4
fi
version=$(cat VERSION) number=0 failed=0
run=$(mktemp -d "${TMPDIR:-/tmp}/release.XXXXXX")
trap 'rm -rf "$run"' EXIT

# check NAME COMMAND…: COMMAND prints what is wrong.
check() {
	local name=$1 wrong
	shift
	number=$((number + 1))
	wrong=$("$@" 2>&1) || wrong+=" (status $?)"
	if [[ $wrong ]]; then
		printf 'not ok %s %s\n%s\n' "$number" "$name" "${wrong//#/# }"
		failed=1
	else
		printf 'ok %s %s\n' "$number" "$name"
	fi
}

# Documents, pictures made of a source, data of tests, and files whose format has no comments.
without_header() {
	case $1 in
	*.md | *.svg | COPYING | VERSION | *.gitignore | *.golden | */tests/* | */corpus/* | \
		*/debian/* | *.json | *.patch | */settings) true ;;
	*) false ;;
	esac
}

licence_of() {
	case $1 in
	uapi/* | Documentation/netlink/*.yaml) echo 'GPL-2.0-only WITH Linux-syscall-note' ;;
	*) echo 'GPL-2.0-only' ;;
	esac
}

licences() {
	local file found
	while IFS= read -r -d '' file; do
		! without_header "$file" || continue
		found=$(head -n 5 "$file" | sed -n 's/.*SPDX-License-Identifier: //p' |
			sed -e 's, *\*/$,,' -e 's, *-->$,,')
		[[ $found == "$(licence_of "$file")" ]] || echo "$file: '${found:-no licence}'"
	done < <(git ls-files -z)
}

# It may be in an example of output, never where it decides anything.
version_elsewhere() {
	git grep -nF -- "$version" -- ':!VERSION' ':!*.md' ':!Documentation' ':!*.golden' ':!*/tests/*' ':!*/corpus/*' || true
}

changelog_has_it() {
	[[ $(grep -m 1 '^## ' Documentation/CHANGELOG.md) == "## $version" ]] ||
		echo "the topmost entry of Documentation/CHANGELOG.md is not $version"
}

same_needs() {
	local dkms kbuild
	# shellcheck disable=SC1091 # as DKMS does
	dkms=$(. ./dkms.conf && echo "$BUILD_EXCLUSIVE_CONFIG")
	kbuild=$(sed -n '/^sevadm-needs :=/,/[^\\]$/p' module/compat/Kbuild.include |
		sed 's/^sevadm-needs :=//; s/\\$//' | xargs)
	[[ $dkms == "$kbuild" ]] || printf 'dkms.conf: %s\nKbuild.include: %s\n' "$dkms" "$kbuild"
}

same_archive() {
	BUILD=$run/a tools/packaging/dist >/dev/null
	BUILD=$run/b tools/packaging/dist >/dev/null
	cmp "$run"/{a,b}/dist/"sevadm-$version.tar.xz"
}

echo 1..5
check "every source names its licence" licences
check "the version is in one place" version_elsewhere
check "the changelog has it" changelog_has_it
check "DKMS and kbuild want the same of a kernel" same_needs
check "one commit gives one archive" same_archive
exit "$failed"
