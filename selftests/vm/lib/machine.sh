# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The machine that the emulated SEV host is: QEMU's arguments, its run, and what came of it. Uses
# what sevhost's options say, and the folder $run.
# shellcheck disable=SC2054,SC2154 source-path=SCRIPTDIR
. "$here/lib/splats.sh"
# shellcheck source-path=SCRIPTDIR source=races.sh
. "$here/lib/races.sh"
# shellcheck source-path=SCRIPTDIR source=monitor.sh
. "$here/lib/monitor.sh"

# What is wrong with the run itself, not with COMMAND.
failed_run=125

# The kernel's taint bits that no run may leave: bad page, died, warned, soft lockup
# (Documentation/admin-guide/tainted-kernels.rst).
bad_taint=$((1 << 5 | 1 << 7 | 1 << 9 | 1 << 14))

# Whatever ends the runner, SIGKILL too, ends its children.
child() { exec setpriv --pdeathsig KILL -- "$@"; }

clean_up() {
	local jobs
	trap '' INT TERM HUP
	jobs=$(jobs -p)
	# shellcheck disable=SC2086 # one word a process
	[[ ! $jobs ]] || kill -KILL $jobs 2>/dev/null || true
	wait
	rm -rf "$run"
}

# serial NAME PORT INTERRUPT: a port as init.c wants it. Each has an interrupt of its own.
serial() {
	local path=$run/$1
	[[ $1 != console ]] || path=$console
	arguments+=(-chardev "file,id=$1,path=${path//,/,,}"
		-device "isa-serial,chardev=$1,iobase=$2,irq=$3")
}

# TCG lacks some of an EPYC's features, and need not say so. The kernel takes SNP for a host's only
# where no hypervisor shows.
cpu_features=+svm,+npt,+decodeassists,+flushbyasid,+nrip-save,+lbrv,check=off
default_cpu() {
	local keys=''
	if [[ $snp ]]; then
		# QEMU's CPUID has the size of XSAVEC's area with all that the processor has, not with what is
		# in use. A kernel without protection keys, as ours are, takes those for its own, and writes
		# beyond the area's end.
		! grep -qs '^# CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS ' "$kernel_dir/config" || keys=-pku,
		printf '%s\n' "EPYC-Milan,-hypervisor,$keys$cpu_features"
	else
		# XSAVEC takes its time here; SEV-SNP guests demand it.
		printf '%s\n' "EPYC-Rome,-xsavec,$cpu_features"
	fi
}

# The RMP is the top of the memory above 4 GiB (qemu/sev-psp.c): there must be some, as much again as
# the caller wants is below.
rmp_memory=32

