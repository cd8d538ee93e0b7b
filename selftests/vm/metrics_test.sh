#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What Prometheus makes of sevadm's metrics, by its own promtool: the alerts' rules and their cases, and
# what `sevadm metrics` prints on an emulated host that has launched guests.
# shellcheck disable=SC2317 # result and make_once call functions by name
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"
# shellcheck source=selftests/vm/lib/packages.sh
. "$here/lib/packages.sh"
# shellcheck source=selftests/vm/lib/results.sh
. "$here/lib/results.sh"

rules=$top_dir/tools/metrics/prometheus
promtool=$cache/promtool/promtool

fill() {
	unpack_packages "$1/files" prometheus
	install "$1/files/usr/bin/promtool" "$1/promtool"
	rm -rf "$1/files"
}

# One guest that is there, one that has ended, one command that failed, and a limit that refused.
# shellcheck disable=SC2016 # the guest's shell expands it
visit='
	sevlaunch --memory 8 >/dev/null
	sevadm limit set host pin.max=4M && ! sevlaunch --memory 8 >/dev/null
	sevadm limit set host pin.max=64M
	sevlaunch --pause-at finish --memory 8 >launched & guest=$!
	for try in $(seq 600); do grep -q "^finish: good=true" launched && break; sleep 0.2; done
	sevadm metrics
	kill -9 $guest'

has() {
	grep -E "$@" "$run/metrics"
}

# In a histogram a bucket counts what the one before it counts, and the last one counts all.
buckets_add_up() {
	awk '
	/^sevadm_command_duration_seconds_bucket\{command="LAUNCH_START"/ {
		if ($2 < last) exit 1
		last = $2
		n++
	}
	/^sevadm_command_duration_seconds_count\{command="LAUNCH_START"/ { count = $2 }
	END { exit !(n == 14 && count == last && count >= 2) }' "$run/metrics"
}

echo "KTAP version 1"
echo 1..8
make_once "$cache/promtool" "$(digest "$0")" fill
cp "$rules"/*.yml "$run"
result "the rules are valid" "$promtool" check rules "$run/sevadm.rules.yml"
result "each alert fires and is silent when it should" "$promtool" test rules "$run/sevadm.rules.test.yml"
version=$("$here/kernels/fetch" 6.12)
"$here/sevhost" --kernel "$version" -- sh -c "$visit" >"$run/all" 2>&1 || true
sed -n '/^# HELP/,$p' "$run/all" | tr -d '\r' >"$run/metrics"
result "promtool takes what sevadm prints" sh -c "\"$promtool\" check metrics <\"$run/metrics\""
result "commands are counted" has '^sevadm_commands_total\{interface="firmware",command="LAUNCH_START"\} [2-9]$'
result "KVM's commands are counted" has '^sevadm_commands_total\{interface="kvm",command="LAUNCH_FINISH"\} [2-9]$'
result "failures are counted by status" has '^sevadm_command_failures_total\{interface="kvm",.*status="ENOMEM"\} 1$'
result "buckets add up" buckets_add_up
result "refusals of a limit are counted" has '^sevadm_limit_max_events_total\{subject="host",resource="pin"\} 1$'
exit "$failed"
