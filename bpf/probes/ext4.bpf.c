// SPDX-License-Identifier: GPL-2.0-or-later
/* ext4 and its journal, jbd2. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "commit.h"
#include "stage_of.h"

char LICENSE[] SEC("license") = "GPL";

STAGE_OF(ext4_dax_huge_fault, STAGE_HANDLER)
STAGE_OF(wait_transaction_locked, STAGE_LOG_SPACE)
STAGE_OF(__jbd2_log_wait_for_space, STAGE_LOG_SPACE)
STAGE_OF(ext4_fc_commit, STAGE_FAST_COMMIT)

SEC("fentry/jbd2_log_wait_commit")
int BPF_PROG(fentry_jbd2_log_wait_commit, struct journal_s *journal, unsigned int tid)
{
	wait_for_commit(journal->j_fs_dev->bd_dev, tid, STAGE_JOURNAL_WAIT);
	return 0;
}

STAGE_ENTRY(fexit, jbd2_log_wait_commit, stage_end(STAGE_JOURNAL_WAIT))

SEC("kprobe/jbd2_log_wait_commit")
int BPF_KPROBE(kprobe_jbd2_log_wait_commit, struct journal_s *journal, unsigned int tid)
{
	wait_for_commit(BPF_CORE_READ(journal, j_fs_dev, bd_dev), tid, STAGE_JOURNAL_WAIT);
	return 0;
}

STAGE_ENTRY(kretprobe, jbd2_log_wait_commit, stage_end(STAGE_JOURNAL_WAIT))

/* To the verifier of later kernels any argument of a tracepoint may be NULL until it is checked. */
static __always_inline struct probe_commit_key journal_key(struct journal_s *journal,
							   struct transaction_s *transaction)
{
	struct probe_commit_key key = {};

	if (journal && transaction) {
		key.dev = journal->j_fs_dev->bd_dev;
		key.id = transaction->t_tid;
	}
	return key;
}

static __always_inline void phase_end(struct probe_commit_key *key, int phase)
{
	struct probe_commit *commit = bpf_map_lookup_elem(&commits, key);
	uint64_t now = bpf_ktime_get_ns();

	if (!commit)
		return;
	commit->phase_ns[phase] = now - commit->last_ns;
	commit->last_ns = now;
}

SEC("tp_btf/jbd2_start_commit")
int BPF_PROG(tp_jbd2_start_commit, struct journal_s *journal, struct transaction_s *transaction)
{
	struct probe_commit commit = {};
	struct probe_commit_key key = journal_key(journal, transaction);

	if (!counting)
		return 0;
	count_add(COUNT_JOURNAL_COMMIT);
	commit.begin_ns = bpf_ktime_get_ns();
	commit.last_ns = commit.begin_ns;
	bpf_map_update_elem(&commits, &key, &commit, BPF_ANY);
	return 0;
}

/* The phase that the tracepoint names begins. */
SEC("tp_btf/jbd2_commit_flushing")
int BPF_PROG(tp_jbd2_commit_flushing, struct journal_s *journal, struct transaction_s *transaction)
{
	struct probe_commit_key key = journal_key(journal, transaction);

	phase_end(&key, PHASE_LOCKED);
	return 0;
}

SEC("tp_btf/jbd2_commit_logging")
int BPF_PROG(tp_jbd2_commit_logging, struct journal_s *journal, struct transaction_s *transaction)
{
	struct probe_commit_key key = journal_key(journal, transaction);

	phase_end(&key, PHASE_FLUSHING);
	return 0;
}

SEC("tp_btf/jbd2_end_commit")
int BPF_PROG(tp_jbd2_end_commit, struct journal_s *journal, struct transaction_s *transaction)
{
	struct probe_commit_key key = journal_key(journal, transaction);

	commit_end(&key);
	return 0;
}

SEC("tp_btf/jbd2_run_stats")
int BPF_PROG(tp_jbd2_run_stats, unsigned int dev, unsigned int tid,
	     struct transaction_run_stats_s *stats)
{
	struct probe_commit_key key = { .dev = dev, .id = tid };
	struct probe_commit *commit = bpf_map_lookup_elem(&commits, &key);

	if (!commit || !stats)
		return 0;
	commit->handles = stats->rs_handle_count;
	commit->blocks_logged = stats->rs_blocks_logged;
	return 0;
}

SEC("tp_btf/jbd2_handle_stats")
int BPF_PROG(tp_jbd2_handle_stats, unsigned int dev, unsigned int tid, unsigned int type,
	     unsigned int line, int interval, int sync, int requested, int dirtied)
{
	struct probe_commit_key key = { .dev = dev, .id = tid };

	if (counting)
		fill(&key, (uint64_t)(uint32_t)dirtied);
	return 0;
}

SEC("tp_btf/ext4_fc_commit_start")
int tp_ext4_fc_commit_start(void *ctx)
{
	if (counting)
		count_add(COUNT_FAST_COMMIT);
	return 0;
}

/* Where functions cannot be probed: */

SEC("tp_btf/ext4_fc_commit_start")
int begin_ext4_fc_commit_start(void *ctx)
{
	stage_begin(STAGE_FAST_COMMIT);
	return 0;
}

SEC("tp_btf/ext4_fc_commit_stop")
int begin_ext4_fc_commit_stop(void *ctx)
{
	stage_end(STAGE_FAST_COMMIT);
	return 0;
}
