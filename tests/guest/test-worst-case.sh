#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worst synchronous fault, reduced, twice: every cell is what its key says, the samples are the
# same to the bit, and there is one table and one plot.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

holds() { jq -e "$2" "$1"; }
samples() { jq -ce '[.cells[] | [.key, .latency.samples, .probes.worst]]' "$1"; }
same_samples() { [ -s "$1" ] && [ "$(samples "$1")" = "$(samples "$2")" ]; }
has_lines() { [ "$(grep -cE "$2" "$1")" = "$3" ] || { grep -cE "$2" "$1"; false; }; }
is_png() { [ "$(head -c 4 "$1" | tail -c 3)" = PNG ]; }

if ! SYNCFAULT=$program OUT=$work/first PAGES=48 LOADS=truncate DIRTY=0,500 scripts/worst-case \
	>"$work/first.out" 2>"$work/first.err"; then
	echo "not ok make worst-case ends well: $(tail -n 3 "$work/first.err" | tr '\n' ' ')"
	exit 1
fi
echo "ok make worst-case ends well"

for fs in ext4 xfs; do
	result=$work/first/$fs.json
	check_that "$fs: two log sizes, one load, each with and without dirty metadata before" \
		holds "$result" '.cells | length == 4'
	check_that "$fs: every cell is ok, synchronous and fought by its load" holds "$result" \
		'all(.cells[]; .status == "ok" and .proof.has_map_sync and .proof.load_operations > 0 and
			.placement.load_processes == 4)'
	check_that "$fs: the ten slowest are kept, with what they were in" holds "$result" \
		'all(.cells[]; (.probes.worst | length) == 10 and all(.probes.worst[]; .stages | length > 0))'
	check_that "$fs: p99.99 is not told of 48 faults" holds "$result" \
		'all(.cells[]; .latency.p9999 == null)'
	check_that "$fs: a storm makes the slowest fault at least three times the median" holds "$result" \
		'[.cells[] | .latency.max / .latency.p50] | max > 3'
done
check_that 'the table has a row for each load, log size and file system' \
	has_lines "$work/first.out" '^  (64|256) MiB +truncate(, 500 create)? +(ext4|xfs) +48 ' 8
check_that 'and one for all loads together' \
	has_lines "$work/first.out" '^  (64|256) MiB +any +(ext4|xfs) +96 ' 4
check_that 'the plot is drawn' is_png "$work/first/plots/worst-case.png"

# Two boots of one cell, side by side.
boot() { # NAME FS
	scripts/guest --pmem 1280M --time-limit 900 --out "$work/$1" -- "$program" run --suite worst-case \
		--device /dev/pmem0 --fs "$2" --load truncate --pages 48 --dirty 500 --probes -o /out/result.json \
		>/dev/null 2>"$work/$1.err"
}
for fs in 'ext4:-J size=64' 'xfs:-l size=64m'; do
	boot one "$fs" & boot two "$fs"
	wait
	check_that "$fs: the same samples twice" same_samples "$work/one/result.json" "$work/two/result.json"
	rm -rf "$work/one" "$work/two"
done

# The loads that fill the log and that sync, and a folder that cannot keep files with names.
guest() { scripts/guest --pmem 512M --out "$work/small" -- "$@"; }
if guest "$program" run --suite cover-letter --device /dev/pmem0 --fs ext4,xfs --state hole \
	--sync map_sync --load fsync,log --pages 32 -o /out/result.json >"$work/small.out" 2>&1; then
	check_that 'loads fsync and log move while the faults are timed' holds "$work/small/result.json" \
		'(.cells | length == 4) and all(.cells[]; .status == "ok" and .proof.load_operations > 0)'
	check_that 'load log says how many files it keeps' holds "$work/small/result.json" \
		'all(.cells[]; (.config.load == "log") == (.placement.load_files != null))'
else
	echo "not ok loads fsync and log: $(tail -n 2 "$work/small.out" | tr '\n' ' ')"
	failed=1
fi
for bad in SEED=x PAGES=0 'LOADS=a b' DIRTY=x; do
	env "$bad" scripts/worst-case >"$work/bad" 2>&1
	check_that "$bad is refused" test $? = 2 -a "$(wc -l <"$work/bad")" = 1
done
"$program" plot --picture nothing -o "$work/none" "$work/first/ext4.json" >"$work/bad" 2>&1
check_that 'a picture that is none is refused' test $? = 2 -a "$(wc -l <"$work/bad")" = 1
"$program" show --worst-case results/reference/cover-letter-2017.json >/dev/null 2>"$work/bad"
check_that 'a result without such cells is told' test $? = 1 -a "$(wc -l <"$work/bad")" = 1
exit $failed
