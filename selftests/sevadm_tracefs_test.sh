#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The tracepoints sevadm:* as perf and trace-cmd use them: each one is enabled through tracefs by
# itself, a guest is launched, and each line read back is an event of the ring, in words.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tracing=/sys/kernel/tracing

begin_on_sev_host
[ -d "$tracing/events/sevadm" ] || skip_all "no $tracing/events/sevadm: is tracefs mounted?"

newest() {
	sevadm -j trace show --last 1 | sed -n 's/.*"seq":\([0-9]*\).*/\1/p'
}

# traced TRACEPOINT EVENT: the lines of one tracepoint are as many as the ring has of its events
traced() {
	: > "$tracing/trace"
	before=$(newest)
	echo 1 > "$tracing/events/sevadm/$1/enable"
	"$here/sevlaunch" > "$scratch/launch" 2>&1
	sevadm limit set host pin.max=4K > "$scratch/limit" 2>&1
	"$here/sevlaunch" > "$scratch/refused" 2>&1 || true
	sevadm limit delete host > "$scratch/limit" 2>&1
	echo 0 > "$tracing/events/sevadm/$1/enable"
	grep " $1: " "$tracing/trace" > "$scratch/lines" || { say "no line of $1"; return 1; }
	sevadm -j trace show --event "$2" | sed -n 's/.*"seq":\([0-9]*\).*/\1/p' |
		awk -v before="${before:-0}" '$1 > before' > "$scratch/ring"
	same "lines of $1" "$(grep -c . "$scratch/lines")" "$(grep -c . "$scratch/ring")"
}

# has PATTERN: of the lines that traced() left
has() {
	grep -q -e "$1" "$scratch/lines" && return
	say "no line has: $1"
	sed 's/^/# /' "$scratch/lines"
	return 1
}

psp_command() {
	traced psp_command psp && has 'command=LAUNCH_START ret=0 fw_error=SUCCESS' &&
		has 'command=LAUNCH_MEASURE ret=-5 fw_error=INVALID_LEN .* length_query=1' &&
		has 'command=LAUNCH_MEASURE ret=0 fw_error=SUCCESS .* length_query=0' &&
		has 'command=DECOMMISSION ret=0 .* psp_ns=[1-9]'
}

kvm_command() {
	traced kvm_command kvm && has 'command=INIT ret=0' && has 'command=LAUNCH_FINISH ret=0' &&
		has 'command=REGISTER_REGION ret=-12' && has 'command=DESTROY ret=0'
}

pin() {
	traced pin pin && has 'command=REGISTER_REGION ret=0 vm=[1-9].* transient=0 refusal=-' &&
		has 'ret=-12 .* refusal=limit limit_bytes=4096'
}

unpin() {
	traced unpin unpin && has 'command=DESTROY ret=0 vm=[1-9][0-9]* bytes=[1-9]'
}

asid() {
	traced asid asid && has 'asid=[1-9][0-9]* pool=sev state=used vm=[1-9]' &&
		has 'state=reclaim'
}

limit() {
	traced limit limit && has 'subject=host id=0 resource=pin knob=max .* limit=4096 .* ret=-'
}

plan 6
for event in psp_command kvm_command pin unpin asid limit; do
	result "tracepoint $event" "$event"
done
finished
