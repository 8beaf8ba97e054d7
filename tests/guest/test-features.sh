#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# On emulated persistent memory, in one boot: page sizes, accesses, DAX by inode flag, threads, device
# DAX, and what is left on a device afterwards.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

# Runs in the guest: each line is one result file.
cat >"$work/job.sh" <<'EOF'
run() { name=$1; shift; build/syncfault run -o "/out/$name.json" "$@" >/dev/null 2>"/out/$name.err"; echo $? >"/out/$name.rc"; }
run 2m --device /dev/pmem0 --fs ext4,xfs --page-size 2m --pages 16 --load none --access write,read
run access --device /dev/pmem0 --fs ext4,xfs --access read,read-then-write --load none --pages 64
run inode --device /dev/pmem0 --fs ext4,xfs --dax inode,never --state hole --load none
run threads --device /dev/pmem0 --fs ext4,xfs --threads 4 --files one,each --state hole --load none
run many --device /dev/pmem0 --fs ext4 --pages 100000 --pause 0 --state written --load none --sync none
run options --device /dev/pmem0 --fs 'ext4:-O fast_commit' --fs 'ext4:-O ^has_journal' --state hole,unwritten --load none
run starved --device /dev/pmem0 --fs ext4 --pause 0 --state written --load copy --sync none
run blank --device /dev/pmem0 --fs ext4 --state hole --load none --pages 1
mke2fs -q -F -L mine /dev/pmem0 >/out/mke2fs.txt 2>&1
run refused --device /dev/pmem0 --fs ext4 --state hole --load none --pages 1
run forced --device /dev/pmem0 --fs ext4 --state hole --load none --pages 1 --force
ndctl create-namespace -f -e namespace1.0 -m devdax >/out/ndctl.txt 2>&1
run devdax --device /dev/dax1.0 --page-size 4k,2m --pages 16 --state hole,written --load none
grep pmem /proc/mounts /proc/self/mountinfo >/out/mounts.txt
exit 0
EOF

check() { check_json "$1" "$work/out/$2.json" "$3"; } # NAME FILE JQ-FILTER

expect() { # NAME FILE WANTED: ok when the file holds what is wanted
	if grep -q -- "$3" "$work/out/$2" 2>/dev/null; then
		echo "ok $1"
	else
		echo "not ok $1: $(cat "$work/out/$2" 2>&1)"
		failed=1
	fi
}

if ! scripts/guest --pmem 768M,256M --memory 2G --out "$work/out" --with "$work/job.sh:/job.sh" --with "$(command -v ndctl):/bin/ndctl" \
	-- sh /job.sh >"$work/stdout" 2>"$work/err"; then
	echo "not ok the guest ran: $(tail -n 3 "$work/err" | tr '\n' ' ')"
	exit 1
fi

check "2 MiB pages: all cells ok, one fault for each" 2m \
	'[.cells[] | .status == "ok" and .proof.faults_observed == 16 and .proof.page_size == 2097152] | length == 24 and all'
check "reads and upgrades: one fault for each page" access \
	'[.cells[] | .status == "ok" and .proof.faults_observed == 64] | length == 24 and all'
check "an upgrade on a hole costs more with MAP_SYNC" access \
	'[.cells[] | select(.config.state == "hole" and .config.access == "read-then-write")] | group_by(.config.fs) | map((map(select(.config.sync == "map_sync"))[0].latency.p50) > 1.5 * (map(select(.config.sync == "none"))[0].latency.p50)) | all'
check "DAX by the inode flag, and MAP_SYNC with it" inode \
	'[.cells[] | select(.config.dax == "inode") | .status == "ok" and .proof.is_dax] | length == 4 and all'
check "DAX switched off: MAP_SYNC is skipped with the kernel's answer" inode \
	'[.cells[] | select(.config.dax == "never" and .config.sync == "map_sync") | .status == "skipped" and (.reason | contains("Operation not supported"))] | length == 2 and all'
check "threads: each takes its own faults" threads \
	'[.cells[] | .status == "ok" and .proof.faults_observed == 2048 and (.placement.fault_cpus | length) == 4] | length == 8 and all'
check "100,000 pages: 65,536 samples, all counted" many \
	'.cells[0] | .status == "ok" and .latency.count == 100000 and (.latency.samples | length) == 65536 and ([.latency.hist_ns[].count] | add) == 100000'
check "mkfs options make cells of their own" options \
	'[.cells[] | .status == "ok"] | length == 8 and all'
check "fast commits make a MAP_SYNC fault on unwritten extents cheaper" options \
	'[.cells[] | select(.config.state == "unwritten" and .config.sync == "map_sync" and .config.mkfs_options == "-O fast_commit")][0].latency.p50 < 60000'
check "a load that moves nothing makes a failed cell" starved \
	'.cells[0] | .status == "failed" and (.reason | contains("moved nothing")) and .latency == null'
check "a device is given back empty" blank '.cells[0].status == "ok"'
expect "a device that holds a file system is refused" refused.err 'mine'
expect "… with exit 1" refused.rc '^1$'
check "… and taken with --force" forced '.cells[0].status == "ok"'
expect "… which says what was there" forced.err 'mine'
check "device DAX: 2 MiB pages ok" devdax \
	'[.cells[] | select(.config.page_size == "2m" and .config.state == "written") | .status == "ok" and .proof.faults_observed == 16] | length == 2 and all'
check "device DAX: what it has not is skipped" devdax \
	'[.cells[] | select(.config.page_size == "4k" or .config.state == "hole") | .status == "skipped"] | length == 6 and all'
if [ -s "$work/out/mounts.txt" ]; then
	echo "not ok nothing is mounted afterwards: $(cat "$work/out/mounts.txt")"
	failed=1
else
	echo "ok nothing is mounted afterwards"
fi
exit "$failed"
