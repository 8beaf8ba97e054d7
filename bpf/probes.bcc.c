// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes for kernels without BTF, in bcc's C: scripts/trace-bcc compiles them on the machine
 * where they run, against the kernel's headers, and decides what is attached to what. Stages are
 * divided as in probes/ and flight.h; records of single faults and of commits are missing here.
 *
 * Whoever compiles this defines ONLY_TGID (0: all) and WITH_ANONYMOUS.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>

/* The types come from the kernel, and there are no tables. */
#define __bpf__ 1
#define SLOT_NO_TABLE
#include "probes.h"
#undef __bpf__

#define STAGE_BITS 8
#define STAGE_MASK 0xff

struct flight {
	u64 begin_ns;
	u64 last_ns;
	u64 stack; /* stages, the current one in the lowest byte; 0 below the last */
	u32 root;
	u64 stage_ns[STAGE_COUNT];
};

BPF_HASH(flights, u32, struct flight);
BPF_PERCPU_ARRAY(hists, struct probe_hist, ROOT_COUNT *STAGE_COUNT);
BPF_PERCPU_ARRAY(counts, u64, COUNT_COUNT);
BPF_ARRAY(counting, u32, 1);

static inline void count_add(int which)
{
	u64 *count = counts.lookup(&which);

	if (count)
		(*count)++;
}

static inline struct flight *current_flight(void)
{
	u32 tid = bpf_get_current_pid_tgid();

	return flights.lookup(&tid);
}

static inline void flight_release(void)
{
	u32 tid = bpf_get_current_pid_tgid();

	flights.delete(&tid);
}

static inline bool is_counting(void)
{
	int zero = 0;
	u32 *value = counting.lookup(&zero);

	return value && *value;
}

static inline bool is_wanted(void)
{
	if (!is_counting())
		return false;
	return !ONLY_TGID || bpf_get_current_pid_tgid() >> 32 == ONLY_TGID;
}

/* Charges the time since the last probe to the current stage. */
static inline void charge(struct flight *flight, u64 now)
{
	u32 stage = flight->stack & STAGE_MASK;

	if (stage < STAGE_COUNT)
		flight->stage_ns[stage] += now - flight->last_ns;
	flight->last_ns = now;
}

static inline void stage_push(struct flight *flight, u32 stage)
{
	if (flight->stack >> (STAGE_BITS * (PROBE_STACK_STAGES - 1))) {
		count_add(DROP_DEEP);
		return;
	}
	charge(flight, bpf_ktime_get_ns());
	flight->stack = flight->stack << STAGE_BITS | stage;
}

/* Ends stage, and stages entered from it whose end was not seen; never the last one. */
static inline void stage_pop(struct flight *flight, u32 stage)
{
	u64 stack = flight->stack;

#pragma unroll
	for (int i = 0; i < PROBE_STACK_STAGES; i++)
		if ((stack & STAGE_MASK) != stage)
			stack >>= STAGE_BITS;
	stack >>= STAGE_BITS;
	if (!stack) {
		count_add(DROP_UNMATCHED);
		return;
	}
	charge(flight, bpf_ktime_get_ns());
	flight->stack = stack;
}

/* Replaces the only stage left. */
static inline void stage_turn(struct flight *flight, u32 stage)
{
	charge(flight, bpf_ktime_get_ns());
	flight->stack = stage;
}

static inline void stage_begin(u32 stage)
{
	struct flight *flight = current_flight();

	if (flight)
		stage_push(flight, stage);
}

static inline void stage_end(u32 stage)
{
	struct flight *flight = current_flight();

	if (flight)
		stage_pop(flight, stage);
}

static inline void flight_claim(u32 root, u32 stage)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct flight flight = {};

	if (flights.lookup(&tid))
		count_add(DROP_UNFINISHED);
	flight.begin_ns = bpf_ktime_get_ns();
	flight.last_ns = flight.begin_ns;
	flight.stack = stage;
	flight.root = root;
	if (flights.update(&tid, &flight))
		count_add(DROP_SLOT);
}

static inline void hist_add(int index, u64 ns)
{
	struct probe_hist *hist = hists.lookup(&index);
	u32 slot = slot_of(ns);

	if (!hist)
		return;
	hist->count++;
	hist->sum_ns += ns;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
	if (~ns > hist->max_inverse)
		hist->max_inverse = ~ns;
	if (slot < SLOT_COUNT)
		hist->slots[slot]++;
	else
		hist->over++;
}

