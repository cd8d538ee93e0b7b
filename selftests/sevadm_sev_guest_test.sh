#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest of the type that the argument says boots OVMF and Linux on two vCPUs, and runs a command;
# while it does, the ledger is true, and afterwards nothing of it is left.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

type=${1:-sev}	# without one, as kselftest runs it: a plain SEV guest

echo "KTAP version 1"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -e /dev/sev ] || skip_all "no /dev/sev: no SEV host"
loaded sevadm || skip_all "the module sevadm is not loaded"
command -v sev-guest > /dev/null || skip_all "no sev-guest"

# What the guest says, and what the emulated processor must not get wrong: arithmetic in the vector
# registers, which awk uses, over many exits.
# shellcheck disable=SC2016 # for the guest's shell
command='
dmesg | sed -n "s/.*Memory Encryption Features active: /features /p"
echo "processors $(grep -c ^processor /proc/cpuinfo)"
echo "sum $(seq 20000 | awk "{ s += \$1 / 4 } END { print s }")"
exit 42'

case $type in
sev) features='AMD SEV' ;;
sev-es) features='AMD SEV SEV-ES' ;;
sev-snp) features='AMD SEV SEV-ES SEV-SNP' ;;
*) skip_all "no such type: $type" ;;
esac

boots() {
	status=0
	sev-guest --type "$type" --vcpus 2 --console "$scratch/console" --run "$command" \
		> "$scratch/output" 2> "$scratch/errors" || status=$?
	sed 's/^/# /' "$scratch/output" "$scratch/errors"
	same "exit status" "$status" 42
}

said() {
	same "$1" "$(sed -n "s/^$1 //p" "$scratch/output")" "$2"
}

# In the background, until the guest has gone.
watch() {
	while kill -0 $$ 2> /dev/null && [ ! -e "$scratch/done" ]; do
		if [ "$(vms)" = 1 ] && [ "$(value vm list -- 0 state)" = running ]; then
			value vm list -- 0 type > "$scratch/type"
			ledger_is_true > "$scratch/ledger" || echo "not true" >> "$scratch/ledger"
			return
		fi
		sleep 1
	done
}

seen() {
	same "type" "$(cat "$scratch/type")" "$type" && ! grep "not true" "$scratch/ledger"
}

# One that QEMU refuses is, too: a failure is to explain itself.
explains() {
	status=0
	sev-guest --type "$type" --run true -device nonsense > "$scratch/output" 2> "$scratch/errors" ||
		status=$?
	same "exit status" "$status" 125 && grep -q "ended before the command did" "$scratch/errors" &&
		grep -q "'nonsense' is not a valid device" "$scratch/errors" &&
		grep -q "the end of the host's log" "$scratch/errors" && grep -q kvm_amd "$scratch/errors"
}

nothing_left() {
	same "number of VMs" "$(vms)" 0 && ledger_is_true
}

plan 7
result "a guest that ends early says all that is known" explains
watch &
watcher=$!
result "a $type guest boots, runs a command and powers off" boots
: > "$scratch/done"
wait "$watcher"
result "its kernel has the features" said features "$features"
result "it has two processors" said processors 2
result "it calculates right" said sum 50002500
result "the ledger was true while it ran" seen
result "nothing of it is left" nothing_left
finished
