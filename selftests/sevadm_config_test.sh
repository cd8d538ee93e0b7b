#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Limits and leases from the command line: sevadm limit, config, asid reserve and monitor.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

cgroups=/sys/fs/cgroup

echo "KTAP version 1"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -e /dev/sev ] || skip_all "no /dev/sev: no SEV host"
command -v sevadm > /dev/null || skip_all "no sevadm in PATH"
sevadm module load || skip_all "the module sevadm cannot be loaded"

# fails CODE TEXT COMMAND...: COMMAND exits with CODE, having said TEXT.
fails() {
	code=$1 text=$2 got=0
	shift 2
	"$@" > "$scratch/said" 2>&1 || got=$?
	if same "exit status of $*" "$got" "$code"; then
		case $(cat "$scratch/said") in
		*"$text"*) return 0 ;;
		esac
	fi
	sed 's/^/# /' "$scratch/said"
	return 1
}

saved() {
	sevadm config save > "$scratch/saved" && diff "$1" "$scratch/saved"
}

nothing_is_limited() {
	: > "$scratch/empty"
	sevadm config apply "$scratch/empty" > /dev/null && saved "$scratch/empty"
}

# centiseconds COMMAND...: how long it took; COMMAND has to succeed.
centiseconds() {
	begin=$(cut -d' ' -f1 /proc/uptime | tr -d .)
	"$@" > "$scratch/said" || return
	end=$(cut -d' ' -f1 /proc/uptime | tr -d .)
	echo $((end - begin))
}

set_list_delete() {
	mkdir -p "$cgroups/tenant-a" &&
		sevadm limit set host pin.high=50% pin.max=1G &&
		sevadm limit set cgroup /tenant-a pin.max=64M asid.sev.min=4 &&
		sevadm limit set user 1000 asid.sev_es.max=3 &&
		sevadm limit set user 1000 asid.sev_es.high=2 &&
		printf '[host]\npin.high = %s\npin.max = 1G\n\n[user 1000]\nasid.sev_es.high = 2\nasid.sev_es.max = 3\n\n[cgroup /tenant-a]\npin.max = 64M\nasid.sev.min = 4\n' \
			"$(sevadm config save | sed -n 's/^pin.high = //p')" > "$scratch/want" &&
		saved "$scratch/want" &&
		same subject "$(value limit list -- 0 subject)" host &&
		same "pin.max of the host" "$(value limit list -- 0 max)" $((1 << 30)) &&
		same "reserved ASIDs" "$(value status -- pools sev reserved)" 4 &&
		sevadm limit delete cgroup /tenant-a pin && sevadm limit delete user 1000 &&
		! sevadm config save | grep -q 'user\|64M' &&
		sevadm limit delete cgroup /tenant-a && sevadm limit delete host &&
		saved /dev/null
}

# Kernels before 6.2 cannot put numbers into what they answer: there it does not say how many are
# left.
refusals_say_why() {
	fails 1 "guarantee" sevadm limit set user 1 asid.sev.min=60000 &&
		fails 1 "there is no cgroup /none" sevadm limit set cgroup /none pin.max=1G &&
		fails 2 "cannot be guaranteed" sevadm limit set user 1 pin.min=1G &&
		fails 2 "is neither a number of bytes" sevadm limit set user 1 pin.max=1X &&
		saved /dev/null
}

large_file() {
	i=0
	while [ "$i" -lt 500 ]; do
		mkdir -p "$cgroups/many/$i"
		printf '[user %s]\npin.max = %sM\n[cgroup /many/%s]\npin.high = 1G\nasid.sev.max = 2\n' \
			$((1000 + i)) $((i + 1)) "$i"
		i=$((i + 1))
	done > "$scratch/large"
	head -n 250 "$scratch/large" > "$scratch/tenth"
	# A machine that is busy with something else may stop once, but not each time.
	for _ in 1 2 3 4 5; do
		nothing_is_limited || return
		tenth=$(centiseconds sevadm config apply "$scratch/tenth") || return
		same "number of changes" "$(grep -c ' is .* was ' "$scratch/said")" 150 || return
		rest=$(centiseconds sevadm config apply "$scratch/large") || return
		same "number of changes" "$(grep -c ' is .* was ' "$scratch/said")" 1350 || return
		say "config apply of 100 subjects took ${tenth}0 ms, of 900 more ${rest}0 ms"
		# The rest, nine times as much, takes some nine times as long, not eighty.
		[ "$rest" -ge $((30 * (tenth + 1))) ] || return 0
	done
	return 1
}

