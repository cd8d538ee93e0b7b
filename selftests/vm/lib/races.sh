# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What KCSAN reports: data races, most of which are the kernel's own and no fault of the module's.

# show_races LOG: each report that is about the module's own code, then how often each other one
# came, then one line with the numbers of both. Nothing: there is none at all. False: none is about
# the module.
#
# A report is about the module if, in one of its two stacks, the innermost function that is in any
# module is the module's. What it calls in the kernel proper (the functions of lists, of user
# memory) works on its data; but the module's wrappers are in the stacks of KVM, of ccp and of the
# functions that they wrap, too, whose races they are.
show_races() {
	LC_ALL=C awk '
		function flush_report() {
			if (!within)
				return
			within = 0
			if (ours) {
				own++
				print report
			} else {
				others++
				titles[title]++
			}
		}
		{
			sub(/\r$/, "")
			sub(/^(\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? ?)+/, "")
		}
		/^BUG: KCSAN: / {
			flush_report()
			within = 1
			ours = open = 0
			title = $0
			report = ""
		}
		!within { next }
		/^=====/ { flush_report(); next }
		{ report = report $0 "\n" }
		/ to 0x[0-9a-f]+ of [0-9]+ bytes by / { open = 1; before = ""; next }
		open && /^ [^ ]+\+0x[0-9a-f]+\/0x[0-9a-f]+( \[[^]]*\])?$/ {
			name = $1
			sub(/[.+].*/, "", name)
			if ($2 ~ /^\[sevadm/) {
				# What it wraps.
				if (name != "wrap_" before)
					ours = 1
				open = ours ? 0 : open
			} else if ($2 != "") {
				open = 0
			}
			before = name
			next
		}
		END {
			flush_report()
			for (title in titles)
				printf "%5d %s\n", titles[title], title | "sort -rn"
			close("sort -rn")
			if (own + others)
				printf "KCSAN: %d reports in our code, %d in the rest of the kernel\n", own, others
			exit !own
		}
	' "$1"
}
