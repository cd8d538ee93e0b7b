#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A launch recorded, and what the recording has: every event, where the time went, statistics.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

begin_on_sev_host

file=$scratch/launch.zst
cd "$scratch"

# The recording has all that the ring has, and no more.
record_a_launch() {
	first=$(sevadm -j trace show | tail -n 1 | "$here/json_get" seq 2>/dev/null || echo 0)
	sevadm trace record "$file" -- "$here/sevlaunch" 2> "$scratch/record.log" || return 1
	sevadm -j trace show --event psp | awk -F'[:,]' -v first="$first" '$2 > first' > ring
	[ -s ring ] || { say "the ring has no commands of the launch"; return 1; }
	# shellcheck disable=SC2094 # sevadm only reads the recording
	sevadm -j trace stats "$file" --event psp > stats
	same "firmware commands recorded" \
		"$(grep -o '"command_id":[0-9]*,"vm":[a-z0-9]*,"count":[0-9]*' stats |
			awk -F: '{ n += $NF } END { print n }')" "$(grep -c . ring)"
}

report_of_it() {
	# shellcheck disable=SC2094 # as above
	sevadm -j trace report "$file" > report || return 1
	same "complete" "$("$here/json_get" complete < report)" true &&
		same "lost" "$("$here/json_get" lost < report)" 0 &&
		same "kernel" "$("$here/json_get" recording kernel < report)" "$(uname -r)" &&
		grep -q '"command":"LAUNCH_UPDATE_DATA"' report && grep -q '"kind":"pinning"' report
}

picture_of_it() {
	sevadm trace report "$file" --svg picture.svg > text &&
		grep -q '^<svg ' picture.svg && grep -q 'LAUNCH_UPDATE_DATA' picture.svg &&
		grep -q '^VM .*launch finished in' text
}

# As `record` ends, so did the command: also when it is not there.
statuses_come_back() {
	for row in "true 0" "false 1" "/nonexistent 127"; do
		status=0
		sevadm trace record other -- "${row% *}" 2>/dev/null || status=$?
		same "status of ${row% *}" "$status" "${row#* }" || return 1
	done
	sevadm trace report other > /dev/null
}

interrupted() {
	sevadm trace record plain 2>/dev/null &
	recorder=$!
	guests="$guests $recorder"
	eventually 120 test -s plain
	"$here/sevlaunch" > /dev/null
	kill -TERM "$recorder"
	wait "$recorder" && sevadm -j trace report plain | grep -q '"complete":true'
}

for_a_time() {
	sevadm trace record short --duration 300ms 2>/dev/null &&
		sevadm trace report short > /dev/null
}

# Killed: what it had written is there, and the report says that the end is missing.
killed() {
	sevadm trace record "$scratch/killed.zst" 2>/dev/null &
	recorder=$!
	guests="$guests $recorder"
	eventually 120 test -s killed.zst
	"$here/sevlaunch" > /dev/null
	eventually 120 has_the_vm
	kill -KILL "$recorder"
	wait "$recorder" 2>/dev/null || true
	status=0
	sevadm trace report killed.zst > text 2> errors || status=$?
	same "status" "$status" 2 && grep -q "byte" errors && grep -q "^VM " text
}

# A recording without an end is read as far as it goes.
has_the_vm() {
	sevadm trace report killed.zst 2> errors | grep -q '^VM '
}

# One file for a ticket: of a VM that is there, without names, and nobody else may read it.
page_for_a_ticket() {
	sevadm limit set host pin.max=64M && guest_start launch_update_data --memory 8 || return 1
	id=$(value vm list -- 0 id)
	sevadm -j report --vm "$id" --since 10min -o page.html > facts
	sevadm report --names -o named.html
	guest_finish && sevadm limit delete host &&
		same "mode of the page" "$(stat -c %a page.html)" 600 &&
		same "VMs" "$("$here/json_get" vms length < facts)" 1 &&
		same "its command" "$("$here/json_get" vms 0 comm < facts)" null &&
		same "limit" "$("$here/json_get" limits 0 max < facts)" $((64 << 20)) &&
		grep -q '"command":"LAUNCH_UPDATE_DATA"' facts && grep -q '<svg ' page.html &&
		! grep -q sevlaunch page.html && grep -q sevlaunch named.html &&
		grep -q "$(hostname)" named.html && ! grep -q "SEV host $(hostname)" page.html
}

plan 8
result "a launch is recorded whole" record_a_launch
result "the report of it" report_of_it
result "its picture" picture_of_it
result "the command's status comes back" statuses_come_back
result "an interrupted recording is complete" interrupted
result "a recording for a time" for_a_time
result "a recording that was killed" killed
result "a page for a ticket" page_for_a_ticket
finished
