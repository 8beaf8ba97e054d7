#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The probes under load, on emulated persistent memory: many threads, short lives, signals, more faults
# than there are places, and what is left afterwards. tests/cli/test-probes.sh has it on the page cache.
# shellcheck disable=SC2016
set -u
# shellcheck source=tests/guest/probes.bash
. "$(dirname "$0")/probes.bash"

cat >"$work/job.sh" <<'EOT'
mkfs.ext4 -q -b 4096 /dev/pmem1 && mkdir -p /mnt && mount -t ext4 -o dax /dev/pmem1 /mnt || exit 1
instrument() { # NAME PROGRAM ARGUMENT…
	name=$1
	shift
	"$@" >"/out/$name.lines" 2>"/out/$name.err"
	echo $? >"/out/$name.rc"
}
threads() { /t/syncfault run -o "/out/$1.json" --device /dev/pmem0 --fs ext4,xfs --state hole --load none --threads 16 --files one,each --pages 32 --probes >/dev/null 2>"/out/$1.err"; }
# Threads that take the CPU from each other, in the middle of a fault too.
preempted() { # NAME ARGUMENT…
	name=$1
	shift
	/t/syncfault run -o "/out/$name.json" --device /dev/pmem0 --fs ext4 --state written --sync none --load none --threads 4 \
		--files each --pages 4000 --pause 0 --scheduler other --probes "$@" >/dev/null 2>"/out/$name.err"
}
case $1 in
cpus)
	instrument storm /t/probe-storm /mnt
	threads threads
	;;
main)
	instrument waits /t/probe-waits
	instrument waits-kprobe /t/probe-waits kprobe,tracepoint
	instrument storm-kprobe /t/probe-storm /mnt kprobe,tracepoint
	instrument leaks /t/probe-leaks 1
	echo full >/sys/kernel/debug/sched/preempt
	preempted preempt
	preempted preempt-tracepoint --rung tracepoint
	;;
old1)
	instrument waits /t/probe-waits
	instrument storm /t/probe-storm /mnt
	;;
esac
exit 0
EOT

lines() { # BOOT NAME KERNEL: what an instrument found out
	local file=$work/$1/$2
	sed -E "s/^(not )?ok /&$3: /" "$file.lines"
	grep -qE '^not ok' "$file.lines" && failed=1
	[ "$(cat "$file.rc")" = 0 ] && grep -q '^ok' "$file.lines" && return
	echo "not ok $3: $2 ended with 0: $(cat "$file.rc") $(tail -n 1 "$file.err")"
	failed=1
}

{
	boot main 6.12 probe-waits probe-storm probe-leaks -- main
	boot old 6.1 probe-waits probe-storm -- old1
} &
cpus=2 boot cpus 6.12 probe-storm -- cpus
wait
booted main old cpus || exit 1
lines cpus storm "6.12, 2 CPUs"
lines main waits 6.12
lines main waits-kprobe "6.12 by kprobes"
lines main storm-kprobe "6.12 by kprobes"
lines main leaks 6.12
lines old waits 6.1
lines old storm 6.1
holds "16 threads on 2 CPUs, a file for all and for each: each fault once, nothing dropped" cpus/threads \
	'[.cells[] | .status == "ok" and .warnings == [] and .proof.faults_observed == 512 and .probes.counts.faults == 512 and
		([.probes.drops[]] | add) == 0 and near(.probes.total.mean; .probes | means | add; 0.01)] | length == 8 and all' \
	'[.cells[].probes.counts.faults]'
# A fault whose transaction another thread has committed before it asks has nothing to flush.
flushed='[.cells[] | select(.config.sync == "map_sync") | .probes.counts | [.needdsync, .fsyncs, .insert_pfn_mkwrite]]'
holds "… and with MAP_SYNC each that has to be is flushed by an fsync of its own" cpus/threads \
	"$flushed | length == 4 and all((unique | length) == 1 and .[0] <= 512 and .[0] >= 400)" "$flushed"
holds "… though not by a commit of its own: threads share them" cpus/threads \
	'[.cells[] | select(.config.sync == "map_sync" and .config.fs == "ext4") | .probes.counts.journal_commits] | length == 2 and all(. > 0 and . <= 512)' \
	'[.cells[] | select(.config.sync == "map_sync" and .config.fs == "ext4") | .probes.counts.journal_commits]'
# The kernel does not run a program of fentry's where another thread was preempted in it.
holds "a kernel that preempts itself: by fentry no fault is lost untold" main/preempt \
	'.cells[0] | .status == "ok" and .proof.faults_observed == 16000 and .probes.counts.faults <= 16000 and
		.probes.counts.faults + .probes.drops.unfinished >= 16000' \
	'.cells[0].probes | "\(.counts.faults) of 16000 seen, \(.drops.unfinished) told as lost"'
holds "a kernel that preempts itself: by tracepoints each fault is seen" main/preempt-tracepoint \
	'.cells[0] | .proof.faults_observed == 16000 and .probes.counts.faults == 16000 and ([.probes.drops[]] | add) == 0'
exit $failed
