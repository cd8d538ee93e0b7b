#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# selftests/workshop/columns finds code and comments of more than 100 columns, and leaves strings
# alone.
set -euo pipefail
here=$(cd "${0%/*}" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number=0 failed=0
long=$(printf 'word %.0s' {1..20})x	# 101 columns
fits=${long%?}

# judged NAME FILE FOUND LINE…: columns finds FOUND ("2 code" of line 2; none: "") in a file of
# these lines.
judged() {
	local name=$1 file=$work/$2 found=$3 have status=0 want
	shift 3
	number=$((number + 1))
	printf '%s\n' "$@" >"$file"
	have=$("$here/columns" "$file" 2>&1 |
		sed 's/^[^:]*:\([0-9]*\): [0-9]* columns of /\1 /') || status=$?
	want=$((${#found} > 0))
	if [[ $have == "$found" && $status == "$want" ]]; then
		printf 'ok %s %s\n' "$number" "$name"
	else
		printf 'not ok %s %s\n# found %s, status %s\n' "$number" "$name" "$have" "$status"
		failed=1
	fi
}

echo 'KTAP version 1'
echo 1..18
judged 'C: code' a.c '2 code' '' "$long"
judged 'C: 100 columns are as many as fit' a.c '' "${fits% }" "/*${fits:3:95}*/"
judged 'C: a tab is eight' a.c '1 code' $'\t'"${long:7}"
judged 'C: a comment' a.c '1 comment' "/* $long */"
judged 'C: a line within a comment, with a quote' a.c '2 comment' '/*' " * it's \"$long" ' */'
judged 'C: a comment after code' a.c '1 comment' "x; /* $long */"
judged 'C: a line of a macro' a.c '2 code' "#define X \\" "$long \\" 'y'
judged 'C: a string' a.c '' "\"$long\"" "x(\"/* \", $long);"
judged 'C: a character is no string' a.c '1 code' "'\"' $long"
judged 'shell: code' a.sh '2 code' '#!/bin/sh' "$long"
judged 'shell: by its first line' a '2 comment' '#!/bin/bash' "# it's $long"
judged 'shell: a string' a.sh '' "echo '$long'"
judged 'shell: a here-document, and code after it' a.sh '4 code' 'cat <<-END' "$long" $'\tEND' "$long"
judged 'shell: what tells shellcheck something' a.sh '' "# shellcheck disable=$long"
judged 'Python: code' a.py '1 code' "(${long// /,})"
judged 'Python: a docstring' a.py '1 comment' "\"\"\"$long\"\"\""
judged 'Python: a string, in more than one line' a.py '' 'x = (1,' "\"$long\")" 'y = """' "$long" '"""'
judged 'other texts' a.md '' "$long"
exit "$failed"
