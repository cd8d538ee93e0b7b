#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Real QEMU, refused by pin.max: it says so, the event and the trace name the limit, nothing of the
# guest is left; and it starts once the limit is raised. Paused (-S): its launch is real up to the
# measurement.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

MEMORY=256	# MiB
TOO_LITTLE=192M
ENOUGH=1G

echo "KTAP version 1"
loaded sevadm || skip_all "the module sevadm is not loaded"
command -v sev-guest > /dev/null || skip_all "no sev-guest"

qemu_is_refused() {
	sevadm limit set host "pin.max=$TOO_LITTLE" || return 1
	sev-guest --memory "$MEMORY" --paused > "$scratch/qemu" 2>&1 < /dev/null && return 1
	sed 's/^/# qemu: /' "$scratch/qemu"
	grep -qi 'cannot allocate memory' "$scratch/qemu"
}

# One event of the trace has all of the patterns.
traced() {
	sevadm -j trace show > "$scratch/trace"
	sed 's/ //g' "$scratch/trace" > "$scratch/events"
	for pattern; do
		grep -- "$pattern" "$scratch/events" > "$scratch/left" || {
			say "no event with $pattern"
			grep -e '"ret":-' "$scratch/trace" | sed 's/^/# /'
			return 1
		}
		mv "$scratch/left" "$scratch/events"
	done
}

current_pinned() {
	sevadm -j limit list | tr -d ' \n' | tr '{' '\n' |
		sed -n 's/.*"resource":"pin",.*"current":\([0-9]*\).*/\1/p' | head -n 1
}

nothing_left() {
	same "number of VMs" "$(vms)" 0 && same "pinned bytes" "$(current_pinned)" 0 &&
		ledger_is_true
}

qemu_is_measured() {
	kill -0 "$guest" 2>/dev/null || return 0
	[ "$(vms)" = 1 ] && [ "$(value vm list -- 0 state)" = lsecret ]
}

qemu_starts() {
	sevadm limit set host "pin.max=$ENOUGH" || return 1
	sev-guest --memory "$MEMORY" --paused > "$scratch/qemu" 2>&1 < /dev/null &
	guest=$!
	guests="$guests $guest"
	if ! eventually 300 qemu_is_measured || ! kill -0 "$guest"; then
		sed 's/^/# qemu: /' "$scratch/qemu"
		return 1
	fi
	same "pinned bytes" "$(current_pinned)" "$(value vm list -- 0 pinned_bytes)" &&
		ledger_is_true
}

qemu_ends() {
	pid=$(value vm list -- 0 pid)
	kill -KILL "$pid" && eventually 120 has_vms 0 && nothing_left &&
		sevadm limit delete host
}

plan 6
result "QEMU is refused, and says so" qemu_is_refused
result "the limit's event names the subject, the resource and the limit" \
	traced '"event":"limit"' '"subject":"host"' '"resource":"pin"' "\"limit\":$((192 << 20))" \
	'"ret":-12'
result "the refused pin is in the trace" \
	traced '"event":"pin"' '"ret":-12' "\"limit_bytes\":$((192 << 20))"
result "nothing of it is left" nothing_left
result "it starts after the limit was raised" qemu_starts
result "nothing of it is left, either" qemu_ends
finished
