# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What differs from one run of the emulated SEV host to the next: modules, tools, copied files and
# the command, laid out in a folder as init.c expects them. Uses what sevhost's options say.
# shellcheck disable=SC2154

# put_programs DIRECTORY FILE…: with the libraries they need. A process for each file would take a second.
put_programs() {
	local to=$payload/$1 library
	shift
	mkdir -p "$to"
	install -t "$to" "$@"
	while read -r library; do
		[[ -e $payload$library ]] || install -D "$library" "$payload$library"
	done < <(ldd "$@" 2>/dev/null | sed -nE 's,^\t(.* => )?(/[^ ]*) .*,\2,p' | sort -u)
}

# files_in DIRECTORY: sets files.
files_in() {
	local file
	files=()
	for file in "$1"/*; do
		[[ ! -f $file ]] || files+=("$file")
	done
}

put_modules() {
	local to=$payload/lib/modules
	mkdir -p "$to"
	cp -r "$kernel_dir/lib/modules/$version" "$to/"
	if [[ ! $root && -e $sevadm ]]; then
		install -D -m 644 -t "$to/$version/updates" "${sevadm%/*}"/sevadm*.ko
		# As DKMS does: eleven of twelve megabytes, which each load reads.
		strip -g "$to/$version"/updates/sevadm*.ko
	fi
	depmod -b "$payload" "$version"
}

# list_module NAME: the lines that init loads it and its dependencies by.
list_module() {
	local path name parameter line
	while read -r path; do
		name=${path##*/}
		name=${name%.ko}
		line=${path#"$payload"}
		for parameter in "${parameters[@]}"; do
			[[ ${parameter%%.*} != "${name//-/_}" ]] || line+=" ${parameter#*.}"
		done
		grep -qxF -- "$line" "$payload/sevhost/modules" ||
			printf '%s\n' "$line" >>"$payload/sevhost/modules"
	done < <(modprobe -d "$payload" -S "$version" --show-depends "$1" |
		sed -n 's/^insmod \([^ ]*\).*/\1/p')
}

# make_payload DIR COMMAND…
make_payload() {
	local payload=$1 file files
	shift
	mkdir -p "$payload"/{sevhost,work}
	put_modules
	: >"$payload/sevhost/modules"
	if [[ $kvm ]]; then
		list_module kvm-amd
	fi
	if [[ $module ]]; then
		list_module sevadm
	fi
	printf '%s\0' "$@" >"$payload/sevhost/command"
	files_in "$build/bin"
	((!${#files[@]})) || put_programs usr/local/bin "${files[@]}"
	files_in "$build/selftests"
	((!${#files[@]})) || put_programs selftests "${files[@]}"
	for file in "${copies[@]}"; do
		put_copy "$file"
	done
}

# A program of the user's comes with its libraries, too.
put_copy() {
	if [[ -f $1 && -x $1 ]]; then
		put_programs work "$1"
	else
		cp -rL "$1" "$payload/work/"
	fi
}

# merge_usr DIR: laid out as on a Debian, where /lib is a link, which a folder would replace.
merge_usr() {
	local name
	for name in lib lib64; do
		[[ -d $1/$name ]] || continue
		mkdir -p "$1/usr/$name"
		cp -a "$1/$name/." "$1/usr/$name/"
		rm -r "${1:?}/$name"
	done
}

# pack_payload DIR: as an archive on stdout.
pack_payload() { (cd "$1" && find . | cpio --quiet -o -H newc -R 0:0); }
