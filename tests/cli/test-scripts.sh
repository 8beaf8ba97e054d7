#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Commands in scripts/ print their usage, from any folder and through a link, and refuse in one line
# what they do not know.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT
# A command that ignores its arguments ends soon.
export KERNEL=/nowhere TMPDIR=$work
mkdir "$work/links" && cd "$work/links" || exit 1

run_script() { # ARGUMENT…
	code=0
	timeout 20 "./$script" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
}
helps() { [ "$code" = 0 ] && [ ! -s "$work/err" ] && grep -qE "(usage: |scripts/)$script" "$work/out"; }
refuses() { # WORD
	[ "$code" = 2 ] && [ "$(wc -l <"$work/err")" = 1 ] && [ ! -s "$work/out" ] &&
		grep -q "^$script: .*$1" "$work/err" && ! has_controls "$work/err"
}
while read -r script; do
	ln -s "$root/scripts/$script" .
	for option in --help -h; do
		run_script "$option"
		check "$script$option" "exit $code: $(said)" helps
	done
	[ "$script" != trace-bcc ] || continue # it may need bcc first: tests/cli/test-trace-bcc.sh
	run_script --frobnicate
	check "$script-refuses" "exit $code: $(said)" refuses ''
# git bisect knows the exit status of bisect-step, which has no other help than its header.
done < <(find "$root/scripts" -maxdepth 1 -type f -perm -111 ! -name bisect-step -printf '%f\n' | sort)
for script in reproduce worst-case; do
	run_script ext4
	check "$script-refuses-a-word" "exit $code: $(said)" refuses ext4
	run_script ''
	check "$script-refuses-an-empty-word" "exit $code: $(said)" refuses "''"
	run_script $'\e[31m\n'
	check "$script-refuses-what-steers" "exit $code: $(said)" refuses 31m
done
run_make() { make -s -C "$root" help >"$work/out" 2>"$work/err"; }
targets() { grep -oE '^make [a-z-]+' "$work/out" | sort; }
run_make
check make-help "said: $(cat "$work/out" "$work/err")" \
	test "$(targets)" = "$(grep -oE '^#   make [a-z-]+' "$root/Makefile" | cut -c 5- | sort)"
check make-help-names-what-there-is "said: $(targets)" grep -qx 'make worst-case' <(targets)
left() { find "$work" -mindepth 1 -maxdepth 1 ! -name links ! -name out ! -name err; }
check nothing-left "$(left)" test -z "$(left)"
exit "$failed"
