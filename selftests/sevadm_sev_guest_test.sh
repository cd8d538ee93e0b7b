#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest of the type that the first argument says boots OVMF and Linux on as many vCPUs as the
# second one says (2), and runs a command; while it does, the ledger is true, and afterwards nothing
# of it is left. A SEV-SNP guest asks the security processor for a report about itself, and its
# owner finds it to be true, by other software (image/sev-report.c).
#
# A third argument is a SEV-SNP guest's memory in MiB, half of it above 4 GiB, which Linux accepts
# when it uses it. Then what is private to it is compared with the machine's RMP all the time. The
# guest waits when it has booted, when it has touched all of its memory, and when it has released
# it: there, what is private, its peak and what guest_memfd has are the RMP's count, to the page. In
# the first of these moments a second guest is refused by private.max.
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
sev-snp) features='AMD SEV SEV-ES SEV-SNP' && memory=256 ;;
*) skip_all "no such type: $type" ;;
esac
memory=${compared:-$memory}
# All of it that is not swiotlb's or the kernel's own.
# shellcheck disable=SC2016 # for the guest's shell
touch_all='
wait_at booted
mkdir /all && mount -t tmpfs -o size=90% none /all
free=$(awk "/^MemAvailable/ { print int(\$2 / 1024) - 24 }" /proc/meminfo)
dd if=/dev/zero of=/all/file bs=1M count=$free 2> /dev/null
echo "touched $(du -m /all/file | cut -f 1)"
wait_at touched
rm /all/file
wait_at released
'
moments="booted touched released"
if [ "$compared" ]; then
	command="$command$guest_wait$touch_all"
	guest_waits
fi
# Last, as its driver shares some pages: nothing before is below the peak.
[ "$type" != sev-snp ] || command="nonce=$nonce$command$attest"
command="$command
exit 42"

# A recording of all its life.
boots() {
	waiting=
	[ -z "$compared" ] || waiting="-machine max-ram-below-4g=$((memory / 2))M $(guest_waits_by)"
	status=0
	# shellcheck disable=SC2086 # one word an argument
	sevadm trace record "$scratch/life" -- \
		sev-guest --type "$type" --vcpus "$vcpus" --memory "$memory" --console "$scratch/console" \
		--run "$command" $waiting > "$scratch/output" 2> "$scratch/errors" || status=$?
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

# private.max is a little more than what the first guest has. QEMU says so, the event names the
# limit, which has counted it, and no page became the second guest's: its memory is bound behind
# SNP_LAUNCH_START.
second_is_refused() {
	most=$(((memory + 64) << 20))
	sevadm limit set host "private.max=$most" || return 1
	code=0
	sev-guest --type "$type" --memory 256 < /dev/null > "$scratch/second" 2>&1 || code=$?
	sevadm -j trace show --event limit > "$scratch/events"
	sevadm limit list
	counted=$(sevadm limit list | awk '$1 == "host" && $2 == "private" { print $NF }')
	refused=$(tail -n 1 "$scratch/events" | sed 's/.*"vm":\([0-9]*\),.*/\1/')
	sevadm limit delete host
	sevadm -j trace show --event psp --command SNP_LAUNCH_UPDATE > "$scratch/updates"
	sed 's/^/second: /' "$scratch/second"
	tail -n 1 "$scratch/events"
	[ "$code" -ne 0 ] && grep -qi 'cannot allocate memory' "$scratch/second" &&
		tail -n 1 "$scratch/events" | grep '"subject":"host"' | grep '"resource":"private","knob":"max"' |
		grep -q "\"limit\":$most" && [ "$counted" -gt 0 ] && [ -s "$scratch/updates" ] &&
		! grep "\"vm\":$refused," "$scratch/updates" &&
		same "number of VMs" "$(vms)" 1 &&
		same "state of the first" "$(value vm list -- 0 state)" running && is_exact booted
}

# As long as the RMP has what the ledger has, up to each moment, and at it.
watch_private() {
	for moment in $moments; do
		until grep -q "^at $moment" "$scratch/output"; do
			[ ! -e "$scratch/done" ] || return 0
			compare_once
			sleep 1
		done
		say "$moment"
		eventually 6 is_exact "$moment"
		if [ "$moment" = booted ]; then
			second_is_refused > "$scratch/refusal" 2>&1 && : > "$scratch/refused"
		fi
		guest_go
	done
}

compare_once() {
	if "$here/sevadm_private_test" now > "$scratch/rmp"; then
		echo compared >> "$scratch/compared"
	# Unless it has ended meanwhile.
	elif ! grep -q 'there is no VM' "$scratch/rmp"; then
		{ echo "not true" && cat "$scratch/rmp"; } >> "$scratch/ledger"
	fi
}

# is_exact MOMENT: all that `vm list` has, and the peak: no moment before had more than these. The
# pages of KVM's own that its processors began with are not guest_memfd's.
is_exact() {
	"$here/sevadm_private_test" now > "$scratch/rmp" || return 1
	rmp=$(sed -n 's/^# RMP: //p' "$scratch/rmp")
	most=$(cat "$scratch/most" 2> /dev/null) || most=0
	[ "$rmp" -lt "$most" ] || most=$rmp
	sevadm vm list | sed 's/^/# /'
	say "RMP $rmp, guest_memfd $((rmp - vcpus * 4096)), peak $most"
	same private "$(value vm list -- 0 private_bytes)" "$rmp" &&
		same gmem "$(value vm list -- 0 gmem_bytes)" $((rmp - vcpus * 4096)) &&
		{ [ "$1" = booted ] || same peak "$(value vm list -- 0 private_peak_bytes)" "$most"; } &&
		echo "$most" > "$scratch/most" && echo "$rmp" > "$scratch/at.$1"
}

# Each moment, and no less when all was touched, which Linux may have accepted before: that is all of
# its memory but what it shares with the devices (a sixteenth, at least 64 MiB), and what it has not
# touched.
was_private() {
	for moment in $moments; do
		[ -s "$scratch/at.$moment" ] && say "$moment: $(cat "$scratch/at.$moment") bytes" ||
			return
	done
	say "compared $(grep -c . "$scratch/compared") times besides"
	[ "$(cat "$scratch/at.touched")" -ge "$(cat "$scratch/at.booted")" ] &&
		[ "$(cat "$scratch/at.touched")" -gt $(((memory - 96) << 20)) ] &&
		[ "$(cat "$scratch/at.touched")" -le $(((memory << 20) + vcpus * 4096)) ] &&
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
