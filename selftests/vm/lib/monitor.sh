# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the emulator itself says of a machine that hangs: what each processor does, and which
# interrupts are in service or wait. Uses the folder $run.
# shellcheck disable=SC2054,SC2154

# Adds to $arguments: the monitor reads one file and writes the other.
describe_monitor() {
	local folder=${run//,/,,}
	arguments+=(-chardev "file,id=monitor,path=$folder/answers,input-path=$folder/questions"
		-mon chardev=monitor,mode=control)
}

# Makes the files for the next machine.
open_monitor() {
	[[ ! ${questions:-} ]] || exec {questions}>&-
	rm -f "$run/questions"
	mkfifo "$run/questions"
	# Open for both, so that neither side waits for the other.
	exec {questions}<>"$run/questions"
	: >"$run/answers"
}

# Each answer is a line, which has the text as a JSON string.
answers_so_far() { grep -ac '"return"' "$run/answers" || true; }

# question_machine PROCESSORS FILE: leaves in FILE what the emulator says. One that has not greeted,
# which it does before the machine runs, is not asked; one that does not answer is not waited for long.
question_machine() {
	local cpu try number=1 question commands=('info registers -a' 'info pic' 'info irq')
	: >"$2"
	[[ -s $run/answers ]] || return 0
	for ((cpu = 0; cpu < $1; cpu++)); do
		commands+=("info lapic $cpu")
	done
	echo '{"execute": "qmp_capabilities"}' >&"$questions"
	for question in "${commands[@]}"; do
		number=$((number + 1))
		printf '{"execute": "human-monitor-command", "arguments": {"command-line": "%s"}}\n' "$question" \
			>&"$questions"
	done
	for ((try = 0; try < 50; try++)); do
		(($(answers_so_far) < number)) || break
		sleep 0.1
	done
	sed -n -e 's/\r$//' -e '/^{"return": "/!d' -e 's///' -e 's/"}$//' \
		-e 's/\\r\\n/\n/g' -e 's/\\t/ /g' -e p "$run/answers" >"$2"
}

# short_answers FILE: the lines of it that say where an interrupt has gone.
short_answers() {
	grep -aE '^(dumping local APIC|Timer|LVTT|ISR|IRR|APR|CPU#)|^[ER]IP=' "$1" || true
}
