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

# run CODE ARGUMENT...: sevadm exits with CODE; its words are in $scratch/out and $scratch/err.
run() {
	local want=$1 got=0
	shift
	"$sevadm" "$@" > "$scratch/out" 2> "$scratch/err" || got=$?
	[ "$got" -eq "$want" ] || { say "sevadm $*: exit code $got, not $want: $(head -3 "$scratch/err")"; return 1; }
}

# breaks CODE FINDINGS FROM TO: what the good command line has with FROM replaced by TO: SEVERITY
# RULE, one a line.
breaks() {
	local words
	read -rd '' -a words <<< "${good/"$3"/"$4"}" || true
	run "$1" check qemu --host "$host" -- qemu-system-x86_64 "${words[@]}" && grep -q '^command line: ' "$scratch/out" &&
	same "what ${4:-nothing} for $3 breaks" "$(sed -n 's/^  \([a-z]*\) \[\([a-z-]*\)\]: .*/\1 \2/p' "$scratch/out")" "$2"
}

# All conditions are in cases/check_qemu.cases: these go through the program itself.
each_severity() {
	breaks 0 "" policy policy &&
	breaks 0 "info qemu-object" "-object sev-guest" "-object memory-backend-ram" &&
	breaks 1 "error qemu-cbitpos" "cbitpos=51" "cbitpos=47" &&
	breaks 0 "warning qemu-policy-weak" "policy=3" "policy=2" &&
	breaks 1 $'error qemu-policy-refused\nwarning qemu-policy-weak' "policy=3" "policy=0x20002"
}

# As nobody, who has no CAP_IPC_LOCK, as any user but root.
lock_limit() {
	local limit words code as=()
	read -rd '' -a words <<< "${good/4M/1G}" || true
	cp "$sevadm" "$scratch/sevadm" && chmod 755 "$scratch" || return
	[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid 65534 --clear-groups)
	for limit in "1024 1 MiB" "64 64 KiB"; do
		code=0
		(ulimit -l "${limit%% *}"; "${as[@]}" "$scratch/sevadm" check qemu -- qemu "${words[@]}") > "$scratch/out" || code=$?
		same "exit code" "$code" 1 &&
		grep -q "error .qemu-lock-limit.: RLIMIT_MEMLOCK is ${limit#* } here, RAM alone is 1024 MiB" "$scratch/out" || return
	done
}

# Any process will do: a shell that waits, with the arguments of a guest.
running() {
	local words
	read -rd '' -a words <<< "${good/cbitpos=51/cbitpos=0}" || true
	mkfifo "$scratch/pipe"
	bash -c 'read -r < "$0"' "$scratch/pipe" "${words[@]}" &
	guests=$!
	eventually 120 grep -q cbitpos "/proc/$guests/cmdline" || return
	run 1 check qemu "$guests" &&
	grep -q 'error .qemu-cbitpos.: cbitpos is 0, no number from 1 to 63' "$scratch/out" &&
	run 2 check qemu 4194303
}

# judges CODE NAME WORD...: what comes of a process that calls itself NAME, with these arguments.
judges() {
	local code=0 want=$1 name=$2 pid
	shift 2
	(exec -a "$name" bash -c 'read -r < "$0"' "$scratch/pipe" "$@") &
	pid=$!
	eventually 120 grep -q "$scratch/pipe" "/proc/$pid/cmdline" || return
	"$sevadm" check qemu "$pid" > "$scratch/out" 2>&1 || code=$?
	kill "$pid"
	wait "$pid" 2> /dev/null || true
	same "exit code for $name $*" "$code" "$want" || return
	[ "$want" -ne 2 ] || same "words" "$(cat "$scratch/out")" "sevadm: process $pid is no QEMU but \"$name\""
}

# By its name, without the folder it is in; or by an option that nobody else has.
who_is_a_qemu() {
	[ -p "$scratch/pipe" ] || mkfifo "$scratch/pipe"
	judges 0 /usr/bin/qemu-system-x86_64 && judges 0 kvm && judges 0 /usr/libexec/qemu-kvm &&
	judges 0 guest -machine q35 && judges 0 guest -accel kvm && judges 0 guest --accel kvm &&
	judges 2 guest && judges 2 guest -m 4M && judges 2 /opt/qemu/guest &&
	judges 2 /kvm/guest machine accel
}

usage() {
	run 2 check qemu && run 2 check qemu 1 -- qemu && run 2 check qemu one
}

plan 5
result "errors, warnings and words, each with its exit code" each_severity
result "RLIMIT_MEMLOCK counts without CAP_IPC_LOCK" lock_limit
result "a running process is judged by its own arguments" running
result "which processes are a QEMU" who_is_a_qemu
result "wrong usage" usage
finished
