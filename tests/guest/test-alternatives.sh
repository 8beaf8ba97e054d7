#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The suite alternatives, twice: every way is measured or skipped with the reason, proved, and the
# same to the bit; chattr +S syncs no fault; device DAX says which ways it has.
# shellcheck disable=SC2016 # jq has variables too
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

cat >"$work/job.sh" <<'EOF2'
run() { name=$1; shift; "$PROGRAM" run -o "/out/$name.json" "$@" >/dev/null 2>"/out/$name.err"; echo $? >"/out/$name.rc"; }
run suite --suite alternatives --device /dev/pmem0 --pages 64
run plus-s --device /dev/pmem0 --fs ext4,xfs --attribute none,sync --load none --pages 64 --probes
run big --device /dev/pmem0 --fs ext4 --state written --load none --page-size 2m --pages 8 --commit flush,msync,fdatasync,pwrite_dsync --sync none
run floor --device /dev/pmem1 --fs tmpfs,anonymous --fs tmpfs:-x --state hole,written --load none --sync none --dax never,always --attribute none,sync --pages 16
run untouched --device /dev/pmem1 --fs tmpfs,anonymous --state hole --load none --sync none --pages 16
"$PROGRAM" run --device /dev/pmem1 --fs ext4 --state hole --load none --sync none --pages 1 --commit flush -o /out/none.json >/dev/null 2>/out/none.err
echo $? >/out/none.rc
ndctl create-namespace -f -e namespace1.0 -m devdax >/out/ndctl.txt 2>&1
run devdax --device /dev/dax1.0 --page-size 2m --pages 8 --state written --load none --commit none,flush,msync,fdatasync,pwrite_dsync
exit 0
EOF2

boot() { # NAME
	# The image may lie in the last region when the guest begins.
	scripts/guest --pmem 512M,64M,64M --out "$work/$1" --with "$work/job.sh:/job.sh" \
		--with "$program:/syncfault" --with "$(command -v ndctl):/bin/ndctl" \
		-- env PROGRAM=/syncfault sh /job.sh >"$work/$1.out" 2>"$work/$1.err" && return
	echo "not ok the guest ran ($1): $(tail -n 3 "$work/$1.err" | tr '\n' ' ')"
	exit 1
}

check() { check_json "$1" "$work/first/$2.json" "$3"; } # NAME FILE JQ-FILTER

samples() { jq -c '[.cells[] | [.key, .latency.samples]]' "$work/$1/suite.json"; }

boot first
boot second

if [ "$(cat "$work/first/suite.rc")" = 0 ] && [ "$(samples first)" = "$(samples second)" ]; then
	echo "ok two boots give the same samples"
else
	echo "not ok two boots give the same samples: exit $(cat "$work/first/suite.rc")"
	failed=1
fi
if /usr/bin/jsonschema -i "$work/first/suite.json" results/schema.json >/dev/null 2>&1; then
	echo "ok the result is valid by its schema"
else
	echo "not ok the result is valid by its schema"
	failed=1
fi

price='def p50(fs; dax; state; sync; commit): [.cells[] | select(.config.fs == fs and
	.config.dax == dax and .config.state == state and .config.sync == sync and
	.config.commit == commit and .config.attribute == "none")][0].latency.p50; '
check "no cell failed, and most were measured" suite \
	'[.cells[].status] | (map(select(. == "failed")) == []) and (map(select(. == "ok")) | length > 60)'
check "each store has one commit, and is in the file" suite \
	'[.cells[] | select(.status == "ok" and .config.commit != "none") | .proof.commits == 64 and .proof.stores_read_back == 64] | length > 30 and all'
check "cells without a commit claim none" suite \
	'[.cells[] | select(.config.commit == "none") | .proof.commits == null and .proof.stores_read_back == null] | all'
check "a pwrite takes no fault, the others one each" suite \
	'[.cells[] | select(.status == "ok") | .proof.faults_observed == if .config.commit == "pwrite_dsync" then 0 else 64 end] | all'
check "the flush says by which instruction, and others do not" suite \
	'[.cells[] | select(.status == "ok") | .placement.flush_instruction == if .config.commit == "flush" then "clwb" else null end] | all'
