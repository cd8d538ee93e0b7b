#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The probes of module/compat/Kbuild.include and the kernels that dkms.conf lets in, over headers
# made up here: each name is missing once, and each row of kernels/vendor.table is tried. That a
# probe looks in the right header is shown by the kernels that `make check` boots; what is built for
# the others, nothing here shows. Behind them, the headers of real kernels: the firmware's commands
# have their names there.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"

include=$top_dir/module/compat/Kbuild.include
run=$(mktemp -d "${TMPDIR:-/tmp}/probes.XXXXXX")
trap 'rm -rf "$run"' EXIT
mapfile -t configured < <(sed -n '/^sevadm-needs :=/,/[^\\]$/p' "$include" | grep -o 'CONFIG_[A-Z_]*' |
	sed 's/$/=y/')
number=0 failed=0

# HEADER	NAME	EFFECT: of its absence: what stops the build, or "SEVADM_HAVE_…" that is
# not defined.
names() {
	cat <<-'TABLE'
	arch/x86/include/asm/kvm-x86-ops.h	mem_enc_op	stops
	arch/x86/include/asm/kvm-x86-ops.h	mem_enc_ioctl	SEVADM_HAVE_MEM_ENC_IOCTL
	arch/x86/include/asm/kvm_host.h	vm_move_enc_context_from	stops
	include/linux/ftrace.h	ftrace_set_filter_ips	stops
	include/linux/cgroup.h	cgroup_get_from_id	stops
	include/net/genetlink.h	cap_sys_admin	stops
	include/net/genetlink.h	GENL_MCAST_CAP_SYS_ADMIN	SEVADM_HAVE_GENL_MCAST_CAP_SYS_ADMIN
	include/net/genetlink.h	resv_start_op	SEVADM_HAVE_GENL_RESV_START_OP
	include/linux/timer.h	timer_delete_sync	SEVADM_HAVE_TIMER_DELETE_SYNC
	include/linux/ftrace_regs.h	ftrace_regs_set_instruction_pointer	SEVADM_HAVE_FTRACE_REGS_SET_INSTRUCTION_POINTER
	arch/x86/include/uapi/asm/kvm.h	KVM_X86_SNP_VM	SEVADM_HAVE_KVM_X86_SNP_VM
	include/linux/psp-sev.h	SEV_CMD_SNP_ACTIVATE	SEVADM_HAVE_SEV_CMD_SNP
	include/linux/misc_cgroup.h	misc_cg_res_total_usage	SEVADM_HAVE_MISC_CG_RES_TOTAL_USAGE
	TABLE
}

result() {
	local status=$1 name=$2
	number=$((number + 1))
	if ((status)); then
		printf 'not ok %s %s\n' "$number" "$name"
		sed 's/^/# /' "$run/out"
		failed=1
	else
		printf 'ok %s %s\n' "$number" "$name"
	fi
}

# probe LACKED…: runs the probes over headers without these names. Prints what is defined.
probe() {
	local header name
	rm -rf "$run/tree"
	while IFS=$'\t' read -r header name _; do
		mkdir -p "$run/tree/${header%/*}"
		[[ " $* " == *" $name "* ]] || printf '%s\n' "$name" >>"$run/tree/$header"
	done < <(names)
	# shellcheck disable=SC2016 # make expands it
	printf 'include %s\nall: ; @echo "$(sevadm-probes)"\n' "$include" >"$run/Makefile"
	make -s -f "$run/Makefile" srctree="$run/tree" objtree="$run/tree" KERNELRELEASE=test \
		CONFIG_MODULES=y "${configured[@]}" >"$run/out" 2>&1
}

# Return true if DKMS tries to build for a kernel that calls itself so.
lets_in() {
	local numbers
	# shellcheck disable=SC1091 # as DKMS does
	numbers=$(. "$top_dir/dkms.conf" && printf '%s' "$BUILD_EXCLUSIVE_KERNEL")
	[[ $1 =~ $numbers ]]
}

# What comes of headers without one name.
absence() {
	local name=$1 effect=$2 status=0
	if [[ $effect == stops ]]; then
		! probe "$name" GENL_MCAST_CAP_SYS_ADMIN mem_enc_ioctl || status=1
		grep -qE "sevadm cannot be built for kernel test: its headers have no (\S*\|)?$name\b" \
			"$run/out" || status=1
		result "$status" "headers without $name stop the build, by name"
	else
		probe "$name" || status=1
		! grep -qw "$effect" "$run/out" || status=1
		result "$status" "headers without $name do not define $effect"
	fi
}

# The names by which kernels have the function of each seam that is required: one seam a line.
required_seams() {
	printf '%s\n' '#include "module/seam_table.h"' \
		'#define SEAM(module, symbol, required, ...) @symbol required symbol' \
		'#define FORM(symbol, name, ...) @symbol form name' \
		'SEVADM_SEAMS(SEAM) SEVADM_SEAM_FORMS(FORM)' |
		cc -E -P -I "$top_dir" - | tr -s '\n@' ' \n' |
		awk '$2 == "true" { names[$1] = $3 }
			$2 == "form" && $1 in names { names[$1] = names[$1] " " $3 }
			END { for (seam in names) print names[seam] }'
}

