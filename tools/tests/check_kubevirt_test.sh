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

# breaks CODE FILE WANT: sevadm exits with CODE and finds WANT, no more: SEVERITY RULE LINE, one a
# line.
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

# fixed FILE [OPTION...]: what --fix makes of it, in $scratch/fixed.yaml, and what it said in
# $scratch/err.
fixed() {
	local code=0
	"$sevadm" check kubevirt "${@:2}" --output "$scratch/fixed.yaml" "$1" > "$scratch/out" 2> "$scratch/err" || code=$?
	[ "$code" -le 1 ] || { say "check kubevirt --output: exit code $code: $(cat "$scratch/err")"; return 1; }
}

# What is corrected is YAML, breaks the rule no more, and is not touched a second time.
each_fix_holds() {
	local rule status=0 nr=0
	"$sevadm" -j check rules > "$scratch/rules"
	python3 -c '
import json, sys
for row in json.load(open(sys.argv[1])):
    if row["check"] == "kubevirt" and row["fixable"]:
        print(row["rule"])' "$scratch/rules" > "$scratch/names"
	while read -r rule; do
		nr=$((nr + 1))
		# That somebody wants a BIOS is not for us to correct.
		grep -v 'bios: {}' "$data/bad/$rule.yaml" > "$scratch/bad.yaml"
		fixed "$scratch/bad.yaml" || { status=1; continue; }
		grep -qF "bad.yaml: fixed [$rule]: " "$scratch/err" || { say "$rule: no word of a fix"; status=1; }
		breaks 0 "$scratch/fixed.yaml" "" || status=1
		cp "$scratch/fixed.yaml" "$scratch/once.yaml"
		fixed "$scratch/once.yaml" && cmp "$scratch/once.yaml" "$scratch/fixed.yaml" || status=1
		[ ! -s "$scratch/err" ] || { say "$rule: a second --fix says $(cat "$scratch/err")"; status=1; }
	done < "$scratch/names"
	[ "$nr" -ge 9 ] || { say "only $nr rules with a fix"; return 1; }
	return "$status"
}

# All else stays byte by byte: comments, quotes, order, both styles, other objects, the ends of
# lines.
all_else_stays() {
	fixed "$data/odd.yaml" && diff "$data/odd.fixed.yaml" "$scratch/fixed.yaml" &&
	same "what was said" "$(sed 's/^.*: fixed //' "$scratch/err")" "$(cat "$data/odd.said")" || return
	breaks 0 "$scratch/fixed.yaml" "" || return
	sed 's/$/\r/' "$data/odd.yaml" > "$scratch/crlf.yaml"
	fixed "$scratch/crlf.yaml" && sed 's/$/\r/' "$data/odd.fixed.yaml" | cmp - "$scratch/fixed.yaml" || return
	# The ends of lines of old Macs are some to libyaml.
	tr '\n' '\r' < "$data/odd.yaml" > "$scratch/cr.yaml"
	fixed "$scratch/cr.yaml" && tr '\n' '\r' < "$data/odd.fixed.yaml" | cmp - "$scratch/fixed.yaml"
}

# vmi DOMAIN: a sound VMI, and DOMAIN, lines of its domain.
vmi() {
	cat <<-'YAML'
	kind: VirtualMachineInstance
	spec:
	  domain:
	    launchSecurity: {sev: {}}
	YAML
	[[ $1 == *firmware* ]] || echo '    firmware: {bootloader: {efi: {secureBoot: false}}}'
	printf '%s\n' "$1"
}

# becomes BEFORE AFTER SAID: DOMAIN of vmi() before and after --fix, which says SAID (without the
# file's name).
becomes() {
	vmi "$1" > "$scratch/before.yaml"
	vmi "$2" > "$scratch/after.yaml"
	fixed "$scratch/before.yaml" && diff "$scratch/after.yaml" "$scratch/fixed.yaml" &&
	same "what was said of $1" "$(sed 's/^[^:]*: //' "$scratch/err")" "$3"
}

comments_stay() {
	local list=$'    devices:\n      interfaces:\n' status=0
	local gone="fixed [kubevirt-boot-nic]: the interface x has a bootOrder"
	local left="not corrected [kubevirt-boot-nic]: the interface x has a bootOrder" domain
	becomes "$list"$'      - bootOrder: 1\n        # this one is for storage\n        name: x' \
		"$list"$'      -\n        # this one is for storage\n        name: x' "$gone" || status=1
	becomes "$list"$'      - bootOrder: 1\n\n        name: x' "$list"$'      -\n\n        name: x' "$gone" || status=1
	becomes "$list"$'      - {bootOrder: 1,\n         name: x}' "$list"$'      - {name: x}' "$gone" || status=1
	for domain in $'      - {name: x, # keep\n         bootOrder: 1}' $'      - {bootOrder: 1, # keep\n         name: x}' \
		      $'      - {bootOrder: 1\n\n         , name: x}'; do
		becomes "$list$domain" "$list$domain" "$left" || status=1
	done
	return "$status"
}

