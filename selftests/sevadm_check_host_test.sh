#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# check host says what an emulated host is like.
#
# usage: sevadm_check_host_test.sh VERDICT SEV ES RULES: the verdict, the values of the facts sev
# and sev_es, and the rules of the findings in order, joined by commas; "-" is none
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

echo "KTAP version 1"
[ $# -eq 4 ] || skip_all "needs VERDICT SEV ES RULES"

cd "$scratch"
status=0
sevadm -j check host > host.json || status=$?

verdict() {
	case $1 in error) expected=1 ;; *) expected=0 ;; esac
	same "verdict" "$("$here/json_get" verdict < host.json)" "$1" &&
		same "status" "$status" "$expected"
}

facts() {
	same "sev" "$("$here/json_get" facts sev < host.json)" "$1" &&
		same "sev_es" "$("$here/json_get" facts sev_es < host.json)" "$2" &&
		same "kernel" "$("$here/json_get" facts kernel < host.json)" "$(uname -r)"
}

rules() {
	found=$(grep -o '"rule":"[^"]*"' host.json | cut -d'"' -f4 | paste -sd, -)
	same "rules" "${found:--}" "$1"
}

# What was saved here is judged alike elsewhere.
saved() {
	again=0
	sevadm -j check host --host host.json > again.json || again=$?
	same "status" "$again" "$status" && cmp host.json again.json
}

# The same host whose kernel had no guest_memfd: an error where SEV-SNP is offered, a warning where
# it could be.
no_memfd() {
	severity=-
	[ "$("$here/json_get" facts cpu_sev_snp < host.json)" != true ] || severity=warning
	[ "$("$here/json_get" facts sev_snp < host.json)" != true ] || severity=error
	sed 's/"guest_memfd":\(true\|null\)/"guest_memfd":false/' host.json > old.json
	sevadm -j check host --host old.json > judged.json || :
	found=$(grep -o '"rule":"snp-guest-memfd","severity":"[a-z]*"' judged.json | cut -d'"' -f8)
	same "severity of snp-guest-memfd" "${found:--}" "$severity"
}

# A plain user gets what a plain user can see.
plain_user() {
	user=0
	start-stop-daemon -S -c 65534:65534 -x "$(command -v sevadm)" -- -j check host > user.json ||
		user=$?
	[ "$user" -le 1 ] && same "sev" "$("$here/json_get" facts sev < user.json)" \
		"$("$here/json_get" facts sev < host.json)"
}

plan 6
result "verdict $1" verdict "$1"
result "facts" facts "$2" "$3"
result "findings $4" rules "$4"
result "judged again from what was saved" saved
result "without guest_memfd" no_memfd
result "as a plain user" plain_user
finished