/* Called once: it is long, with its loop unrolled for kernels before 5.3. */
static inline void flight_finish(struct flight *flight)
{
	u64 now = bpf_ktime_get_ns();
	int base = flight->root ? STAGE_COUNT : 0;

	charge(flight, now);
#pragma unroll
	for (int i = 1; i < STAGE_COUNT; i++)
		if (flight->stage_ns[i])
			hist_add(base + i, flight->stage_ns[i]);
	hist_add(base + STAGE_OUTSIDE, now - flight->begin_ns);
	flight_release();
}

/*
 * What a thread was doing when it comes to handle_mm_fault: waiting for the next try of a fault
 * that had to give one up, or for mmap_lock before its first try; else NULL. A wait that this fault
 * did not need belonged to another one.
 */
static inline struct flight *flight_before_try(unsigned int flags)
{
	struct flight *flight = current_flight();

	if (!flight || flight->stack > STAGE_RETRY)
		return NULL;
#ifdef CONFIG_PER_VMA_LOCK
	if (flight->stack == STAGE_LOCK && flags & FAULT_FLAG_VMA_LOCK) {
		flight_release();
		return NULL;
	}
#endif
	return flight;
}

int begin_handle_mm_fault(struct pt_regs *ctx, struct vm_area_struct *vma, unsigned long address,
			  unsigned int flags)
{
	struct flight *flight;

	if (!is_wanted())
		return 0;
	flight = flight_before_try(flags);
	if (!WITH_ANONYMOUS && !vma->vm_file) {
		if (flight)
			flight_release();
	} else if (flight) {
		stage_turn(flight, STAGE_MM);
	} else {
		flight_claim(ROOT_FAULT, STAGE_MM);
	}
	return 0;
}

/* In that case the thread runs its signal handler instead of trying again. */
static inline bool is_signal_pending(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return task->thread_info.flags >> TIF_SIGPENDING & 1;
}

int end_handle_mm_fault(struct pt_regs *ctx)
{
	struct flight *flight = current_flight();

	if (!flight || flight->root != ROOT_FAULT)
		return 0;
	if (flight->stack == STAGE_LOCK) {
		/* Taken within the fault, by one that nobody asked about. */
		flight_release();
	} else if (!(PT_REGS_RC(ctx) & VM_FAULT_RETRY)) {
		flight_finish(flight);
	} else if (is_signal_pending()) {
		count_add(COUNT_INTERRUPTED);
		flight_release();
	} else {
		/* The try that was given up belongs to this fault. */
		flight->stack = STAGE_RETRY;
	}
	return 0;
}

#ifdef CONFIG_X86_64
/*
 * A fault that is not tried under the lock of its VMA alone takes mmap_lock first. In a system call
 * the registers hold its number, else -1: see probes/fault.bpf.c.
 */
int tp_mmap_lock_start_locking(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct flight *flight;
	struct pt_regs *regs;

	if (!is_wanted())
		return 0;
	regs = (struct pt_regs *)(task->stack + THREAD_SIZE - TOP_OF_KERNEL_STACK_PADDING) - 1;
	if (regs->orig_ax != -1UL)
		return 0;
	flight = current_flight();
	if (flight && flight->stack != STAGE_LOCK)
		return 0;
	if (flight)
		flight_release();
	flight_claim(ROOT_FAULT, STAGE_LOCK);
	return 0;
}
#endif

/* The thread may have been killed while it waited for its next try. */
int tp_sched_process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct flight *flight = current_flight();

	if (!flight)
		return 0;
	if (flight->stack != STAGE_LOCK)
		count_add(DROP_UNFINISHED);
	flight_release();
	return 0;
}

/* Functions that are a stage each. */
#define STAGE_OF(name, stage)                 \
	int begin_##name(struct pt_regs *ctx) \
	{                                     \
		stage_begin(stage);           \
		return 0;                     \
	}                                     \
	int end_##name(struct pt_regs *ctx)   \
	{                                     \
		stage_end(stage);             \
		return 0;                     \
	}