# can_attach FUNCTION…: to all that is required, where KVM and ccp have no such functions.
can_attach() {
	local names name there
	while read -ra names; do
		there=''
		for name in "${names[@]}"; do
			[[ " $* " == *" $name "* ]] || there=yes
		done
		[[ $there ]] || return
	done <"$run/required"
}

# outcome RELEASE NAME…: what comes of a kernel that lacks these names.
outcome() {
	local release=$1
	shift
	if ! lets_in "$release"; then
		echo refused
	elif ! probe "$@"; then
		echo stopped
	elif ! can_attach "$@"; then
		echo degraded
	else
		echo attached
	fi
}

# What a row of the vendor table expects, against what dkms.conf, the probes and the table of seams
# say.
vendor() {
	local kernel=$1 release=$2 expected=$4 found lacks=$3
	read -ra lacks <<<"${lacks#-}"
	found=$(outcome "$release" "${lacks[@]}")
	printf 'found: %s\n' "$found" >>"$run/out"
	result "$([[ $found == "$expected" ]]; echo $?)" "$kernel ($release): $expected"
}

# A function has one of its names, or none.
names_of_seams() {
	local status=0 new=(sev_mem_enc_ioctl sev_mem_enc_register_region) old
	old=(svm_mem_enc_op svm_register_enc_region)
	: >"$run/out"
	# As many as have "true" in the table.
	(($(wc -l <"$run/required") == $(grep -c '^	SEAM(.*, true,' "$top_dir/module/seam_table.h"))) ||
		status=1
	[[ $(outcome 6.1.0-test) == attached ]] || status=1
	[[ $(outcome 6.1.0-test "${new[@]}") == attached ]] || status=1
	[[ $(outcome 6.1.0-test "${old[@]}") == attached ]] || status=1
	[[ $(outcome 6.1.0-test "${new[0]}" "${old[0]}") == degraded ]] || status=1
	[[ $(outcome 6.1.0-test sev_vm_destroy) == degraded ]] || status=1
	[[ $(outcome 6.1.0-test sev_do_cmd) == attached ]] || status=1
	result "$status" "a kernel without a required function, by any name, is degraded"
}

# What users read of these kernels is the table.
page_has_table() {
	local status=0 row kernel release expected evidence why
	: >"$run/out"
	for row in "${vendors[@]}"; do
		IFS=$'\t' read -r kernel release _ expected evidence why <<<"$row"
		row="| $kernel | $release | $expected | $evidence | $why |"
		grep -qxF "$row" "$top_dir/Documentation/matrix.md" || echo "missing: $row" >>"$run/out"
	done
	[[ ! -s $run/out ]] || status=1
	result "$status" "Documentation/matrix.md has the kernels of kernels/vendor.table"
}

# Every firmware command of a kernel's own header has the same name and number in the list of the
# module and the tools.
command_names() {
	local version=$1 status=0
	sed -n 's/^\tSEV_CMD_\([A-Z_0-9]*\)[[:space:]]*= 0x0*\([0-9a-fA-F]*\),.*/\2 \1/p' \
		"$cache/kernels/$version"/usr/src/*-common/include/linux/psp-sev.h |
		tr '[:upper:]' '[:lower:]' | sort >"$run/kernel"
	sed -n '/ SEVADM_PSP_COMMAND_NAMES /,/^$/s/.*{ 0x0*\([0-9a-f]*\), "\([A-Z_0-9]*\)".*/\1 \2/p' \
		"$top_dir/module/trace_names.h" | tr '[:upper:]' '[:lower:]' | sort >"$run/tools"
	# 6.1 has 33.
	(($(wc -l <"$run/kernel") > 30)) || status=1
	comm -23 "$run/kernel" "$run/tools" >"$run/out"
	[[ ! -s $run/out ]] || status=1
	result "$status" "the tools know the firmware commands of $version by its header's names"
}

kernels=()
for series in 6.1 6.12 7; do
	kernels+=("$("$here/kernels/fetch" "$series")")
done
mapfile -t vendors < <(grep -Ev '^(#|$)' "$here/kernels/vendor.table" | tr -s '\t')
mapfile -t absent < <(names)
echo "KTAP version 1"
echo "1..$((${#vendors[@]} + ${#absent[@]} + 3 + ${#kernels[@]}))"
status=0
probe || status=1
for row in "${absent[@]}"; do
	IFS=$'\t' read -r _ _ effect <<<"$row"
	[[ $effect == stops ]] || grep -qw "$effect" "$run/out" || status=1
done
result "$status" "headers that have everything define everything"
for row in "${absent[@]}"; do
	IFS=$'\t' read -r _ name effect <<<"$row"
	absence "$name" "$effect"
done
required_seams >"$run/required"
names_of_seams
for row in "${vendors[@]}"; do
	IFS=$'\t' read -r kernel release lacks expected _ <<<"$row"
	vendor "$kernel" "$release" "$lacks" "$expected"
done
page_has_table
for version in "${kernels[@]}"; do
	command_names "$version"
done
exit "$failed"