apply_is_idempotent() {
	same "second apply" "$(sevadm config apply "$scratch/large")" "Nothing to change."
}

broken_line_changes_nothing() {
	sevadm config save > "$scratch/before" &&
		sed '777s/.*/pin.max = lots/' "$scratch/large" > "$scratch/broken" &&
		fails 1 "$scratch/broken:777" sevadm config apply "$scratch/broken" &&
		fails 1 "line 777" sevadm config check "$scratch/broken" &&
		saved "$scratch/before"
}

# What only the kernel can refuse: the guarantees are more than the pool has.
refused_file_changes_nothing() {
	printf '[host]\npin.max = 1G\n[user 1]\nasid.sev.min = 60000\n' > "$scratch/greedy" &&
		fails 1 "nothing was changed" sevadm config apply "$scratch/greedy" &&
		saved "$scratch/before"
}

save_apply_is_identity() {
	sevadm config save | sevadm config apply - > "$scratch/said" &&
		same "apply of what was saved" "$(cat "$scratch/said")" "Nothing to change." &&
		nothing_is_limited && sevadm config apply "$scratch/before" > /dev/null &&
		saved "$scratch/before" && nothing_is_limited
}

watched() {
	sevadm config save | grep -qF "$1"
}

not_watched() {
	! watched "$1"
}

# Both levels are missing; what comes back after its end is another cgroup.
late_cgroup_is_bound() {
	printf '[cgroup /late/guest]\npin.max = 8M\n' > "$scratch/late"
	sevadm config watch "$scratch/late" > "$scratch/watch" 2>&1 &
	watcher=$!
	guests="$guests $watcher"
	eventually 120 waits_in_poll "$watcher" &&
		not_watched 8M && mkdir "$cgroups/late" && mkdir "$cgroups/late/guest" && eventually 120 watched 8M &&
		rmdir "$cgroups/late/guest" && eventually 120 not_watched 8M &&
		mkdir "$cgroups/late/guest" && eventually 120 watched 8M &&
		printf '[cgroup /late/guest]\npin.max = 9M\n' > "$scratch/late" &&
		kill -HUP "$watcher" && eventually 120 watched 9M &&
		echo nonsense > "$scratch/late" && kill -HUP "$watcher" &&
		eventually 120 grep -q "$scratch/late:1" "$scratch/watch" && watched 9M &&
		kill -TERM "$watcher" && wait "$watcher" && nothing_is_limited
}

# A name may have what a terminal would take for a command.
late_name_controls_nothing() {
	printf '[cgroup /late\033[31m]\npin.max = 8M\n' > "$scratch/late" &&
		sevadm config apply "$scratch/late" > "$scratch/said" &&
		grep -qF '/late?[31m: there is no such cgroup yet' "$scratch/said" && nothing_is_limited
}

reserved() {
	same "reserved ASIDs" "$(value status -- pools sev reserved)" "$1"
}

lease_lasts_as_long_as_command() {
	sevadm asid reserve --pool sev --count 3 -- sh -c 'sevadm -j status' > "$scratch/status" &&
		same "reserved ASIDs" "$("$here/json_get" pools sev reserved < "$scratch/status")" 3 &&
		reserved 0
}

lease_exits_as_command() {
	fails 7 "" sevadm asid reserve --pool sev --count 1 -- sh -c 'exit 7' &&
		fails 143 "" sevadm asid reserve --pool sev --count 1 -- sh -c 'kill -TERM $$' &&
		fails 127 "cannot run" sevadm asid reserve --pool sev --count 1 -- no-such-command &&
		fails 1 "cannot be reserved" sevadm asid reserve --pool sev --count 60000 -- true &&
		fails 2 "needs --pool" sevadm asid reserve --count 1 -- true && reserved 0
}

lease_start() {
	sevadm asid reserve --pool sev --count 2 -- sleep 1000 &
	holder=$!
	guests="$guests $holder"
	eventually 120 reserved 2 > /dev/null
}

lease_ends_with_holder() {
	lease_start && kill -KILL "$holder" && ! wait "$holder" 2>/dev/null && reserved 0 &&
		lease_start && kill -TERM "$holder" || return
	status=0
	wait "$holder" || status=$?
	same "status after SIGTERM" "$status" 143 && reserved 0
}

refused_guest() {
	! "$here/sevlaunch" --memory 8 > /dev/null 2>&1 < /dev/null
}

