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

# breaks CODE FILE WANT: sevadm exits with CODE and finds WANT, no more: SEVERITY RULE LINE, one a line.
breaks() {
	local code=0 options=()
	[ ! -f "${2%.yaml}.options" ] || read -ra options <<< "$(sed "s|DATA|$data|g" "${2%.yaml}.options")"
	"$sevadm" check kubevirt "${options[@]}" "$2" > "$scratch/out" 2> "$scratch/err" || code=$?
	same "exit code of $2" "$code" "$1" && [ -s "$scratch/out" ] &&
	same "what $2 breaks" "$(sed -n 's/^  \([a-z]*\) \[\([a-z-]*\)\] line \([0-9]*\): .*/\1 \2 \3/p' \
		"$scratch/out")" "$3"
}

each_rule_is_broken_and_kept() {
	local rule status=0 want nr=0
	while read -r rule want; do
		nr=$((nr + 1))
		breaks "$([[ $want == error* ]] && echo 1 || echo 0)" "$data/bad/$rule.yaml" "$want" || status=1
		breaks 0 "$data/good/$rule.yaml" "" || status=1
	done < "$data/bad.findings"
	"$sevadm" check rules > "$scratch/rules" &&
	same "number of rules" "$nr" "$(grep -c ^kubevirt "$scratch/rules")" && return "$status"
}

many_documents() {
	{ cat "$data/good/kubevirt-efi.yaml"; echo ---; cat "$data/bad/kubevirt-gate.yaml"; echo ---
	  echo "kind: ConfigMap"; } > "$scratch/many.yaml"
	breaks 0 "$scratch/many.yaml" "warning kubevirt-gate 32" || return
	printf 'kind: List\nitems:\n' > "$scratch/list.yaml"
	sed '1s/^/- /;2,$s/^/  /' "$data/bad/kubevirt-boot-nic.yaml" >> "$scratch/list.yaml"
	breaks 1 "$scratch/list.yaml" "error kubevirt-boot-nic 23"
}

# What is not KubeVirt's is left out of a folder; by itself, or alone in a folder, it is an error.
nothing_to_check() {
	local code=0
	mkdir "$scratch/folder"
	echo "kind: ConfigMap" > "$scratch/folder/map.yaml"
	"$sevadm" check kubevirt "$scratch/folder/map.yaml" > /dev/null 2>&1 || code=$?
	same "exit code of a file" "$code" 2 || return
	code=0
	"$sevadm" check kubevirt "$scratch/folder" 2> /dev/null || code=$?
	same "exit code of a folder" "$code" 2 || return
	cp "$data/good/kubevirt-efi.yaml" "$scratch/folder/"
	"$sevadm" -j check kubevirt "$scratch/folder" > "$scratch/out" && same targets "$(wc -l < "$scratch/out")" 1
}

syntax_error_has_its_line() {
	printf 'kind: VirtualMachine\nspec: {a: [1, 2}\n' > "$scratch/broken.yaml"
	breaks 2 "$scratch/broken.yaml" "error unreadable 2"
}

plan 4
result "each rule has a file that breaks it and one that keeps it" each_rule_is_broken_and_kept
result "many documents in a file, and lists" many_documents
result "what is not KubeVirt's is no success" nothing_to_check
result "an error of syntax has its line" syntax_error_has_its_line
finished
