// SPDX-License-Identifier: GPL-2.0-or-later
/* XFS and its log. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "commit.h"
#include "stage_of.h"

char LICENSE[] SEC("license") = "GPL";

STAGE_OF(__xfs_filemap_fault, STAGE_HANDLER)
STAGE_OF(xfs_filemap_fault, STAGE_HANDLER)
STAGE_OF(xfs_filemap_huge_fault, STAGE_HANDLER)
STAGE_OF(xfs_filemap_page_mkwrite, STAGE_HANDLER)
STAGE_OF(xfs_filemap_pfn_mkwrite, STAGE_HANDLER)
STAGE_OF(xlog_grant_head_wait, STAGE_LOG_SPACE)
STAGE_OF(xlog_wait_on_iclog, STAGE_ICLOG_WAIT)

SEC("fentry/xfs_log_force_seq")
int BPF_PROG(fentry_xfs_log_force_seq, struct xfs_mount *mount, long long seq)
{
	wait_for_commit(mount->m_super->s_dev, (uint64_t)seq, STAGE_LOG_FORCE);
	return 0;
}

STAGE_ENTRY(fexit, xfs_log_force_seq, stage_end(STAGE_LOG_FORCE))

SEC("kprobe/xfs_log_force_seq")
int BPF_KPROBE(kprobe_xfs_log_force_seq, struct xfs_mount *mount, long long seq)
{
	wait_for_commit(BPF_CORE_READ(mount, m_super, s_dev), (uint64_t)seq, STAGE_LOG_FORCE);
	return 0;
}

STAGE_ENTRY(kretprobe, xfs_log_force_seq, stage_end(STAGE_LOG_FORCE))
STAGE_OF(xlog_cil_force_seq, STAGE_CIL_PUSH)

SEC("tp_btf/xfs_log_force")
int tp_xfs_log_force(void *ctx)
{
	if (counting)
		count_add(COUNT_LOG_FORCE);
	return 0;
}

SEC("tp_btf/xlog_iclog_wait_on")
int tp_xlog_iclog_wait_on(void *ctx)
{
	if (counting)
		count_add(COUNT_ICLOG_WAIT);
	return 0;
}

static __always_inline struct xfs_cil_ctx *context_of(struct work_struct *work)
{
	return (void *)work - bpf_core_field_offset(struct xfs_cil_ctx, push_work);
}

static __always_inline struct probe_commit_key push_key(struct work_struct *work)
{
	struct xfs_cil_ctx *ctx = context_of(work);

	return (struct probe_commit_key){
		.dev = BPF_CORE_READ(ctx, cil, xc_log, l_mp, m_super, s_dev),
		.id = (uint64_t)BPF_CORE_READ(ctx, sequence),
		.is_cil = 1,
	};
}

/* Runs in a worker. The context may be gone when it ends, so the worker's number finds the key. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, uint32_t);
	__type(value, struct probe_commit_key);
} pushes SEC(".maps");

static __always_inline void push_begin(struct work_struct *work)
{
	struct probe_commit commit = {};
	struct probe_commit_key key;
	uint32_t tid = current_tid();

	if (!counting)
		return;
	key = push_key(work);
	count_add(COUNT_CIL_PUSH);
	commit.begin_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&commits, &key, &commit, BPF_ANY);
	bpf_map_update_elem(&pushes, &tid, &key, BPF_ANY);
}

static __always_inline void push_end(void)
{
	uint32_t tid = current_tid();
	struct probe_commit_key *key = bpf_map_lookup_elem(&pushes, &tid), copy;

	if (!key)
		return;
	copy = *key;
	bpf_map_delete_elem(&pushes, &tid);
	commit_end(&copy);
}

/* The worker writes its items first, then the commit record. */
static __always_inline void push_write(uint32_t bytes)
{
	uint32_t tid = current_tid();
	struct probe_commit_key *key = bpf_map_lookup_elem(&pushes, &tid);
	struct probe_commit *commit = key ? bpf_map_lookup_elem(&commits, key) : NULL;

	if (commit)
		commit->blocks_logged += bytes;
}

SEC("fentry/xlog_write")
int BPF_PROG(fentry_xlog_write, void *log, void *context, void *chain, void *ticket,
	     unsigned int bytes)
{
	push_write(bytes);
	return 0;
}

SEC("kprobe/xlog_write")
int BPF_KPROBE(kprobe_xlog_write, void *log, void *context, void *chain, void *ticket,
	       unsigned int bytes)
{
	push_write(bytes);
	return 0;
}

SEC("fentry/xlog_cil_push_work")
int BPF_PROG(fentry_xlog_cil_push_work, struct work_struct *work)
{
	push_begin(work);
	return 0;
}

STAGE_ENTRY(fexit, xlog_cil_push_work, push_end())

SEC("kprobe/xlog_cil_push_work")
int BPF_KPROBE(kprobe_xlog_cil_push_work, struct work_struct *work)
{
	push_begin(work);
	return 0;
}

STAGE_ENTRY(kretprobe, xlog_cil_push_work, push_end())

static __always_inline void fill_cil(struct xlog *log)
{
	struct probe_commit_key key = {
		.dev = BPF_CORE_READ(log, l_mp, m_super, s_dev),
		.id = (uint64_t)BPF_CORE_READ(log, l_cilp, xc_ctx, sequence),
		.is_cil = 1,
	};

	if (counting)
		fill(&key, 0);
}

SEC("fentry/xlog_cil_commit")
int BPF_PROG(fentry_xlog_cil_commit, struct xlog *log)
{
	fill_cil(log);
	return 0;
}

SEC("kprobe/xlog_cil_commit")
int BPF_KPROBE(kprobe_xlog_cil_commit, struct xlog *log)
{
	fill_cil(log);
	return 0;
}

/* Where functions cannot be probed: */

SEC("tp_btf/xfs_log_force")
int begin_xfs_log_force(void *ctx)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (slot && current_stage(slot) == STAGE_FSYNC)
		stage_push(slot, bpf_ktime_get_ns(), STAGE_LOG_FORCE);
	return 0;
}

SEC("tp_btf/xlog_iclog_wait_on")
int begin_xlog_iclog_wait_on(void *ctx)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (slot && current_stage(slot) == STAGE_LOG_FORCE)
		stage_push(slot, bpf_ktime_get_ns(), STAGE_ICLOG_WAIT);
	return 0;
}
