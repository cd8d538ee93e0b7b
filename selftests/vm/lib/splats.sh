# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What no healthy kernel writes into its log.

# One extended regular expression a line, for a line without its time and caller. Those that start
# a line in the kernel are anchored: stock kernels have harmless warnings in the middle of one
# ("RETBleed: WARNING: …", "… and report a bug").
splat_patterns=(
	'(^|[^[:alnum:]_])BUG([^[:alnum:]_]|$)'
	'^WARNING: '
	'^-+\[ cut here \]-+'
	'^(Oops|general protection|traps: PANIC|stack segment|double fault)'
	': [0-9a-f]+ \[#[0-9]+\]'
	'^Kernel panic'
	'^sysrq: Trigger a crash'
	'^INFO: (possible|trying to register|task .* blocked for more than)'
	'detected (expedited )?stalls? on CPU'
	'self-detected stall on CPU'
	"^rcu: .* kthread (timer wakeup didn't happen|starved) for"
	'(KASAN|UBSAN|KFENCE|KMSAN): '
	'refcount_t: '
	'^list_(add|del) corruption'
	'^kmemleak: [0-9]+ new suspected'
	'unable to handle '
	'^sevadm: kvm_amd has gone: forgot '
)

# Those of a kernel that waits for what does not come.
# shellcheck disable=SC2034 # machine.sh reads it
stall_pattern="rcu: .*(detected (expedited )?stalls? on CPU|self-detected stall on CPU|kthread (timer wakeup didn't happen|starved) for)"

# show_splats LOG: the log around the first few splats. False: there is none. What KCSAN reports is none: of
# that show_races() (races.sh) finds what is the module's.
show_splats() {
	local wanted
	wanted=$(IFS='|' && printf '%s' "${splat_patterns[*]}")
	WANTED=$wanted LC_ALL=C awk '
		BEGIN { wanted = ENVIRON["WANTED"]; before = 5; after = 50; most = 3 }
		{
			text = $0
			sub(/\r$/, "", text)
			bare = text
			sub(/^(\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? ?)+/, "", bare)
			kept[NR % (before + 1)] = text
		}
		NR > until && bare ~ wanted && bare !~ /^BUG: KCSAN: / {
			if (found++ == most) { print "(and more)"; exit }
			for (n = NR - before; n < NR; n++)
				if (n > until && n > 0) print kept[n % (before + 1)]
			until = NR + after
		}
		NR <= until { print text }
		END { exit !found }
	' "$1"
}
