#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sevadm check domain: each rule has a file that breaks it and one that keeps it; corrections keep all else.
# SEVADM is the program (../build/bin/sevadm).
# shellcheck disable=SC2317,SC2154 # result calls the functions by name; lib.sh sets scratch
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
# shellcheck source=selftests/lib.sh disable=SC1091,SC2154
. "$tests/../../selftests/lib.sh"

sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")
data=$tests/data/domain

# The rules that a file breaks, one a line.
broken() {
	{ "$sevadm" -j check domain "$@" || true; } |
		grep -o '"rule":"[^"]*"' | cut -d'"' -f4 | sort -u
}

# The options that a file is checked with: those of FILE.options beside it.
options_of() {
	[ ! -f "${1%.xml}.options" ] || sed "s|DATA|$data|g" "${1%.xml}.options"
}

# broken_in FOLDER [OPTION...]: what each of its files breaks: NAME RULE, one a line.
broken_in() {
	{ "$sevadm" -j check domain "$@" || true; } | python3 -c '
import json, os, sys
for line in sys.stdin:
    target = json.loads(line)
    for finding in target["findings"]:
        print(os.path.basename(target["target"]).removesuffix(".xml"), finding["rule"])'
}

# breaks KIND NAME RULE: of KIND/NAME.xml, as broken_in() found or, with options, by itself.
breaks() {
	local options
	read -ra options <<< "$(options_of "$data/$1/$2.xml")"
	if ((${#options[@]})); then
		broken "${options[@]}" "$data/$1/$2.xml" | grep -qxF "$3"
	else
		grep -qxF "$2 $3" "$scratch/$1"
	fi
}

# rules_of CHECK [CONDITION]: the ids of its rules, of those that meet a condition on "row".
rules_of() {
	"$sevadm" -j check rules | python3 -c '
import json, sys
for row in json.load(sys.stdin):
    if row["check"] == sys.argv[1] and eval(sys.argv[2]):
        print(row["rule"])' "$1" "${2-True}"
}

each_rule_is_broken_and_kept() {
	local rule status=0
	broken_in "$data/bad" > "$scratch/bad"
	broken_in "$data/good" > "$scratch/good"
	for rule in $(rules_of domain); do
		if ! [ -f "$data/bad/$rule.xml" ] || ! [ -f "$data/good/$rule.xml" ]; then
			say "rule $rule lacks bad/$rule.xml or good/$rule.xml"
			status=1
			continue
		fi
		breaks bad "$rule" "$rule" || { say "bad/$rule.xml does not break $rule"; status=1; }
		! breaks good "$rule" "$rule" || { say "good/$rule.xml breaks $rule"; status=1; }
		! breaks good "$rule" unreadable || { say "good/$rule.xml is not readable"; status=1; }
	done
	return "$status"
}

# fix_holds FOLDER: what is corrected is well-formed, breaks its rule no more, and is not touched a
# second time. The files' options are those of the file that the folder has its name of.
fix_holds() {
	local folder=$1 options file rule status=0
	read -ra options <<< "$(options_of "$data/bad/${folder##*/}.xml")"
	"$sevadm" check domain "${options[@]}" --fix "$folder" > /dev/null 2> "$scratch/said" || [ $? -eq 1 ] ||
		{ sed 's/^/# /' "$scratch/said"; return 1; }
	mkdir "$folder/fixed"
	for file in "$folder"/*.xml; do
		rule=${file##*/} rule=${rule%.xml}
		grep -qF "${file##*/}: fixed [$rule]" "$scratch/said" || { say "$rule: no word of a fix"; status=1; }
		mv "$file.fixed" "$folder/fixed/$rule.xml" || status=1
	done
	broken_in "$folder/fixed" "${options[@]}" > "$scratch/still"
	"$sevadm" check domain "${options[@]}" --fix "$folder/fixed" > /dev/null 2>&1 || [ $? -eq 1 ] || status=1
	for file in "$folder"/fixed/*.xml; do
		rule=${file##*/} rule=${rule%.xml}
		! grep -qxF "$rule $rule" "$scratch/still" || { say "$rule is still broken after --fix"; status=1; }
		cmp "$file" "$file.fixed" || { say "$rule: a second --fix changes more"; status=1; }
	done
	return "$status"
}

each_fix_holds() {
	local rule file folder fixable status=0
	fixable=$(rules_of domain 'row["fixable"] and row["severity"] != "info"')
	for file in "$data"/bad/*.xml; do
		rule=${file##*/} rule=${rule%.xml} folder=plain
		[[ $'\n'$fixable$'\n' == *$'\n'$rule$'\n'* ]] || continue
		[ ! -f "$data/bad/$rule.options" ] || folder=$rule
		mkdir -p "$scratch/fix/$folder"
		cp "$file" "$scratch/fix/$folder/"
	done
	for folder in "$scratch"/fix/*; do
		fix_holds "$folder" || status=1
	done
	return "$status"
}

# The guide's own example, without its callouts; and with them, as it is printed.
guide() {
	local rule
	for rule in domain-name acpi rng-backend firmware-path nvram-template cbitpos \
		    reduced-phys-bits stray-text locked-uncapped; do
		broken "$data/guide.xml" | grep -qxF "$rule" || { say "guide.xml: not found: $rule"; return 1; }
	done
	"$sevadm" check domain --output "$scratch/guide.xml" "$data/guide.xml" > /dev/null 2>&1 || [ $? -eq 1 ]
	"$sevadm" check domain "$scratch/guide.xml" > /dev/null || { say "the fixed guide.xml has errors"; return 1; }
	[ "$(broken "$scratch/guide.xml")" = "$(printf 'balloon\nlocked-uncapped')" ] || return 1
	diff "$data/guide.fixed.xml" "$scratch/guide.xml" || return
	# For a known host it comes to the same, but that what is right there stays.
	"$sevadm" check domain --host "$data/host.json" --output "$scratch/there.xml" "$data/guide.xml" \
		> /dev/null 2>&1 || [ $? -eq 1 ] || return
	diff "$data/guide.fixed.xml" <(grep -v "<reducedPhysBits>1<" "$scratch/there.xml")
}

guide_as_printed() {
	sed "s/<launchSecurity type/<launchSecurity ❶ type/" "$data/guide.xml" > "$scratch/printed.xml"
	local status=0
	"$sevadm" -j check domain "$scratch/printed.xml" > "$scratch/out" || status=$?
	[ "$status" -eq 2 ] && grep -q '"rule":"unreadable".*"line":14' "$scratch/out"
}

comments_and_quotes_stay() {
	"$sevadm" check domain --output "$scratch/fixed.xml" "$data/odd.xml" > /dev/null 2>&1 || [ $? -eq 1 ]
	diff "$data/odd.fixed.xml" "$scratch/fixed.xml"
}

folders_globs_and_stdin() {
	mkdir -p "$scratch/d/networks"
	cp "$data/good/acpi.xml" "$scratch/d/a.xml"
	cp "$data/bad/acpi.xml" "$scratch/d/b.xml"
	echo "<network/>" > "$scratch/d/networks/default.xml"
	[ "$("$sevadm" -j check domain "$scratch/d" | wc -l)" -eq 2 ] &&
	[ "$("$sevadm" -j check domain "$scratch/d/*.xml" | wc -l)" -eq 2 ] &&
	"$sevadm" check domain - < "$data/good/acpi.xml" > /dev/null &&
	{ "$sevadm" check domain "$scratch/d/networks/default.xml" > /dev/null || [ $? -eq 2 ]; } &&
	{ "$sevadm" check domain "$scratch/none*.xml" 2> /dev/null || [ $? -eq 2 ]; }
}

profiles_and_versions() {
	broken --qemu-version 5.2 "$data/bad/virtio-iommu.xml" | grep -qx virtio-iommu &&
	{ "$sevadm" check domain --qemu-version 5.2 "$data/bad/virtio-iommu.xml" > /dev/null || [ $? -eq 1 ]; } &&
	"$sevadm" check domain --qemu-version 7.2 "$data/bad/virtio-iommu.xml" > /dev/null &&
	"$sevadm" check domain "$data/bad/virtio-iommu.xml" > /dev/null &&
	# A transitional device is refused; on i440fx a plain one becomes modern by itself from 6.0 on.
	sed "s/virtio-transitional/virtio/; s/'q35'/'pc'/" "$data/bad/virtio-model.xml" > "$scratch/pc.xml" &&
	broken --qemu-version 5.2 "$scratch/pc.xml" | grep -qx virtio-model &&
	! broken --qemu-version 7.2 "$scratch/pc.xml" | grep -qx virtio-model &&
	{ "$sevadm" check domain --profile nova "$data/bad/machine-q35.xml" > "$scratch/out" || [ $? -eq 1 ]; } &&
	grep -qF "error [machine-q35]" "$scratch/out" &&
	{ "$sevadm" check domain "$data/bad/machine-q35.xml" > "$scratch/out" || [ $? -eq 1 ]; } &&
	grep -qF "warning [machine-q35]" "$scratch/out" &&
	{ "$sevadm" check domain --host "$data/host.json" "$data/guide.xml" > "$scratch/out" || [ $? -eq 1 ]; } &&
	grep -qF "error [cbitpos] line 15: <cbitpos> is 47, but the host's is 51" "$scratch/out"
}

rules_are_documented() {
	diff "$tests/../../Documentation/check-rules.md" <("$sevadm" check rules --markdown)
}

thousand_files() {
	local i before
	mkdir -p "$scratch/many"
	for i in {1..1000}; do cp "$data/guide.xml" "$scratch/many/$i.xml"; done
	children_ms; before=$spent
	"$sevadm" -j check domain "$scratch/many" > /dev/null || [ $? -eq 1 ]
	children_ms
	say "1000 files: $((spent - before)) ms of processor time"
	[ $((spent - before)) -lt 2000 ]
}

# Sets $spent: processor time of the children so far, which other load changes little.
children_ms() {
	times > "$scratch/times"
	spent=$(sed -n '2{s/[ms]/ /g;p}' "$scratch/times" |
		awk '{ printf "%d", ($1 * 60 + $2 + $3 * 60 + $4) * 1000 }')
}

plan 9
result "each rule has a file that breaks it and one that keeps it" each_rule_is_broken_and_kept
result "each fix mends its rule, and a second --fix changes nothing" each_fix_holds
result "the guide's example: all differences found, and the fixed one clean" guide
result "the guide's example as printed is refused with its line" guide_as_printed
result "a fix leaves comments, quotes and indentation alone" comments_and_quotes_stay
result "folders, globs and stdin" folders_globs_and_stdin
result "profiles and versions of QEMU change severities" profiles_and_versions
result "1000 domains take less than 2 s of processor time" thousand_files
result "the list of rules in the documentation is the program's" rules_are_documented
finished
