#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What sevadm says a SEV-SNP guest takes of its host is what a running one takes, once Linux is
# up: what is private to it, in the machine's RMP, in guest_memfd and in memory.stat; what it
# shares; and all that its cgroup is charged. Arguments: MIB:VCPUS of each guest (256:1). Prints
# the forecast and what was seen, in MiB.
# shellcheck disable=SC2317 # result calls the functions by name
set -eu

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

CGROUP=/sys/fs/cgroup/sevadm-memory-test
FIRMWARE=/usr/lib/sev-guest/usr/share/ovmf/OVMF.fd
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
		if grep -q '^at booted' "$scratch/output"; then
			cp "$CGROUP/memory.current" "$CGROUP/memory.peak" "$CGROUP/memory.stat" "$scratch/"
			cp "/proc/$(cat "$scratch/pid")/status" "/proc/$(cat "$scratch/pid")/smaps" "$scratch/"
			"$here/sevadm_private_test" now > "$scratch/rmp" || sed 's/^/# /' "$scratch/rmp"
			value vm list -- 0 gmem_bytes > "$scratch/gmem"
			value vm list -- 0 private_bytes > "$scratch/private"
			guest_go
			return
		fi
		sleep 1
	done
}

# boots MIB VCPUS
boots() {
	: > "$scratch/output"
	rm -f "$scratch/done" "$scratch/private" "$scratch/rmp" "$scratch/gmem"
	mkdir -p "$CGROUP"
	watch &
	watcher=$!
	status=0
	# shellcheck disable=SC2046 # one word an argument
	PATH=$scratch/bin:$PATH sev-guest --type sev-snp --memory "$1" --vcpus "$2" \
		--run "$guest_wait wait_at booted; exit 42" $(guest_waits_by) \
		> "$scratch/output" 2> "$scratch/errors" || status=$?
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

# What is in QEMU's mapping of the guest's memory, of so many MiB: what was ever used of what the
# guest shares, as QEMU discards what it does not.
shared_present() {
	awk -v size="$(($1 * 1024))" '/^Size:/ { found = $2 == size }
		/^Rss:/ && found { rss = $2 } END { print rss * 1024 }' "$scratch/smaps"
}

size() {
	stat -c %s "$1"
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
	gmem=$(cat "$scratch/gmem")
	current=$(cat "$scratch/memory.current")
	peak=$(cat "$scratch/memory.peak")
	good=0
	same "private, by the RMP," "$private" "$(sed -n 's/^# RMP: //p' "$scratch/rmp")" || good=1
	near private "$(forecast private booted_bytes)" "$private" || good=1
	near "guest_memfd" "$(forecast private booted_bytes)" "$gmem" || good=1
	near "memory.stat file" "$(forecast private booted_bytes)" "$(stat_of file)" || good=1
	# What the guest has made shared is in no store until somebody uses it.
	shared=$((($1 << 20) + $(size "$FIRMWARE") - gmem))
	present=$(shared_present "$1")
	near shared "$(forecast shared booted_bytes)" "$shared" || good=1
	say "of that, $((present >> 20)) MiB are used, QEMU has $((direct >> 20)) MiB of kernel and initrd"
	near "charged, as if all that is shared were used" \
		"$(($(forecast private booted_bytes) + $(forecast shared booted_bytes) + $(forecast overhead booted_bytes)))" \
		$((current + shared - present - direct)) || good=1
	say "charged $((current >> 20)) MiB"
	say "peak $((peak >> 20)) MiB, memory.max that is safe $(($(forecast memory_max_bytes) >> 20)) MiB"
	[ "$peak" -le "$(forecast memory_max_bytes)" ] || good=1
	return "$good"
}

# QEMU has the kernel that it boots in its own memory; a domain's firmware reads it from a disk.
direct=$(($(size /usr/share/sev-guest/vmlinuz) + $(size /usr/share/sev-guest/initrd)))
guest_waits

plan $#
for shape; do
	result "$shape" takes "${shape%:*}" "${shape#*:}"
done
finished
