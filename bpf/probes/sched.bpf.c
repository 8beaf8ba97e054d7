// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads that leave the CPU in the middle of a fault, and those that exit in one. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "../flight.h"

char LICENSE[] SEC("license") = "GPL";

#define TASK_RUNNING 0

/* Waits for a DAX entry under writeback are in get_unlocked_entry, called too often for a probe. */
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

/* A thread killed in a fault gives up its slot; a wait for mmap_lock belonged to no fault. */
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