# What has no sure place stays, and is not said to be corrected.
only_what_is_gone_is_fixed() {
	local list=$'    devices:\n      interfaces:\n' status=0 domain
	local left="not corrected [kubevirt-boot-nic]: the interface"
	for domain in '      - bootOrder: 3' '      - {bootOrder: 3,}' '      - &a {bootOrder: 3,}'; do
		becomes "$list$domain" "$list$domain" "$left without name has a bootOrder" || status=1
	done
	domain=$'      - name: x\n        bootOrder: >-\n          1\n          2\n      - name: y'
	becomes "$list$domain"$'\n        bootOrder: 1' "$list$domain" \
		"fixed [kubevirt-boot-nic]: the interface y has a bootOrder"$'\n'"$left x has a bootOrder" || status=1
	domain=$'    firmware:\n      ? bootloader\n      : {bios: {}}'
	becomes "$domain" "$domain" "not corrected [kubevirt-efi]: there is no firmware.bootloader.efi" || status=1
	domain=$'    firmware:\n      bootloader:\n        efi:\n          ? persistent\n          : false'
	becomes "$domain" "$domain" \
		"not corrected [kubevirt-secure-boot]: efi.secureBoot is not given, which means true" || status=1
	return "$status"
}

keys_without_value() {
	local said="fixed [kubevirt-secure-boot]: efi.secureBoot is null"
	becomes '    firmware: {bootloader: {efi: {secureBoot}}}' '    firmware: {bootloader: {efi: {secureBoot: false}}}' "$said" &&
	becomes '    firmware: {bootloader: {efi: {secureBoot , persistent: false}}}' \
		'    firmware: {bootloader: {efi: {secureBoot : false, persistent: false}}}' "$said" &&
	becomes '    firmware: {bootloader: {efi: {secureBoot: }}}' '    firmware: {bootloader: {efi: {secureBoot: false}}}' "$said"
}

# What kubectl get -o json prints is JSON after it, and so is a mapping that is written as JSON.
json_stays_json() {
	local name
	python3 - "$scratch" <<-'PYTHON' || return
	import json, sys
	nic = [{"bootOrder": 1, "name": "x"}, {"name": "y", "bootOrder": 2}, {"bootOrder": 3}]
	def vm(**domain):
	    return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "spec": {"template": {"spec": {
	        "evictionStrategy": "LiveMigrate", "domain": {"launchSecurity": {"sev": {"attestation": {}}}, **domain}}}}}
	items = [vm(machine={"type": "pc"}, devices={"interfaces": nic}, features={"smm": {}}), vm(firmware=None),
	         vm(firmware={}, features={"smm": {"enabled": True}}), vm(firmware={"bootloader": {"efi": None}})]
	for name, indent in ("pretty", 4), ("short", None):
	    json.dump({"kind": "List", "items": items}, open(f"{sys.argv[1]}/{name}.json", "w"), indent=indent)
	PYTHON
	for name in pretty short; do
		fixed "$scratch/$name.json" && python3 -m json.tool "$scratch/fixed.yaml" > /dev/null || return
		if grep 'not corrected' "$scratch/err" > "$scratch/left"; then
			say "$name: $(cat "$scratch/left")"
			return 1
		fi
		cp "$scratch/fixed.yaml" "$scratch/again.json"
		breaks 0 "$scratch/again.json" "" || return
	done
	becomes '    firmware: {"bootloader": {"efi": {"persistent": false}}}' \
		'    firmware: {"bootloader": {"efi": {"secureBoot": false, "persistent": false}}}' \
		"fixed [kubevirt-secure-boot]: efi.secureBoot is not given, which means true"
}

