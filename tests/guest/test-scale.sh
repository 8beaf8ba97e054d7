#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How cost grows: threads, pages, page sizes, and struct pages in memory against on the device, which
# the program reads back. Two boots, which must give the same samples.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

# As suite scale, but small.
cat >"$work/small.json" <<'EOF'
{"schema": "syncfault-suite/1", "name": "small", "cells": [
{"fs": ["ext4", "xfs"], "state": ["hole"], "sync": ["none", "map_sync"], "threads": [1, 4],
 "files": ["one"], "pages": [128], "pause_us": 0, "scheduler": "other"},
{"fs": ["ext4", "xfs"], "state": ["hole"], "sync": ["map_sync"], "threads": [4],
 "files": ["each"], "pages": [128], "pause_us": 0, "scheduler": "other"},
{"fs": ["ext4", "xfs"], "state": ["written"], "sync": ["map_sync"], "pages": [512, 4096, 1048576],
 "pause_us": 0, "scheduler": "other"},
{"fs": ["ext4", "xfs"], "state": ["written"], "sync": ["map_sync"], "page_size": ["2m"],
 "pages": [1, 8], "pause_us": 0, "scheduler": "other"}
]}
EOF
cat >"$work/job.sh" <<'EOF'
prepare() { ndctl create-namespace -f -e "$@" >>/out/ndctl.txt 2>&1; }
run() { name=$1; shift; build/syncfault run -o "/out/$name.json" "$@" >/dev/null 2>"/out/$name.err"; }
prepare namespace0.0 --mode=fsdax --map=mem
cat /sys/block/pmem0/size >/out/mem.sectors
run mem --suite /small.json --device /dev/pmem0
run tmpfs --device /dev/pmem0 --fs tmpfs --state hole --load none --sync none --dax never --pages 8
prepare namespace1.0 --mode=fsdax --map=dev
cat /sys/block/pmem1/size >/out/dev.sectors
run dev --suite /small.json --device /dev/pmem1 --fs ext4
run named --suite scale --device /dev/pmem1 --fs ext4 --state written --sync map_sync --threads 2 --pages 8,4194304 --page-size 4k
prepare namespace2.0 --mode=devdax --map=dev
run devdax --device /dev/dax2.0 --page-size 2m --pages 8,2048 --state written --load none --sync map_sync
exit 0
EOF

check() { check_json "$1" "$work/one/$2.json" "$3"; } # NAME FILE JQ-FILTER

test_that() { # NAME WHY COMMAND…
	if "${@:3}" >/dev/null 2>&1; then
		echo "ok $1"
	else
		echo "not ok $1: $2"
		failed=1
	fi
}

for boot in one two; do
	if ! scripts/guest --pmem 768M,768M,128M --memory 768M --out "$work/$boot" --with "$work/job.sh:/job.sh" \
		--with "$work/small.json:/small.json" --with "$(command -v ndctl):/bin/ndctl" \
		-- sh /job.sh >"$work/stdout" 2>"$work/err"; then
		echo "not ok the guest ran: $(tail -n 3 "$work/err" | tr '\n' ' ')"
		exit 1
	fi
done

