#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The packages on Debian 12 with both of its kernels, as a user meets them: built the same twice,
# clean to lintian, installed with apt, built and signed by DKMS, booted, upgraded, purged.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
# shellcheck source=selftests/vm/lib/common.sh
. "$here/lib/common.sh"
# shellcheck source=selftests/vm/lib/packages.sh
. "$here/lib/packages.sh"
# shellcheck source=selftests/vm/lib/kernels.sh
. "$here/lib/kernels.sh"
# shellcheck source=selftests/vm/lib/suites.sh
. "$here/lib/suites.sh"
# shellcheck source=selftests/vm/lib/chroot.sh
. "$here/lib/chroot.sh"
# shellcheck source=selftests/vm/lib/system.sh
. "$here/lib/system.sh"

images=('linux-image-6\.1\.0-[0-9]+-amd64' 'linux-image-6\.12\.[0-9]+\+deb12-amd64')
version=$(cat "$top_dir/VERSION")
work='' number=0 failed=0
run=$(mktemp -d "${TMPDIR:-/tmp}/packages.XXXXXX")
trap '[[ ! $work ]] || close_release "$work"; rm -rf "$run"' EXIT
trap 'exit 130' INT TERM HUP

# check NAME COMMAND…: fails when any command in it does.
check() {
	local name=$1 status=0
	shift
	number=$((number + 1))
	(set -e && "$@") >"$run/out" 2>&1 &
	wait $! || status=$?
	if ((status)); then
		printf 'not ok %s %s\n' "$number" "$name"
		tail -n 40 "$run/out" | sed 's/^/# /'
		failed=1
	else
		printf 'ok %s %s\n' "$number" "$name"
	fi
}

# build_as VERSION DIR: the packages of a clean clone, or of a tree without git.
build_as() {
	mkdir -p "$2"
	if git -C "$top_dir" rev-parse --git-dir >/dev/null 2>&1; then
		git clone -q "$top_dir" "$2/tree"
	else
		cp -r "$top_dir" "$2/tree" && rm -rf "$2/tree/build"
	fi
	if [[ $1 != "$version" ]]; then
		echo "$1" >"$2/tree/VERSION"
		sed -i "s/^## $version\$/## $1/" "$2/tree/Documentation/CHANGELOG.md"
	fi
	env -u BUILD -u SEVADM_BUILD make -s -C "$2/tree" deb
}

built_twice_the_same() {
	local file first
	build_as "$version" "$run/first" &
	first=$!
	build_as "$version" "$run/elsewhere/second"
	wait "$first"
	for file in "$run"/first/tree/build/deb/*.deb; do
		cmp "$file" "$run/elsewhere/second/tree/build/deb/${file##*/}"
	done
}

