// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes. Names say what they are attached to and how: fentry_FUNCTION, fexit_FUNCTION,
 * kprobe_FUNCTION, kretprobe_FUNCTION, tp_TRACEPOINT, and end_TRACEPOINT or begin_TRACEPOINT for
 * those that stand in where functions cannot be probed. bench/probes_table.c chooses among them.
 */
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/errno.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "flight.h"

char LICENSE[] SEC("license") = "GPL";

struct place {
	uint32_t dev;
	uint64_t inode;
	uint64_t page;
};

static __always_inline bool is_wanted_place(const struct place *place)
{
	if (!config.has_dev)
		return true;
	return place->dev == config.dev && (!config.inode || place->inode == config.inode);
}

/* The lock was for a fault that nobody asked about. */
static __always_inline void forget_lock(uint64_t pid_tgid)
{
	struct slot *slot = slot_of_tid((uint32_t)pid_tgid);

	if (slot && slot->stack == STAGE_LOCK)
		slot_release(slot);
}

static __always_inline bool is_wanted(uint64_t pid_tgid, uint64_t address)
{
	if (!counting)
		return false;
	if (config.tgid && pid_tgid >> 32 != config.tgid)
		return false;
	if (address >= aim.address_from && address < aim.address_to)
		return true;
	forget_lock(pid_tgid);
	return false;
}

static __always_inline void describe(struct slot *slot, const struct place *place, uint64_t address,
				     uint32_t flags)
{
	slot->record.address = address;
	slot->record.flags = flags;
	slot->record.dev = place->dev;
	slot->record.inode = place->inode;
	slot->record.page = place->page;
}

/*
 * What a thread that comes to handle_mm_fault was at: the next try of a fault that had to give one
 * up, or a wait for mmap_lock before its first try; else NULL. A wait that this fault did not have
 * was another one's.
 */
static __always_inline struct slot *slot_before_try(uint32_t tid, uint32_t flags)
{
	struct slot *slot = slot_of_tid(tid);

	if (!slot || slot->stack > STAGE_RETRY)
		return NULL;
	if (slot->stack == STAGE_LOCK && flags & FAULT_FLAG_VMA_LOCK) {
		slot_release(slot);
		return NULL;
	}
	return slot;
}

static __always_inline void try_begin(struct slot *slot, uint64_t pid_tgid, uint64_t address,
				      uint32_t flags)
{
	uint64_t now = bpf_ktime_get_ns();

	if (slot)
		stage_turn(slot, now, STAGE_MM);
	else
		slot = slot_claim(pid_tgid, now, ROOT_FAULT, STAGE_MM);
	if (!slot) {
		count_lost((uint32_t)pid_tgid, address);
		return;
	}
	slot->record.address = address;
	slot->record.flags = flags;
}

/* In that case the thread goes back to its signal handler instead of trying again. */
static __always_inline bool is_signal_pending(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->thread_info.flags >> TIF_SIGPENDING & 1;
}

/* The slot of a fault that is done with; NULL where there is none, or another try to come. */
static __always_inline struct slot *try_end(uint32_t result)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (!slot || slot->record.root != ROOT_FAULT)
		return NULL;
	if (slot->stack == STAGE_LOCK) { /* taken inside of a fault that nobody asked about */
		slot_release(slot);
		return NULL;
	}
	slot->record.result = result;
	if (!(result & bpf_core_enum_value(enum vm_fault_reason, VM_FAULT_RETRY)))
		return slot;
	if (is_signal_pending()) {
		count_add(COUNT_INTERRUPTED);
		slot_release(slot);
		return NULL;
	}
	stage_rename(slot, STAGE_RETRY);
	return NULL;
}

/* Where the fault is, for what is kept of it; mmap_lock or the VMA's own is still held. */
static __always_inline void describe_vma(struct slot *slot, struct vm_area_struct *vma)
{
	struct file *file = vma->vm_file;
	struct inode *inode;

	slot->record.inode = 0;
	slot->record.dev = 0;
	slot->record.page = 0;
	if (!file)
		return;
	inode = file->f_inode;
	slot->record.inode = inode->i_ino;
	slot->record.dev = inode->i_sb->s_dev;
	slot->record.page = ((slot->record.address - vma->vm_start) >> 12) + vma->vm_pgoff;
}

