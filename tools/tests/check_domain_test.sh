#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sevadm check domain: each rule has a file that breaks it and one that keeps it; corrections keep
# all else. SEVADM is the program (../build/bin/sevadm).
# shellcheck disable=SC2317,SC2154 # result calls the functions by name; lib.sh sets scratch
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
# shellcheck source=selftests/lib.sh disable=SC1091,SC2154
. "$tests/../../selftests/lib.sh"

sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")
data=$tests/data/domain

# run CODE ARGUMENT...: sevadm exits with CODE, and never by a signal; its words are in $scratch/out
# and err.
run() {
	local want=$1 got=0
	shift
	"$sevadm" "$@" > "$scratch/out" 2> "$scratch/err" || got=$?
	[ "$got" -eq "$want" ] || { say "sevadm $*: exit code $got, not $want: $(head -3 "$scratch/err")"; return 1; }
}

# The findings of text output, one a line: SEVERITY RULE LINE, sorted.
found() {
	sed -n 's/^  \(info\|warning\|error\) \[\([a-z0-9-]*\)\]\( line \([0-9]*\)\)\?: .*/\1 \2 \4/p' "$scratch/out" | sort
}

# The options that a file is checked with: those of FILE.options beside it.
options_of() {
	[ ! -f "${1%.xml}.options" ] || sed "s|DATA|$data|g" "${1%.xml}.options"
}

# rules_of CHECK [PYTHON]: those for which PYTHON holds.
rules_of() {
	"$sevadm" -j check rules > "$scratch/rules" || return
	python3 -c '
import json, sys
for row in json.load(open(sys.argv[3])):
    if row["check"] == sys.argv[1] and eval(sys.argv[2]):
        print(row["rule"])' "$1" "${2:-True}" "$scratch/rules"
}

# in_cases RULE: without files of its own, a rule has cases: one that breaks it, and "case RULE is
# kept".
in_cases() {
	awk -v rule="[$1]" -v kept="case $1 is kept" '
		/^case / { title = $0 }
		/^>/ && index($0, rule) { broken++; if (title == kept) spoilt++ }
		/^run / && title == kept { keeps++ }
		END { exit !(broken && keeps && !spoilt) }' "$tests/cases/check_domain.cases" && return
	say "$1: neither bad/$1.xml, nor a case that breaks it and one \"$1 is kept\" in cases/check_domain.cases"
	return 1
}

# What bad/RULE.xml has is written beside it, whole: severities, rules and lines. good/RULE.xml has
# nothing.
each_rule_is_broken_and_kept() {
	local rule options status=0 want code nr=0
	rules_of domain > "$scratch/names" || return
	while read -r rule; do
		nr=$((nr + 1))
		if [ ! -f "$data/bad/$rule.xml" ]; then
			in_cases "$rule" || status=1
			continue
		fi
		read -ra options <<< "$(options_of "$data/bad/$rule.xml")"
		want=$(cat "$data/bad/$rule.findings") || { status=1; continue; }
		code=0
		[[ $want != *error\ * ]] || code=1
		run "$code" check domain "${options[@]}" "$data/bad/$rule.xml" || status=1
		same "what bad/$rule.xml breaks" "$(found)" "$want" || status=1
		[[ $want == *" $rule "* ]] || { say "bad/$rule.xml does not break $rule"; status=1; }
		read -ra options <<< "$(options_of "$data/good/$rule.xml")"
		run 0 check domain "${options[@]}" "$data/good/$rule.xml" || status=1
		same "what good/$rule.xml breaks" "$(found)" "$(cat "$data/good/$rule.findings" 2> /dev/null)" || status=1
		! found | grep -qF " $rule " || { say "good/$rule.xml breaks $rule"; status=1; }
		same "the first line of good/$rule.xml" "$(head -1 "$scratch/out" | sed "s/,.*//")" \
			"$data/good/$rule.xml: $(found | grep -q ^warning && echo warning || echo ok)" || status=1
	done < "$scratch/names"
	[ "$nr" -gt 40 ] || { say "only $nr rules"; return 1; }
	return "$status"
}

# guests_of RULE: which guests it is for; none: type and policy are what its file has wrong.
guests_of() {
	case $1 in
	launch-type | policy-refused | policy-weak) ;;
	smm | reboot | nested) echo sev-es sev-snp ;;
	# The host of this file runs no others.
	cpu-mode | host-type | snp-blobs | snp-firmware) echo sev-snp ;;
	balloon | dh-cert | hotplug | hugepages | launch-elements | limit-low | lock-missing | \
		locked-uncapped | nvram-template | session | session-pair) echo sev sev-es ;;
	*) echo sev sev-es sev-snp ;;
	esac
}

