#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest of the type that the first argument says boots OVMF and Linux on as many vCPUs as the
# second one says (2), and runs a command; while it does, the ledger is true, and afterwards nothing
# of it is left. A SEV-SNP guest asks the security processor for a report about itself, and its
# owner finds it to be true, by other software (image/sev-report.c).
#
# A third argument is a SEV-SNP guest's memory in MiB: then what is private to it is compared with
# the machine's RMP all the time, also while it touches all of its memory and releases it, and a
# second guest is refused by private.max meanwhile.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

type=${1:-sev}	# without one, as kselftest runs it: a plain SEV guest
vcpus=${2:-2}
compared=${3:-}

begin_on_sev_host
command -v sev-guest > /dev/null || skip_all "no sev-guest"

# What the guest says, and what the emulated processor must not get wrong: arithmetic in the vector
# registers, which awk uses, over many exits.
# shellcheck disable=SC2016 # for the guest's shell
command='
dmesg | sed -n "s/.*Memory Encryption Features active: /features /p"
echo "processors $(grep -c ^processor /proc/cpuinfo)"
echo "sum $(seq 20000 | awk "{ s += \$1 / 4 } END { print s }")"
'

# The report, by the driver of the guest's /dev/sev-guest. What the owner asks it to have in it is
# text of the field's size.
nonce=$(od -A n -t x1 -N 32 /dev/urandom | tr -d ' \n')
# shellcheck disable=SC2016 # for the guest's shell
attest='
modprobe sev-guest && mount -t configfs none /sys/kernel/config
report=/sys/kernel/config/tsm/report/own
mkdir $report && [ -c /dev/sev-guest ] && printf %s "$nonce" > $report/inblob
echo "provider $(cat $report/provider)"
echo "report $(base64 $report/outblob | tr -d "\n")"
'

memory=384
case $type in
sev) features='AMD SEV' ;;
sev-es) features='AMD SEV SEV-ES' ;;
# Its firmware validates each page of its memory before it boots anything.
sev-snp) features='AMD SEV SEV-ES SEV-SNP' && command="nonce=$nonce$command$attest" && memory=256 ;;
*) skip_all "no such type: $type" ;;
esac
memory=${compared:-$memory}
# All of it that is not swiotlb's or the kernel's own.
# shellcheck disable=SC2016 # for the guest's shell
touch_all='
mkdir /all && mount -t tmpfs -o size=90% none /all
free=$(awk "/^MemAvailable/ { print int(\$2 / 1024) - 24 }" /proc/meminfo)
dd if=/dev/zero of=/all/file bs=1M count=$free 2> /dev/null
echo "touched $(du -m /all/file | cut -f 1)"
sleep 5
rm /all/file && sleep 5
'
[ -z "$compared" ] || command="$command$touch_all"
command="$command
exit 42"

# A recording of all its life.
boots() {
	status=0
	sevadm trace record "$scratch/life" -- \
		sev-guest --type "$type" --vcpus "$vcpus" --memory "$memory" --console "$scratch/console" \
		--run "$command" > "$scratch/output" 2> "$scratch/errors" || status=$?
	sed 's/^/# /' "$scratch/output" "$scratch/errors" | cut -c 1-100
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
			value vm list -- 0 pinned_bytes > "$scratch/pinned"
			value vm list -- 0 private_bytes > "$scratch/private"
			ledger_is_true > "$scratch/ledger" || echo "not true" >> "$scratch/ledger"
			[ -z "$compared" ] || watch_private
			return
		fi
		sleep 1
	done
}

# private.max is a little more than what the first guest has.
second_is_refused() {
	most=$(((memory + 64) << 20))
	sevadm limit set host "private.max=$most" || return 1
	code=0
	sev-guest --type "$type" --memory 256 < /dev/null > "$scratch/second" 2>&1 || code=$?
	sevadm -j trace show --event limit > "$scratch/events"
	sevadm limit delete host
	sed 's/^/second: /' "$scratch/second"
	tail -n 1 "$scratch/events"
	[ "$code" -ne 0 ] && grep -qi 'cannot allocate memory' "$scratch/second" &&
		tail -n 1 "$scratch/events" | grep '"subject":"host"' | grep '"resource":"private","knob":"max"' |
		grep -q "\"limit\":$most" && same "number of VMs" "$(vms)" 1 &&
		same "state of the first" "$(value vm list -- 0 state)" running
}

# As long as the RMP has what the ledger has; how much that is at most.
watch_private() {
	second_is_refused > "$scratch/refusal" 2>&1 && : > "$scratch/refused"
	while [ ! -e "$scratch/done" ]; do
		if ! "$here/sevadm_private_test" now > "$scratch/rmp"; then
			# Unless it has ended meanwhile.
			grep -q 'there is no VM' "$scratch/rmp" ||
				{ echo "not true" && cat "$scratch/rmp"; } >> "$scratch/ledger"
			return
		fi
		value vm list -- 0 private_peak_bytes >> "$scratch/peaks" 2> /dev/null || return 0
		sleep 1
	done
}

