#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What can be checked in the sources without running them.
set -u
cd "$(dirname "$0")/../.." || exit 1

failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check() { # NAME COMMAND…
	local name=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok $name"
	else
		echo "not ok $name: $(head -c 600 "$work/out" | tr '\n' ' ')"
		failed=1
	fi
}

files() { git ls-files --cached --others --exclude-standard -- "$@"; }
shell_files() {
	files scripts tests .ci | xargs grep -lE '^#!.*(bash|sh)$|shellcheck shell=bash'
}

is_formatted() {
	files 'bench/*.[ch]' 'bpf/*.[ch]' 'scripts/*.c' 'tests/*.[ch]' | xargs clang-format --dry-run -Werror
}
builds_with() { make -s -j"$(nproc)" B="$work/$1" CC="$1" CFLAGS='-O2 -Werror' "$work/$1/syncfault"; }
has_no_long_lines() {
	local long
	long=$(files 'bench/*.[ch]' 'bpf/*' 'scripts/*' 'tests/*.[ch]' Makefile |
		xargs expand -t 8 | grep -P '^(?!.*(https?://|")).{101,}')
	[ -z "$long" ] || { echo "$long"; return 1; }
}
# Everything of ours that is read as a program, by its suffix or its first line.
sources() {
	files bench bpf scripts tests plots .ci Makefile ':!bench/page/uplot' ':!tests/fuzz/corpus' |
		xargs awk 'FNR == 1 { if (/^#!/ || FILENAME ~ /(\.(c|h|py|sh|bash|gp|js|css|html)|Makefile)$/) print FILENAME
			nextfile }'
}
has_licences() {
	local without
	without=$(sources | xargs awk 'FNR == 1 { says[FILENAME] = 0 }
		/SPDX-License-Identifier: GPL-2\.0/ { says[FILENAME] = 1 }
		FNR == 4 { nextfile }
		END { for (file in says) if (!says[file]) print file }')
	[ -n "$(sources)" ] && [ -z "$without" ] && return
	echo "without a licence: $without"
	return 1
}
is_schema() { python3 -c '
import json, jsonschema, sys
schema = json.load(open("results/schema.json"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[1:]:
    validator.validate(json.load(open(path)))
' results/reference/*.json; }
options_are_in_manual() {
	local option missing=''
	for option in $("${SYNCFAULT:-build/syncfault}" run --help | grep -oE -- '^ +(-., )?--[a-z-]+' |
		grep -oE -- '--.*'); do
		grep -q -- "Fl -${option#--}" docs/syncfault.1 || missing+=" $option"
	done
	[ -z "$missing" ] || { echo "not in docs/syncfault.1:$missing"; return 1; }
}
# For scripts with options of their own, by their --help.
options_are_in_page() { # SCRIPT PAGE
	local option options missing=''
	options=$("$1" --help | grep -oE -- '--[a-z][a-z-]*' | grep -vx -- --help | sort -u)
	[ -n "$options" ] || { echo "$1 --help has no options"; return 1; }
	for option in $options; do
		grep -qE -- "^\|.*\`([^\`]* )?${option}[ \`]" "$2" || missing+=" $option"
	done
	[ -z "$missing" ] || { echo "not in a table of $2:$missing"; return 1; }
}
script_options_are_in_pages() {
	options_are_in_page scripts/guest docs/guest.md &&
		options_are_in_page scripts/verify-guarantee docs/reliability.md &&
		options_are_in_page scripts/soak docs/reliability.md
}
installs() {
	make -s install DESTDIR="$work/root" PREFIX=/usr && "$work/root/usr/bin/syncfault" --version &&
		man -l "$work/root/usr/share/man/man1/syncfault.1" >/dev/null &&
		test -f "$work/root/usr/share/bash-completion/completions/syncfault"
}
completes() {
	PATH=$PWD/build:$PATH bash -c 'source scripts/completion.bash
		COMP_WORDS=(syncfault run --sta) COMP_CWORD=2; _syncfault; [ "${COMPREPLY[*]}" = --state ] || exit 1
		COMP_WORDS=(syncfault run --sync m) COMP_CWORD=3; _syncfault; [ "${COMPREPLY[*]}" = map_sync ] || exit 1
		COMP_WORDS=(syncfault do) COMP_CWORD=1; _syncfault; [ "${COMPREPLY[*]}" = doctor ]'
}

# Anybody can plant a link at a predictable name in a folder of all users, and what a killed script
# leaves should show whose it is. In the guest, where init is ours, there is nobody else.
temporary_names_are_ours() {
	local bad
	bad=$(files bench scripts | grep -v guarantee/guest.sh |
		xargs grep -nE 'mktemp|[">= ]/(var/)?tmp/|tmpnam|tempnam|tmpfile\(' |
		grep -vE 'mktemp .*(syncfault-|\.fetch\.)[a-z-]*\.?X{6}')
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

documents_say_what_baselines_say() {
	local page
	for page in docs/worst-case.md docs/scale.md docs/reliability.md; do
		scripts/doc-tables --check "$page" || return
	done
}

# FILE:LINE:TEXT, a paragraph each, of all documents and all comments.
prose() {
	{
		files README.md docs results/README.md | grep -E '\.(md|1)$'
		sources
	} | xargs python3 tests/lint/prose.py
}
is_free_of_turns() {
	local turn instead found is_free=true
	prose >"$work/prose" && [ -s "$work/prose" ] || return
	while IFS=$'\t' read -r turn instead; do
		[[ $turn && $turn != '#'* ]] || continue
		found=$(grep -oiP -- "^[^:]*:[0-9]+:|.{0,30}($turn).{0,30}" "$work/prose" |
			awk '/^[^:]*:[0-9]+:$/ { place = $0; next } { print place, $0 }')
		[ -n "$found" ] || continue
		is_free=false
		printf 'write%s: %s\n' "${instead#\#}" "$found"
	done <tests/lint/turns.txt
	$is_free
}
# From the root, or within bench/ from a room on. Globs, ellipses and names in capitals are patterns.
named_paths_exist() {
	local rooms place path missing=''
	rooms=$(basename -a bench/*/ | paste -sd '|')
	prose >"$work/prose" && [ -s "$work/prose" ] || return
	while read -r place path; do
		path=${path%%[.,:;/]}
		[[ $path != build/tests/* ]] || path=${path#build/}.c # a test that is built from it
		[[ -e $path || -e bench/$path || $path =~ [*…{}\<\>]|(^|[/.-])[A-Z]+($|[/.-]) ]] ||
			missing+=" $place $path"
	done < <(grep -oP "^[^:]*:[0-9]+:|(?<![\w./\$>~-])((build/tests|bench|bpf|scripts|tests|docs|plots|results)/[\w.*/{}<>…+-]+|\
($rooms)/[\w*]+\.[ch]\b)" "$work/prose" |
		awk '/^[^:]*:[0-9]+:$/ { place = $0; next } { print place, $0 }')
	[ -z "$missing" ] || { echo "no such file:$missing"; return 1; }
}

rooms_hold() { python3 tests/lint/rooms.py . "${BUILD:-build}"; }
# One object, so that it is fast: compiled again where a flag is another, and only there.
flags_recompile() {
	local object=$work/flags/bench/base/stop.o first second third
	build() { make -s B="$work/flags" "$@" "$object" >/dev/null && stat -c %y "$object"; }
	first=$(build) && second=$(build) && third=$(build CFLAGS='-O2 -DCHANGED') || return 1
	[ "$first" = "$second" ] || { echo "compiled again without a change"; return 1; }
	[ "$second" != "$third" ] || { echo "CFLAGS changed, and nothing was compiled"; return 1; }
	touch "$work/keep" && make -s clean B="$work" || return 1
	if [ ! -e "$work/keep" ]; then
		echo "make clean removes a folder that it has not filled"
		return 1
	fi
}

passes_shellcheck() { shell_files | xargs shellcheck -x; }

check "shell scripts pass shellcheck" passes_shellcheck
check "temporary names are random, and ours" temporary_names_are_ours
check "the manual passes mandoc" mandoc -Tlint -Wwarning docs/syncfault.1
check "all options of run are in the manual" options_are_in_manual
check "all options of guest, verify-guarantee and soak are in docs/" script_options_are_in_pages
check "C is formatted as .clang-format says" is_formatted
check "gcc has no warning" builds_with gcc
check "clang has no warning" builds_with clang
check "includes of bench/ are as docs/design.md says, without a circle" rooms_hold
check "a changed flag compiles again, and clean keeps what is not its own" flags_recompile
check "no line is over 100 columns" has_no_long_lines
check "tables in docs/ say what the baselines say" documents_say_what_baselines_say
check "documents and comments are free of listed turns" is_free_of_turns
check "paths that documents and comments name exist" named_paths_exist
check "every source file has its licence" has_licences
check "the schema is one, and the reference valid by it" is_schema
check "make install puts program, manual and completion in place" installs
check "completion offers options and words" completes
exit "$failed"