# of all cells of small.json those that were measured, and what 4 KiB and 2 MiB pages of a file took
fits='select(.config.pages != 1048576)'
took() { echo "(map(select(.config.page_size == \"$1\" and .config.pages == $2))[0].latency | .mean * .count)"; }
for map in mem dev; do
	where=$([ $map = mem ] && echo ram || echo pmem)
	systems=$([ $map = mem ] && echo 2 || echo 1) # ext4 and XFS, or ext4
	check "$map: every cell is ok but those that do not fit" $map \
		'[.cells[] | .status == (if .config.pages != 1048576 then "ok" else "skipped" end)] | length == 10 * '"$systems"' and all'
	check "$map: what does not fit says how much there is" $map \
		'[.cells[] | select(.config.pages == 1048576) | .latency == null and (.reason | test("^4096 MiB of pages to fault, and the file system has [0-9]{3}$"))] | length == '"$systems"' and all'
	check "$map: struct pages are read back" $map "[.cells[].placement.struct_pages == \"$where\"] | all"
	check "$map: each thread takes its own faults" $map \
		"[.cells[] | $fits | .proof.faults_observed == .config.pages * .config.threads and .latency.count == .proof.faults_observed] | all"
	check "$map: all faults lie within elapsed" $map "[.cells[] | $fits | .latency | .elapsed >= .max] | all"
	check "$map: by one thread, one after another" $map \
		"[.cells[] | $fits | select(.config.threads == 1) | .latency | .elapsed >= (.samples | add)] | length == 6 * $systems and all"
	check "$map: on one CPU threads wait for each other" $map \
		'[.cells[] | select(.config.threads == 4 and .config.sync == "map_sync") | .latency | .elapsed < (.samples | add)] | length == 2 * '"$systems"' and all'
	# shellcheck disable=SC2016 # for jq
	check "$map: on ext4 threads share commits" $map \
		'[.cells[] | select(.config.fs == "ext4" and .config.state == "hole" and .config.sync == "map_sync")] | (map(select(.config.threads == 1))[0].latency | .elapsed / .count) as $one | [.[] | select(.config.threads == 4).latency | .elapsed / .count < 0.9 * $one] | length == 2 and all'
	check "$map: eight times the pages, the same fault" $map \
		'[.cells[] | select(.config.page_size == "4k" and .config.state == "written" and .latency)] | group_by(.config.fs) | map(map(.latency.p50) | length == 2 and max < 1.2 * min) | length == '"$systems"' and all'
	check "$map: 2 MiB pages are cheaper for the same bytes" $map \
		"[.cells[] | select(.config.state == \"written\" and .latency)] | group_by(.config.fs) | map($(took 4k 4096) > 50 * $(took 2m 8)) | length == $systems and all"
done
mem=$(<"$work/one/mem.sectors")
dev=$(<"$work/one/dev.sectors")
test_that "struct pages on the device take room of it: 64 of 4,096 bytes at least" "$mem and $dev sectors" \
	test "$((mem - dev))" -ge "$((mem / 64))"
check "tmpfs has no struct pages of the device" tmpfs '.cells[0] | .status == "ok" and .placement.struct_pages == null'
check "device DAX: struct pages, and what fits" devdax \
	'[.cells[] | .placement.struct_pages == "pmem" and (.status == (if .config.pages == 8 then "ok" else "skipped" end))] | length == 2 and all'
check "device DAX says how much there is" devdax \
	'.cells[1].reason | test("^4096 MiB of pages to fault, and the device has [0-9]{3}$")'
check "suite scale by name: blocks made equal are measured once" named \
	'.suite == "scale" and ([.cells[].key] | length == 4 and length == (unique | length)) and ([.cells[] | select(.config.pages == 8) | .status == "ok" and .proof.faults_observed == 16] | length == 2 and all)'
# Of one fault alone, half may be the page table that it allocates or finds: those are not compared.
# shellcheck disable=SC2016 # for jq
test_that "the instruction clock sees no difference between the maps" "medians by one thread differ by a tenth" \
	jq -es '(.[0].cells | map({key, value: .latency.p50}) | from_entries) as $mem | [.[1].cells[] | select(.latency and .config.threads == 1 and .config.pages > 1) | .latency.p50 / $mem[.key] | . > 0.9 and . < 1.1] | length == 5 and all' \
	"$work/one/mem.json" "$work/one/dev.json"
build/syncfault show --scale "$work/one/mem.json" "$work/one/dev.json" >"$work/shown" 2>&1
test_that "show joins both" "$(head -c 200 "$work/shown")" \
	grep -q '^Struct pages on the device (map=dev) against' "$work/shown"
for result in mem dev named devdax; do
	test_that "$result: two boots give the same samples" "they differ" \
		jq -es 'map([.cells[] | [.key, .latency]]) | (.[0] | map(select(.[1])) | length > 0) and .[0] == .[1]' \
		"$work/one/$result.json" "$work/two/$result.json"
done
exit "$failed"