lintian_is_content() {
	lintian --fail-on error,warning "$run"/first/tree/build/deb/*.deb
}

# The module as DKMS has installed it for KERNEL: compressed where that kernel's own are.
module_of() { compgen -G "$root/lib/modules/$1/updates/dkms/sevadm.ko*"; }

installs() {
	local kernel
	install_in "$root" "$run"/first/tree/build/deb/*.deb
	for kernel in "${kernels[@]}"; do
		run_in "$root" dkms status -m sevadm -k "$kernel" >"$run/status"
		cat "$run/status"
		grep -q ': installed' "$run/status"
		module_of "$kernel"
	done
	[[ $(run_in "$root" sevadm version) == *"$version"* ]]
	run_in "$root" sevadm policy decode 5
}

# uncompressed KERNEL FILE
uncompressed() {
	local installed
	installed=$(module_of "$1")
	case $installed in
	*.xz) xz -dc "$installed" >"$2" ;;
	*) cp "$installed" "$2" ;;
	esac
}

# split_signature MODULE: into content and signature. The format of a signed module:
# scripts/sign-file.c. Debian's kernels want PKCS #7.
split_signature() {
	local size length
	[[ $(tail -c 28 "$1" | tr -d '\0') == '~Module signature appended~' ]]
	size=$(stat -c %s "$1")
	length=$((0x$(tail -c 32 "$1" | head -c 4 | od -An -tx1 | tr -d ' \n')))
	tail -c $((length + 40)) "$1" | head -c "$length" >"$run/signature"
	head -c $((size - length - 40)) "$1" >"$run/content"
}

# signed_by CERTIFICATE: whether its owner has signed the content.
signed_by() {
	openssl x509 -inform DER -in "$1" -out "$run/certificate.pem"
	openssl cms -verify -binary -inform DER -in "$run/signature" -content "$run/content" \
		-certfile "$run/certificate.pem" -nointern -noverify -out /dev/null
}

signed_by_dkms() {
	uncompressed "$1" "$run/signed.ko"
	split_signature "$run/signed.ko"
	signed_by "$root/var/lib/dkms/mok.pub"
	# What is not the module is not verified.
	printf x >>"$run/content"
	! signed_by "$root/var/lib/dkms/mok.pub"
}

# As Documentation/install.md says, with a key of one's own.
signed_by_hand() {
	local dir=$root/root/signing sign_file
	mkdir "$dir"
	openssl req -new -x509 -newkey rsa:2048 -nodes -days 36500 -subj "/CN=owner of this machine/" \
		-outform DER -out "$dir/owner.der" -keyout "$dir/owner.pem"
	uncompressed "$1" "$run/signed.ko"
	split_signature "$run/signed.ko"
	cp "$run/content" "$dir/sevadm.ko"
	sign_file=$(run_in "$root" sh -c 'ls /usr/lib/linux-kbuild-*/scripts/sign-file | tail -n 1')
	run_in "$root" "$sign_file" sha256 /root/signing/owner.pem /root/signing/owner.der \
		/root/signing/sevadm.ko
	split_signature "$dir/sevadm.ko"
	signed_by "$dir/owner.der"
	! signed_by "$root/var/lib/dkms/mok.pub" || return 1
	rm -r "$dir"
}

# shellcheck disable=SC2016 # the guest's shell expands it
boots() {
	"$here/sevhost" --root "$root" --kernel "$1" --timeout 1800 --copy /usr/bin/kmod \
		--copy "$root/lib/modprobe.d/sevadm.conf" --no-module --no-kvm -- sh -c '
		mkdir -p /etc/modprobe.d && cp sevadm.conf /etc/modprobe.d/
		# The first module listed is the youngest.
		ln -s kmod modprobe && ./modprobe kvm_amd && lsmod &&
			grep -nE "^(sevadm|kvm_amd) " /proc/modules | tr "\n" " " |
				grep -q ":kvm_amd .*:sevadm " || exit 1
		sevadm module status && sevadm module status | grep -q ", attached: " || exit 1
		runner.sh sevadm_device_test sevadm_trace_test >results || failed=1
		cat results
		# What could not run here was not tested.
		[ -z "$failed" ] && ! grep -q "# SKIP" results'
}

# Both kernels at once: each leaves half of the machine idle.
boot_all() {
	local kernel status
	for kernel in "${kernels[@]}"; do
		{
			status=0
			boots "$kernel" >"$run/boot-$kernel" 2>&1 || status=$?
			echo "$status" >"$run/booted-$kernel"
		} &
	done
	wait
}

booted() {
	cat "$run/boot-$1"
	return "$(cat "$run/booted-$1")"
}

# Compilers, sources and what is read by people would only be unpacked into memory; of modules the
# runner brings those that are wanted.
without=(/boot /root /usr/{bin,lib}/gcc /usr/lib/modules /usr/lib/linux-'*' /usr/src /var/cache
	/usr/share/{doc,info,locale,man,perl} /usr/lib/gcc'*' /var/lib/{apt,dkms,dpkg})

system_starts_it() {
	cp "$root/usr/share/doc/sevadm/examples/sevadm.conf" "$root/etc/sevadm.conf"
	configure_system "$root"
	pack_system "$root" "${without[@]}" >"$run/system.cpio"
	rm -r "$root"/{etc/sevadm.conf,init}
	"$here/sevhost" --root "$root" --kernel "$1" --system "$run/system.cpio" --no-kvm --timeout 1800 \
		--copy "$here/service_guest.sh" -- ./service_guest.sh
}

# As a newer kernel comes: its image calls DKMS, and its headers do.
kernel_comes_later() {
	local packages=("linux-image-$1" "linux-headers-$1")
	run_in "$root" apt-get -qy purge "${packages[@]}"
	[[ ! $(module_of "$1") ]]
	[[ $(run_in "$root" dkms status sevadm) != *"$1"* ]]
	run_in "$root" apt-get -qy --no-install-recommends -o Dpkg::Options::=--force-unsafe-io \
		install "${packages[@]}"
	module_of "$1"
	[[ $(run_in "$root" dkms status sevadm -k "$1") == *': installed'* ]]
}

