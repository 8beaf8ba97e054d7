// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DAX, and the mapping and inserting that it does through iomap. Those tracepoints belong to iomap
 * and serve every file system.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "stage_of.h"

char LICENSE[] SEC("license") = "GPL";

STAGE_OF(dev_dax_huge_fault, STAGE_HANDLER)
STAGE_OF(dax_finish_sync_fault, STAGE_FINISH)
STAGE_OF(dax_writeback_mapping_range, STAGE_WRITEBACK)

/* Called before ->iomap_begin, and again when nothing is left to map. */
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

/* Called after ->iomap_begin. On DAX the entry is inserted next; else the time is the caller's. */
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

/* Where functions cannot be probed: */

SEC("tp_btf/dax_pte_fault")
int begin_dax_pte_fault(void *ctx)
{
	stage_begin(STAGE_HANDLER);
	return 0;
}

/* A fault that needs a flush goes on; its time is not distinguished from its caller's. */
SEC("tp_btf/dax_pte_fault_done")
int begin_dax_pte_fault_done(void *ctx)
{
	stage_end(STAGE_HANDLER);
	return 0;
}

/* The flush is over: back to the stage that called it. */
SEC("tp_btf/dax_insert_pfn_mkwrite")
int begin_dax_insert_pfn_mkwrite(void *ctx)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (slot && slot->stack >> STAGE_BITS)
		stage_turn(slot, bpf_ktime_get_ns(), STAGE_MM);
	return 0;
}
