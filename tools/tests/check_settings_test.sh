#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sevadm check kata, nova, proxmox, incus: every rule has a case; hostile input, and folders.
# SEVADM is the program (../build/bin/sevadm).
# shellcheck disable=SC2317,SC2154 # result calls the functions by name; lib.sh sets scratch
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
# shellcheck source=selftests/lib.sh disable=SC1091,SC2154
. "$tests/../../selftests/lib.sh"

sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")
kinds="kata nova proxmox incus"

# Cases are in cases/check_settings.cases: each rule is broken by one of them at least.
each_rule_is_broken() {
	local kind rule status=0 nr=0
	for kind in $kinds; do
		while read -r rule; do
			nr=$((nr + 1))
			grep -q "^>.*\[$rule\]" "$tests/cases/check_settings.cases" ||
				{ say "$rule: no case breaks it"; status=1; }
		done < <("$sevadm" check rules | sed -n "s/^$kind  *\([a-z-]*\) .*/\1/p")
	done
	[ "$nr" -gt 35 ] || { say "only $nr rules"; return 1; }
	return "$status"
}

# Whatever the bytes are, a reader ends soon, and not by a signal.
hostile() {
	local kind file code status=0
	python3 - "$scratch" <<-'PYTHON'
	import sys
	def write(name, data):
	    open(f"{sys.argv[1]}/{name}", "wb").write(data if isinstance(data, bytes) else data.encode())
	write("empty", "")
	write("zeroes", b"\0" * 4096)
	write("random", bytes((i * 7919 >> 3) & 255 for i in range(100000)))
	write("long", "[hypervisor.qemu]\n" + "a" * 1000000 + "=" + "b" * 1000000)
	write("lines", "[hypervisor.qemu]\n" + "confidential_guest = true\n" * 100000)
	write("colons", "amd_sev: " + "," * 100000 + "\nbios: ovmf\ncores: 1\n")
	write("deep", "{" * 100000)
	write("map", "config: {" + ", ".join(f"security.sev.{i}: 1" for i in range(3000)) + "}\n")
	write("json", '{"properties": ' * 20 + "1" + "}" * 20)
	PYTHON
	for kind in $kinds; do
		for file in empty zeroes random long lines colons deep map json; do
			code=0
			timeout 10 "$sevadm" check "$kind" "$scratch/$file" > /dev/null 2>&1 || code=$?
			[ "$code" -le 2 ] || { say "check $kind $file: exit code $code"; status=1; }
		done
		code=0
		"$sevadm" check "$kind" "$scratch/empty" > /dev/null 2>&1 || code=$?
		same "exit code of check $kind of nothing" "$code" 2 || status=1
	done
	return "$status"
}

folders() {
	local code=0
	mkdir "$scratch/folder"
	cp "$tests/data/settings/proxmox.conf" "$scratch/folder/100.conf"
	echo "nothing: here" > "$scratch/folder/storage.conf"
	"$sevadm" -j check proxmox "$scratch/folder" > "$scratch/out" && same targets "$(wc -l < "$scratch/out")" 1 || return
	rm "$scratch/folder/100.conf"
	"$sevadm" check proxmox "$scratch/folder" 2> "$scratch/err" || code=$?
	same "exit code of a folder of nothing" "$code" 2 && grep -q "there is no VM of Proxmox VE" "$scratch/err"
}

plan 3
result "each rule is broken by a case" each_rule_is_broken
result "hostile input ends with an exit code, and soon" hostile
result "folders hold what is no VM, too" folders
finished
