#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The runner keeps its word: statuses, streams, crashes, what is left behind. Runs on this machine.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch
number=0 failures=0

# result NAME COMMAND...
result() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		printf 'ok %d %s\n' "$number" "$name"
	else
		printf 'not ok %d %s\n' "$number" "$name"
		sed 's/^/# /' "$scratch/out" "$scratch/err" 2>/dev/null | tail -n 30
		failures=$((failures + 1))
	fi
}

# sevhost STATUS OPTION... -- COMMAND...: it ends with that status; output in $scratch.
sevhost() {
	local wanted=$1 status=0
	shift
	"$here/sevhost" --no-module "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	[[ $status == "$wanted" ]] || { echo "# status $status, not $wanted"; return 1; }
}

sev_enabled() {
	# shellcheck disable=SC2016 # for the shell in there
	sevhost 0 --kernel "$1" -- sh -c 'dmesg | grep ASIDs' &&
		grep -q 'SEV enabled (ASIDs 100 - 509)' "$scratch/out" &&
		grep -q 'SEV-ES enabled (ASIDs 1 - 99)' "$scratch/out"
}

other_ranges() {
	sevhost 0 --psp min-sev-asid=5 --psp max-asid=15 -- sh -c 'dmesg | grep ASIDs' &&
		grep -q 'SEV enabled (ASIDs 5 - 15)' "$scratch/out"
}

streams_apart() {
	sevhost 42 --log "$scratch/log" -- sh -c 'echo to-stdout; echo to-stderr >&2; exit 42' &&
		[[ $(cat "$scratch/out") == to-stdout ]] && grep -qx to-stderr "$scratch/err" &&
		grep -q 'sevhost: the command begins' "$scratch/log"
}

bytes_unchanged() {
	head -c 1000000 /dev/urandom >"$scratch/bytes"
	sevhost 0 --copy "$scratch/bytes" -- cat bytes && cmp "$scratch/bytes" "$scratch/out"
}

crash_shows_log() {
	sevhost 125 -- sh -c 'echo c >/proc/sysrq-trigger; sleep 30' &&
		grep -q 'sysrq: Trigger a crash' "$scratch/err"
}

warning_fails() {
	sevhost 125 -- sh -c 'echo "<4>WARNING: CPU: 0 PID: 1 at nowhere" >/dev/kmsg' &&
		grep -q 'WARNING: CPU: 0' "$scratch/err"
}

# hanging NUMBER LAST WORDS: the emulator's part is played by a script. NUMBER of its boots hang
# after the line LAST of the log, with WORDS; each leaves a line in $scratch/boots.
hanging() {
	cat >"$scratch/emulator" <<-EMULATOR
		#!/bin/bash
		for word; do
			case \$word in
			file,id=*,path=*) name=\${word#file,id=} path=\${word#*,path=} ;;
			*) continue ;;
			esac
			[[ \$name != console,* ]] || console=\$path
			[[ \$name != verdict,* ]] || verdict=\$path
		done
		echo >>"$scratch/boots"
		echo '[    1.000000] $2' >>"\$console"
		if ((\$(wc -l <"$scratch/boots") <= $1)); then
			echo '[   22.000000] $3' >>"\$console"
			exec sleep 1000
		fi
		echo '[    2.000000] APIC delta adjusted to PM-Timer: 9999999 (138888)' >>"\$console"
		printf 'exit 0\ntaint 0\n' >"\$verdict"
	EMULATOR
	chmod +x "$scratch/emulator"
	: >"$scratch/boots"
}

# hangs STATUS BOOTS TEXT: that is what comes of it, and sevhost says TEXT.
hangs() {
	local boots
	SEVADM_QEMU=$scratch/emulator sevhost "$1" -- true || return 1
	boots=$(wc -l <"$scratch/boots")
	[[ $boots == "$2" ]] || { echo "# $boots boots, not $2"; return 1; }
	grep -q -- "$3" "$scratch/err"
}

stall='rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:'

stall_ends_run() {
	hanging 1 'sevhost: the command begins' "$stall" &&
		hangs 125 1 'does not come: .*detected stalls on CPU'
}

