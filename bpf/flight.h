/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults in flight: where the time since the last probe goes, and what is kept of a fault that has
 * ended. Each thread that faults has a slot, found by its number without a hash: the fault that is
 * measured pays for every probe, so this is short rather than general.
 */
#ifndef SYNCFAULT_FLIGHT_H
#define SYNCFAULT_FLIGHT_H

#include "kernel.h"
#include "probes.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define STAGE_BITS 8
#define STAGE_MASK ((1 << STAGE_BITS) - 1)

/* Defined in probes/state.bpf.c. */
extern const volatile struct probe_config config;
extern int counting;
extern struct probe_aim aim;
extern uint64_t worst_floor; /* no fault as fast as this is among the slowest of all CPUs */
extern struct slot slots[PROBE_SLOTS];

struct hists_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PROBE_HISTS);
	__type(key, uint32_t);
	__type(value, struct probe_hist);
};

struct sums_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct probe_sums);
};

struct worst_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct probe_worst);
};

struct events_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
};

extern struct hists_map hists SEC(".maps");
extern struct sums_map sums SEC(".maps");
extern struct worst_map worst SEC(".maps");
extern struct events_map events SEC(".maps");

#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

static __always_inline void count_add(enum probe_count which)
{
	uint32_t zero = 0;
	struct probe_sums *of_cpu = bpf_map_lookup_elem(&sums, &zero);

	if (of_cpu)
		of_cpu->counts[which]++;
}

static __always_inline uint32_t current_tid(void)
{
	return (uint32_t)bpf_get_current_task_btf()->pid;
}

/* tid is not 0: that is the idle task, and it owns every free slot. */
static __always_inline struct slot *slot_of_tid(uint32_t tid)
{
	struct slot *slot = &slots[tid & (PROBE_SLOTS - 1)];

	if (slot->tid != tid)
		slot = NULL;
	barrier_var(slot); /* or clang compares the numbers again, in place of the pointer */
	return slot;
}

static __always_inline uint32_t current_stage(const struct slot *slot)
{
	return slot->stack & STAGE_MASK;
}

/* Charges the time since the last probe to the current stage, and makes stage the current one. */
static __always_inline void charge(struct slot *slot, uint64_t now, uint32_t stage)
{
	struct probe_record *record = &slot->record;
	uint32_t current = current_stage(slot), n = record->trail_count;
	uint64_t ns = now - slot->last_ns;

	slot->last_ns = now;
	barrier_var(current); /* clang may know its range in ways that the verifier does not */
	if (current < STAGE_COUNT)
		record->stage_ns[current] += ns;
	if (n < PROBE_TRAIL)
		record->trail[n] = now << STAGE_BITS | stage;
	record->trail_count = n + 1;
}

static __always_inline void stage_push(struct slot *slot, uint64_t now, uint32_t stage)
{
	if (slot->stack >> (STAGE_BITS * (PROBE_STACK_STAGES - 1))) {
		count_add(DROP_DEEP);
		return;
	}
	charge(slot, now, stage);
	slot->stack = slot->stack << STAGE_BITS | stage;
}

/* Ends stage, and stages entered from it whose end was not seen; never the last one. */
static __always_inline void stage_pop(struct slot *slot, uint64_t now, uint32_t stage)
{
	uint64_t stack = slot->stack;

	for (int i = 0; i < PROBE_STACK_STAGES && (stack & STAGE_MASK) != stage; i++)
		stack >>= STAGE_BITS;
	stack >>= STAGE_BITS;
	if (!stack) {
		count_add(DROP_UNMATCHED);
		return;
	}
	charge(slot, now, stack & STAGE_MASK);
	slot->stack = stack;
}

/* The current stage turns out to have been another one since it began. */
static __always_inline void stage_rename(struct slot *slot, uint32_t stage)
{
	uint32_t last = slot->record.trail_count - 1;

	slot->stack = stage;
	if (last < PROBE_TRAIL)
		slot->record.trail[last] =
			(slot->record.trail[last] & ~(uint64_t)STAGE_MASK) | stage;
}

/* Replaces the only stage left: a wait before the first or the next try. */
static __always_inline void stage_turn(struct slot *slot, uint64_t now, uint32_t stage)
{
	charge(slot, now, stage);
	slot->stack = stage;
}

static __always_inline void stage_begin(uint32_t stage)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (slot)
		stage_push(slot, bpf_ktime_get_ns(), stage);
}

static __always_inline void stage_end(uint32_t stage)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (slot)
		stage_pop(slot, bpf_ktime_get_ns(), stage);
}

/*
 * A slot for the current thread, in stage from now on. NULL if another fault has the place: the
 * caller counts that. A fault whose next try never comes loses its place to the next fault.
 */
