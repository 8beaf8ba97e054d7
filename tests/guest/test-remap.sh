#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Blocks that move under a mapping: on two kernels every fault finds its data where it went, and two
# boots give the same samples.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

check() { check_json "$1" "$work/$2/r.json" "$3"; } # NAME FILE JQ-FILTER

boot() { # NAME KERNEL
	scripts/guest --kernel "debian:$2" --pmem 512M --out "$work/$1" -- \
		"$program" run --suite remap --device /dev/pmem0 -o /out/r.json >"$work/$1.out" 2>&1 && return
	echo "not ok $1: the suite runs on $2: $(tail -n 3 "$work/$1.out" | tr '\n' ' ')"
	exit 1
}

# The p50 of the cells that a filter picks, one for each file system that has it.
median='def median(filter): [.cells[] | select(filter)][0].latency.p50;'
dax='.config.fs == "xfs" and .config.dax == "always" and .config.state == "written"'

boot first 6.12
boot second 6.12
boot older 6.1

tool=/usr/bin/jsonschema
[ -x "$tool" ] || tool=jsonschema
for run in first older; do
	if "$tool" -i "$work/$run/r.json" results/schema.json >/dev/null 2>&1; then
		echo "ok $run: the result is valid by its schema"
	else
		echo "not ok $run: the result is not valid by its schema"
		failed=1
	fi
	check "$run: 54 cells, none failed" "$run" \
		'[.cells[].status] | length == 54 and all(. == "ok" or . == "skipped")'
	check "$run: what ext4 cannot is skipped with the kernel's answer" "$run" \
		'[.cells[] | select(.status == "skipped") | .config.fs + " " + .config.remap + " " + (.reason | sub(".*: "; ""))] |
			unique == ["ext4 exchange Operation not supported", "ext4 reflink Operation not supported"]'
	check "$run: all data is where it must be" "$run" \
		'[.cells[] | select(.status == "ok" and .config.remap != "none") | .proof.verified_bytes == 2097152] | length == 43 and all'
	check "$run: one fault for each page" "$run" \
		'[.cells[] | select(.status == "ok" and .config.remap != "write") | .proof.faults_observed == 512] | all'
	check "$run: the file was written to meanwhile" "$run" \
		'[.cells[] | select(.config.remap == "write") | .proof.writes_beside > 50] | length == 18 and all'
	check "$run: XFS exchanges blocks on DAX" "$run" \
		"[.cells[] | select($dax and .config.remap == \"exchange\") | .warnings[0] | contains(\"XFS_IOC\")] | length == 2 and all"
	check "$run: breaking a reflink costs more than 4 times a written block" "$run" \
		"$median median($dax and .config.sync == \"none\" and .config.remap == \"reflink\") > 4 * median($dax and .config.sync == \"none\" and .config.remap == \"none\")"
	check "$run: blocks that moved whole cost what written ones do, but for the first" "$run" \
		"$median . as \$all | [\"collapse\", \"insert\", \"exchange\"] | map(. as \$kind | \$all | median($dax and .config.sync == \"map_sync\" and .config.remap == \$kind) < 1.2 * median($dax and .config.sync == \"map_sync\" and .config.remap == \"none\")) | all"
	check "$run: a hole that was punched costs more than 1.05 times with MAP_SYNC" "$run" \
		'[.cells[] | select(.config.remap == "punch" and .config.dax == "always")] | group_by(.config.fs) |
			map((map(select(.config.sync == "map_sync"))[0].latency.p50) > 1.05 * (map(select(.config.sync == "none"))[0].latency.p50)) | all'
done
image() { jq -r .guest.image_digest "$work/$1/r.json"; }
if [ "$(image first)" != "$(image second)" ]; then
	echo "not ok both boots ran one image: the program was built anew meanwhile"
	exit 1
fi
samples() { jq -c '[.cells[] | [.key, .latency.samples]]' "$work/$1/r.json"; }
if [ "$(samples first)" = "$(samples second)" ]; then
	echo "ok two boots give the same samples"
else
	echo "not ok two boots give the same samples"
	failed=1
fi
exit "$failed"
