#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The statistics that the module keeps are those that a recording of the same events gives, whatever
# the ring holds; they can be reset, by root alone; a VM has its own.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Launches, and what fails: a wrong order, memory that may not be pinned.
workload() {
	"$here/sevlaunch" && "$here/sevlaunch" --type sev-es
	"$here/sevlaunch" --steps create,init,launch_start,finish || true
	sevadm limit set host pin.max=4K
	"$here/sevlaunch" || true
	sevadm limit delete host
}

[ "${1-}" != workload ] || { workload; exit; }

begin_on_sev_host
ring=/sys/module/sevadm/parameters/ring_events
before=$(cat "$ring")
cd "$scratch"

# One row a line; a recording does not know since when the module counts.
rows() {
	sevadm -j trace stats "$@" | sed -e 's/,"since_ns":[0-9a-z]*//g' -e 's/},{"event"/},\n{"event"/g'
}

# count EVENT COMMAND [OPTION...]: how often it came
count() {
	event=$1 command=$2
	shift 2
	rows "$@" | sed -n "s/.*\"event\":\"$event\",\"command\":\"$command\".*\"vm\":[a-z0-9]*,\"count\":\([0-9]*\),.*/\1/p"
}

as_recorded() {
	sevadm trace stats --reset && sevadm trace record all 2> record.log -- sh "$here/sevadm_stats_test.sh" workload > log || return 1
	rows > module
	rows all > recorded
	grep -q '"event":"psp","command":"LAUNCH_UPDATE_DATA".*"histogram":\[{' module &&
		grep -q '"command":"LAUNCH_FINISH".*"failures":1,"statuses":{"INVALID_GUEST_STATE":1}' module &&
		grep -q '"event":"pin".*"statuses":{"ENOMEM":1}' module && cmp module recorded && return
	diff module recorded | head -n 4 | sed 's/^/# /'
	return 1
}

# LAUNCH_MEASURE is asked twice: for the length, and for the measurement.
length_queries() {
	sevadm trace stats --reset && "$here/sevlaunch" > log &&
		rows | grep -q '"event":"psp","command":"LAUNCH_MEASURE".*"count":2,"failures":0,"statuses":{}' &&
		rows | grep -q '"event":"kvm","command":"LAUNCH_MEASURE".*"failures":0,' &&
		sevadm trace show --command LAUNCH_MEASURE | grep -q 'length query (INVALID_LEN)' &&
		sevadm -j trace show --command LAUNCH_MEASURE --errors > errors &&
		same "failed measurements" "$(grep -vc '"event":"lost"' errors)" 0
}

# What the ring has forgotten the module has counted.
beyond_the_ring() {
	sevadm trace stats --reset && sevadm trace set ring_events=16 &&
		"$here/sevlaunch" > log && "$here/sevlaunch" > log && "$here/sevlaunch" > log &&
		same "size of the ring" "$(cat "$ring")" 16 &&
		same "launches counted" "$(count psp LAUNCH_START)" 3 &&
		same "launches the ring holds" "$(count psp LAUNCH_START --ring)" "" &&
		sevadm trace set ring_events="$before" && same "the ring again" "$(cat "$ring")" "$before"
}

of_a_vm() {
	guest_start launch_update_data --memory 8 || return 1
	id=$(value vm list -- 0 id)
	sevadm -j trace show --event psp --vm "$id" > shown
	sevadm -j trace stats --vm "$id" > own
	sevadm completion words -- trace stats --vm "" > candidates
	guest_finish && same "VMs to choose from" "$(cut -f 1 candidates)" "$id" &&
		same "commands of the VM" "$("$here/json_get" 0 count < own)" "$(grep -c '"event":"psp"' shown)" &&
		same "its number" "$("$here/json_get" 0 vm < own)" "$id" &&
		[ "$("$here/json_get" 0 bytes < own)" -ge $((8 << 20)) ] &&
		[ "$("$here/json_get" 0 bytes_per_second < own)" -gt 0 ] &&
		same "rows once it is gone" "$(value trace stats --vm "$id" -- length)" 0
}

reset_is_roots() {
	"$here/sevlaunch" > log
	! "$here/run_as" 1000 1000 sevadm trace stats --reset 2> refused &&
		grep -q 'CAP_SYS_ADMIN' refused && [ "$(count psp LAUNCH_START)" -gt 0 ] &&
		sevadm trace stats --reset && same "rows" "$(value trace stats -- length)" 0
}

wrong_sizes() {
	for size in 0 15 1048577 4294967296 many -1; do
		! sevadm trace set ring_events="$size" 2> refused || { say "$size is taken"; return 1; }
		! echo "$size" > "$ring" 2> refused || { say "sysfs takes $size"; return 1; }
	done
	same "size of the ring" "$(cat "$ring")" "$before"
}

in_text() {
	"$here/sevlaunch" > log
	sevadm trace stats --histogram > text && grep -q "^the module's statistics, which began " text &&
		grep -q '^psp .*LAUNCH_UPDATE_DATA' text && grep -q 'inside the firmware' text &&
		grep -q '####' text
}

plan 7
result "as a recording of the same events" as_recorded
result "queries of a length are no failures" length_queries
result "beyond what the ring holds" beyond_the_ring
result "a VM has its own" of_a_vm
result "reset, by root alone" reset_is_roots
result "wrong sizes of the ring are refused" wrong_sizes
result "in text" in_text
finished