static __always_inline struct slot *slot_claim(uint64_t pid_tgid, uint64_t now, uint32_t root,
					       uint32_t stage)
{
	uint32_t tid = (uint32_t)pid_tgid, owner;
	struct slot *slot = &slots[tid & (PROBE_SLOTS - 1)];
	struct probe_record *record = &slot->record;

	owner = __sync_val_compare_and_swap(&slot->tid, 0, tid);
	if (owner) {
		bool is_stale = slot->stack == STAGE_RETRY && now - slot->last_ns > 1000000000;

		if (owner != tid && !is_stale)
			return NULL;
		count_add(DROP_UNFINISHED);
		slot->tid = tid;
	}
	slot->last_ns = now;
	slot->stack = stage;
	slot->off_ns = 0;
	record->begin_ns = now;
	record->tid = tid;
	record->tgid = pid_tgid >> 32;
	record->root = root;
	record->blocked_ns = 0;
	record->runnable_ns = 0;
	record->longest_ns = 0;
	record->commit_id = 0;
	record->is_sync = 0;
	record->frame_count = 0;
	__builtin_memset(record->stage_ns, 0, sizeof(record->stage_ns));
	record->trail[0] = now << STAGE_BITS | stage;
	record->trail_count = 1;
	return slot;
}

/* Counts each fault once, however often it is tried. */
static __always_inline void count_lost(uint32_t tid, uint64_t address)
{
	struct slot *place = &slots[tid & (PROBE_SLOTS - 1)];

	if (place->lost_tid == tid && place->lost_address == address)
		return;
	place->lost_tid = tid;
	place->lost_address = address;
	count_add(DROP_SLOT);
}

static __always_inline void slot_release(struct slot *slot)
{
	slot->tid = 0;
}

static __always_inline void hist_add(uint32_t index, uint64_t ns)
{
	struct probe_hist *hist = bpf_map_lookup_elem(&hists, &index);
	uint32_t slot = slot_of(ns);

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

static __always_inline void add_stages(const struct probe_record *record)
{
	uint32_t base = record->root ? STAGE_COUNT : 0;

#pragma unroll
	for (uint32_t i = 1; i < STAGE_COUNT; i++)
		if (record->stage_ns[i])
			hist_add(base + i, record->stage_ns[i]);
	hist_add(base + STAGE_OUTSIDE, record->total_ns);
}

static __always_inline void add_waits(const struct probe_record *record)
{
	uint32_t zero = 0, root = record->root ? 1 : 0;
	struct probe_sums *of_cpu;

	if (!record->longest_ns)
		return;
	of_cpu = bpf_map_lookup_elem(&sums, &zero);
	if (!of_cpu)
		return;
	of_cpu->blocked_ns[root] += record->blocked_ns;
	of_cpu->runnable_ns[root] += record->runnable_ns;
}

/* The place of a new record among the worst. The fastest of them sets the floor. */
static __always_inline void keep_worst(struct probe_worst *list, const struct probe_record *record)
{
	uint32_t n = list->count, index = n < config.worst ? n : list->floor_index;
	uint64_t floor = ~0ULL;

	if (index >= PROBE_WORST)
		return;
	__builtin_memcpy(&list->records[index], record, sizeof(*record));
	if (n < config.worst)
		list->count = n + 1;
	if (list->count < config.worst)
		return;
	for (uint32_t i = 0; i < PROBE_WORST; i++) {
		if (i >= config.worst || list->records[i].total_ns >= floor)
			continue;
		floor = list->records[i].total_ns;
		list->floor_index = i;
	}
	list->floor_ns = floor;
	if (floor > worst_floor)
		worst_floor = floor;
}

/* The frames of the caller's own stack, if no wait left any: they show who faulted. */
static __always_inline void take_stack(void *ctx, struct probe_record *record)
{
	long size;

	record->is_wait_stack = record->frame_count != 0;
	if (record->is_wait_stack || !config.has_stacks)
		return;
	size = bpf_get_stack(ctx, record->frames, sizeof(record->frames), 0);
	record->frame_count = size > 0 ? (uint32_t)size / sizeof(uint64_t) : 0;
}

/* Whether a fault that ends now may be one of the few that are kept as records. */
static __always_inline bool is_kept(const struct slot *slot, uint64_t now)
{
	uint64_t ns = now - slot->record.begin_ns;

	return (config.worst && ns > worst_floor) || (config.over_ns && ns >= config.over_ns);
}

static __always_inline void keep(void *ctx, struct probe_record *record)
{
	struct probe_worst *list = NULL;
	uint32_t zero = 0;

	bpf_get_current_comm(record->comm, sizeof(record->comm));
	take_stack(ctx, record);
	if (config.worst)
		list = bpf_map_lookup_elem(&worst, &zero);
	if (list && (list->count < config.worst || record->total_ns > list->floor_ns))
		keep_worst(list, record);
	if (config.over_ns && record->total_ns >= config.over_ns &&
	    bpf_ringbuf_output(&events, record, sizeof(*record), 0))
		count_add(DROP_EVENT);
}

static __always_inline void slot_finish(void *ctx, struct slot *slot, uint64_t now)
{
	struct probe_record *record = &slot->record;

	charge(slot, now, STAGE_OUTSIDE);
	record->total_ns = now - record->begin_ns;
	add_stages(record);
	add_waits(record);
	if (record->root == ROOT_FAULT && is_kept(slot, now))
		keep(ctx, record);
	slot_release(slot);
}

#endif
