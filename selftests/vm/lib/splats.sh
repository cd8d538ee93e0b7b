# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What no healthy kernel writes into its log.

splat_patterns=(
	'BUG:' 'WARNING:' 'kernel BUG at' 'Oops' 'general protection' 'Kernel panic'
	'INFO: possible' 'possible circular locking' 'INFO: task .* blocked for more than'
	'detected stall' 'self-detected stall' 'KASAN:' 'UBSAN:' 'refcount_t:' 'list_(add|del) corruption'
	'kmemleak: [0-9]+ new suspected' 'stack segment:' 'double fault' 'unable to handle'
	'bad page state' 'Unable to mount root'
)

# Lines of stock kernels that only look like one.
harmless_patterns=(
	'use pci=nocrs and report a bug' 'This is not a bug' 'Spectre' 'srso'
)

# show_splats LOG: the log around each splat. False: there is none.
show_splats() {
	local wanted harmless lines line
	wanted=$(IFS='|' && printf '%s' "${splat_patterns[*]}")
	harmless=$(IFS='|' && printf '%s' "${harmless_patterns[*]}")
	[[ -s $1 ]] || return 1
	lines=$(grep -aEn -- "$wanted" "$1" | grep -aEv -- "$harmless" | cut -d: -f1 | head -n 3)
	[[ $lines ]] || return 1
	for line in $lines; do
		sed -n "$((line > 5 ? line - 5 : 1)),$((line + 45))p" "$1"
		printf -- '---\n'
	done
}
