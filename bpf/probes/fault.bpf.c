// SPDX-License-Identifier: GPL-2.0-or-later
/* The fault: handle_mm_fault, on each rung, and the parts of memory management that it calls. */
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/errno.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "place.h"
#include "stage_of.h"

char LICENSE[] SEC("license") = "GPL";

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

/* Both enums number their values as this kernel does, and older ones lack some of them. */
static __always_inline bool has_vma_lock(uint32_t flags)
{
	return bpf_core_enum_value_exists(enum fault_flag, FAULT_FLAG_VMA_LOCK) &&
	       flags & bpf_core_enum_value(enum fault_flag, FAULT_FLAG_VMA_LOCK);
}

static __always_inline bool has_given_up_lock(uint32_t result)
{
	return bpf_core_enum_value_exists(enum vm_fault_reason, VM_FAULT_COMPLETED) &&
	       result & bpf_core_enum_value(enum vm_fault_reason, VM_FAULT_COMPLETED);
}

/*
 * What a thread was doing when it comes to handle_mm_fault: waiting for the next try of a fault
 * that had to give one up, or for mmap_lock before its first try; else NULL. A wait that this fault
 * did not need belonged to another one.
 */
static __always_inline struct slot *slot_before_try(uint32_t tid, uint32_t flags)
{
	struct slot *slot = slot_of_tid(tid);

	if (!slot || slot->stack > STAGE_RETRY)
		return NULL;
	if (slot->stack == STAGE_LOCK && has_vma_lock(flags)) {
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

/* In that case the thread runs its signal handler instead of trying again. */
static __always_inline bool is_signal_pending(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->thread_info.flags & config.signal_flag;
}

/* The slot of a fault that has ended; NULL if there is none, or another try will come. */
static __always_inline struct slot *try_end(uint32_t result)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (!slot || slot->record.root != ROOT_FAULT)
		return NULL;
	if (slot->stack == STAGE_LOCK) { /* taken inside a fault that nobody asked about */
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

/* Where the fault is, for its record; mmap_lock or the VMA's own lock is still held. */
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
	if (is_kept(slot, now) && !has_given_up_lock(slot->record.result))
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
 * Decided by the registers with which the thread entered the kernel: they hold the number of its
 * system call, or -1 after an exception. Where they are not known nothing counts as a fault, and
 * bench/probes/attach.c does not attach the programs that ask.
 */
static __always_inline bool is_in_system_call(void)
{
	const void *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	const struct pt_regs___x86 *x86 = regs;
	const struct pt_regs___arm64 *arm64 = regs;

	if (bpf_core_field_exists(x86->orig_ax))
		return x86->orig_ax != -1UL;
	if (bpf_core_field_exists(arm64->syscallno))
		return arm64->syscallno != -1;
	return true;
}

/*
 * A fault that is not tried under the lock of its VMA alone takes mmap_lock first. If no try
 * follows, as outside all mappings, the thread's next fault takes over the slot.
 */
SEC("tp_btf/mmap_lock_start_locking")
int tp_mmap_lock_start_locking(void *ctx)
{
	uint64_t pid_tgid = bpf_get_current_pid_tgid();

	if (!counting || (config.tgid && pid_tgid >> 32 != config.tgid))
		return 0;
	if (is_in_system_call())
		return 0;
	forget_lock(pid_tgid);
	if (!slot_of_tid((uint32_t)pid_tgid))
		slot_claim(pid_tgid, bpf_ktime_get_ns(), ROOT_FAULT, STAGE_LOCK);
	return 0;
}

STAGE_OF(filemap_fault, STAGE_HANDLER)
STAGE_OF(do_page_mkwrite, STAGE_MKWRITE)
STAGE_OF(folio_wait_writeback, STAGE_WP_WAIT)

/*
 * Where functions cannot be probed. There is no tracepoint at the end of a fault, but there is the
 * software event: handle_mm_fault counts one, minor or major, for each fault of a user's access
 * that has ended (mm/memory.c, mm_account_fault). Its file is looked up if a file was asked for,
 * and for records.
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

/* While another thread changes the layout of the memory, it cannot be read: done later. */
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

/* Whether to count the fault: in a range of addresses even if its memory cannot be read. */
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
