#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is installed besides Debian's packages (packages_test.sh): the RPM spec lints, builds, and
# has the files that the .deb has; systemd takes the unit.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"
# shellcheck source=selftests/vm/lib/packages.sh
. "$here/lib/packages.sh"

run=$(mktemp -d "${TMPDIR:-/tmp}/packaging.XXXXXX")
trap 'rm -rf "$run"' EXIT
trap 'exit 130' INT TERM HUP
spec=$run/rpm/SPECS/sevadm.spec
number=0 failed=0

# check NAME COMMAND…: fails when any command in it does.
check() {
	local name=$1 status=0
	shift
	number=$((number + 1))
	(set -e && "$@") >"$run/out" 2>&1 &
	wait $! || status=$?
	if ((status)); then
		printf 'not ok %s %s\n' "$number" "$name"
		tail -n 40 "$run/out" | sed 's/^/# /'
		failed=1
	else
		printf 'ok %s %s\n' "$number" "$name"
	fi
}

run_make() { env -u MAKEFLAGS -u MAKELEVEL BUILD="$run" make -s -C "$top_dir" "$@"; }

spec_lints() {
	run_make rpm-sources
	rpmspec -P "$spec" >/dev/null
	rpmlint -r "$top_dir/tools/packaging/rpm/rpmlintrc" "$spec" | tee "$run/lint"
	grep -q ' 0 errors, 0 warnings' "$run/lint"
}

# The names of what it needs are Fedora's. rpmbuild wants each file in one of the packages.
builds() { rpmbuild --quiet --nodeps --define "_topdir $run/rpm" -bb "$spec"; }

# Of what `make install` and `make install-dkms-source` install, as the .deb has it.
same_files() {
	run_make install install-dkms-source PREFIX=/usr DESTDIR="$run/installed" \
		MODPROBE_D=/usr/lib/modprobe.d
	(cd "$run/installed" && find . -type f ! -path '*/COPYING' | sed 's/^\.//' | sort) >"$run/wanted"
	for package in "$run"/rpm/RPMS/*/*.rpm; do
		rpm -qlp "$package"
	done | sort >"$run/found"
	cd "$run" && [[ ! $(comm -23 wanted found | tee /dev/fd/2) ]]
}

# Its commands are to be there, where it will look for them.
unit_is_taken() {
	local unit=$run/units/sevadm.service
	cp -r "$run/installed/usr/lib/systemd/system" "$run/units"
	sed -i "s|/usr/sbin/sevadm|$build/bin/sevadm|" "$run"/units/*.service
	[[ ! $(systemd-analyze verify --man=no "$run"/units/* 2>&1 | tee /dev/fd/2) ]]
	# What systemd takes says nothing of what it would refuse.
	sed -i "s|^ExecStart=.*|ExecStart=/nonexistent|" "$unit"
	! systemd-analyze verify --man=no "$unit"
}

need_packages rpm rpmlint systemd
echo "KTAP version 1"
echo 1..4
check "the RPM spec parses and lints" spec_lints
check "RPMs are built of it" builds
check "RPMs have every file that is installed" same_files
check "systemd takes the units" unit_is_taken
exit "$failed"