# What breaks a rule breaks it in all guests that it is for, and in no others: the same domain as
# one of SEV, of SEV-ES and of SEV-SNP, in one file.
each_rule_is_for_its_guests() {
	local bad rule options status=0 row guests nr=0
	for bad in "$data"/bad/*.xml; do
		rule=${bad##*/} rule=${rule%.xml} guests=$(guests_of "$rule")
		[ "$guests" ] || continue
		nr=$((nr + 1))
		{
			echo "<domains>"
			for row in "sev 0x0003" "sev 0x0007" "sev-snp 0x30000"; do
				sed -E "s/<launchSecurity type='[a-z-]*'/<launchSecurity type='${row% *}'/
					s/<policy>[^<]*</<policy>${row#* }</" "$bad"
			done
			echo "</domains>"
		} > "$scratch/three.xml"
		read -ra options <<< "$(options_of "$bad")"
		"$sevadm" check domain "${options[@]}" "$scratch/three.xml" > "$scratch/out" 2>&1 || true
		same "what $rule is for" "$(awk -v rule="[$rule]" -v file="$scratch/three.xml" '
			index($0, file) == 1 { nr++ }
			index($0, rule) && seen != nr { seen = nr; text = text " " (nr == 1 ? "sev" : nr == 2 ? "sev-es" : "sev-snp") }
			END { print substr(text, 2) (nr == 3 ? "" : " of " nr " domains") }' "$scratch/out")" "$guests" || status=1
	done
	[ "$nr" -gt 40 ] || { say "only $nr rules"; return 1; }
	return "$status"
}

# What is corrected is well-formed, breaks the rule no more, and is not touched a second time.
each_fix_holds() {
	local rule options status=0 code nr=0
	rules_of domain 'row["fixable"] and row["severity"] != "info"' > "$scratch/names" || return
	while read -r rule; do
		nr=$((nr + 1))
		# A case has all that --fix says and writes.
		if [ ! -f "$data/bad/$rule.xml" ]; then
			grep -qF "fixed [$rule]" "$tests/cases/check_domain.cases" || status=1
			continue
		fi
		read -ra options <<< "$(options_of "$data/bad/$rule.xml")"
		code=0
		! grep -q '^error ' "$data/bad/$rule.findings" || code=1
		rm -f "$scratch/fixed.xml"
		run "$code" check domain "${options[@]}" --output "$scratch/fixed.xml" "$data/bad/$rule.xml" || status=1
		grep -qF "fixed [$rule]" "$scratch/err" || { say "$rule: no word of a fix"; status=1; }
		code=0
		"$sevadm" check domain "${options[@]}" "$scratch/fixed.xml" > "$scratch/out" || code=$?
		if [ "$code" -gt 1 ] || ! [ -s "$scratch/out" ]; then
			say "fixed $rule: exit code $code"
			status=1
		fi
		! found | grep -qF " $rule " || { say "$rule is still broken after --fix"; status=1; }
		run "$code" check domain "${options[@]}" --output "$scratch/again.xml" "$scratch/fixed.xml" || status=1
		cmp "$scratch/fixed.xml" "$scratch/again.xml" || { say "$rule: a second --fix changes more"; status=1; }
	done < "$scratch/names"
	[ "$nr" -gt 15 ] || { say "only $nr rules with a fix"; return 1; }
	return "$status"
}

# The guide's own example, without its callouts; and with them, as it is printed.
guide() {
	run 1 check domain "$data/guide.xml" &&
	same "what guide.xml breaks" "$(found)" "$(cat "$data/guide.findings")" &&
	run 1 check domain --output "$scratch/guide.xml" "$data/guide.xml" &&
	diff "$data/guide.fixed.xml" "$scratch/guide.xml" &&
	run 0 check domain "$scratch/guide.xml" &&
	same "what the fixed one breaks" "$(found | cut -d' ' -f1,2)" $'info balloon\nwarning locked-uncapped' &&
	# For a known host it comes to the same, but that what is right there stays.
	run 1 check domain --host "$data/host.json" --output "$scratch/there.xml" "$data/guide.xml" &&
	diff "$data/guide.fixed.xml" <(grep -v "<reducedPhysBits>1<" "$scratch/there.xml")
}

guide_as_printed() {
	sed "s/<launchSecurity type/<launchSecurity ❶ type/" "$data/guide.xml" > "$scratch/printed.xml"
	run 2 -j check domain "$scratch/printed.xml" &&
	grep -q '"rule":"unreadable".*"line":14' "$scratch/out"
}