STAGE_OF(handler, STAGE_HANDLER)
STAGE_OF(mkwrite, STAGE_MKWRITE)
STAGE_OF(wp_wait, STAGE_WP_WAIT)
STAGE_OF(finish, STAGE_FINISH)
STAGE_OF(writeback, STAGE_WRITEBACK)
STAGE_OF(log_space, STAGE_LOG_SPACE)
STAGE_OF(journal_wait, STAGE_JOURNAL_WAIT)
STAGE_OF(fast_commit, STAGE_FAST_COMMIT)
STAGE_OF(log_force, STAGE_LOG_FORCE)
STAGE_OF(cil_push, STAGE_CIL_PUSH)
STAGE_OF(iclog_wait, STAGE_ICLOG_WAIT)
STAGE_OF(flush, STAGE_FLUSH)

int begin_vfs_fsync_range(struct pt_regs *ctx)
{
	struct flight *flight = current_flight();

	if (flight && flight->stack == STAGE_LOCK) {
		/* Left by a fault outside all mappings, which never got to a try. */
		flight_release();
		flight = NULL;
	}
	if (flight && flight->root == ROOT_FAULT) {
		count_add(COUNT_FSYNC);
		stage_push(flight, STAGE_FSYNC);
	} else if (is_wanted()) {
		flight_claim(ROOT_FSYNC, STAGE_FSYNC);
	}
	return 0;
}

int end_vfs_fsync_range(struct pt_regs *ctx)
{
	struct flight *flight = current_flight();

	if (!flight)
		return 0;
	if (flight->root == ROOT_FAULT)
		stage_pop(flight, STAGE_FSYNC);
	else
		flight_finish(flight);
	return 0;
}

/* Called before ->iomap_begin, and again after ->iomap_end, when nothing is left to map. */
int tp_iomap_iter(struct bpf_raw_tracepoint_args *ctx)
{
	struct flight *flight = current_flight();

	if (!flight)
		return 0;
	if ((flight->stack & STAGE_MASK) == STAGE_INSERT)
		stage_pop(flight, STAGE_INSERT);
	else
		stage_push(flight, STAGE_MAP);
	return 0;
}

/* Called after ->iomap_begin. On DAX the entry is inserted next; else the time is the caller's. */
int tp_iomap_iter_dstmap(struct bpf_raw_tracepoint_args *ctx)
{
	struct flight *flight = current_flight();
	struct inode *inode = (void *)ctx->args[0];
	u32 flags = 0;

	if (!flight || (flight->stack & STAGE_MASK) != STAGE_MAP)
		return 0;
	stage_pop(flight, STAGE_MAP);
	bpf_probe_read_kernel(&flags, sizeof(flags), &inode->i_flags);
	if (flags & S_DAX)
		stage_push(flight, STAGE_INSERT);
	return 0;
}

static inline void dax_done(u32 result)
{
	if (result & VM_FAULT_NEEDDSYNC && current_flight())
		count_add(COUNT_NEEDDSYNC);
}

int tp_dax_pte_fault_done(struct bpf_raw_tracepoint_args *ctx)
{
	dax_done(ctx->args[2]);
	return 0;
}

int tp_dax_pmd_fault_done(struct bpf_raw_tracepoint_args *ctx)
{
	dax_done(ctx->args[3]);
	return 0;
}

/* Events that are only counted. */

#define COUNT_OF(name, context, which, is_counted) \
	int name(struct context *ctx)              \
	{                                          \
		if (is_counted)                    \
			count_add(which);          \
		return 0;                          \
	}
#define COUNT_IN_FLIGHT(tracepoint, which) \
	COUNT_OF(tp_##tracepoint, bpf_raw_tracepoint_args, which, current_flight())
#define COUNT_ALL(tracepoint, which) \
	COUNT_OF(tp_##tracepoint, bpf_raw_tracepoint_args, which, is_counting())

COUNT_IN_FLIGHT(dax_insert_pfn_mkwrite, COUNT_INSERT_PFN_MKWRITE)
COUNT_IN_FLIGHT(xfs_file_fsync, COUNT_XFS_FSYNC)
COUNT_ALL(jbd2_start_commit, COUNT_JOURNAL_COMMIT)
COUNT_ALL(ext4_fc_commit_start, COUNT_FAST_COMMIT)
COUNT_ALL(xfs_log_force, COUNT_LOG_FORCE)
COUNT_ALL(xlog_iclog_wait_on, COUNT_ICLOG_WAIT)
COUNT_OF(begin_xlog_cil_push_work, pt_regs, COUNT_CIL_PUSH, is_counting())