# no_timer_check: the kernel gives the timer ten ticks of the host's time to come, and panics; on a
# busy host they are late (KVM's guests do without the check for that reason).
# tsc_early_khz: the emulator's time stamp counter counts nanoseconds of its clock. A kernel that
# measures it on a busy host finds any other figure, and its clock is as wrong. Where the clock counts
# instructions, it measures right.
# rcu_cpu_stall_timeout, watchdog_thresh: a real host whose processor gets no turn for 21 seconds has a
# fault. Here many tasks share two slow processors, and the machine below may be busy, so the kernel waits
# two minutes before it reports a stall.
describe_machine() {
	local device=sev-psp name known_tsc='' size=$memory below=''
	[[ $icount ]] || known_tsc=' tsc_early_khz=1000000'
	if [[ $snp ]]; then
		below=,max-ram-below-4g=$((memory < 2048 ? memory : 2048))M
		size=$((memory + rmp_memory))
		psp_properties[snp]=on
		# Without: user space's serial ports of machine pc get no interrupts.
		[[ ! $icount ]] || append+=" intremap=off"
	fi
	arguments=(-nodefaults -no-user-config -no-reboot -display none -cpu "${cpu:-$(default_cpu)}" -m "$size"
		-kernel "$image" -initrd "$run/initrd"
		-append "earlycon=uart8250,io,0x3f8 console=ttyS0 loglevel=7 panic=-1 tsc=reliable$known_tsc no_timer_check rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60$append")
	if [[ $icount ]]; then
		# The firmware of q35 hangs when time is that slow. While nothing runs, time goes on to the
		# next timer at once, rather than with this machine's clock.
		arguments+=(-machine "pc$below" -accel tcg,thread=single -icount shift=0,sleep=off -smp 1)
	else
		arguments+=(-machine "q35$below" -accel tcg,thread=multi -smp "${smp:-2}")
	fi
	if [[ $psp ]]; then
		for name in "${!psp_properties[@]}"; do
			device+=,$name=${psp_properties[$name]//,/,,}
		done
		arguments+=(-device "$device")
	fi
	[[ ! $snp || ! $iommu ]] || arguments+=(-device amd-iommu)
	serial console 0x3f8 4
	serial stdout 0x2f8 3
	serial stderr 0x3e8 5
	serial verdict 0x2e8 7
	describe_monitor
}

# A kernel measures how far the local APIC's timer counts in a tenth of a second, which is 6 250 000
# here, and corrects that by the power management timer, which it reads just after. If this machine
# lets the emulator rest in between, all of the kernel's waits become longer, up to a thousand times:
# to RCU, a timer that is lost.
wrong_timer='APIC delta adjusted to PM-Timer: [0-9]{8}'
# A processor that has lost its interrupts: ccp's first command ends, and nobody hears of it.
lost_interrupt='ccp .*: sev command 0x[0-9a-f]+ timed out'
# init.c writes it.
command_begins='sevhost: the command begins'

# Waits until the kernel stalls, and for the rest of what it has to say; or until it has such a timer,
# as long as nothing has begun that this run is for: until then it looks often, as a boot may be quick.
wait_for_hang() {
	# shellcheck disable=SC2016 # for the shell in there
	child bash -c '
		said() { LC_ALL=C grep -qaE -- "$1" "$console"; }
		console=$1 pause=0.3
		while sleep "$pause"; do
			! said "$2" || { sleep 2 && exit; }
			[[ $pause != 1 ]] || continue
			! said "$3" || said "$4" || exit
			! said "$4" || pause=1
		done
	' - "$console" "$stall_pattern" "$wrong_timer|$lost_interrupt" "$command_begins"
}

# Asks the emulator about a machine that hangs or is not done, and keeps the answer with its log.
keep_evidence() {
	local processors=${smp:-2}
	[[ ! $icount ]] || processors=1
	question_machine "$processors" "$run/evidence"
	[[ ! $log ]] || cat "$log" "$run/evidence" >"$log.hung"
	[[ -s $run/evidence ]] || return 0
	say "the emulator says of the machine:"
	short_answers "$run/evidence" >&2
}

# The streams go through files, so that no reader, however slow, ever stops the machine and its
# clocks: stalls that the kernel would complain of. One that it complains of ends the run, and fails
# it as every splat does.
run_machine() {
	local machine clock watch ended file pid left=()
	for file in "$console" "$run"/{stdout,stderr,verdict}; do
		: >"$file"
	done
	open_monitor
	child "$qemu" "${arguments[@]}" </dev/null >"$run/qemu" 2>&1 &
	machine=$!
	child tail -c +1 -f -s 0.05 --pid="$machine" "$run/stdout" 2>/dev/null &
	child tail -c +1 -f -s 0.05 --pid="$machine" "$run/stderr" >&2 2>/dev/null &
	child sleep "$timeout" &
	clock=$!
	wait_for_hang &
	watch=$!
	wait -n -p ended "$machine" "$clock" "$watch" || true
	timed_out='' hangs=''
	case $ended in
	"$clock") timed_out=yes ;;
	"$watch") hangs=$(LC_ALL=C grep -aoE -m 1 -- "($stall_pattern|$wrong_timer|$lost_interrupt).*" "$console") || true ;;
	esac
	hangs=${hangs%$'\r'}
	[[ $ended == "$machine" ]] || keep_evidence
	for pid in "$machine" "$clock" "$watch"; do
		[[ $pid == "$ended" ]] || left+=("$pid")
	done
	# The shell would tell that they were killed.
	{ kill -KILL "${left[@]}" || true; wait; } 2>/dev/null
	[[ $ended != "$watch" || $hangs ]] || fail_run "the watcher of the kernel's log ended, and found nothing"
}

# Return true if the kernel hangs and COMMAND has not begun: nothing has begun then that this run is for.
hangs_early() {
	[[ $hangs && ! -s $run/stdout && ! -s $run/stderr && ! -s $run/verdict ]] &&
		! LC_ALL=C grep -qaE -- "$command_begins" "$console"
}

fail_run() {
	say "$1"
	if [[ -s $console ]]; then
		say "the end of the log of kernel $version:"
		tail -n 40 "$console" >&2
	fi
	exit "$failed_run"
}

read_verdict() {
	local what value taint
	[[ ! $hangs ]] || say "kernel $version waits for a timer or an interrupt that does not come: $hangs"
	if show_splats "$console" >"$run/splats"; then
		say "kernel $version left a splat in its log:"
		cat "$run/splats" >&2
		exit "$failed_run"
	fi
	if show_races "$console" >"$run/races"; then
		say "kernel $version left a splat in its log, of data races in the module:"
		cat "$run/races" >&2
		exit "$failed_run"
	fi
	[[ ! -s $run/races ]] || say "kernel $version reports data races, none of the module's: $(tail -n 1 "$run/races")"
	[[ ! $hangs ]] || fail_run "ended for that"
	[[ ! $timed_out ]] || fail_run "not done after $timeout seconds"
	if ! { read -r what value && read -r _ taint; } <"$run/verdict"; then
		cat "$run/qemu" >&2
		fail_run "the host went down without a verdict"
	fi
	((!(taint & bad_taint))) || fail_run "the kernel has warned or died (taint $taint)"
	case $what in
	exit) exit "$value" ;;
	signal) exit $((128 + value)) ;;
	*) fail_run "could not be set up: $value" ;;
	esac
}
