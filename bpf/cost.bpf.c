// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two ends of a scale, for scripts/bench-probes: probes that do nothing, and the least code that
 * makes a histogram of whole faults. Both are on handle_mm_fault.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "cost.h"
#include "kernel.h"

#define THREADS 1024 /* faulting at once; a power of two */

char LICENSE[] SEC("license") = "GPL";

/* Where a thread keeps the start of its fault. Of two at the same place, the later one is lost. */
struct place {
	unsigned long long begin_ns;
	long tid; /* 0: free */
};

const volatile unsigned long long signal_flag; /* probes_find_signal_flag() */
static struct place places[THREADS];
unsigned long long lost;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, unsigned int);
	__type(value, struct cost_hist);
} hist SEC(".maps");

SEC("fentry/handle_mm_fault")
int empty_begin(void *ctx)
{
	return 0;
}

SEC("fexit/handle_mm_fault")
int empty_end(void *ctx)
{
	return 0;
}

static __always_inline void add(unsigned long long ns)
{
	unsigned int zero = 0, slot;
	struct cost_hist *of_cpu = bpf_map_lookup_elem(&hist, &zero);

	if (!of_cpu)
		return;
	of_cpu->sum_ns += ns;
	if (ns > of_cpu->max_ns)
		of_cpu->max_ns = ns;
	slot = slot_of(ns);
	if (slot <= SLOT_COUNT)
		of_cpu->slots[slot]++;
}

/* A second try finds the place taken by its own thread: the fault began with the first try. */
SEC("fentry/handle_mm_fault")
int hist_begin(void *ctx)
{
	long tid = bpf_get_current_task_btf()->pid;
	struct place *place = &places[tid & (THREADS - 1)];

	if (!place->tid) {
		place->tid = tid;
		place->begin_ns = bpf_ktime_get_ns();
	} else if (place->tid != tid) {
		__sync_fetch_and_add(&lost, 1);
	}
	return 0;
}

/* With a signal pending there is no second try: the access faults again after the handler. */
SEC("fexit/handle_mm_fault")
int hist_end(unsigned long long *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	long tid = task->pid;
	struct place *place = &places[tid & (THREADS - 1)];

	if (place->tid != tid)
		return 0;
	if (!(ctx[4] & bpf_core_enum_value(enum vm_fault_reason, VM_FAULT_RETRY)))
		add(bpf_ktime_get_ns() - place->begin_ns);
	else if (!(task->thread_info.flags & signal_flag))
		return 0;
	place->tid = 0;
	return 0;
}
