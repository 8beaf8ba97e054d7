#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run --probes on emulated persistent memory: each fault, flush and commit is counted once, stages add
# up, each rung sees the same, two boots are the same, and what it costs.
# shellcheck disable=SC2016
set -u
# shellcheck source=tests/guest/probes.bash
. "$(dirname "$0")/probes.bash"

cat >"$work/job.sh" <<'EOT'
run() { name=$1; shift; /t/syncfault run -o "/out/$name.json" --device /dev/pmem0 --load none --probes "$@" >/dev/null 2>"/out/$name.err"; echo $? >"/out/$name.rc"; }
run base --fs ext4,xfs --state hole,written
[ "$1" = full ] || exit 0
run fast --fs 'ext4:-O fast_commit' --state unwritten --sync map_sync
run accesses --fs ext4,xfs --state hole,written --access read,read-then-write --pages 64
run kprobe --fs ext4,xfs --state hole --sync map_sync --rung kprobe,tracepoint
run tracepoint --fs ext4,xfs --state hole --sync map_sync --rung tracepoint
exit 0
EOT

counts() { # BOOT KERNEL
	local fs shared='[.needdsync, .insert_pfn_mkwrite, .fsyncs, .journal_commits, .xfs_fsyncs]'
	holds "$2: each fault seen once, nothing dropped" "$1/base" \
		'[.cells[] | .status == "ok" and .warnings == [] and .proof.faults_observed == 512 and .probes.counts.faults == 512 and
			.probes.total.count == 512 and ([.probes.drops[]] | add) == 0] | length == 8 and all'
	for fs in ext4 xfs; do
		holds "$2 $fs: a MAP_SYNC fault on a hole is one NEEDDSYNC, pfn_mkwrite, fsync, commit" "$1/base" \
			'synced($fs).counts | '"$shared"' == [512, 512, 512] + (if $fs == "ext4" then [512, 0] else [0, 512] end)' \
			"synced(\$fs).counts | $shared" --arg fs "$fs"
		holds "$2 $fs: none of them on what is written, or without MAP_SYNC" "$1/base" \
			'[probes($fs; "written"; "none", "map_sync"), probes($fs; "hole"; "none") | .counts | '"$shared"' | add] == [0, 0, 0]' '' --arg fs "$fs"
	done
}

# The end of a fault counts each stage that it had, after the last look at the clock: outside grows so.
sums() { # BOOT KERNEL
	local fs
	holds "$2: stages add up to the fault" "$1/base" '[.cells[].probes | near(means | add; .total.mean; 0.01)] | length == 8 and all'
	holds "$2: the slowest add up too, stage by stage" "$1/base" \
		'[.cells[].probes.worst[] | ([.stages[]] | add) == .total and .timeline[0].from == 0 and .blocked + .runnable <= .total] | length >= 64 and all'
	for fs in ext4 xfs; do
		holds "$2 $fs: the user's fault, less the outside of a plain one, is the sum of its stages" "$1/base" \
			'probes($fs; "written"; "none") as $plain | synced($fs) | (.latency.mean - ($plain | mean("outside")) - (means | add)) as $rest |
				$rest >= 0 and $rest <= 150 * (used - ($plain | used)) and $rest <= 0.015 * .latency.mean' \
			'probes($fs; "written"; "none") as $plain | synced($fs) | "\(.latency.mean | rounded) - \($plain | mean("outside") | rounded) = \(means | add | rounded)"' \
			--arg fs "$fs"
		holds "$2 $fs: outside differs by 150 for each stage that a fault had, at most" "$1/base" \
			'[.cells[] | select(.config.fs == $fs) | .probes] | min_by(mean("outside")) as $least |
				map(mean("outside") - ($least | mean("outside")) <= 150 * ([used - ($least | used), 1] | max)) | length == 4 and all' \
			'[.cells[] | select(.config.fs == $fs) | .probes | mean("outside") | rounded]' --arg fs "$fs"
	done
}

