#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Input that was made to hurt: each is refused with exit code 2 and a position, within 256 MiB and
# 5 s. SEVADM is the program (../build/bin/sevadm).
# shellcheck disable=SC2317,SC2154 # result calls the functions by name; lib.sh sets scratch
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
# shellcheck source=selftests/lib.sh disable=SC1091,SC2154
. "$tests/../../selftests/lib.sh"

sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")

# bounded COMMAND...: sevadm within 256 MiB of data and 5 s of processor time; the status is its
# own.
bounded() {
	(ulimit -v 262144 -t 5; exec "$sevadm" -j "$@" > "$scratch/out" 2> "$scratch/err")
}

# refused CHECK FILE: exit code 2, and a line when the fault has one.
refused() {
	local status=0
	bounded check "$1" "$scratch/$2" || status=$?
	[ "$status" -eq 2 ] || { say "$2: exit code $status, not 2: $(head -c 300 "$scratch/out" "$scratch/err")"; return 1; }
	[ "${3:-line}" = whole ] || grep -q '"rule":"unreadable","severity":"error","line":[1-9]' "$scratch/out" ||
		{ say "$2: no line: $(head -c 300 "$scratch/out")"; return 1; }
}

# taken CHECK FILE: large, but sound: judged within the same bounds.
taken() {
	local status=0
	bounded check "$1" "$scratch/$2" || status=$?
	[ "$status" -le 1 ] || { say "$2: exit code $status: $(head -c 300 "$scratch/out" "$scratch/err")"; return 1; }
}

make_files() {
	python3 - "$scratch" "$tests/data" <<-'PYTHON'
	import sys
	to, data = sys.argv[1] + "/", sys.argv[2]
	def write(name, text):
	    open(to + name, "wb").write(text if isinstance(text, bytes) else text.encode())
	guide = open(data + "/domain/guide.xml").read()
	for part in (1, 10, 300, 700, 900, len(guide) - 3):
	    write(f"cut-{part}.xml", guide[:part])
	write("empty.xml", "")
	write("huge.xml", b"<domain>" + b" " * (100 << 20) + b"</domain>")
	write("deep.xml", "<domain>" + "<a>" * 100000)
	write("laughs.xml", '<!DOCTYPE d [<!ENTITY a0 "ha">' + "".join(
	    f'<!ENTITY a{i} "' + f"&a{i-1};" * 10 + '">' for i in range(1, 12)) + "]>\n<domain>&a11;</domain>")
	write("external.xml", '<!DOCTYPE d SYSTEM "http://localhost:1/x.dtd">\n<domain/>')
	write("file.xml", '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n<domain>&e;</domain>')
	write("attributes.xml", "<domain " + " ".join(f"a{i}=''" for i in range(300000)) + "/>")
	write("latin1.xml", "<domain>\n<name>\xfc</name></domain>".encode("latin-1"))
	write("encoding.xml", '<?xml version="1.0" encoding="no-such"?>\n<domain/>')
	write("utf16.xml", '<?xml version="1.0" encoding="utf-8"?>\n<domain/>'.encode("utf-16"))
	write("nul.xml", b"<domain>\n\0</domain>")
	write("random.xml", bytes((i * 7919 >> 3) & 255 for i in range(100000)))
	write("wide.xml", "<domain type='kvm'><launchSecurity type='sev'/><devices>" +
	      "<rng model='virtio'/>" * 30000 + "</devices></domain>")
	write("elements.xml", "<domain>" + "<a/>" * 1000000 + "</domain>")
	write("cut.yaml", 'kind: VirtualMachine\nspec: {a: "')
	write("huge.yaml", b"a: " + b"x" * (100 << 20))
	write("deep.yaml", "[" * 500000)
	write("deep-block.yaml", "\n".join(" " * i + "a:" for i in range(1600)) + "\n")
	write("laughs.yaml", "a0: &a0 [ha]\n" + "".join(
	    f"a{i}: &a{i} [" + ", ".join([f"*a{i-1}"] * 10) + "]\n" for i in range(1, 30)) + "kind: KubeVirt\nspec: *a29\n")
	write("loop.yaml", "kind: VirtualMachine\nspec: &s\n  template: *s\n  spec: *s\n  domain: *s\n")
	write("anchors.yaml", "\n".join(f"- &a{i} x" for i in range(100000)))
	write("latin1.yaml", "kind: VirtualMachine\nname: \xfc\n".encode("latin-1"))
	write("unknown.yaml", "kind: *nothing\n")
	write("vms.yaml", "kind: List\nitems:\n" + "- {kind: VirtualMachineInstance, spec: {domain: {machine: {type: pc}, "
	      "launchSecurity: {sev: {}}, firmware: {bootloader: {efi: {}}}}}}\n" * 10000)
	write("nodes.yaml", "kind: VirtualMachine\nspec: {}\nx:\n" + "- a\n" * 389000)
	PYTHON
}

