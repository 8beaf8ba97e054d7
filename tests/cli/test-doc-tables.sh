#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/doc-tables notices a page that does not say what the baselines say, and corrects it.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT
program=$root/scripts/doc-tables
good=$root/docs/worst-case.md
page=$work/page.md

notices() { # NAME PATTERN: on $page, which is left as it is
	cp "$page" "$work/before"
	run --check "$page"
	check "$1" "exit $code: $(said)" test "$code" = 1
	check "$1-says-what" "said: $(said)" grep -qE -- "$2" "$work/err"
	check "$1-changes-nothing" "it did" cmp "$work/before" "$page"
}
mends() { # NAME
	run "$page"
	check "$1" "exit $code: $(diff "$page" "$good" | head -n 3)" cmp "$page" "$good"
}
run --check "$good"
check tracked-page "exit $code: $(said)" test "$code" = 0
# The first row that ends with a figure: one digit more.
sed -E '0,/^(\| .*[0-9]) \|$/s//\11 |/' "$good" >"$page"
check test-has-another-figure "it has not" test "$(diff "$good" "$page" | grep -c '^>')" = 1
notices another-figure '^doc-tables: .*page.md says .*, the baselines '
mends another-figure-is-mended
end=$(grep -n -m 1 '<!-- end -->' "$good" | cut -d: -f1)
sed "$((end - 1))d" "$good" >"$page"
check test-lacks-a-row "it does not" test "$(diff "$good" "$page" | grep -c '^<')" = 1
notices a-row-that-is-not-there 'says'
mends row-is-put-back
sed '/<!-- table/d' "$good" >"$page"
notices no-table 'no table is marked'
sed '0,/<!-- table [a-z-]* /s//<!-- table none /' "$good" >"$page"
notices no-such-table "no table 'none': expected one of"
run "$page"
check no-such-table-is-not-written "exit $code" cmp "$work/before" "$page"
sed '0,/<!-- table \([a-z-]*\) [0-9.]* /s//<!-- table \1 1.0 /' "$good" >"$page"
notices no-such-baselines '1.0'
rm "$page"
run --check "$page"
check no-page "exit $code: $(said)" test "$code" = 1 -a "$(wc -l <"$work/err")" = 1
exit "$failed"
