# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Files of the kernel's source tree, from Debian's package of it. Needs common.sh and packages.sh.
# shellcheck source-path=SCRIPTDIR source=common.sh

# What is unpacked: checkpatch; what lib.mk and a test's Makefile read; the parser of KTAP.
source_files=(scripts/{Makefile.compiler,checkpatch.pl,spelling.txt,const_structs.checkpatch} tools/scripts
	tools/testing/kunit tools/testing/selftests/kselftest tools/testing/selftests/kselftest_install.sh
	tools/testing/selftests/{Makefile,lib.mk,kselftest.h,kselftest_harness.h,run_kselftest.sh,gen_kselftest_tar.sh})

unpack_source() {
	local dir=$1 package=linux-source-6.12
	need_packages xz-utils
	unpack_packages "$dir/files" "$package"
	mkdir "$dir/tree"
	tar -C "$dir/tree" --strip-components=1 -xJf "$dir/files/usr/src/$package.tar.xz" \
		"${source_files[@]/#/$package/}"
	rm -rf "$dir/files"
}

# kernel_source: sets $source_tree to the folder that has them.
kernel_source() {
	make_once "$cache/kernel-source" "$(digest - <<<"${source_files[*]}")" unpack_source
	# shellcheck disable=SC2034 # for the caller
	source_tree=$cache/kernel-source/tree
}