xml_is_refused() {
	local file status=0
	for file in cut-1 cut-10 cut-300 cut-700 cut-900 "cut-$(($(wc -c < "$tests/data/domain/guide.xml") - 3))" \
		    deep laughs external file attributes latin1 encoding nul random; do
		refused domain "$file.xml" || status=1
	done
	refused domain empty.xml whole && refused domain huge.xml whole &&
	refused domain none.xml whole &&
	return "$status"
}

no_entity_gets_in() {
	bounded check domain "$scratch/file.xml" || true
	! grep -q root: "$scratch/out" && grep -q DOCTYPE "$scratch/out"
}

yaml_is_refused() {
	local file status=0
	for file in cut deep anchors latin1 unknown; do
		refused kubevirt "$file.yaml" || status=1
	done
	refused kubevirt huge.yaml whole && return "$status"
}

large_but_sound() {
	taken domain utf16.xml && taken domain wide.xml && taken domain elements.xml &&
	taken kubevirt laughs.yaml &&
	taken kubevirt loop.yaml && taken kubevirt nodes.yaml
}

fixing_much_is_quick() {
	local status=0
	bounded check domain --output "$scratch/fixed.xml" "$scratch/wide.xml" || status=$?
	[ "$status" -le 1 ] && [ "$(grep -o '<backend' "$scratch/fixed.xml" | wc -l)" -eq 30000 ]
}

fixing_many_vms_is_quick() {
	local status=0
	bounded check kubevirt --output "$scratch/fixed.yaml" "$scratch/vms.yaml" || status=$?
	[ "$status" -le 1 ] && [ "$(grep -c 'type: q35.*secureBoot: false' "$scratch/fixed.yaml")" -eq 10000 ]
}

make_files
# A name with control characters does not reach the terminal: as an error, as a target, with what is
# corrected.
names_control_nothing() {
	local name=$'evil\033[31m\nname' code
	cp "$tests/data/kubevirt/bad/kubevirt-machine.yaml" "$scratch/$name.yaml"
	cp "$tests/data/domain/bad/acpi.xml" "$scratch/$name.xml"
	echo nonsense > "$scratch/$name.conf"
	for words in "check kubevirt --fix $name.yaml" "check domain --fix $name.xml" "check domain $name" \
		"explain --file $name" "$name" "vm $name" "check --$name" "policy check $name" "config apply $name" \
		"config apply $name.conf"; do
		code=0
		# shellcheck disable=SC2086 # the name has no blank
		(cd "$scratch" && IFS=' ' && "$sevadm" $words) > "$scratch/said" 2>&1 || code=$?
		if [ "$code" -ne 1 ] && [ "$code" -ne 2 ]; then
			say "$(printf %q "$words"): exit code $code"
			return 1
		fi
		if ! grep -qF 'evil?[31m?name' "$scratch/said" || grep -q $'\033' "$scratch/said"; then
			say "$(printf %q "$words"): $(head -3 "$scratch/said" | cat -v)"
			return 1
		fi
	done
}

plan 7
result "XML: cut, huge, deep, laughing, outward, in wrong encodings" xml_is_refused
result "no entity brings a file in" no_entity_gets_in
result "YAML: cut, huge, deep, full of anchors, in wrong encodings" yaml_is_refused
result "what is large, but sound, is judged within the bounds" large_but_sound
result "30000 corrections in one file" fixing_much_is_quick
result "corrections in 10000 VMs of one file" fixing_many_vms_is_quick
result "names of files and words control no terminal" names_control_nothing
finished
