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
	write("colons", "amd-sev: " + "," * 100000 + "\nbios: ovmf\ncores: 1\n")
	write("deep", "{" * 100000)
	write("map", "config: {" + ", ".join(f"security.sev.{i}: 1" for i in range(3000)) + "}\n")
	write("rows", "a=\n" * 300000)
	write("fields", "amd-sev: " + "x=," * 30000 + "\nbios: ovmf\ncores: 1\n" + "a:\n" * 300000)
	write("json", '{"properties": ' * 20 + "1" + "}" * 20)
	PYTHON
	for kind in $kinds; do
		for file in empty zeroes random long lines colons deep map rows fields json; do
			code=0
			timeout 60 "$sevadm" check "$kind" "$scratch/$file" > /dev/null 2>&1 || code=$?
			[ "$code" -le 2 ] || { say "check $kind $file: exit code $code"; status=1; }
		done
		code=0
		"$sevadm" check "$kind" "$scratch/empty" > /dev/null 2>&1 || code=$?
		same "exit code of check $kind of nothing" "$code" 2 || status=1
	done
	return "$status"
}

# refused KIND NAME WORDS: the file NAME is not read, with WORDS as the reason, which is of no line.
refused() {
	local code=0
	timeout 60 "$sevadm" check "$1" "$scratch/$2" > "$scratch/out" 2>&1 || code=$?
	same "exit code of $2" "$code" 2 && grep -q "error \[unreadable\]: .*$3" "$scratch/out" && return
	say "check $1 $2: $(head -c 300 "$scratch/out")"
	return 1
}

# What comes after a zero byte would not be judged, and a few aliases stand for gigabytes.
bounds() {
	local kind status=0
	python3 - "$scratch" <<-'PYTHON'
	import sys
	def write(name, *parts):
	    open(f"{sys.argv[1]}/{name}", "w").write("".join(parts))
	write("zero", "amd-sev: type=snp\nbios: ovmf\nnote: \0\nhostpci0: 01:00.0\n")
	head = 'config:\n  security.sev: "true"\ndevices:\n  a: &a\n'
	many = "".join(f"  d{i}: *a\n" for i in range(200))
	write("values", head, f"    type: {'x' * 1000000}\n", many)
	write("keys", head, "".join(f"    k{i}: 1\n" for i in range(100000)), many)
	write("others", head, f"    type: nic\n    user.note: {'x' * 1000000}\n", many)
	write("large", "#" * (3 << 19), "\n", head)
	PYTHON
	for kind in $kinds; do
		refused "$kind" zero "there is a zero byte in it" || status=1
	done
	refused incus values "its aliases stand for more than 16 MiB" || status=1
	refused incus keys "its aliases stand for more than 16 MiB" || status=1
	refused incus large "is larger than 1.5 MiB$" || status=1
	"$sevadm" check incus "$scratch/others" > /dev/null || { say "a note that is not read is counted"; status=1; }
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

# Sets $spent: processor time of the children so far, which other load changes little.
children_ms() {
	times > "$scratch/times"
	spent=$(sed -n '2{s/[ms]/ /g;p}' "$scratch/times" |
		awk '{ printf "%d", ($1 * 60 + $2 + $3 * 60 + $4) * 1000 }')
}

thousand_files() {
	local row kind file i before status=0
	for row in kata:settings/kata.toml nova:settings/nova.json proxmox:settings/proxmox.conf \
		incus:settings/incus.yaml kubevirt:kubevirt/bad/kubevirt-machine.yaml; do
		kind=${row%%:*} file=$tests/data/${row#*:}
		mkdir "$scratch/many"
		for i in {1..1000}; do cp "$file" "$scratch/many/$i.${file##*.}"; done
		children_ms; before=$spent
		"$sevadm" -j check "$kind" "$scratch/many" > "$scratch/out" || [ $? -eq 1 ] || status=1
		children_ms
		say "1000 files of $kind: $((spent - before)) ms of processor time"
		same "targets of $kind" "$(wc -l < "$scratch/out")" 1000 || status=1
		# A program that watches itself is no measure.
		[ -n "${SANITIZED-}" ] || [ $((spent - before)) -lt 2000 ] || status=1
		rm -r "$scratch/many"
	done
	return "$status"
}

plan 5
result "each rule is broken by a case" each_rule_is_broken
result "hostile input ends with an exit code, and soon" hostile
result "what cannot be read whole is not judged" bounds
result "folders hold what is no VM, too" folders
result "1000 files of each kind take less than 2 s of processor time" thousand_files
finished