early_stall_boots_again() {
	hanging 1 'Run /init as init process' "$stall" &&
		hangs 0 2 'boots once more: .*detected stalls on CPU'
}

lost_interrupt_boots_again() {
	hanging 1 'Run /init as init process' 'ccp 0000:00:01.0: sev command 0x4 timed out, disabling PSP' &&
		hangs 0 2 'boots once more: ccp .* sev command 0x4 timed out'
}

slow_timer='APIC delta adjusted to PM-Timer: 62503790 (6250379)'

early_hangs_boot_again() {
	hanging 2 'APIC: Switch to symmetric I/O mode setup' "$slow_timer" &&
		hangs 0 3 'boots once more: APIC delta adjusted to PM-Timer: 62503790'
}

early_hangs_fail() {
	hanging 3 'APIC: Switch to symmetric I/O mode setup' "$slow_timer" &&
		hangs 125 3 'does not come: APIC delta adjusted to PM-Timer: 62503790'
}

# The kernel's word is enough for a stall. Two processors, and each of them says what it does.
hang_leaves_evidence() {
	local line
	sevhost 125 --log "$scratch/log" -- \
		sh -c "echo '$stall' >/dev/kmsg; sleep 1000" || return 1
	for line in '^dumping local APIC state for CPU [01]' '^ISR' '^IRR' '^APR .* TPR ' '^Timer ' \
		'^CPU#[01]' '^RIP=.* HLT='; do
		[[ $(grep -ac -- "$line" "$scratch/err") == 2 &&
			$(grep -ac -- "$line" "$scratch/log.hung") == 2 ]] ||
			{ echo "# not of both processors: $line"; return 1; }
	done
	grep -qa 'sevhost: the command begins' "$scratch/log.hung" &&
		grep -qa '^IRQ statistics for ioapic' "$scratch/log.hung"
}

# The emulator's part is to kill sevhost's only child that is a bash: the watcher.
watcher_dies() {
	cat >"$scratch/killer" <<-'KILLER'
		#!/bin/bash
		until pkill -KILL -P $PPID -x bash; do sleep 0.1; done
		exec sleep 1000
	KILLER
	chmod +x "$scratch/killer"
	SEVADM_QEMU=$scratch/killer sevhost 125 --timeout 30 -- true &&
		grep -q 'the watcher of the kernel' "$scratch/err"
}

# The emulator's own silence is enough: no kernel has to boot for it.
gives_up() {
	printf '#!/bin/sh\nexec sleep 1000\n' >"$scratch/silent"
	chmod +x "$scratch/silent"
	SEVADM_QEMU=$scratch/silent sevhost 125 --timeout 2 -- true &&
		grep -q 'not done after 2 seconds' "$scratch/err"
}

# By a clock that counts instructions, whatever else this machine does.
quick() {
	local seconds
	sevhost 0 --icount -- cut -d. -f1 /proc/uptime || return 1
	seconds=$(cat "$scratch/out")
	((seconds < 20)) || { echo "# $seconds seconds"; return 1; }
}

bad_usage() {
	sevhost 2 --psp nonsense -- true && sevhost 2 -- && sevhost 2 --frobnicate -- true &&
		sevhost 2 --with guest -- true && sevhost 2 --with libvirt --with qemu -- true &&
		sevhost 125 --psp fault=NO_SUCH_COMMAND:4 -- true
}

# The reader is gone before the first byte; the command's status still counts.
closed_reader() {
	local status
	{ "$here/sevhost" --no-module -- sh -c 'seq 20000; exit 7' 2>"$scratch/err"; echo $? >"$scratch/out"; } | true
	status=$(cat "$scratch/out")
	[[ $status == 7 ]] || { echo "# status $status, not 7"; return 1; }
}

no_emulator() {
	SEVADM_QEMU=$scratch/none sevhost 125 -- true && grep -q 'without a verdict' "$scratch/err"
}

