#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The program from outside, without a SEV host: usage, errors, exit codes, completion, man pages.
# SEVADM is the program (../build/bin/sevadm).
# shellcheck disable=SC2317 # result calls the functions by name
set -euo pipefail
tests=$(cd "${0%/*}" && pwd)
# shellcheck source=selftests/lib.sh disable=SC2154
. "$tests/../../selftests/lib.sh"

sevadm=$(realpath "${SEVADM:-$tests/../../build/bin/sevadm}")
man=$tests/../../Documentation/man

# run CODE ARGUMENT...: sevadm exits with CODE; $scratch/out and $scratch/err have what it said.
run() {
	local want=$1 got=0
	shift
	"$sevadm" "$@" > "$scratch/out" 2> "$scratch/err" || got=$?
	[ "$got" -eq "$want" ] || { say "sevadm $*: exit code $got, not $want"; return 1; }
}

says() {
	grep -qF -- "$2" "$scratch/$1" || { say "std$1 has not: $2"; return 1; }
}

# The words of a help's table that begins with line "$1:".
objects() {
	"$sevadm" --help | sed -n '/^Objects:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

commands() {
	"$sevadm" "$1" --help | sed -n "s/^sevadm $1 \([a-z]*\).*/\1/p"
}

options() {
	"$sevadm" "$1" --help | sed -n 's/^  \(-., \|    \)--\([a-z]*\).*/\2/p' | sort -u
}

version() {
	run 0 --version && [ "$(cat "$scratch/out")" = "sevadm $(cat "$tests/../../VERSION")" ] &&
	run 0 status -V && run 0 version && run 2 version 1 &&
	run 0 -j version && [ "$(cat "$scratch/out")" = "{\"version\":\"$(cat "$tests/../../VERSION")\"}" ]
}

help_goes_where_it_is_asked_for() {
	run 0 --help && says out "Usage:" && [ ! -s "$scratch/err" ] &&
	run 2 && says err "Usage:" && [ ! -s "$scratch/out" ] &&
	run 0 help && says out "Usage:" && run 2 help stauts && run 2 help vm list
}

# What people and scripts have learnt to read changes only on purpose.
help_is_the_golden_one() {
	diff "$tests/help.golden" <("$sevadm" --help)
}

help_of_each_object() {
	local object
	for object in $(objects); do
		run 0 "$object" -h && says out "sevadm $object" || return
		run 0 -h "$object" && says out "sevadm $object" || return
		run 0 help "$object" && says out "sevadm $object" || return
	done
}

unknown_words() {
	run 2 stauts && says err 'no object "stauts": did you mean "status"?' &&
	run 2 trace folow && says err 'no command "folow": did you mean "follow"?' &&
	run 2 trace --lst 3 && says err 'no option "--lst": did you mean "--last"?' &&
	run 2 trace --event ping && says err 'no type of event "ping": did you mean "pin"?' &&
	run 2 xylophone && ! grep -q "did you mean" "$scratch/err"
}

wrong_usage() {
	run 2 vm show && run 2 vm show 1 2 && run 3 vm show one && run 2 vm show -1 &&
	run 2 asid show 4294967296 && run 2 trace --last && run 2 trace --last 0 &&
	run 2 trace --command NONSENSE && run 2 status now && run 2 module load a b &&
	run 2 completion zsh 1
}

# One JSON object on stdout, the same words on stderr.
errors_are_json_too() {
	local said
	run 2 -j trace folow && said=$(sed 's/^sevadm: //' "$scratch/err") &&
	[ "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["error"])' \
		< "$scratch/out")" = "$said" ]
}

without_module() {
	local words
	for words in status "vm list" "vm show 1" "asid list" "asid show 1" "trace show" \
		"trace follow" "module status" "module unload" "check ledger"; do
		# shellcheck disable=SC2086 # words
		run 3 $words && says err 'run "sevadm module load"' || return
	done
}

outputs_that_fail() {
	local code=0
	"$sevadm" --help > /dev/full 2> "$scratch/err" || code=$?
	[ "$code" -eq 1 ] && says err "No space left on device" || return
	# Nobody reads: the program ends of itself, without a word.
	"$sevadm" completion bash 2> "$scratch/err" | true
	code=("${PIPESTATUS[@]}")
	[ ! -s "$scratch/err" ] && [ "${code[0]}" -le 1 ]
}

# completed WORD...: the completions of the last word, one a line.
completed() {
	"$sevadm" completion words -- "$@" | cut -f 1 | sort
}

completion_knows_the_tables() {
	local object
	[ "$(completed "")" = "$(objects | sort)" ] || return
	for object in $(objects); do
		[ "$object" = help ] || [ "$(completed "$object" "")" = "$(commands "$object" | sort)" ] ||
			{ say "completion of $object"; return 1; }
	done
	[ "$(completed trace fo)" = follow ] &&
	[ "$(completed trace show --la)" = --last ] &&
	[ "$(completed trace show --event un)" = unpin ] &&
	[ "$(completed explain --la)" = --last ] &&
	[ "$(completed -j vm sh)" = show ] &&
	[ "$(completed trace --la)" = --last ] &&
	[ "$(completed trace show --last 3 --pid 4 --err)" = --errors ] &&
	[ "$(completed limit set host asid.sev.mi)" = asid.sev.min= ] &&
	[ "$(completed limit delete user 7 asid.sev_e)" = asid.sev_es ] &&
	[ "$(completed help sta)" = status ] &&
	[ "$(completed trace set "")" = ring_events= ] &&
	[ -z "$(completed trace record file -- sta)" ] && [ -z "$(completed nonsense st)" ]
}

man_page_of_each_object() {
	local object page word
	for object in $(objects); do
		grep -q "^\.It Cm $object\>" "$man/sevadm.8" ||
			{ say "sevadm.8 does not name $object"; return 1; }
		page=$man/sevadm-$object.8
		case $object in
		completion|help|version) page=$man/sevadm.8 ;;
		esac
		[ -e "$page" ] || { say "no page: $page"; return 1; }
		for word in $(commands "$object"); do
			grep -q "^\..*\<Cm .*\<$word\>" "$page" ||
				{ say "${page##*/} has no command $word"; return 1; }
		done
		for word in $(options "$object"); do
			grep -q -- "Fl -$word\>" "$page" "$man/sevadm.8" ||
				{ say "${page##*/} has no option --$word"; return 1; }
		done
	done
}

plan 12
result "the version, wherever the option stands" version
result "help goes to stdout when asked for, else to stderr" help_goes_where_it_is_asked_for
result "help is the golden one" help_is_the_golden_one
result "each object has help" help_of_each_object
result "unknown words get the nearest known one" unknown_words
result "wrong usage exits with 2" wrong_usage
result "errors are JSON too" errors_are_json_too
# Where the module is loaded nobody can say that it is not: this test is for a host without.
result "without the module all say so" without_module
result "full and closed outputs" outputs_that_fail
result "completion knows what the tables have" completion_knows_the_tables
result "a man page for each object, with all commands and options" man_page_of_each_object
result "man pages are well-formed" mandoc -T lint -W warning "$man"/*.8
finished
