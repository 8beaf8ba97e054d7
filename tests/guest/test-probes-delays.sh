#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A known delay in, a known figure out: instructions burned in a function of the kernel are found by
# run --probes in the stage of that function, all of them, and nowhere else.
# shellcheck disable=SC2016
set -u
# shellcheck source=tests/guest/probes.bash
. "$(dirname "$0")/probes.bash"

cat >"$work/job.sh" <<'EOT'
cell='--device /dev/pmem0 --state hole --sync map_sync --load none --probes'
# The first cell after boot waits some 600 longer for its journal.
/t/syncfault run -o /out/warm-up.json $cell --fs ext4,xfs >/dev/null 2>&1
/t/syncfault run -o /out/base.json $cell --fs ext4,xfs >/dev/null 2>/out/base.err
burned() { # NAME FS FUNCTION:INSTRUCTIONS…
	name=$1
	command="/t/syncfault run -o /out/$1.json $cell --fs $2"
	shift 2
	for burn; do command="/t/burn ${burn%:*} ${burn#*:} -- $command"; done
	$command >/dev/null 2>"/out/$name.err"
}
burned alone ext4 dax_finish_sync_fault:300000
burned front ext4 ext4_iomap_begin:180000 ext4_dax_huge_fault:240000 dax_direct_access:300000
burned flush ext4 ext4_sync_file:240000 jbd2_log_wait_commit:300000 ext4_fc_commit:360000 dax_writeback_mapping_range:420000
burned xfs-front xfs handle_mm_fault:150000 xfs_direct_write_iomap_begin:180000 __xfs_filemap_fault:240000
burned xfs-flush xfs xfs_file_fsync:300000 xfs_log_force_seq:360000 xlog_cil_force_seq:420000 \
	xlog_wait_on_iclog:480000 dax_finish_sync_fault:540000
exit 0
EOT

# The delays as burn measured them, mean over its calls: {"stage": instructions, …}
delays() { # FILE FUNCTION=STAGE…
	local file=$1 pair
	shift
	for pair; do
		sed -nE "s/^burn: ${pair%=*}: .*mean ([0-9.]+),.*/\"${pair#*=}\": \1/p" "$work/guest/$file.err"
	done | paste -sd, | sed 's/.*/{&}/'
}

# A burn program costs its function some 150 instructions more than it burns. What else moves: where the
# timer's ticks fall; and the longer a fault, the more often the next one finds that the clock of time
# stamps has moved on, and updates mtime in the handler (3,500 instructions on XFS, once every 4 ms).
shifts='($base[0] | synced($fs)) as $before | synced($fs) as $after |
	($after.total.mean - $before.total.mean) as $all | ($delays | add) as $sum | ($delays | map(.) | min) as $least |
	($before.stages[1:] | map(.stage as $stage | {stage: $stage, by: (($after | mean($stage)) - ($before | mean($stage))), want: ($delays[$stage] // 0)})) as $stages |'

shifted() { # FILE FS FUNCTION=STAGE…
	local file=$1 fs=$2 found arguments
	shift 2
	found=$(delays "$file" "$@")
	arguments=(--slurpfile base "$work/guest/base.json" --arg fs "$fs" --argjson delays "${found:-null}")
	holds "$fs, $file: the fault is longer by what was burned, to 1 %" "guest/$file" \
		"$shifts (\$delays | length) == $# and \$sum > 0 and near(\$all; \$sum; 0.01 * \$sum)" "$shifts \"\\(\$all | rounded) of \\(\$sum | rounded)\"" "${arguments[@]}"
	holds "$fs, $file: so is each stage by its own, to 1 %" "guest/$file" \
		"$shifts \$stages | map(select(.want > 0) | near(.by; .want; 0.01 * .want)) | length == $# and all" \
		"$shifts \$stages | map(select(.want > 0) | \"\\(.stage) \\(.by | rounded) of \\(.want)\") | join(\", \")" "${arguments[@]}"
	holds "$fs, $file: each other stage moves by less than 1 % of the least delay" "guest/$file" \
		"$shifts \$stages | map(select(.want == 0) | near(.by; 0; 0.01 * \$least)) | length == $((18 - $#)) and all" \
		"$shifts \$stages | map(select(.want == 0 and .by != 0) | \"\\(.stage) \\(.by | rounded)\") | join(\", \")" "${arguments[@]}"
	holds "$fs, $file: 99 % of the shift is where it was burned" "guest/$file" \
		"$shifts (\$stages | map(select(.want > 0).by) | add) >= 0.99 * \$all" \
		"$shifts (\$stages | map(select(.want > 0).by) | add) / \$all * 10000 | round / 100 | \"\\(.) %\"" "${arguments[@]}"
	holds "$fs, $file: the counts are the same" "guest/$file" \
		'def counted: synced($fs) | [.counts, .drops]; counted == ($base[0] | counted) and synced($fs).counts.faults == 512' '' "${arguments[@]}"
}

boot guest 6.12 burn
booted guest || exit 1
shifted alone ext4 dax_finish_sync_fault=finish
shifted front ext4 ext4_iomap_begin=map ext4_dax_huge_fault=handler dax_direct_access=insert
shifted flush ext4 ext4_sync_file=fsync jbd2_log_wait_commit=journal_wait ext4_fc_commit=fast_commit dax_writeback_mapping_range=writeback
shifted xfs-front xfs handle_mm_fault=mm xfs_direct_write_iomap_begin=map __xfs_filemap_fault=handler
shifted xfs-flush xfs xfs_file_fsync=fsync xfs_log_force_seq=log_force xlog_cil_force_seq=cil_push \
	xlog_wait_on_iclog=iclog_wait dax_finish_sync_fault=finish
exit $failed
