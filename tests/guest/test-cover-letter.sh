#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job, twice: the table is whole, means what the letter found, and is the same to the bit.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

# A command that succeeds and, if it prints, prints nothing but "true".
is_true() {
	local output
	if output=$("$@" 2>&1) && [ -z "${output//true/}" ]; then return; fi
	echo "$output" && false
}
check() { check_that "$1" is_true "${@:2}"; }

samples() { jq -c '[.cells[] | [.key, .latency.samples]]' "$1"; }
same_samples() { [ -s "$1" ] && [ "$(samples "$1")" = "$(samples "$2")" ]; }
count_lines() { [ "$(grep -c "$2" "$1")" = "$3" ] || grep -c "$2" "$1"; }

# The command of python3-jsonschema, which warns of its own future on stderr; an error is on stdout.
is_valid() {
	local tool=/usr/bin/jsonschema
	[ -x "$tool" ] || tool=jsonschema
	"$tool" -i "$1" results/schema.json 2>/dev/null
}

# Prints the keys of cells for which the jq filter is not true.
all_cells() {
	jq -r "[.cells[] | select(($2) | not) | .key] | if . == [] then \"true\" else . end" "$1"
}

# MAP_SYNC's median over the plain one, by state: below or above a bound for each load.
price() { # FILE STATE COMPARISON
	jq "[.cells[] | select(.config.state == \"$2\")] | group_by(.config.load) |
		map((map(select(.config.sync == \"map_sync\"))[0].latency.p50) /
		    (map(select(.config.sync == \"none\"))[0].latency.p50) | . $3) | all" "$1"
}

for run in first second; do
	if ! OUT=$work/$run scripts/reproduce >"$work/$run.out" 2>"$work/$run.err"; then
		echo "not ok make reproduce ends well ($run): $(tail -n 3 "$work/$run.err" | tr '\n' ' ')"
		exit 1
	fi
	echo "ok make reproduce ends well ($run)"
done

for fs in ext4 xfs; do
	result=$work/first/$fs.json
	check "$fs: the result is valid by its schema" is_valid "$result"
	check "$fs: 12 cells" test "$(jq '.cells | length' "$result")" = 12
	check "$fs: every cell is ok" all_cells "$result" '.status == "ok"'
	check "$fs: 512 faults of 4 KiB were counted by the kernel" all_cells "$result" \
		'.proof.faults_observed == 512 and .proof.page_size == 4096 and .latency.count == 512'
	check "$fs: all on DAX" all_cells "$result" '.proof.is_dax'
	check "$fs: synchronous is what should be" all_cells "$result" \
		'.proof.has_map_sync == (.config.sync == "map_sync")'
	check "$fs: the load moved bytes" all_cells "$result" \
		'.config.load == "none" or .proof.load_bytes > 1000000'
	check "$fs: 512 samples a cell" all_cells "$result" '(.latency.samples | length) == 512'
	check "$fs: the clock counts instructions" test \
		"$(jq -r '.clock.domain + .guest.clock' "$result")" = instructionsinstructions
	check "$fs: MAP_SYNC costs more than 2x on holes" price "$result" hole '> 2'
	check "$fs: MAP_SYNC costs more than 2x on unwritten extents" price "$result" unwritten '> 2'
	check "$fs: MAP_SYNC costs under 1.2x on written blocks" price "$result" written '< 1.2'
	check "$fs: both boots ran one image" test \
		"$(jq .guest.image_digest "$result")" = "$(jq .guest.image_digest "$work/second/$fs.json")"
	check "$fs: two boots give the same samples" same_samples "$result" "$work/second/$fs.json"
	check "$fs: the program says the same of both" cmp \
		<("$program" show --letter --table "$result" | grep -v "$work") \
		<("$program" show --letter --table "$work/second/$fs.json" | grep -v "$work")
done
check "the letter's layout is printed" count_lines "$work/first.out" \
	'^File empty, no background load, MAP_SYNC:' 2
check "plots are there as PNG" test "$(find "$work/first/plots" -name '*.png' | wc -l)" = 6
check "plots are there as SVG" test "$(find "$work/first/plots" -name '*.svg' | wc -l)" = 6
exit "$failed"
