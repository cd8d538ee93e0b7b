#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sevadm check domain: each rule has a file that breaks it and one that keeps it; corrections keep all else.
# SEVADM is the program (../build/bin/sevadm).
# shellcheck disable=SC2317 # result calls the functions by name
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
# shellcheck source=selftests/lib.sh disable=SC2154
. "$tests/../../selftests/lib.sh"

sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")
data=$tests/data/domain

# The rules that a file breaks, one a line.
broken() {
	"$sevadm" -j check domain "$@" 2>/dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    for finding in json.loads(line)["findings"]:
        print(finding["rule"])' | sort -u
}

# The options a file asks for in a comment: <!-- options: --host … -->
options_of() {
	sed -n 's/.*<!-- options: \(.*\) -->.*/\1/p' "$1" | sed "s|DATA|$data|g"
}

rules_of() {
	"$sevadm" -j check rules | python3 -c '
import json, sys
for row in json.load(sys.stdin):
    if row["check"] == sys.argv[1]:
        print(row["rule"])' "$1"
}

each_rule_is_broken_and_kept() {
	local rule options status=0
	for rule in $(rules_of domain); do
		[ -f "$data/bad/$rule.xml" ] && [ -f "$data/good/$rule.xml" ] || {
			say "rule $rule lacks bad/$rule.xml or good/$rule.xml"; status=1; continue; }
		read -ra options <<< "$(options_of "$data/bad/$rule.xml")"
		broken "${options[@]}" "$data/bad/$rule.xml" | grep -qxF "$rule" ||
			{ say "bad/$rule.xml does not break $rule"; status=1; }
		read -ra options <<< "$(options_of "$data/good/$rule.xml")"
		! broken "${options[@]}" "$data/good/$rule.xml" | grep -qxF "$rule" ||
			{ say "good/$rule.xml breaks $rule"; status=1; }
	done
	return $status
}

# What is corrected is well-formed, breaks the rule no more, and is not touched a second time.
each_fix_holds() {
	local file rule options status=0
	for file in "$data"/bad/*.xml; do
		rule=${file##*/} rule=${rule%.xml}
		"$sevadm" -j check rules | python3 -c '
import json, sys
sys.exit(not any(r["check"] == "domain" and r["rule"] == sys.argv[1] and r["fixable"] and
         r["severity"] != "info" for r in json.load(sys.stdin)))' "$rule" || continue
		read -ra options <<< "$(options_of "$file")"
		"$sevadm" check domain "${options[@]}" --output "$scratch/fixed.xml" "$file" \
			> /dev/null 2> "$scratch/said" || [ $? -eq 1 ] || { status=1; continue; }
		grep -qF "fixed [$rule]" "$scratch/said" || { say "$rule: no word of a fix"; status=1; }
		! broken "${options[@]}" "$scratch/fixed.xml" | grep -qxF "$rule" ||
			{ say "$rule is still broken after --fix"; status=1; }
		"$sevadm" check domain "${options[@]}" --output "$scratch/again.xml" "$scratch/fixed.xml" \
			> /dev/null 2> "$scratch/said" || [ $? -eq 1 ] || status=1
		cmp "$scratch/fixed.xml" "$scratch/again.xml" || { say "$rule: a second --fix changes more"; status=1; }
	done
	return $status
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
	diff "$data/guide.fixed.xml" "$scratch/guide.xml"
}

guide_as_printed() {
	sed "s/<launchSecurity type/<launchSecurity ❶ type/" "$data/guide.xml" > "$scratch/printed.xml"
	local status=0
	"$sevadm" -j check domain "$scratch/printed.xml" > "$scratch/out" || status=$?
	[ $status -eq 2 ] && grep -q '"rule":"unreadable".*"line":14' "$scratch/out"
}

comments_and_quotes_stay() {
	cat > "$scratch/odd.xml" <<-'XML'
	<?xml version="1.0"?>
	<!-- a <domain> of <features> -->
	<domain   type = "kvm"
	          xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
		<name>odd</name>	<!-- kept -->
		<memory unit="MiB" >512</memory>
		<memtune><hard_limit unit='MiB'>1024</hard_limit></memtune>
		<os firmware="efi"><type arch="x86_64" machine="q35">hvm</type></os>
		<features   />
		<launchSecurity type="sev"><policy>0x3</policy></launchSecurity>
		<description><![CDATA[a <acpi/> > here]]></description>
		<devices>
			<interface type='network'>
				<model type="virtio"/><!-- last -->
			</interface>
		</devices>
	</domain>
	XML
	"$sevadm" check domain --output "$scratch/fixed.xml" "$scratch/odd.xml" > /dev/null 2>&1 || [ $? -eq 1 ]
	diff "$scratch/odd.xml" "$scratch/fixed.xml" > "$scratch/diff" || true
	diff - "$scratch/diff" <<-'DIFF'
	9c9,11
	< 	<features   />
	---
	> 	<features>
	> 	  <acpi/>
	> 	</features>
	14c16,17
	< 			<model type="virtio"/><!-- last -->
	---
	> 			<model type="virtio"/>
	> 			<rom enabled='no'/><!-- last -->
	DIFF
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
	{ "$sevadm" check domain --profile nova "$data/bad/machine-q35.xml" > "$scratch/out" || [ $? -eq 1 ]; } &&
	grep -qF "error [machine-q35]" "$scratch/out" &&
	{ "$sevadm" check domain "$data/bad/machine-q35.xml" > "$scratch/out" || [ $? -eq 1 ]; } &&
	grep -qF "warning [machine-q35]" "$scratch/out"
}

# Must be told from 1 000 files in 2 s of one core; a machine under load is given five times that.
thousand_files() {
	local i before after
	mkdir -p "$scratch/many"
	for i in {1..1000}; do cp "$data/guide.xml" "$scratch/many/$i.xml"; done
	before=$(user_time)
	"$sevadm" -j check domain "$scratch/many" > /dev/null || [ $? -eq 1 ]
	after=$(user_time)
	say "1000 files: $((after - before)) ms of processor time"
	[ $((after - before)) -lt 2000 ]
}

# Processor time of the children so far in ms, which other load does not change much.
user_time() {
	times | sed -n '2{s/[ms]/ /g;p}' | awk '{ printf "%d\n", ($1 * 60 + $2 + $3 * 60 + $4) * 1000 }'
}

for test in each_rule_is_broken_and_kept each_fix_holds guide guide_as_printed \
	    comments_and_quotes_stay folders_globs_and_stdin profiles_and_versions thousand_files; do
	result "$test"
done
finish
