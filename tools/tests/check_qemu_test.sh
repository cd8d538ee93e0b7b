#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sevadm check qemu: each rule is broken by one command line and kept by another; a running process.
# SEVADM is the program (../build/bin/sevadm).
# shellcheck disable=SC2317,SC2154 # result calls the functions by name; lib.sh sets scratch
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
# shellcheck source=selftests/lib.sh disable=SC1091,SC2154
. "$tests/../../selftests/lib.sh"

sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")
host=$tests/data/domain/host.json

good="-accel kvm -m 4M -machine q35,confidential-guest-support=sev0 -drive if=pflash,file=OVMF.fd
	-object sev-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=3"

# broken ARGUMENT...: the rules that a command line breaks.
broken() {
	{ "$sevadm" -j check qemu --host "$host" -- qemu-system-x86_64 "$@" || true; } | python3 -c '
import json, sys
for finding in json.load(sys.stdin)["findings"]:
    print(finding["rule"])' | sort -u
}

# breaks RULE FROM TO: the good command line breaks RULE, and only it, with FROM replaced by TO.
breaks() {
	local words found
	read -rd '' -a words <<< "${good/"$2"/"$3"}" || true
	found=$(broken "${words[@]}")
	same "what ${3:-nothing} for $2 breaks" "$found" "$1"
}

each_rule() {
	breaks "" policy policy &&
	breaks qemu-object "-object sev-guest" "-object memory-backend-ram" &&
	breaks qemu-machine ",confidential-guest-support=sev0" "" &&
	breaks qemu-machine "support=sev0" "support=sev1" &&
	breaks qemu-kvm "-accel kvm" "-accel tcg" &&
	breaks qemu-cbitpos "cbitpos=51" "cbitpos=47" &&
	breaks qemu-cbitpos "cbitpos=51," "" &&
	breaks qemu-reduced-phys-bits "phys-bits=1" "phys-bits=64" &&
	breaks qemu-policy-refused "policy=3" "policy=0x43" &&
	breaks qemu-policy-weak "policy=3" "policy=2" &&
	breaks qemu-firmware "if=pflash" "if=virtio" &&
	breaks qemu-kernel-hashes "-accel" "-kernel vmlinuz -accel" &&
	breaks qemu-session-pair "policy=3" "policy=3,session-file=s" &&
	breaks qemu-host-devices "-accel" "-device vfio-pci,host=1:0.0 -accel" &&
	breaks "" "-object sev-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=3" \
		'-object {"qom-type":"sev-guest","id":"sev0","cbitpos":51,"reduced-phys-bits":1,"policy":3}'
}

# As nobody, who has no CAP_IPC_LOCK.
lock_limit() {
	local words
	read -rd '' -a words <<< "${good/4M/1G}" || true
	cp "$sevadm" "$scratch/sevadm" && chmod 755 "$scratch"
	(ulimit -l 1024
	 setpriv --reuid 65534 --clear-groups "$scratch/sevadm" check qemu -- qemu "${words[@]}") \
		> "$scratch/out" || [ $? -eq 1 ]
	grep -q 'error .qemu-lock-limit.: RLIMIT_MEMLOCK is 1 MiB here, RAM alone is 1024 MiB' "$scratch/out"
}

# Any process will do: a shell that waits, with the arguments of a guest.
running() {
	local words status=0
	read -rd '' -a words <<< "${good/cbitpos=51/cbitpos=0}" || true
	mkfifo "$scratch/pipe"
	bash -c 'read -r < "$0"' "$scratch/pipe" "${words[@]}" &
	guests=$!
	eventually 5 grep -q cbitpos "/proc/$guests/cmdline" || return
	"$sevadm" check qemu "$guests" > "$scratch/out" || status=$?
	same "exit code" "$status" 1 &&
	grep -q 'error .qemu-cbitpos.: cbitpos is 0, no number from 1 to 63' "$scratch/out" &&
	{ "$sevadm" check qemu 4194303 2> /dev/null || [ $? -eq 1 ]; }
}

usage() {
	{ "$sevadm" check qemu 2> /dev/null || [ $? -eq 2 ]; } &&
	{ "$sevadm" check qemu 1 -- qemu 2> /dev/null || [ $? -eq 2 ]; } &&
	{ "$sevadm" check qemu one 2> /dev/null || [ $? -eq 2 ]; }
}

plan 4
result "each rule is broken by one command line and kept by another" each_rule
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null; then
	result "RLIMIT_MEMLOCK counts without CAP_IPC_LOCK" lock_limit
else
	skipped "RLIMIT_MEMLOCK counts without CAP_IPC_LOCK" "root and setpriv are needed"
fi
result "a running process is judged by its own arguments" running
result "wrong usage" usage
finished