where_it_is_written() {
	local code=0
	cp "$data/bad/kubevirt-machine.yaml" "$scratch/vm.yaml"
	"$sevadm" check kubevirt --fix "$scratch/vm.yaml" > /dev/null 2>&1 || code=$?
	same "exit code" "$code" 1 && breaks 0 "$scratch/vm.yaml.fixed" "" &&
	cmp "$data/bad/kubevirt-machine.yaml" "$scratch/vm.yaml" || return
	code=0
	"$sevadm" check kubevirt --fix - < "$scratch/vm.yaml" > /dev/null 2>&1 || code=$?
	same "--fix of stdin" "$code" 2 || return
	"$sevadm" check kubevirt --output - - < "$scratch/vm.yaml" > "$scratch/out" 2> /dev/null || :
	grep -q 'type: q35' "$scratch/out" || return
	# A device or a pipe is written to: renaming a file to /dev/null would take it from
	# everybody.
	mkfifo "$scratch/pipe"
	cat "$scratch/pipe" > "$scratch/read" &
	"$sevadm" check kubevirt --output "$scratch/pipe" "$scratch/vm.yaml" > /dev/null 2>&1 || :
	[ -p "$scratch/pipe" ] || { rm "$scratch/pipe"; kill $!; say "the pipe is replaced"; return 1; }
	wait $! && cmp "$scratch/vm.yaml.fixed" "$scratch/read" || return
	# So is a link to what stdout is, as /dev/stdout is one.
	ln -s /proc/self/fd/1 "$scratch/stdout"
	"$sevadm" check kubevirt --output "$scratch/stdout" "$scratch/vm.yaml" > "$scratch/out" 2> /dev/null || :
	[ -L "$scratch/stdout" ] && grep -q 'type: q35' "$scratch/out" || return
	code=0
	"$sevadm" check kubevirt --output "$scratch/x" "$scratch/vm.yaml" "$scratch/vm.yaml" > /dev/null 2>&1 || code=$?
	same "--output of two" "$code" 2
}

# What stands in two places is left alone, and that is said; so is what has no places, or no end.
what_is_not_corrected() {
	local code=0
	sed 's/machine:/machine: \&m/; $a\  other: *m' "$data/bad/kubevirt-machine.yaml" > "$scratch/alias.yaml"
	fixed "$scratch/alias.yaml" && cmp "$scratch/alias.yaml" "$scratch/fixed.yaml" &&
	same "what was said" "$(cat "$scratch/err")" \
		"$scratch/alias.yaml: what is in a document with aliases is not corrected" || return
	{ printf '\357\273\277'; cat "$data/bad/kubevirt-machine.yaml"; } > "$scratch/bom.yaml"
	"$sevadm" check kubevirt --output "$scratch/none.yaml" "$scratch/bom.yaml" > /dev/null 2> "$scratch/err" || code=$?
	same "exit code" "$code" 1 && grep -q 'byte order mark' "$scratch/err" && [ ! -e "$scratch/none.yaml" ] || return
	code=0
	# One byte less than is read at most; the correction adds two.
	sed 's/type: .*/type: s/' "$data/bad/kubevirt-machine.yaml" > "$scratch/large.yaml"
	printf '#%*s\n' "$((1572864 - 3 - $(wc -c < "$scratch/large.yaml")))" "" >> "$scratch/large.yaml"
	"$sevadm" check kubevirt --output "$scratch/none.yaml" "$scratch/large.yaml" > /dev/null 2> "$scratch/err" || code=$?
	same "exit code" "$code" 1 && [ ! -e "$scratch/none.yaml" ] &&
	same "what was said" "$(cat "$scratch/err")" "sevadm: $scratch/large.yaml: cannot be corrected: \
with [kubevirt-machine] corrected, it is larger than 1.5 MiB" || return
	code=0
	"$sevadm" check kubevirt --output "$scratch/none/none.yaml" "$data/bad/kubevirt-machine.yaml" > /dev/null 2> "$scratch/err" || code=$?
	same "exit code" "$code" 1 && same "what was said" "$(cat "$scratch/err")" \
		"sevadm: $scratch/none/none.yaml: No such file or directory" || return
	code=0
	printf 'kind: VirtualMachine\nspec: {a: [1, 2}\n' > "$scratch/broken.yaml"
	"$sevadm" check kubevirt --output "$scratch/none.yaml" "$scratch/broken.yaml" > /dev/null 2>&1 || code=$?
	same "exit code" "$code" 2 && [ ! -e "$scratch/none.yaml" ]
}

plan 12
result "each rule has a file that breaks it and one that keeps it" each_rule_is_broken_and_kept
result "many documents in a file, and lists" many_documents
result "what is not KubeVirt's is no success" nothing_to_check
result "an error of syntax has its line" syntax_error_has_its_line
result "each fix mends its rule, and a second --fix changes nothing" each_fix_holds
result "a fix leaves all else alone" all_else_stays
result "comments stay" comments_stay
result "what is not gone is not said to be fixed" only_what_is_gone_is_fixed
result "keys without a value" keys_without_value
result "JSON stays JSON" json_stays_json
result "where the corrected copy is written" where_it_is_written
result "what is not corrected" what_is_not_corrected
finished