unfit_kernel_is_refused() {
	local config=$root/lib/modules/$1/build/.config status=0 tree
	run_in "$root" dkms remove "sevadm/$version" -k "$1"
	tree=$(run_in "$root" readlink -f "/lib/modules/$1/build")
	config=$root$tree/.config
	cp "$config" "$run/config"
	sed -i 's/^CONFIG_KVM_AMD_SEV=y$/# CONFIG_KVM_AMD_SEV is not set/' "$config"
	run_in "$root" dkms build "sevadm/$version" -k "$1" >"$run/refused" 2>&1 || status=$?
	cp "$run/config" "$config"
	cat "$run/refused"
	((status == 77)) || return 1
	grep -q "does not match this kernel" "$run/refused"
	run_in "$root" make -s -C "$tree" M="/usr/src/sevadm-$version" CONFIG_KVM_AMD_SEV= modules \
		>"$run/refused" 2>&1 && return 1
	cat "$run/refused"
	grep -q "sevadm cannot be built for kernel $1: it was configured without CONFIG_KVM_AMD_SEV" \
		"$run/refused"
}

upgrades() {
	build_as "$version.1" "$run/next"
	install_in "$root" "$run"/next/tree/build/deb/*.deb
	run_in "$root" dkms status -m sevadm | tee "$run/status"
	grep -q "sevadm/$version.1, $newest, .*: installed" "$run/status"
	! grep -q "sevadm/$version," "$run/status" || return 1
	[[ ! -e $root/usr/src/sevadm-$version && ! -e $root/var/lib/dkms/sevadm/$version ]]
}

nothing_left() {
	! find "$root" -xdev \( -path "$root/proc" -o -path "$root/var/cache" -o -path "$root/var/log" \
		-o -path "$root/var/lib/apt" \) -prune -o -name '*sevadm*' -print | grep .
}

purges() {
	run_in "$root" apt-get -qy purge sevadm sevadm-dkms
	nothing_left
}

# As on a system without packages; dkms itself is still there.
by_hand() {
	local tree=$root/root/tree
	cp -r "$run/first/tree" "$tree"
	rm -rf "$tree/build"
	run_in "$root" make -s -C /root/tree dkms-install KVER="$1"
	module_of "$1"
	run_in "$root" make -s -C /root/tree dkms-remove
	rm -r "$tree"
	nothing_left
}

need_packages lintian openssl kmod xz-utils cpio gcc libc6-dev
release=$(release Debian-12-amd64 'bookworm bookworm-security' "${images[@]}") || exit
work=$(mktemp -d "${TMPDIR:-/tmp}/packages-root.XXXXXX")
root=$work/root
open_release "$release" "$work"
mapfile -t kernels < <(kernels_in "$root")
oldest=${kernels[0]} newest=${kernels[-1]}
# As on a machine, not in a container.
quietly "$run/systemd" run_in "$root" sh -c 'apt-get -q update &&
	apt-get -qy --no-install-recommends install systemd-sysv'

echo "KTAP version 1"
echo 1..14
check "packages of one commit are the same, wherever they are built" built_twice_the_same
check "lintian is content" lintian_is_content
check "apt installs them, and DKMS builds for both kernels" installs
boot_all
for kernel in "${kernels[@]}"; do
	check "$kernel: DKMS has signed the module with the machine owner's key" signed_by_dkms "$kernel"
	check "$kernel: loaded before kvm_amd, the kselftests pass" booted "$kernel"
done
check "$newest: a module signed by hand verifies" signed_by_hand "$newest"
check "$newest: systemd and udev load it at boot, and keep the limits" system_starts_it "$newest"
check "a kernel that comes later gets its module" kernel_comes_later "$newest"
check "a kernel without SEV is refused in one sentence" unfit_kernel_is_refused "$oldest"
check "an upgrade leaves nothing of the old version" upgrades
check "a purge leaves nothing" purges
check "make dkms-install, and dkms-remove leaves nothing" by_hand "$oldest"
exit "$failed"
