# SPDX-License-Identifier: GPL-2.0-only
# What the tests in shell share: KTAP, waiting, guests, kernel modules. Sourced by POSIX shells:
# also by busybox.
# shellcheck shell=sh

KSFT_SKIP=4

here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
test_number=0
tests_failed=0
guests=

# Whatever happens, no guest is left behind.
clean_up() {
	for pid in $guests; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# Prints the first line of KTAP; skips everything where no SEV host runs the module.
begin_on_sev_host() {
	echo "KTAP version 1"
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	[ -e /dev/sev ] || skip_all "no /dev/sev: no SEV host"
	loaded sevadm || skip_all "the module sevadm is not loaded"
}

plan() {
	echo "1..$1"
	planned=$1
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit "$KSFT_SKIP"
}

say() {
	echo "# $*"
}

# result NAME COMMAND...: the test passes when COMMAND does. Within COMMAND nothing stops at a
# failure (set -e is off in conditions): each check joins the next by &&.
result() {
	test_title=$1
	shift
	test_number=$((test_number + 1))
	if "$@"; then
		echo "ok $test_number $test_title"
	else
		echo "not ok $test_number $test_title"
		tests_failed=$((tests_failed + 1))
	fi
}

skipped() {
	test_number=$((test_number + 1))
	echo "ok $test_number $1 # SKIP $2"
}

finished() {
	[ "$test_number" -eq "$planned" ] || say "planned $planned tests, ran $test_number"
	[ "$tests_failed" -eq 0 ] && [ "$test_number" -eq "$planned" ]
	exit
}

# same WHAT HAVE WANT
same() {
	[ "$2" = "$3" ] || {
		say "$1 is '$2', should be '$3'"
		return 1
	}
}

# eventually SECONDS COMMAND...: until COMMAND succeeds. SECONDS are minutes, for a busy machine:
# what succeeds ends it at once.
eventually() {
	tries=$(($1 * 5))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || {
			say "still not so: $*"
			return 1
		}
		sleep 0.2
	done
}

# value OBJECT [COMMAND] -- KEY...: of `sevadm -j OBJECT COMMAND`.
value() {
	words=
	while [ "$1" != -- ]; do
		words="$words $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # OBJECT and COMMAND are words of their own
	sevadm -j $words | "$here/json_get" "$@"
}

vms() {
	value vm list -- length
}

has_vms() {
	[ "$(vms)" = "$1" ]
}

ledger_is_true() {
	"$here/sevadm_ledger_test" --compare
}

# guest_start STEP [OPTION...]: sets $guest; comes back when STEP is done and the guest waits.
guest_start() {
	pause_at=$1
	shift
	# Emptied here: in the background it may happen too late, and the guest before would be
	# taken for this one.
	: > "$scratch/guest"
	"$here/sevlaunch" --pause-at "$pause_at" "$@" > "$scratch/guest" 2>&1 < /dev/null &
	guest=$!
	guests="$guests $guest"
	eventually 120 guest_waits_or_ended
	grep -q "^$pause_at: good=true" "$scratch/guest" || {
		sed 's/^/# /' "$scratch/guest"
		return 1
	}
}

guest_waits_or_ended() {
	grep -q "^$pause_at: good=true" "$scratch/guest" || ! kill -0 "$guest" 2>/dev/null
}

# The guest takes the steps that are left, and ends well.
guest_finish() {
	kill -USR1 "$guest" && wait "$guest" && ! grep good=false "$scratch/guest"
}

guest_kill() {
	kill -KILL "$guest" && ! wait "$guest" 2>/dev/null
}

# A guest that sev-guest runs a command in can wait for the host, however slow that is: with
# "$(guest_waits_by)" as QEMU's arguments and $guest_wait before its command, `wait_at WHERE` there
# prints "at WHERE" and comes back after guest_go here. Its second serial port is opened first: what
# comes to one that nobody has open is lost.
# shellcheck disable=SC2016,SC2034 # for the guest's shell; for those who source this
guest_wait='
exec 3< /dev/ttyS1
wait_at() { echo "at $1" && read -r go <&3; }
'

# Open both ways, so that neither side waits for the other.
guest_waits() {
	mkfifo "$scratch/go"
	exec 3<> "$scratch/go"
}

guest_waits_by() {
	echo "-chardev file,path=/dev/null,input-path=$scratch/go,id=go" \
		"-device isa-serial,chardev=go,iobase=0x2f8,irq=3"
}

guest_go() {
	echo go >&3
}

# waits_in_poll PID: a program that waits for events there has opened all that it waits for. The
# numbers are those of poll and ppoll.
waits_in_poll() {
	grep -qE '^(7|271) ' "/proc/$1/syscall"
}

loaded() {
	[ -d "/sys/module/$1" ]
}