static __always_inline bool is_wanted_file(struct file *file)
{
	struct inode *inode;

	if (!file)
		return config.is_anonymous && !config.has_dev;
	if (!config.has_dev)
		return true;
	inode = file->f_inode;
	return inode->i_sb->s_dev == config.dev && (!config.inode || inode->i_ino == config.inode);
}

SEC("fentry/handle_mm_fault")
int BPF_PROG(fentry_handle_mm_fault, struct vm_area_struct *vma, unsigned long address,
	     unsigned int flags)
{
	uint64_t pid_tgid = bpf_get_current_pid_tgid();
	struct slot *slot;

	if (!is_wanted(pid_tgid, address))
		return 0;
	slot = slot_before_try((uint32_t)pid_tgid, flags);
	if ((slot && slot->stack == STAGE_RETRY) || is_wanted_file(vma->vm_file))
		try_begin(slot, pid_tgid, address, flags);
	else if (slot)
		slot_release(slot);
	return 0;
}

SEC("fexit/handle_mm_fault")
int BPF_PROG(fexit_handle_mm_fault, struct vm_area_struct *vma, unsigned long address,
	     unsigned int flags, void *regs, unsigned int result)
{
	struct slot *slot = try_end(result);
	uint64_t now;

	if (!slot)
		return 0;
	now = bpf_ktime_get_ns();
	if (is_kept(slot, now) && !(result & VM_FAULT_COMPLETED))
		describe_vma(slot, vma);
	slot_finish(ctx, slot, now);
	return 0;
}

SEC("kprobe/handle_mm_fault")
int BPF_KPROBE(kprobe_handle_mm_fault, struct vm_area_struct *vma, unsigned long address,
	       unsigned int flags)
{
	uint64_t pid_tgid = bpf_get_current_pid_tgid();
	struct place place = {};
	struct file *file;
	struct slot *slot;

	if (!is_wanted(pid_tgid, address))
		return 0;
	file = BPF_CORE_READ(vma, vm_file);
	if (file) {
		place.inode = BPF_CORE_READ(file, f_inode, i_ino);
		place.dev = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
		place.page = ((address - BPF_CORE_READ(vma, vm_start)) >> 12) +
			     BPF_CORE_READ(vma, vm_pgoff);
	}
	slot = slot_before_try((uint32_t)pid_tgid, flags);
	if ((file || config.is_anonymous) && is_wanted_place(&place)) {
		try_begin(slot, pid_tgid, address, flags);
		slot = slot_of_tid((uint32_t)pid_tgid);
		if (slot)
			describe(slot, &place, address, flags);
	} else if (slot) {
		slot_release(slot);
	}
	return 0;
}

SEC("kretprobe/handle_mm_fault")
int BPF_KRETPROBE(kretprobe_handle_mm_fault, unsigned int result)
{
	struct slot *slot = try_end(result);

	if (slot)
		slot_finish(ctx, slot, bpf_ktime_get_ns());
	return 0;
}

/*
 * A fault that is not tried under the lock of its VMA alone takes mmap_lock first. A fault of the
 * user's is told from a system call by what the latter leaves in registers (Intel SDM, SYSCALL: RCX
 * is RIP). Where no try follows, as outside of all memory, the slot is left to the thread's next.
 */
SEC("tp_btf/mmap_lock_start_locking")
int tp_mmap_lock_start_locking(void *ctx)
{
	uint64_t pid_tgid = bpf_get_current_pid_tgid();
	struct pt_regs *regs;

	if (!counting || (config.tgid && pid_tgid >> 32 != config.tgid))
		return 0;
	regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	if (regs->rip == regs->rcx)
		return 0;
	forget_lock(pid_tgid);
	if (!slot_of_tid((uint32_t)pid_tgid))
		slot_claim(pid_tgid, bpf_ktime_get_ns(), ROOT_FAULT, STAGE_LOCK);
	return 0;
}

