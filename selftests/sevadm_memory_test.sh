#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What sevadm says a SEV-SNP guest takes of its host is what a running one takes: its private
# memory, and all that its cgroup is charged, once Linux is up. Arguments: MIB:VCPUS of each guest
# (256:1). Prints the forecast and what was seen, in MiB.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

CGROUP=/sys/fs/cgroup/sevadm-memory-test
PERCENT=5	# what is seen may be as far from the forecast

[ $# -gt 0 ] || set -- 256:1

begin_on_sev_host
[ -e /usr/lib/sev-guest ] || skip_all "no QEMU that knows SEV-SNP"
echo +memory > /sys/fs/cgroup/cgroup.subtree_control || skip_all "no memory controller"

# What sev-guest starts as QEMU is QEMU in a cgroup of its own: its files are not the guest's.
mkdir "$scratch/bin"
cat > "$scratch/bin/qemu-system-x86_64" <<-RUN
	#!/bin/sh
	echo 0 > $CGROUP/cgroup.procs
	echo \$\$ > $scratch/pid
	exec $(command -v qemu-system-x86_64) "\$@"
RUN
chmod 755 "$scratch/bin/qemu-system-x86_64"

# In the background: what there is when the guest's command runs.
watch() {
	while kill -0 $$ 2> /dev/null && [ ! -e "$scratch/done" ]; do
		if grep -q '^booted' "$scratch/output"; then
			cp "$CGROUP/memory.current" "$CGROUP/memory.peak" "$CGROUP/memory.stat" "$scratch/"
			cp "/proc/$(cat "$scratch/pid")/status" "$scratch/status"
			value vm list -- 0 private_bytes > "$scratch/private"
			return
		fi
		sleep 1
	done
}

# boots MIB VCPUS
boots() {
	: > "$scratch/output"
	rm -f "$scratch/done" "$scratch/private"
	mkdir -p "$CGROUP"
	watch &
	watcher=$!
	status=0
	PATH=$scratch/bin:$PATH sev-guest --type sev-snp --memory "$1" --vcpus "$2" \
		--run 'echo booted; sleep 15; exit 42' > "$scratch/output" 2> "$scratch/errors" || status=$?
	: > "$scratch/done"
	wait "$watcher"
	sed 's/^/# /' "$scratch/errors" | cut -c 1-100
	eventually 60 rmdir "$CGROUP" && same "exit status" "$status" 42 && [ -s "$scratch/private" ]
}

stat_of() {
	sed -n "s/^$1 //p" "$scratch/memory.stat"
}

# forecast KEY...: print bytes of what `recommend memory` said.
forecast() {
	"$here/json_get" "$@" < "$scratch/forecast"
}

# near WHAT REPORTED SEEN: in bytes.
near() {
	say "$1: forecast $(($2 >> 20)), seen $(($3 >> 20)) MiB"
	[ $(($3 * 100)) -ge $(($2 * (100 - PERCENT))) ] &&
		[ $(($3 * 100)) -le $(($2 * (100 + PERCENT))) ]
}

# What no device has used of the bounce buffers is in neither store: between all and nothing of
# them.
between() {
	say "$1: forecast: at most $(($2 >> 20)), seen $(($4 >> 20)), at least $((($2 - $3) >> 20)) MiB"
	[ "$4" -le "$2" ] && [ "$4" -ge $(($2 - $3)) ]
}

# takes MIB VCPUS
takes() {
	boots "$1" "$2" || return 1
	sevadm -j recommend memory --type sev-snp --memory "$1M" --vcpus "$2" > "$scratch/forecast"
	for key in anon file shmem unevictable kernel pagetables; do
		say "memory.stat $key $(($(stat_of "$key") >> 20)) MiB"
	done
	grep -E '^(VmRSS|RssAnon|RssFile|RssShmem|VmLck|VmPin)' "$scratch/status" | sed 's/^/# /'
	private=$(cat "$scratch/private")
	current=$(cat "$scratch/memory.current")
	peak=$(cat "$scratch/memory.peak")
	shared=$(forecast shared booted_bytes)
	good=0
	near private "$(forecast private booted_bytes)" "$private" || good=1
	between "charged" "$(($(forecast private booted_bytes) + shared + $(forecast overhead booted_bytes)))" \
		"$shared" "$current" || good=1
	say "peak $((peak >> 20)) MiB, memory.max that is safe $(($(forecast memory_max_bytes) >> 20)) MiB"
	[ "$peak" -le "$(forecast memory_max_bytes)" ] || good=1
	return "$good"
}

plan $#
for shape; do
	result "$shape" takes "${shape%:*}" "${shape#*:}"
done
finished