comments_and_quotes_stay() {
	run 1 check domain --output "$scratch/fixed.xml" "$data/odd.xml" &&
	diff "$data/odd.fixed.xml" "$scratch/fixed.xml"
}

folders_globs_and_stdin() {
	mkdir -p "$scratch/d/networks"
	cp "$data/good/acpi.xml" "$scratch/d/a.xml"
	cp "$data/bad/acpi.xml" "$scratch/d/b.xml"
	echo "<network/>" > "$scratch/d/networks/default.xml"
	run 1 -j check domain "$scratch/d" && same targets "$(wc -l < "$scratch/out")" 2 &&
	run 1 -j check domain "$scratch/d/*.xml" && same targets "$(wc -l < "$scratch/out")" 2 &&
	run 0 check domain - < "$data/good/acpi.xml" && same stdin "$(cat "$scratch/out")" "-: ok" &&
	run 2 check domain "$scratch/d/networks/default.xml" &&
	run 2 check domain "$scratch/none*.xml"
}

profiles_and_versions() {
	run 1 check domain --qemu-version 5.2 "$data/bad/virtio-iommu.xml" &&
	same "QEMU 5.2" "$(found | cut -d' ' -f1,2 | uniq)" "error virtio-iommu" &&
	run 0 check domain --qemu-version 7.2 "$data/bad/virtio-iommu.xml" &&
	run 0 check domain "$data/bad/virtio-iommu.xml" &&
	# A transitional device is refused; on i440fx a plain one becomes modern by itself from 6.0
	# on.
	sed "s/virtio-transitional/virtio/; s/'q35'/'pc'/" "$data/bad/virtio-model.xml" > "$scratch/pc.xml" &&
	run 1 check domain --qemu-version 5.2 "$scratch/pc.xml" && found | grep -q "^error virtio-model " &&
	run 0 check domain --qemu-version 7.2 "$scratch/pc.xml" && ! found | grep -q virtio-model &&
	run 1 check domain --profile nova "$data/bad/machine-q35.xml" &&
	same "for nova" "$(found | cut -d' ' -f1,2)" "error machine-q35" &&
	run 0 check domain "$data/bad/machine-q35.xml" &&
	same "for libvirt" "$(found | cut -d' ' -f1,2)" "warning machine-q35" &&
	run 1 check domain --host "$data/host.json" "$data/guide.xml" &&
	grep -qF "error [cbitpos] line 15: <cbitpos> is 47, but the host's is 51" "$scratch/out"
}

rules_are_documented() {
	run 0 check rules --markdown && diff "$tests/../../Documentation/check-rules.md" "$scratch/out"
}

# A copy that could not be written has corrected nothing.
nothing_is_fixed_unless_written() {
	run 1 check domain --output "$scratch/none/none.xml" "$data/bad/acpi.xml" || return
	same "what is said" "$(cat "$scratch/err")" "sevadm: $scratch/none/none.xml: No such file or directory"
}

thousand_files() {
	local i before
	mkdir -p "$scratch/many"
	for i in {1..1000}; do cp "$data/guide.xml" "$scratch/many/$i.xml"; done
	children_ms; before=$spent
	run 1 -j check domain "$scratch/many" || return
	children_ms
	same targets "$(wc -l < "$scratch/out")" 1000 || return
	say "1000 files: $((spent - before)) ms of processor time"
	# A program that watches itself is no measure.
	[ -n "${SANITIZED-}" ] || [ $((spent - before)) -lt 800 ]
}

# Sets $spent: processor time of the children so far, which other load changes little.
children_ms() {
	times > "$scratch/times"
	spent=$(sed -n '2{s/[ms]/ /g;p}' "$scratch/times" |
		awk '{ printf "%d", ($1 * 60 + $2 + $3 * 60 + $4) * 1000 }')
}

plan 11
result "each rule has a file that breaks it and one that keeps it" each_rule_is_broken_and_kept
result "each rule is for its guests" each_rule_is_for_its_guests
result "each fix mends its rule, and a second --fix changes nothing" each_fix_holds
result "the guide's example: all differences found, and the fixed one clean" guide
result "the guide's example as printed is refused with its line" guide_as_printed
result "a fix leaves comments, quotes and indentation alone" comments_and_quotes_stay
result "nothing is said to be fixed unless it is written" nothing_is_fixed_unless_written
result "folders, globs and stdin" folders_globs_and_stdin
result "profiles and versions of QEMU change severities" profiles_and_versions
result "1000 domains take less than 0.8 s of processor time" thousand_files
result "the list of rules in the documentation is the program's" rules_are_documented
finished
