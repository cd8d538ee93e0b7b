#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sevadm check kubevirt: each rule has a file that breaks it and one that keeps it; many documents.
# SEVADM is the program (../build/bin/sevadm).
# shellcheck disable=SC2317,SC2154 # result calls the functions by name; lib.sh sets scratch
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
# shellcheck source=selftests/lib.sh disable=SC1091,SC2154
. "$tests/../../selftests/lib.sh"

sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")
data=$tests/data/kubevirt

# The rules that a file breaks, with lines.
broken() {
	{ "$sevadm" -j check kubevirt "$@" || true; } | python3 -c '
import json, sys
for line in sys.stdin:
    for finding in json.loads(line)["findings"]:
        print(finding["rule"], finding["line"])'
}

# The same of a folder's files: NAME RULE LINE.
broken_in() {
	{ "$sevadm" -j check kubevirt "$1" || true; } | python3 -c '
import json, os, sys
for line in sys.stdin:
    target = json.loads(line)
    for finding in target["findings"]:
        print(os.path.basename(target["target"]).removesuffix(".yaml"), finding["rule"], finding["line"])'
}

each_rule_is_broken_and_kept() {
	local rule status=0
	broken_in "$data/bad" > "$scratch/bad"
	broken_in "$data/good" > "$scratch/good"
	[ ! -s "$scratch/good" ] || { say "good: $(cat "$scratch/good")"; status=1; }
	for rule in $("$sevadm" check rules | sed -n 's/^kubevirt *\([a-z-]*\) .*/\1/p'); do
		[ -f "$data/good/$rule.yaml" ] || { say "there is no good/$rule.yaml"; status=1; }
		grep -q "^$rule $rule [1-9]" "$scratch/bad" || { say "bad/$rule.yaml does not break it"; status=1; }
	done
	return "$status"
}

many_documents() {
	{ cat "$data/good/kubevirt-efi.yaml"; echo ---; cat "$data/bad/kubevirt-gate.yaml"; echo ---
	  echo "kind: ConfigMap"; } > "$scratch/many.yaml"
	same findings "$(broken "$scratch/many.yaml")" "kubevirt-gate 32" || return
	printf 'kind: List\nitems:\n' > "$scratch/list.yaml"
	sed '1s/^/- /;2,$s/^/  /' "$data/bad/kubevirt-boot-nic.yaml" >> "$scratch/list.yaml"
	broken "$scratch/list.yaml" | grep -q '^kubevirt-boot-nic'
}

syntax_error_has_its_line() {
	printf 'kind: VirtualMachine\nspec: {a: [1, 2}\n' > "$scratch/broken.yaml"
	local status=0
	"$sevadm" check kubevirt "$scratch/broken.yaml" > "$scratch/out" || status=$?
	[ "$status" -eq 2 ] && grep -q 'unreadable. line 2' "$scratch/out"
}

plan 3
result "each rule has a file that breaks it and one that keeps it" each_rule_is_broken_and_kept
result "many documents in a file, and lists" many_documents
result "an error of syntax has its line" syntax_error_has_its_line
finished
