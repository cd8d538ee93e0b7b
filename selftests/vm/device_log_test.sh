#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sevadm's trace against the security processor's own log, from the first command of ccp's to the
# last one, which is never answered: real QEMU launches, a life with transport and debugging, and 64
# launches at once, one of which the firmware refuses. Same commands, same order, same statuses,
# none missing; where the processor names a guest's handle or ASID, the trace names the same one,
# and the same type of a SEV-SNP guest's page or message.
#
# Nothing is left out: sevadm is loaded before ccp. Only what ccp refuses once the processor is dead
# to it is in the trace alone, as it is never sent.
#
# On a host with SEV-SNP ccp issues SNP_PAGE_RECLAIM from within other commands: each ends sooner
# than the command that it belongs to, but reaches the processor later. So those are compared in
# number.
#
# usage: device_log_test.sh [KERNEL[-snp]]...	(6.1 6.12 7)
# shellcheck disable=SC2317 # result calls the functions by name
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"
# shellcheck source=selftests/vm/lib/results.sh
. "$here/lib/results.sh"

kernels=("$@")
((${#kernels[@]})) || kernels=(6.1 6.12 7)

# host KERNEL: what is left in $run/KERNEL.*
host() {
	local options=(--with qemu --psp 'fault=LAUNCH_START:RESOURCE_LIMIT:20' --psp hang=SHUTDOWN) arguments=()
	[[ $1 != *-snp ]] || options=(--snp --psp 'fault=SNP_LAUNCH_START:RESOURCE_LIMIT:20') arguments=(snp)
	"$here/sevhost" --kernel "${1%-snp}" --no-kvm "${options[@]}" --psp "log=$run/$1.device" \
		--copy "$here/device_log_guest.sh" -- ./device_log_guest.sh "${arguments[@]}" \
		>"$run/$1.out" 2>"$run/$1.errors" || echo "status: $?" >>"$run/$1.out"
	sed '1,/^trace:$/d' "$run/$1.out" >"$run/$1.trace"
	sed '1,/^counted:$/d; /^trace:$/,$d' "$run/$1.out" >"$run/$1.counted"
}

went_well() {
	cat "$run/$1.errors"
	! grep '^status:' "$run/$1.out" && grep -x 'lost: 0' "$run/$1.out"
}

# What the processor does not know of a command, the trace may: the ASID of a guest that has none
# yet.
same_commands() {
	local side
	for side in device trace; do
		reclaims "$run/$1.$side" >"$run/$1.$side.reclaims"
		sed '/ SNP_PAGE_RECLAIM /d' "$run/$1.$side" | awk '{ $1 = NR; print }' >"$run/$1.$side.others"
	done
	# The address of a SEV-SNP guest's context page, which never leaves the module.
	sed -Ei 's/^([0-9]+ 0x[0-9a-f]+ SNP_[A-Z_]+) [0-9]+/\1 -/' "$run/$1.device.others"
	[[ -s $run/$1.device ]] &&
		awk 'NR == FNR { for (i = 4; i <= 5; i++) device[FNR, i] = $i; next }
			{ for (i = 4; i <= 5; i++) if (device[FNR, i] == "-") $i = "-"; print }' \
			"$run/$1.device.others" "$run/$1.trace.others" | diff "$run/$1.device.others" - &&
		diff "$run/$1.device.reclaims" "$run/$1.trace.reclaims"
}

# reclaims FILE: SNP_PAGE_RECLAIMs by status
reclaims() {
	awk '$3 == "SNP_PAGE_RECLAIM" { count[$6]++ } END { for (status in count) print status, count[status] }' "$1" |
		sort
}

# So that nothing was compared with nothing: 2 by QEMU, 64 at once of which one was refused.
all_is_there() {
	local refused hung
	if [[ $1 == *-snp ]]; then
		snp_is_there "$1"
		return
	fi
	refused=$(grep -c ' LAUNCH_START .* RESOURCE_LIMIT -$' "$run/$1.trace") || true
	hung=$(tail -n 1 "$run/$1.trace" | grep -c ' SHUTDOWN .* HANG -$') || true
	grep -n LAUNCH_START "$run/$1.trace"
	printf 'LAUNCH_START: %s refused; the last one hangs: %s\n' "$refused" "$hung"
	(($(grep -c ' LAUNCH_START ' "$run/$1.trace") == 67 && refused == 1 && hung == 1)) &&
		grep -qx 'failed: 1' "$run/$1.out" && grep ' INIT ' "$run/$1.trace" &&
		grep ' RECEIVE_FINISH ' "$run/$1.trace"
}

# A life and 64 at once of which one was refused; what running guests ask for; a SEV guest's life,
# with commands within commands; the end.
snp_is_there() {
	local name count
	for name in SNP_LAUNCH_START:65 SNP_LAUNCH_UPDATE:1000 SNP_LAUNCH_FINISH:64 \
		SNP_ACTIVATE:64 SNP_DECOMMISSION:65 SNP_PAGE_RECLAIM:512 LAUNCH_FINISH:1 \
		SNP_INIT_EX:1 SNP_SHUTDOWN_EX:1 SNP_GUEST_REQUEST:6; do
		count=$(grep -c " ${name%:*} " "$run/$1.trace") || true
		printf '%s: %s, should be %s\n' "${name%:*}" "$count" "${name#*:}"
		((count >= ${name#*:})) || return
	done
	! grep -E ' SNP_[A-Z_]+ [0-9]' "$run/$1.trace" || return
	[[ $(awk '$3 == "SNP_GUEST_REQUEST" { print $7 }' "$run/$1.trace" | paste -sd ' ') == '5 17 3 - 17 255' ]] ||
		return
	grep -qx 'failed: 1' "$run/$1.out" && (($(grep -c ' RESOURCE_LIMIT -$' "$run/$1.trace") == 1))
}

# The statistics of the module, against the processor's log: how often each command came, and how
# often it failed. LAUNCH_MEASURE and its kind fail on purpose, to be asked for a length: that is no
# failure. SHUTDOWN is asked again once it hung, and ccp refuses it then.
same_counts() {
	[[ -s $run/$1.device ]] &&
		awk '{ count[$3]++; failures[$3] += $6 != "SUCCESS" && $6 != "INVALID_LEN" }
			END { for (name in count) print name, count[name], failures[name] }' \
			"$run/$1.device" | grep -v '^SHUTDOWN ' | sort |
		diff - <(grep -v '^SHUTDOWN ' "$run/$1.counted")
}

followed() {
	cat "$run/$1.errors"
	grep -x 'followed: same' "$run/$1.out"
}

echo "KTAP version 1"
echo "1..$((5 * ${#kernels[@]}))"
for kernel in "${kernels[@]}"; do
	version=$("$here/kernels/fetch" "${kernel%-snp}")
	quietly "$run/build" make -C "$top_dir" module KVER="$version"
done
for kernel in "${kernels[@]}"; do
	host "$kernel" &
done
wait
for kernel in "${kernels[@]}"; do
	result "$kernel: all was done" went_well "$kernel"
	result "$kernel: the trace is the security processor's log" same_commands "$kernel"
	result "$kernel: the statistics count what is in that log" same_counts "$kernel"
	result "$kernel: launches, the refusal and the command without an answer are in it" all_is_there "$kernel"
	result "$kernel: a follower gets the same" followed "$kernel"
done
exit "$failed"