#define STAGE_ENTRY(kind, name, what) \
	SEC(#kind "/" #name)          \
	int kind##_##name(void *ctx)  \
	{                             \
		what;                 \
		return 0;             \
	}
#define STAGE_OF(name, stage)                         \
	STAGE_ENTRY(fentry, name, stage_begin(stage)) \
	STAGE_ENTRY(fexit, name, stage_end(stage))    \
	STAGE_ENTRY(kprobe, name, stage_begin(stage)) \
	STAGE_ENTRY(kretprobe, name, stage_end(stage))

STAGE_OF(ext4_dax_huge_fault, STAGE_HANDLER)
STAGE_OF(__xfs_filemap_fault, STAGE_HANDLER)
STAGE_OF(xfs_filemap_fault, STAGE_HANDLER)
STAGE_OF(xfs_filemap_huge_fault, STAGE_HANDLER)
STAGE_OF(xfs_filemap_page_mkwrite, STAGE_HANDLER)
STAGE_OF(xfs_filemap_pfn_mkwrite, STAGE_HANDLER)
STAGE_OF(dev_dax_huge_fault, STAGE_HANDLER)
STAGE_OF(filemap_fault, STAGE_HANDLER)
STAGE_OF(do_page_mkwrite, STAGE_MKWRITE)
STAGE_OF(folio_wait_writeback, STAGE_WP_WAIT)
STAGE_OF(dax_finish_sync_fault, STAGE_FINISH)
STAGE_OF(dax_writeback_mapping_range, STAGE_WRITEBACK)
STAGE_OF(wait_transaction_locked, STAGE_LOG_SPACE)
STAGE_OF(__jbd2_log_wait_for_space, STAGE_LOG_SPACE)
STAGE_OF(xlog_grant_head_wait, STAGE_LOG_SPACE)
STAGE_OF(ext4_fc_commit, STAGE_FAST_COMMIT)
STAGE_OF(xlog_wait_on_iclog, STAGE_ICLOG_WAIT)
STAGE_OF(blkdev_issue_flush, STAGE_FLUSH)

/* It comes before ->iomap_begin, and once more when there is no more to map. */
SEC("tp_btf/iomap_iter")
int tp_iomap_iter(void *ctx)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (!slot)
		return 0;
	if (current_stage(slot) == STAGE_INSERT)
		stage_pop(slot, bpf_ktime_get_ns(), STAGE_INSERT);
	else
		stage_push(slot, bpf_ktime_get_ns(), STAGE_MAP);
	return 0;
}

/* After ->iomap_begin. What follows inserts the entry, on DAX; else it is the caller's own. */
SEC("tp_btf/iomap_iter_dstmap")
int BPF_PROG(tp_iomap_iter_dstmap, struct inode *inode)
{
	struct slot *slot = slot_of_tid(current_tid());
	uint64_t now;

	if (!slot || !inode || current_stage(slot) != STAGE_MAP)
		return 0;
	now = bpf_ktime_get_ns();
	if (inode->i_flags & S_DAX) {
		charge(slot, now, STAGE_INSERT);
		slot->stack = (slot->stack & ~(uint64_t)STAGE_MASK) | STAGE_INSERT;
	} else {
		stage_pop(slot, now, STAGE_MAP);
	}
	return 0;
}

static __always_inline void dax_done(uint32_t result)
{
	struct slot *slot;

	if (!(result & bpf_core_enum_value(enum vm_fault_reason, VM_FAULT_NEEDDSYNC)))
		return;
	slot = slot_of_tid(current_tid());
	if (!slot)
		return;
	slot->record.is_sync = 1;
	count_add(COUNT_NEEDDSYNC);
}

SEC("tp_btf/dax_pte_fault_done")
int BPF_PROG(tp_dax_pte_fault_done, void *inode, void *vmf, int result)
{
	dax_done((uint32_t)result);
	return 0;
}

SEC("tp_btf/dax_pmd_fault_done")
int BPF_PROG(tp_dax_pmd_fault_done, void *inode, void *vmf, unsigned long max_pgoff, int result)
{
	dax_done((uint32_t)result);
	return 0;
}

SEC("tp_btf/dax_insert_pfn_mkwrite")
int tp_dax_insert_pfn_mkwrite(void *ctx)
{
	if (slot_of_tid(current_tid()))
		count_add(COUNT_INSERT_PFN_MKWRITE);
	return 0;
}

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

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct probe_commit_key);
	__type(value, struct probe_commit);
} commits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct probe_filler_key);
	__type(value, struct probe_filler);
} fillers SEC(".maps");

static __always_inline void wait_for_commit(uint32_t dev, uint64_t id, uint32_t stage)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (!slot)
		return;
	slot->record.commit_dev = dev;
	slot->record.commit_id = id;
	stage_push(slot, bpf_ktime_get_ns(), stage);
}

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

/* Later kernels take the arguments of any tracepoint for NULL, until they are looked at. */
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