check "each fs has each way on DAX" suite \
	'[.cells[] | select(.status == "ok" and .config.dax == "always") | .config.fs + " " + .config.commit] | unique | length == 10'
check "a flush on the page cache is skipped" suite \
	'[.cells[] | select(.config.dax == "never" and .config.commit == "flush") | .status == "skipped" and (.reason | contains("page cache"))] | length == 2 and all'
check "a flush without MAP_SYNC on holes is skipped" suite \
	'[.cells[] | select(.config.state == "hole" and .config.sync == "none" and .config.commit == "flush") | .status == "skipped"] | length == 2 and all'
check "MAP_SYNC on the page cache and tmpfs: the kernel's answer" suite \
	'[.cells[] | select(.config.dax == "never" and .config.sync == "map_sync" and .config.fs != "anonymous") | .status == "skipped" and (.reason | contains("Operation not supported"))] | length == 3 and all'
check "MAP_SYNC on anonymous memory: the kernel's answer" suite \
	'[.cells[] | select(.config.sync == "map_sync" and .config.fs == "anonymous") | .status == "skipped" and (.reason | contains("Invalid argument"))] | length == 1 and all'
check "a flush adds under 5 % to a MAP_SYNC fault" suite \
	"$price"'[("ext4", "xfs") as $fs | ("hole", "unwritten", "written") as $s | p50($fs; "always"; $s; "map_sync"; "flush") / p50($fs; "always"; $s; "map_sync"; "none") | . > 1 and . < 1.05] | all'
check "a sync of the file costs more than 1.5x on written blocks" suite \
	"$price"'[("ext4", "xfs") as $fs | ("msync", "fdatasync") as $c | p50($fs; "always"; "written"; "none"; $c) > 1.5 * p50($fs; "always"; "written"; "none"; "none")] | length == 4 and all'
check "a fault with MAP_SYNC costs as an msync does, within a quarter, on holes" suite \
	"$price"'[("ext4", "xfs") as $fs | p50($fs; "always"; "hole"; "none"; "msync") / p50($fs; "always"; "hole"; "map_sync"; "none") | . > 0.8 and . < 1.25] | all'
check "chattr +S syncs no fault" plus-s \
	'[.cells[] | select(.config.sync == "none") | .status == "ok" and .probes.counts.faults == 64 and .probes.counts.fsyncs == 0 and .probes.counts.needdsync == 0] | length == 12 and all'
check "… where MAP_SYNC does" plus-s \
	'[.cells[] | select(.config.sync == "map_sync" and .config.state != "written") | .probes.counts.fsyncs == 64] | length == 8 and all'
check "2 MiB pages: committed too, and still whole" big \
	'[.cells[] | select(.config.commit != "pwrite_dsync") | .status == "ok" and .proof.faults_observed == 8 and .proof.page_size == 2097152 and .proof.commits == 8] | length == 3 and all'
check "a pwrite has no page size" big \
	'[.cells[] | select(.config.commit == "pwrite_dsync") | .status == "skipped"] | length == 1 and all'
check "the floor is memory without DAX, blocks and attributes" floor \
	'[.cells[] | select(.config.mkfs_options == "") | .status == if .config.dax == "never" and .config.attribute == "none" and (.config.fs == "tmpfs" or .config.state == "hole") then "ok" else "skipped" end] | length == 16 and all'
check "tmpfs takes no options of mkfs" floor \
	'[.cells[] | select(.config.mkfs_options == "-x") | .status == "failed" and (.reason | contains("no options of mkfs"))] | length == 8 and all'
check "memory leaves the device alone" untouched '[.cells[].status == "ok"] | length == 2 and all'
check "device DAX is flushed, and its kernel has no other way" devdax \
	'[.cells[] | .status == if .config.commit == "none" or (.config.commit == "flush") then "ok" else "skipped" end] | length == 10 and all'
check "… which its answer says" devdax \
	'[.cells[] | select(.config.commit | endswith("sync") and . != "pwrite_dsync") | .reason | contains("sync: Invalid argument")] | length == 4 and all'
exit "$failed"
