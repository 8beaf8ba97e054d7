#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How cost grows, from two results of one suite: on struct pages in memory and on the device. And
# suites whose blocks an option makes equal. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

here=$(cd "$(dirname "$0")" && pwd)
shm=$(mktemp -d /dev/shm/syncfault-test-XXXXXX)
trap 'rm -rf "$work" "$shm"' EXIT
cd "$here/data" || exit 1

# Blanks in a row are one, so that the widths of columns do not matter.
squeeze() { tr -s ' ' <"$work/out" >"$work/squeezed"; }
has_row() { grep -qFx -- " $1" "$work/squeezed"; }
# us FILE FIGURE FILTER…: of the cells that each filter selects, side by side, as tables print them
us() {
	local file=$1 figure=$2 row='' filter
	shift 2
	for filter in "$@"; do
		row+=" $(jq -r ".cells[] | select(.config | .page_size == \"4k\" and $filter) | .latency |
			$figure / 1000" "$file" | python3 -c 'print(f"{float(input()):,.1f}")')"
	done
	printf '%s' "$row"
}
of_threads=()
for n in 1 2 4 8 16; do
	of_threads+=(".state == \"hole\" and .pages == 512 and .files == \"one\" and .threads == $n")
done

run show --scale scale-mem.json
squeeze
check show-scale-exits-0 "exit $code, $(said)" test "$code" = 0 -a ! -s "$work/err"
check show-scale-alone "other tables too" test "$(grep -c '^Price\|^Percentiles\|p99.9' "$work/out")" = 0
check show-scale-p50-of-threads "$(cat "$work/squeezed")" \
	has_row "ext4, hole, MAP_SYNC one$(us scale-mem.json .p50 "${of_threads[@]}")"
check show-scale-time-of-all-threads "$(cat "$work/squeezed")" \
	has_row "ext4, hole, MAP_SYNC one$(us scale-mem.json '.elapsed / .count' "${of_threads[@]}")"
each=("${of_threads[0]}")
for n in 2 4 8 16; do each+=("${of_threads[0]/*/.state == \"hole\" and .files == \"each\" and .threads == $n}"); done
check show-scale-a-file-each "$(cat "$work/squeezed")" \
	has_row "ext4, hole, MAP_SYNC each$(us scale-mem.json .p50 "${each[@]}")"
of_pages=()
for n in 512 4096 32768 262144; do
	of_pages+=(".state == \"written\" and .pages == $n and .threads == 1")
done
check show-scale-mean-of-pages "$(cat "$work/squeezed")" \
	has_row "ext4, written, MAP_SYNC 4 KiB$(us scale-mem.json .mean "${of_pages[@]}")"
small=$(jq '.cells[] | select(.config | .state == "written" and .pages == 4096) | .latency.mean' scale-mem.json)
large=$(jq '.cells[] | select(.config | .state == "written" and .page_size == "2m" and .pages == 8) |
	.latency.mean' scale-mem.json)
check show-scale-page-sizes "$(cat "$work/squeezed")" has_row "ext4, written, MAP_SYNC 16 $(
	python3 -c "print(f'{$small * 256 / 1e3:,.1f} {$large / 2 / 1e3:,.1f} {$small * 512 / $large:.1f}')")"
check show-scale-tells-what-did-not-fit "$(cat "$work/out")" \
	grep -q 'skipped: 16384 MiB of pages to fault, and the file system has 1224' "$work/out"
check show-scale-one-map-is-no-comparison "compared with nothing" test -z "$(grep 'map=dev' "$work/out")"

run show --scale scale-mem.json scale-dev.json
squeeze
check show-scale-maps "exit $code" test "$code" = 0
check show-scale-maps-are-lines-of-their-own "$(cat "$work/squeezed")" \
	has_row "ext4, hole, MAP_SYNC, map=dev one$(us scale-dev.json .p50 "${of_threads[@]}")"
check show-scale-maps-first-line-stays "$(cat "$work/squeezed")" \
	has_row "ext4, hole, MAP_SYNC one$(us scale-mem.json .p50 "${of_threads[@]}")"
# least, median and greatest ratio of the cells that are in both
ratios() {
	python3 - "$1" <<-'END'
		import json, statistics, sys
		def p50(name):
		    return {c["key"]: c["latency"]["p50"] for c in json.load(open(name))["cells"]
		            if c["latency"] and c["config"]["state"] == sys.argv[1]}
		mem, dev = p50("scale-mem.json"), p50("scale-dev.json")
		ratios = [dev[k] / mem[k] for k in mem if k in dev]
		print(len(ratios), *(f"{f(ratios):.3f}" for f in (min, statistics.median, max)))
	END
}
for state in hole written; do
	check "show-scale-compares-maps-$state" "wants $(ratios $state): $(cat "$work/squeezed")" \
		has_row "ext4, $state, MAP_SYNC $(ratios $state)"
done
run show scale-dev.json
check show-tells-struct-pages "not said" grep -q '^struct pages on the device itself' "$work/out"
run show --tsv scale-dev.json
column() { head -1 "$work/out" | tr '\t' '\n' | grep -nx "$1" | cut -d: -f1; }
check show-tsv-struct-pages "$(cut -f "$(column struct_pages)" "$work/out" | sort | uniq -c)" \
	test "$(cut -f "$(column struct_pages)" "$work/out" | sort -u | tr '\n' ' ')" = 'pmem struct_pages '
check show-tsv-elapsed "not those of the result" test \
	"$(tail -n +2 "$work/out" | cut -f "$(column elapsed_ns)" | grep . | sort | cksum)" = \
	"$(jq '.cells[].latency | select(.).elapsed' scale-dev.json | sort | cksum)"

run show --scale guest.json
check show-scale-of-another-suite "exit $code: $(said)" test "$code" = 1
check show-scale-of-another-suite-says-why "$(said)" grep -q 'run --suite scale' "$work/err"
run show --scale --json scale-mem.json
check show-scale-is-text "exit $code" is_refusal 2

# ---- the picture --------------------------------------------------------------------------------

if command -v gnuplot >/dev/null; then
	run plot --picture scale -o "$work/plots" scale-mem.json scale-dev.json
	check plot-scale-exits-0 "exit $code, $(said)" test "$code" = 0
	check plot-scale-names "$(ls "$work/plots")" test "$(cd "$work/plots" && printf '%s ' *)" = 'scale.png scale.svg '
	for text in 'ext4, hole, MAP_SYNC' 'time for each fault of all threads' 'MiB of the file'; do
		check "plot-scale-says-${text//[^a-zA-Z0-9]/-}" "not in it" grep -qF "$text" "$work/plots/scale.svg"
	done
	check plot-scale-svg "no XML" python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])' \
		"$work/plots/scale.svg"
	run plot --picture scale --format svg -o "$work/again" scale-mem.json scale-dev.json
	check plot-scale-same-again "differs" cmp "$work/plots/scale.svg" "$work/again/scale.svg"
	run plot --picture scale --format svg -o "$work/other" scale-mem.json
	check plot-scale-of-one-map-differs "the same" test "$code" = 0 -a -e "$work/other/scale.svg" -a \
		"$(cksum <"$work/other/scale.svg")" != "$(cksum <"$work/plots/scale.svg")"
	run plot --picture scale -o "$work/none" guest.json
	check plot-scale-of-another-suite "$(ls "$work/none" 2>&1)" test -z "$(ls "$work/none" 2>/dev/null)"
else
	skip plot-scale "no gnuplot (gnuplot-nox)"
fi

# ---- blocks that an option makes equal ----------------------------------------------------------

for suite in alternatives remap scale; do
	run run --suite $suite --dir "$shm" --dax never --pages 1 --threads 1 --page-size 4k --load none \
		-o "$work/result.json"
	check "equal-blocks-of-$suite" "exit $code: $(said)" test "$code" != 2
	check "equal-blocks-of-$suite-each-key-once" "$(jq -r '.cells[].key' "$work/result.json" | sort | uniq -d)" \
		holds "$work/result.json" '[.cells[].key] | length > 1 and length == (unique | length)'
done
echo '{"schema": "syncfault-suite/1", "name": "x", "cells": [{"pages": [1]}, {"pages": [1]}]}' >"$work/twice.json"
run run --suite "$work/twice.json" --dir "$shm" --pages 2 -o "$work/twice-result.json"
check a-suite-that-repeats-itself "exit $code: $(said)" is_refusal 2
check a-suite-that-repeats-itself-writes-nothing "written" test ! -e "$work/twice-result.json"
exit "$failed"
