#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault show: the letter's layout, the table, JSON and TSV, and what it refuses. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

here=$(cd "$(dirname "$0")" && pwd)
reference=$here/../../results/reference/cover-letter-2017.json
schema=$here/../../results/schema.json
trap 'rm -rf "$work"' EXIT
cd "$here/data" || exit 1

has() { grep -qF -- "$1" "$work/out"; }
lacks() { ! grep -qE -- "$1" "$work/out"; }
# Exit code $1 and one line on stderr; what could be shown is on stdout.
is_told() { [[ $code == "$1" && $(wc -l <"$work/err") == 1 ]]; }
# In characters; wide ones count twice.
fits() { (($(LC_ALL=C.UTF-8 wc -L <"$work/out") <= 100)); }
count() { [[ $(grep -cE -- "$2" "$work/out") == "$1" ]]; }
is_printable() { ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$work/out" && lacks $'\u202e'; }

run show guest.json
check show-whole-text "$(diff "$work/out" guest.txt | head -3 | tr '\n' ' ')" cmp "$work/out" guest.txt
check show-exits-0 "exit $code, $(cat "$work/err")" test "$code$(cat "$work/err")" = 0
check show-fits-100-columns "$(LC_ALL=C.UTF-8 wc -L <"$work/out")" fits
check show-no-line-ends-in-blanks "trailing blanks" lacks ' $'
check show-failed-has-no-row "a failed cell has numbers" count 0 '^ *hole +copy +none +[0-9]'
check show-names-the-reason "no reason" has 'failed: the load moved 0 bytes'
run show --letter guest.json
check show-letter-only "has a table" lacks p99
run show --table guest.json
check show-table-only "has the letter's layout" lacks 'avg='
code=0
"$program" show - <guest.json >"$work/out" 2>"$work/err" || code=$?
check show-stdin "exit $code" has 'standard input'

# The letter's own figures in its own words: what we compare with is what it says.
run show --letter "$reference"
for line in 'File preallocated, no background load, no MAP_SYNC:' 'min=5 avg=6 max=42' '4 - 7 us: 398' \
	'File empty, background load, MAP_SYNC:' 'min=94 avg=112 max=181' '128 - 255 us: 23'; do
	check "show-letter-says-${line//[^a-zA-Z0-9]/-}" "no such line" has "$line"
done
run show --table "$reference"
check show-letter-not-beside-itself "has columns of 2017" count 0 ' 2017$'

run show --table guest.json guest-seed1.json
check show-runs-are-one-row "not one row for each of two file systems" count 2 '^ *hole +none +none .* 23 +76$'
check show-runs-spread "no spread" count 1 'spread +2 runs +0.5% +1.0%'
check show-runs-median "no median of 19.6 and 19.8" count 1 '^ *hole +none +none +512 +18\.9 +19\.7'
check show-names-seeds "no seeds" count 1 '^ *seed +0, 1$'
run show --table guest.json time.json
check show-clocks-stand-apart "$(grep -c '^ *clock' "$work/out") heads" count 2 '^ *clock '
check show-below-1-us "too few decimals" count 1 '^ *hole +none +none +512 +0\.56 +0\.59'

run show --json guest.json
if command -v jq >/dev/null; then
	json() { [[ $(jq -c "$1" "$work/out") == "$2" ]]; }
	check show-json-cells "$(head -c 80 "$work/out")" json '.cells | length' 9
	check show-json-figures "wrong" json '.cells[3] | [.state, .p50_ns, .letter.max_ns]' '["hole",19600,76000]'
	check show-json-absent "not null" json '[.cells[] | select(.status != "ok") | .p50_ns]' '[null,null]'
else
	echo "skip show-json: no jq"
fi
run show --tsv guest.json
check show-tsv-lines "$(wc -l <"$work/out") lines" test "$(wc -l <"$work/out")" = 10
one_width() { [[ $(awk -F'\t' '{ print NF }' "$work/out" | sort -u | wc -l) == 1 ]]; }
check show-tsv-columns "lines differ in columns" one_width
run show --tsv hostile.json
check show-tsv-hostile "a string broke the table" one_width

run show hostile.json
check show-hostile-exits-0 "exit $code" test "$code" = 0
check show-hostile-is-printable "control characters" is_printable
check show-hostile-fits "$(LC_ALL=C.UTF-8 wc -L <"$work/out")" fits
check show-hostile-runs-nothing "a command ran" test ! -e PWNED

run show skipped.json
check show-nothing-measured "exit $code" is_told 1
check show-nothing-measured-tells-why "no reason" has 'Operation not supported'
for bad in 'show' 'show --json --tsv guest.json' 'show --tsv --table guest.json' 'show --nonsense guest.json'; do
	read -ra words <<<"$bad"
	run "${words[@]}"
	check "show-usage:${bad// /_}" "exit $code: $(cat "$work/err")" is_told 2
done
run show "$work/none.json"
check show-no-such-file "exit $code" is_told 1
head -c 700 guest.json >"$work/cut.json"
run show "$work/cut.json"
check show-truncated "exit $code" is_told 1
run show guest.json "$work/cut.json"
check show-one-unreadable "exit $code" is_told 1
check show-one-unreadable-shows-others "nothing" has 'price of MAP_SYNC'
if [[ -w /dev/full ]]; then
	code=0
	"$program" show guest.json >/dev/full 2>"$work/err" || code=$?
	check show-full-disk "exit $code" is_told 1
fi

if [[ -x /usr/bin/jsonschema ]]; then
	for file in "$reference" ./*.json; do
		check "schema-accepts-$(basename "$file")" "refused" /usr/bin/jsonschema -i "$file" "$schema"
	done
	sed 's/"state": "hole"/"state": "whole"/' guest.json >"$work/bad.json"
	refuses() { ! /usr/bin/jsonschema -i "$1" "$schema"; }
	check schema-refuses-unknown-word "accepted" refuses "$work/bad.json"
	sed 's/"suite":/"suit":/' guest.json >"$work/bad.json"
	check schema-refuses-unknown-key "accepted" refuses "$work/bad.json"
else
	echo "skip schema: no /usr/bin/jsonschema (python3-jsonschema)"
fi
exit "$failed"