static __always_inline void commit_end(struct probe_commit_key *key)
{
	struct probe_commit *commit = bpf_map_lookup_elem(&commits, key);
	uint64_t now = bpf_ktime_get_ns();

	/* Another file system on the same device begins to count anew: each ends once. */
	if (!counting || !commit || commit->is_over)
		return;
	commit->is_over = 1;
	if (!key->is_cil) {
		commit->phase_ns[PHASE_LOGGING] = now - commit->last_ns;
		for (uint32_t i = 0; i < PHASE_ALL; i++)
			hist_add(ROOT_COUNT * STAGE_COUNT + i, commit->phase_ns[i]);
	}
	commit->phase_ns[PHASE_ALL] = now - commit->begin_ns;
	hist_add(ROOT_COUNT * STAGE_COUNT + PHASE_ALL, commit->phase_ns[PHASE_ALL]);
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

static __always_inline void fill(struct probe_commit_key *commit, uint64_t blocks)
{
	struct probe_filler_key key = { .commit = *commit,
					.tgid = bpf_get_current_pid_tgid() >> 32 };
	struct probe_filler *filler, new = { .handles = 1, .blocks = blocks };

	filler = bpf_map_lookup_elem(&fillers, &key);
	if (filler) {
		__sync_fetch_and_add(&filler->handles, 1);
		__sync_fetch_and_add(&filler->blocks, blocks);
		return;
	}
	bpf_get_current_comm(new.comm, sizeof(new.comm));
	bpf_map_update_elem(&fillers, &key, &new, BPF_ANY);
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

/* In a worker's thread. The context may be gone when it ends, so the key is found by the worker. */
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

/* The worker writes its items, and then the commit record. */
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

#define TASK_RUNNING 0

/* A DAX entry under writeback is waited for in get_unlocked_entry, which has too many calls to
 * probe. */
static __always_inline bool is_entry_wait(const struct slot *slot)
{
	if (!config.entry_to)
		return false;
	for (int i = 0; i < PROBE_FRAMES; i++)
		if (slot->frames[i] >= config.entry_from && slot->frames[i] < config.entry_to)
			return true;
	return false;
}

static __always_inline void leave_cpu(void *ctx, struct slot *slot, bool can_run)
{
	long size;

	slot->off_ns = bpf_ktime_get_ns();
	slot->woken_ns = can_run ? slot->off_ns : 0;
	slot->is_wp_wait = 0;
	slot->frame_count = 0;
	if (can_run || (!config.has_stacks && current_stage(slot) != STAGE_HANDLER))
		return;
	size = bpf_get_stack(ctx, slot->frames, sizeof(slot->frames), 0);
	slot->frame_count = size > 0 ? (uint32_t)size / sizeof(uint64_t) : 0;
	slot->is_wp_wait = is_entry_wait(slot);
	if (slot->is_wp_wait)
		stage_push(slot, slot->off_ns, STAGE_WP_WAIT);
}

static __always_inline void enter_cpu(struct slot *slot)
{
	struct probe_record *record = &slot->record;
	uint64_t now, woken;

	if (!slot->off_ns)
		return;
	now = bpf_ktime_get_ns();
	woken = slot->woken_ns ? slot->woken_ns : now;
	record->blocked_ns += woken - slot->off_ns;
	record->runnable_ns += now - woken;
	if (now - slot->off_ns > record->longest_ns) {
		record->longest_ns = now - slot->off_ns;
		record->frame_count = slot->frame_count;
		__builtin_memcpy(record->frames, slot->frames, sizeof(record->frames));
	}
	slot->off_ns = 0;
	if (slot->is_wp_wait)
		stage_pop(slot, now, STAGE_WP_WAIT);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(tp_sched_switch, bool is_preempted, struct task_struct *prev, struct task_struct *next)
{
	struct slot *slot;

	if (!prev || !next)
		return 0;
	slot = prev->pid ? slot_of_tid((uint32_t)prev->pid) : NULL;
	if (slot)
		leave_cpu(ctx, slot, is_preempted || prev->__state == TASK_RUNNING);
	slot = next->pid ? slot_of_tid((uint32_t)next->pid) : NULL;
	if (slot)
		enter_cpu(slot);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(tp_sched_wakeup, struct task_struct *task)
{
	struct slot *slot = task ? slot_of_tid((uint32_t)task->pid) : NULL;

	if (slot && slot->off_ns && !slot->woken_ns)
		slot->woken_ns = bpf_ktime_get_ns();
	return 0;
}

/* A thread that was killed in a fault takes its place along; a wait for mmap_lock was for no fault.
 */
SEC("tp_btf/sched_process_exit")
int tp_sched_process_exit(void *ctx)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (!slot)
		return 0;
	if (slot->stack != STAGE_LOCK)
		count_add(DROP_UNFINISHED);
	slot_release(slot);
	return 0;
}

/*
 * Tracepoints know no end of a fault. The software event of a page fault does: handle_mm_fault
 * counts one, minor or major, for each fault of a user's access that is done with (mm/memory.c,
 * mm_account_fault). Its file is looked up where a file was asked for, and for what is kept.
 */
struct vma_place {
	struct place place;
	uint64_t address;
	bool has_file;
};

static long look_at_vma(struct task_struct *task, struct vm_area_struct *vma, void *context)
{
	struct vma_place *found = context;
	struct file *file = BPF_CORE_READ(vma, vm_file);

	if (!file)
		return 0;
	found->has_file = true;
	found->place.inode = BPF_CORE_READ(file, f_inode, i_ino);
	found->place.dev = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	found->place.page = ((found->address - BPF_CORE_READ(vma, vm_start)) >> 12) +
			    BPF_CORE_READ(vma, vm_pgoff);
	return 0;
}

static __always_inline long look_up(struct vma_place *found)
{
	return bpf_find_vma(bpf_get_current_task_btf(), found->address, look_at_vma, found, 0);
}

static __always_inline bool is_wanted_vma(const struct vma_place *found)
{
	return (found->has_file || config.is_anonymous) && is_wanted_place(&found->place);
}

/* While another thread changes the memory's layout, it cannot be looked at: that is left for later.
 */
SEC("tp_btf/page_fault_user")
int BPF_PROG(begin_page_fault_user, unsigned long address)
{
	uint64_t pid_tgid = bpf_get_current_pid_tgid();
	struct vma_place found = { .address = address };
	bool is_busy;
	struct slot *slot;

	if (!is_wanted(pid_tgid, address))
		return 0;
	is_busy = look_up(&found) == -EBUSY;
	if (!is_busy && !is_wanted_vma(&found))
		return 0;
	slot = slot_claim(pid_tgid, bpf_ktime_get_ns(), ROOT_FAULT, STAGE_MM);
	if (!slot) {
		count_lost((uint32_t)pid_tgid, address);
		return 0;
	}
	slot->is_unplaced = is_busy;
	describe(slot, &found.place, address, 0);
	return 0;
}

/* Whether the fault is one to count. Where the program aims at addresses, they are all. */
static __always_inline bool place_again(struct slot *slot)
{
	struct vma_place found = { .address = slot->record.address };

	if (look_up(&found) == -EBUSY) {
		if (aim.address_to != ~0ULL && !config.has_dev)
			return true;
		count_add(DROP_UNFINISHED);
		return false;
	}
	describe(slot, &found.place, found.address, 0);
	return is_wanted_vma(&found);
}

SEC("perf_event")
int end_page_fault(struct bpf_perf_event_data *ctx)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (!slot || slot->record.root != ROOT_FAULT)
		return 0;
	if (slot->is_unplaced && !place_again(slot)) {
		slot_release(slot);
		return 0;
	}
	slot->record.result = 0;
	slot_finish(ctx, slot, bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/dax_pte_fault")
int begin_dax_pte_fault(void *ctx)
{
	stage_begin(STAGE_HANDLER);
	return 0;
}

/* A fault that is flushed goes on, in what is not told apart from the handler's caller. */
SEC("tp_btf/dax_pte_fault_done")
int begin_dax_pte_fault_done(void *ctx)
{
	stage_end(STAGE_HANDLER);
	return 0;
}

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

/* XFS tells no ends: the next thing that is known to come after ends them. */
SEC("tp_btf/xfs_file_fsync")
int begin_xfs_file_fsync(void *ctx)
{
	if (!slot_of_tid(current_tid()))
		return 0;
	count_add(COUNT_FSYNC);
	stage_begin(STAGE_FSYNC);
	return 0;
}

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

/* The flush is over: back to what it was called from. */
SEC("tp_btf/dax_insert_pfn_mkwrite")
int begin_dax_insert_pfn_mkwrite(void *ctx)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (slot && slot->stack >> STAGE_BITS)
		stage_turn(slot, bpf_ktime_get_ns(), STAGE_MM);
	return 0;
}

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
