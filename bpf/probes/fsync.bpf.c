// SPDX-License-Identifier: GPL-2.0-or-later
/* fsync, in a fault or by itself, and the flush of the device's cache that it ends in. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "place.h"
#include "stage_of.h"

char LICENSE[] SEC("license") = "GPL";

STAGE_OF(blkdev_issue_flush, STAGE_FLUSH)

static __always_inline void fsync_begin(const struct place *place)
{
	uint64_t pid_tgid = bpf_get_current_pid_tgid(), now;
	struct slot *slot;

	forget_lock(pid_tgid);
	slot = slot_of_tid((uint32_t)pid_tgid);
	if (slot && slot->record.root == ROOT_FAULT) {
		count_add(COUNT_FSYNC);
		stage_push(slot, bpf_ktime_get_ns(), STAGE_FSYNC);
		return;
	}
	if (!config.has_fsyncs || !counting || (config.tgid && pid_tgid >> 32 != config.tgid) ||
	    !is_wanted_place(place))
		return;
	now = bpf_ktime_get_ns();
	slot = slot_claim(pid_tgid, now, ROOT_FSYNC, STAGE_FSYNC);
	if (slot)
		describe(slot, place, 0, 0);
	else
		count_add(DROP_SLOT);
}

static __always_inline void fsync_end(void *ctx, int result)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (!slot)
		return;
	if (slot->record.root == ROOT_FAULT) {
		stage_pop(slot, bpf_ktime_get_ns(), STAGE_FSYNC);
		return;
	}
	slot->record.result = (uint32_t)result;
	slot_finish(ctx, slot, bpf_ktime_get_ns());
}

SEC("fentry/vfs_fsync_range")
int BPF_PROG(fentry_vfs_fsync_range, struct file *file)
{
	struct place place = { .inode = file->f_inode->i_ino, .dev = file->f_inode->i_sb->s_dev };

	fsync_begin(&place);
	return 0;
}

SEC("fexit/vfs_fsync_range")
int BPF_PROG(fexit_vfs_fsync_range, struct file *file, long long start, long long end, int datasync,
	     int result)
{
	fsync_end(ctx, result);
	return 0;
}

SEC("kprobe/vfs_fsync_range")
int BPF_KPROBE(kprobe_vfs_fsync_range, struct file *file)
{
	struct place place = { .inode = BPF_CORE_READ(file, f_inode, i_ino),
			       .dev = BPF_CORE_READ(file, f_inode, i_sb, s_dev) };

	fsync_begin(&place);
	return 0;
}

SEC("kretprobe/vfs_fsync_range")
int BPF_KRETPROBE(kretprobe_vfs_fsync_range, int result)
{
	fsync_end(ctx, result);
	return 0;
}

SEC("tp_btf/xfs_file_fsync")
int tp_xfs_file_fsync(void *ctx)
{
	if (slot_of_tid(current_tid()))
		count_add(COUNT_XFS_FSYNC);
	return 0;
}

/* Where functions cannot be probed: */

SEC("tp_btf/ext4_sync_file_enter")
int BPF_PROG(begin_ext4_sync_file_enter, struct file *file)
{
	struct place place = {};

	if (file) {
		place.inode = file->f_inode->i_ino;
		place.dev = file->f_inode->i_sb->s_dev;
	}
	fsync_begin(&place);
	return 0;
}

SEC("tp_btf/ext4_sync_file_exit")
int BPF_PROG(begin_ext4_sync_file_exit, struct inode *inode, int result)
{
	fsync_end(ctx, result);
	return 0;
}

/* XFS has no tracepoints for ends: the next event that is known to follow ends them. */
SEC("tp_btf/xfs_file_fsync")
int begin_xfs_file_fsync(void *ctx)
{
	if (!slot_of_tid(current_tid()))
		return 0;
	count_add(COUNT_FSYNC);
	stage_begin(STAGE_FSYNC);
	return 0;
}
