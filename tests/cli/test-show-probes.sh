#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault show of a result with probes: stages, slowest faults, TSV. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

trap 'rm -rf "$work"' EXIT
cd "$(dirname "$0")/data" || exit 1

has() { grep -qF -- "$1" "$work/out"; }
lacks() { ! grep -qE -- "$1" "$work/out"; }
count() { [[ $(grep -cE -- "$2" "$work/out") == "$1" ]]; }
fits() { (($(LC_ALL=C.UTF-8 wc -L <"$work/out") <= 100)); }
is_printable() { ! has_controls "$work/out" && lacks $'\u202e'; }
is_told() { [[ $code == 1 && $(wc -l <"$work/err") == 1 ]]; }
one_width() { [[ $(awk -F'\t' '{ print NF }' "$work/out" | sort -u | wc -l) == 1 ]]; }

run show --probes probes.json
check probes-whole-text "$(diff "$work/out" probes.txt | head -3 | tr '\n' ' ')" cmp "$work/out" probes.txt
check probes-exits-0 "exit $code, $(cat "$work/err")" test "$code$(cat "$work/err")" = 0
check probes-fits-100-columns "$(LC_ALL=C.UTF-8 wc -L <"$work/out")" fits
check probes-no-line-ends-in-blanks "trailing blanks" lacks ' $'
check probes-alone "has another section" lacks 'avg=|p99|price of'
check probes-a-stage "no mean and share of map" count 1 '^ *map .* 12\.77 +61% +12\.94 +12% +13\.07 +2%$'
check probes-stage-of-no-fault "a row for a stage that no fault was in" lacks '^ *(mkwrite|retry|fast_commit) '
# Every column's stages are its sum (to their rounding), and the sum is the mean fault of the result.
adds_up() {
	/usr/bin/python3 - probes.json "$work/out" <<-'END'
		import json, re, sys
		cells = [c["probes"] for c in json.load(open(sys.argv[1]))["cells"] if c["probes"]]
		means = sorted(round(p["latency"]["mean"] / 1000, 2) for p in cells)
		sums, stages = [], []
		for line in open(sys.argv[2]):
		    numbers = re.findall(r"(?<= )(?:([\d,.]+) +(?:<1|\d+)%|0(?= |$))", line)
		    values = [float(n.replace(",", "") or 0) for n in numbers]
		    if line.startswith("  file "):
		        stages = []
		    elif line.startswith("  sum "):
		        columns = [round(sum(column), 2) for column in zip(*stages)]
		        assert all(abs(a - b) < 0.08 for a, b in zip(columns, values)), (columns, values)
		        sums += values
		    elif values:
		        stages.append(values)
		assert sorted(sums) == means, (sums, means)
	END
}
check probes-add-up "a column is not the sum of its stages" adds_up
check probes-rungs "no rungs" has 'journal_wait by tracepoint'
check probes-drops "no drops" has 'ends of stages without a start: 3, slow faults not told: 1'
check probes-slowest "not slowest first" has '1. 4,413.52 us: hole, load copy, sync map_sync'
check probes-filler "not who filled the commit" has 'filled by cp (77), 4 handles, 40 blocks; syncfault'
run show probes.json
check probes-with-the-rest "a section is missing" has 'p99.9'
check probes-in-the-whole "no probes" has 'Where the time of a fault goes'
run show --probes probes.json probes.json
check probes-runs "not one column for two runs" count 2 '^ *runs +2'
check probes-runs-mean "not the mean of both" count 1 '^ *map .* 12\.94 +12% '
check probes-runs-counts "not the sum of both" count 2 '^ *NEEDDSYNC .*16$'
# p50 without probes is 6,432: a share of less than a half is "<1%", one of 999.5 is ">9x".
costs() {
	jq "first(.cells[] | select(.probes)).probes.cost = $1" probes.json >"$work/cost.json"
	run show --probes "$work/cost.json"
}
for cost in '32 <1' '33 1' '64287 999' '64288 >9x'; do
	costs "${cost% *}"
	check "probes-share-of-cost-${cost% *}" "$(grep 'probes cost ' "$work/out" | head -1)" \
		grep -qE "^ *probes cost +\+[0-9.]+ +${cost#* }%? +\+0\.99 " "$work/out"
done
run show --probes guest.json
check probes-none "exit $code" is_told
run show --json --probes probes.json
check probes-layout-of-text "exit $code" is_refusal 2
run show --tsv probes.json
column() { awk -F'\t' -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i } NR > 1 { print $at }' "$work/out"; }
check probes-tsv-columns "lines differ in columns" one_width
check probes-tsv-means "$(column stage_map_ns | tr '\n' ' ')" test "$(column stage_map_ns | sed -n 3,7p | tr '\n' ,)" = ,12770.5,12937.125,13072,,
check probes-tsv-absent "$(column stage_log_force_ns | tr '\n' ,)" test "$(column stage_log_force_ns | head -7 | tr -d '\n')" = ''
run show probes-hostile.json
check probes-hostile-exits-0 "exit $code" test "$code" = 0
check probes-hostile-is-printable "control characters" is_printable
check probes-hostile-fits "$(LC_ALL=C.UTF-8 wc -L <"$work/out")" fits
check probes-hostile-no-line-ends-in-blanks "trailing blanks" lacks ' $'
check probes-hostile-runs-nothing "a command ran" test ! -e PWNED
exit "$failed"