# Lines of a log that are a splat, and, after a dash, lines of stock kernels that are none.
splats_are_known() {
	local line
	# shellcheck source-path=SCRIPTDIR source=lib/splats.sh
	. "$here/lib/splats.sh"
	while read -r line; do
		printf '[    1.000000] fine\n[   12.345678] %s\n' "${line#- }" >"$scratch/log"
		if show_splats "$scratch/log" >"$scratch/out"; then
			[[ $line != '- '* ]] || { echo "# taken for a splat: $line"; return 1; }
			grep -qF -- "$line" "$scratch/out" || return 1
		else
			[[ $line == '- '* ]] || { echo "# missed: $line"; return 1; }
		fi
	done <<-'LINES'
		sevadm: kvm_amd has gone: forgot 1 VMs whose end was not seen
		BUG: kernel NULL pointer dereference, address: 0000000000000000
		watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [true:1]
		kernel BUG at mm/slub.c:300!
		BUG kmalloc-64 (Tainted: G): Redzone overwritten
		WARNING: CPU: 0 PID: 1 at kernel/fork.c:1 copy_process+0x1/0x2
		WARNING: possible circular locking dependency detected
		general protection fault, probably for non-canonical address 0x1: 0000 [#1] PREEMPT SMP
		divide error: 0000 [#1] SMP
		Oops: 0002 [#1] PREEMPT SMP NOPTI
		INFO: possible recursive locking detected
		INFO: task sevadm:12 blocked for more than 120 seconds.
		rcu: INFO: rcu_preempt self-detected stall on CPU
		rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
		rcu: rcu_preempt kthread timer wakeup didn't happen for 5251 jiffies! g-1127 f0x0
		refcount_t: underflow; use-after-free.
		UBSAN: array-index-out-of-bounds in module/ledger.c
		kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
		list_del corruption. prev->next should be
		Kernel panic - not syncing: sysrq triggered crash
		- RETBleed: WARNING: Spectre v2 mitigation leaves CPU vulnerable to RETBleed attacks
		- pci_bus 0000:00: If necessary, use pci=nocrs and report a bug
		- This is not a bug
		- [Firmware Bug]: TSC not synchronous
		- kmemleak: Kernel memory leak detector initialized
		- traps: cat[33] general protection fault ip:1
	LINES
}

# races_are_counted "OURS OTHERS": of the log on stdin, whose reports have one stack a line here,
# innermost function first: "sevadm:f" is f of that module.
races_are_counted() {
	local line frame found
	# shellcheck source-path=SCRIPTDIR source=lib/races.sh
	. "$here/lib/races.sh"
	while read -r line; do
		case $line in
		report*) printf '=====\nBUG: KCSAN: data-race in %s\n\n' "${line#report }" ;;
		stack*)
			printf 'read to 0xffffffffc009a628 of 8 bytes by task 487 on cpu 0:\n'
			for frame in ${line#stack }; do
				printf ' %s+0x1d/0x30' "${frame#*:}"
				[[ $frame != *:* ]] || printf ' [%s]' "${frame%:*}"
				printf '\n'
			done
			printf '\n'
			;;
		end) printf 'Reported by Kernel Concurrency Sanitizer on:\nCPU: 0 PID: 1\n=====\n' ;;
		esac
	done | sed 's/^/[   12.345678][  T487] /; s/$/\r/' >"$scratch/log"
	found=$(show_races "$scratch/log") && [[ $1 == 0* ]] && { echo "# a race in the module"; return 1; }
	[[ $1 != 0* ]] || ! show_splats "$scratch/log" || { echo "# a splat"; return 1; }
	found=$(sed -nE '$s/^KCSAN: ([0-9]+) .* ([0-9]+) in.*/\1 \2/p' <<<"$found")
	[[ $found == "$1" ]] || { echo "# $found, not $1"; return 1; }
}

# What is the module's: what it does itself, and what the kernel proper does for it.
own_races_are_known() {
	races_are_counted '4 0' <<-'LOG'
		report charge / ring_look [sevadm]
		stack sevadm:ring_look sevadm:read vfs_read
		stack kvm_amd:charge sevadm:wrap_charge kvm:ioctl
		end
		report charge [kvm_amd] / vfs_read
		stack vfs_read do_syscall_64
		stack list_add sevadm:enter.isra.0 sevadm:wrap_charge kvm_amd:charge
		end
		report wrap_charge+0x1d/0x30 [sevadm]
		stack copy_from_user sevadm:wrap_charge kvm_amd:charge
		end
		report the machine ended in
		stack sevadm:ring_look sevadm:read vfs_read
	LOG
}

# What the module's wrappers call, and what calls the module, is not.
others_races_are_known() {
	races_are_counted '0 4' <<-'LOG'
		report charge / charge
		stack misc_cg_try_charge sevadm:wrap_misc_cg_try_charge kvm_amd:init
		stack misc_cg_try_charge.part.0 sevadm:wrap_misc_cg_try_charge kvm_amd:init
		end
		report ioctl / ioctl
		stack kvm_amd:sev_ioctl sevadm:wrap_sev_ioctl kvm:ioctl
		stack list_add kvm_amd:sev_ioctl sevadm:wrap_sev_ioctl kvm:ioctl
		end
		report vfs_read / vfs_read
		stack vfs_read do_syscall_64
		stack vfs_read do_syscall_64
		end
		report vfs_read / vfs_read
		stack vfs_read do_syscall_64
		stack kvm:read do_syscall_64
		end
	LOG
}

# within_minutes COMMAND...: until COMMAND succeeds.
within_minutes() {
	local try
	for ((try = 0; try < 3000; try++)); do
		! "$@" || return 0
		sleep 0.1
	done
	return 1
}

none_runs() {
	! pgrep -f "$scratch/sevhost" >/dev/null
}

# interrupted SIGNAL
interrupted() {
	local pid
	# A signal that is ignored here, as by nohup, no shell below could take.
	env --default-signal=HUP,TERM "$here/sevhost" --no-module -- sh -c 'echo up; sleep 1000' \
		>"$scratch/out" 2>"$scratch/err" &
	pid=$!
	within_minutes grep -qs up "$scratch/out" || { kill "$pid"; return 1; }
	kill -s "$1" "$pid"
	wait "$pid" 2>/dev/null && return 1
	within_minutes none_runs || { echo "# processes are left"; return 1; }
	# Nobody is there to remove them after a SIGKILL.
	[[ $1 == KILL || -z $(find "$scratch" -maxdepth 1 -name 'sevhost.*') ]]
}

echo 'KTAP version 1'
echo '1..26'
for series in 6.1 6.12; do
	result "$series says which ASIDs SEV and SEV-ES have" sev_enabled "$series"
done
result 'the ranges of ASIDs can be chosen, and the status 0 passes' other_ranges
result 'the machine is up within 20 seconds of its own clock' quick
# shellcheck disable=SC2016
result 'a signal shows as 128 + N' sevhost 137 -- sh -c 'kill -9 $$'
result 'stdout and stderr stay apart, and another status passes' streams_apart
result 'bytes pass unchanged' bytes_unchanged
result 'a crash fails, and shows the log' crash_shows_log
result 'a warning of the kernel fails, whatever the command says' warning_fails
result 'a command that does not end is given up' gives_up
result 'a kernel that stalls ends the run' stall_ends_run
result 'and shows what the emulator says of both processors' hang_leaves_evidence
result 'one that stalls before the command boots once more' early_stall_boots_again
result 'one whose first command to the security processor gets no answer, too' lost_interrupt_boots_again
result 'one that measures its timer wrong, too, and twice' early_hangs_boot_again
result 'not three times' early_hangs_fail
result 'a watcher that dies fails the run, and not in silence' watcher_dies
result 'wrong options are refused' bad_usage
result 'a reader that is gone changes no status' closed_reader
result 'an emulator that does not start fails' no_emulator
result 'splats are known from harmless lines' splats_are_known
result 'data races in the module are known' own_races_are_known
result 'data races in what calls it, and in what it wraps, are no splats' others_races_are_known
for signal in TERM HUP KILL; do
	result "nothing is left running by SIG$signal" interrupted "$signal"
done
((failures == 0))