# A guest that uses all there is: the limit is near, and monitoring sees it. It goes on when the
# limit is raised, as its launch pins the same pages once more for a moment.
near_limit_shows() {
	sevadm limit set host pin.max=8M && guest_start register --memory 8 &&
		same "limits near" "$(value status -- limits_near length)" 1 &&
		same "limit of the host" "$(value status -- pinned max_bytes)" $((8 << 20)) &&
		sevadm status | grep -q "host uses 8.0 MiB of pin.max=8.0 MiB" &&
		sevadm metrics --textfile "$scratch/sevadm.prom" &&
		grep -qx "sevadm_pinned_max_bytes $((8 << 20))" "$scratch/sevadm.prom" &&
		grep -qx "sevadm_pinned_bytes $((8 << 20))" "$scratch/sevadm.prom" &&
		sevadm metrics nfd | grep -qx "sevadm.module=attached" &&
		sevadm limit set host pin.max=max && guest_finish &&
		same "limits near" "$(value status -- limits_near length)" 0
}

monitor_says() {
	grep -q "$1" "$scratch/monitor"
}

monitor_start() {
	# shellcheck disable=SC2086 # an option or nothing
	sevadm ${1-} monitor > "$scratch/monitor" 2>&1 &
	monitor=$!
	guests="$guests $monitor"
	eventually 120 waits_in_poll "$monitor"
}

monitor_reports_refusal() {
	monitor_start -j && sevadm limit set host pin.max=4M && refused_guest &&
		eventually 120 monitor_says '"event":"limit".*"subject":"host","resource":"pin","knob":"max"' &&
		kill -INT "$monitor" && wait "$monitor" && sevadm limit delete host
}

monitor_ends_with_module() {
	monitor_start && sevadm module unload || return
	status=0
	wait "$monitor" || status=$?
	same "exit status" "$status" 3 && monitor_says "the sevadm module was unloaded" &&
		sevadm module load
}

# The path of a cgroup needs more than the group.
without_cgroup() {
	sed 's/"cgroup":"[^"]*"/"cgroup":null/'
}

# as GROUP COMMAND...: by a user who is in that group alone.
as() {
	group=$1
	shift
	"$here/run_as" 65534 "$group" "$@"
}

unprivileged_change_nothing() {
	members=$(stat -c %g /dev/sevadm) && same "mode of /dev/sevadm" "$(stat -c %a /dev/sevadm)" 660 &&
		as "$members" sevadm trace show > /dev/null &&
		guest_start launch_start --memory 8 &&
		same "ASIDs" "$(as "$members" sevadm -j asid list)" "$(sevadm -j asid list)" &&
		same "VMs" "$(as "$members" sevadm -j vm list | without_cgroup)" \
			"$(sevadm -j vm list | without_cgroup)" &&
		same "number of VMs" "$(as "$members" sevadm vm list | wc -l)" 2 && guest_finish &&
		same "VMs of a user that has none" "$(as 65534 sevadm -j vm list --own)" "[]" &&
		fails 1 "group sevadm" as 65534 sevadm trace show &&
		fails 1 "not permitted" as "$members" sevadm asid reserve --pool sev --count 1 -- true &&
		fails 1 "not permitted" as "$members" sevadm limit set host pin.max=1G &&
		fails 1 "not permitted" as "$members" sevadm limit list &&
		fails 1 "not permitted" as "$members" sevadm monitor &&
		saved /dev/null && reserved 0
}

plan 17
result "limits are set, listed and deleted" set_list_delete
result "refusals say why" refusals_say_why
result "a file of 1000 subjects takes ten times as long as one of 100" large_file
result "applied again it changes nothing" apply_is_idempotent
result "a broken line changes nothing" broken_line_changes_nothing
result "a file that the kernel refuses changes nothing" refused_file_changes_nothing
result "what is saved is what is applied" save_apply_is_identity
result "limits of late cgroups wait and bind" late_cgroup_is_bound
result "the name of a late cgroup controls no terminal" late_name_controls_nothing
result "a lease lasts as long as its command" lease_lasts_as_long_as_command
result "asid reserve exits as its command" lease_exits_as_command
result "a lease ends with its holder" lease_ends_with_holder
result "limits that are near show in status and metrics" near_limit_shows
result "monitor reports a refusal" monitor_reports_refusal
result "monitor reports that the module is gone" monitor_ends_with_module
result "the unprivileged change nothing" unprivileged_change_nothing
result "nothing is limited afterwards" nothing_is_limited
finished