# Probes of another rung cost more or less inside the stage itself: hence the margin.
rungs() {
	local fs
	for fs in ext4 xfs; do
		holds "$fs: kprobes count what fentry does" all/kprobe 'synced($fs) | .counts == ($base[0] | synced($fs).counts) and ([.drops[]] | add) == 0' \
			'' --arg fs "$fs" --slurpfile base "$work/all/base.json"
		holds "$fs: tracepoints count what fentry does" all/tracepoint \
			'def seen: .counts | del(.retries, .cil_pushes); synced($fs) | seen == ($base[0] | synced($fs) | seen) and ([.drops[]] | add) == 0' \
			'' --arg fs "$fs" --slurpfile base "$work/all/base.json"
		holds "$fs: each stage by kprobes is within 2,000 instructions and 5 % of fentry's" all/kprobe \
			'($base[0] | synced($fs)) as $base | synced($fs) | ([.stages[].rung] | unique == ["kprobe", "none", "tracepoint"]) and
				([means, ($base | means)] | transpose | map(near(.[0]; .[1]; 2000 + 0.05 * .[1]) and ((.[0] > 0) == (.[1] > 0))) | length == 18 and all)' \
			'($base[0] | synced($fs)) as $base | [.stages[0].mean?] | empty' --arg fs "$fs" --slurpfile base "$work/all/base.json"
		holds "$fs: extent and entry by tracepoints cost what they do beside fentry" all/tracepoint \
			'($base[0] | synced($fs)) as $base | synced($fs) | ([.stages[].rung] | unique == ["none", "tracepoint"]) and
				near(mean("map"); $base | mean("map"); 0.1 * mean("map")) and near(mean("insert"); $base | mean("insert"); 0.1 * mean("insert"))' \
			'synced($fs) | [mean("map", "insert") | rounded]' --arg fs "$fs" --slurpfile base "$work/all/base.json"
		holds "$fs: a flush by tracepoints has what fentry tells apart, to 15 %" all/tracepoint \
			'def flush: [mean("fsync", "writeback", "journal_wait", "fast_commit", "log_force", "cil_push", "iclog_wait")] | add;
				near(synced($fs) | flush; $base[0] | synced($fs) | flush; 0.15 * ($base[0] | synced($fs) | flush))' \
			'[., $base[0] | synced($fs) | [mean("fsync", "writeback", "journal_wait", "fast_commit", "log_force", "cil_push", "iclog_wait")] | add | rounded]' \
			--arg fs "$fs" --slurpfile base "$work/all/base.json"
	done
}

# Arguments of one length: they are on the stack of what is measured.
{
	boot again 6.12 -- base
	boot old 6.1 -- base
} &
boot all 6.12 -- full
wait
booted all again old || exit 1
for boot in all:6.12 old:6.1; do
	counts "${boot%:*}" "${boot#*:}"
	sums "${boot%:*}" "${boot#*:}"
done
# 6.1 has no locks of VMAs: each fault takes mmap_lock, and is known from a system call that does.
holds "6.1: each fault has taken mmap_lock before its try" old/base \
	'[.cells[].probes.stages[] | select(.stage == "lock") | .rung == "tracepoint" and .latency.count == 512] | length == 8 and all' \
	'[.cells[].probes.stages[] | select(.stage == "lock") | .latency.count]'
holds "ext4 -O fast_commit: a MAP_SYNC fault on an unwritten extent is one fast commit" all/fast \
	'.cells[0].probes.counts | [.faults, .fsyncs, .fast_commits, .needdsync] == [512, 512, 512, 512]' '.cells[0].probes.counts | [.fast_commits, .journal_commits]'
holds "reads, and writes after reads: the timed fault alone" all/accesses \
	'[.cells[] | .status == "ok" and .warnings == [] and .probes.counts.faults == 64 and ([.probes.drops[]] | add) == 0] | length == 16 and all'
rungs
holds "probes cost an ext4 write on written blocks 3,300 instructions at most" all/base \
	'probes("ext4"; "written"; "none").cost | . > 0 and . <= 3300' 'probes("ext4"; "written"; "none").cost'
for name in all again; do
	jq -c '.cells[].probes' "$work/$name/base.json" >"$work/$name.probes"
done
if [ "$(wc -l <"$work/all.probes")" = 8 ] && cmp -s "$work/all.probes" "$work/again.probes"; then
	echo "ok two boots give the same probes: $(wc -c <"$work/all.probes") bytes"
else
	echo "not ok two boots give the same probes: $(cmp "$work/all.probes" "$work/again.probes" 2>&1)"
	failed=1
fi
exit $failed
