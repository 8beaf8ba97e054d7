// SPDX-License-Identifier: GPL-2.0-or-later
/* A known delay, put at the entry of a function or into a tracepoint. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "burn.h"

char LICENSE[] SEC("license") = "GPL";

unsigned int rounds;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, unsigned int);
	__type(value, struct burnt);
} burnt SEC(".maps");

static long do_nothing(unsigned int index, void *context)
{
	return 0;
}

static __always_inline void count(unsigned long long ns)
{
	unsigned int zero = 0;
	struct burnt *of_cpu = bpf_map_lookup_elem(&burnt, &zero);

	if (!of_cpu)
		return;
	if (!of_cpu->calls || ns < of_cpu->min_ns)
		of_cpu->min_ns = ns;
	if (ns > of_cpu->max_ns)
		of_cpu->max_ns = ns;
	of_cpu->sum_ns += ns;
	of_cpu->calls++;
}

static __always_inline void burn(void)
{
	unsigned long long begin = bpf_ktime_get_ns();

	bpf_loop(rounds, do_nothing, NULL, 0);
	count(bpf_ktime_get_ns() - begin);
}

SEC("fentry")
int burn_at_function(void *ctx)
{
	burn();
	return 0;
}

SEC("raw_tp")
int burn_at_tracepoint(void *ctx)
{
	burn();
	return 0;
}