# Its firmware makes all of its memory private before it boots anything, and nothing is more than
# that but the state of its vCPUs.
was_private() {
	peak=$(sort -n "$scratch/peaks" | tail -n 1)
	echo "# compared $(grep -c . "$scratch/peaks") times; at most $peak bytes"
	[ "$peak" -gt $((memory * 960 * 1024)) ] &&
		[ "$peak" -le $((memory * 1024 * 1024 + (1024 + vcpus) * 4096)) ] &&
		"$here/sevadm_private_test" none > "$scratch/rmp"
}

was_refused() {
	sed 's/^/# /' "$scratch/refusal"
	[ -e "$scratch/refused" ]
}

touched_all() {
	touched=$(sed -n 's/^touched //p' "$scratch/output")
	[ "$touched" -gt $((memory / 2)) ]
}

seen() {
	same "type" "$(cat "$scratch/type")" "$type" && ! grep -A 20 "not true" "$scratch/ledger"
}

# A SEV-SNP guest's memory is private, others' is pinned.
holds() {
	if [ "$type" = sev-snp ]; then
		[ "$(cat "$scratch/private")" -gt 0 ] && same pinned "$(cat "$scratch/pinned")" 0
	else
		[ "$(cat "$scratch/pinned")" -gt 0 ]
	fi
}

# reported NAME: a field of the guest's report.
reported() {
	sev-report show "$scratch/report" | sed -n "s/^$1 //p"
}

# What it asked the security processor for, as its VM's: a report, which it got.
asked() {
	sevadm -j trace show --event psp --command SNP_GUEST_REQUEST > "$scratch/asked"
	sed 's/^/# /' "$scratch/asked"
	[ -s "$scratch/asked" ] &&
		! grep -v '"vm":[0-9].*"fw_error":0,.*"kind_name":"REPORT_REQ"' "$scratch/asked"
}

# Where the time of its launch went, and all pages that changed hands: its memory, and more.
is_recorded() {
	sevadm trace report "$scratch/life" > "$scratch/report.text" || return 1
	sed 's/^/# /' "$scratch/report.text" | head -n 40
	pages=$(sed -n 's/^  in all: \([0-9]*\) pages became private.*/\1/p' "$scratch/report.text")
	grep -q '^VM .*: launch finished in' "$scratch/report.text" &&
		grep -q '^  SNP_LAUNCH_UPDATE ' "$scratch/report.text" &&
		[ "$pages" -gt $((memory * 240)) ]
}

reports() {
	said provider sev_guest &&
		sed -n 's/^report //p' "$scratch/output" | base64 -d > "$scratch/report" &&
		same data "$(reported data)" "$nonce" && same policy "$(reported policy)" 0x30000 &&
		same vmpl "$(reported vmpl)" 0
}

is_signed() {
	sev-report verify /usr/share/sev-guest/chip "$1" 2> "$scratch/errors" ||
		{ sed 's/^/# /' "$scratch/errors" && return 1; }
}

# refused_with OFFSET WORDS: the report, with another byte there.
refused_with() {
	{
		head -c "$1" "$scratch/report"
		printf X
		tail -c +$(($1 + 2)) "$scratch/report"
	} > "$scratch/changed"
	! is_signed "$scratch/changed" && grep -q "$2" "$scratch/errors"
}

# Its data, its TCB and its chip's identity.
is_not_signed_changed() {
	refused_with 100 'the signature is wrong' && refused_with 384 'is of another TCB' &&
		refused_with 420 "is another chip's"
}

expected() {
	sev-report digest /usr/lib/sev-guest/usr/share/ovmf/OVMF.fd "$1" | sed 's/^measurement //'
}

is_measured() {
	same measurement "$(reported measurement)" "$(expected "$vcpus")" &&
		[ "$(reported measurement)" != "$(expected $((vcpus + 1)))" ]
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

if [ "$compared" ]; then plan 17; elif [ "$type" = sev-snp ]; then plan 14; else plan 8; fi
result "a guest that ends early says all that is known" explains
watch &
watcher=$!
result "a $type guest boots, runs a command and powers off" boots
: > "$scratch/done"
wait "$watcher"
result "its kernel has the features" said features "$features"
result "it has its processors" said processors "$vcpus"
result "it calculates right" said sum 50002500
result "the ledger was true while it ran" seen
result "it had the memory of its kind" holds
result "nothing of it is left" nothing_left
if [ "$type" = sev-snp ]; then
	if [ "$compared" ]; then
		result "the RMP had what the ledger has, and then nothing" was_private
		result "it touched all of its memory meanwhile, and released it" touched_all
		result "private.max refused a second guest, and the first did not notice" was_refused
	fi
	result "its recording has where the time went, and its pages" is_recorded
	result "the trace has what it asked the security processor for" asked
	result "the security processor reports what it was asked for" reports
	result "its chip has signed the report, and a chain leads to the chip" is_signed "$scratch/report"
	result "not if it were changed" is_not_signed_changed
	result "the report's launch digest is the one of its firmware and processors" is_measured
fi
finished
