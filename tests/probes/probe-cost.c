// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For scripts/bench-probes, what measures and what is measured:
 *
 *	probe-cost empty -- COMMAND…	with an empty fentry and fexit on handle_mm_fault
 *	probe-cost hist -- COMMAND…	with a histogram of whole faults on handle_mm_fault
 *	probe-cost faults COUNT		p50 of that many faults on anonymous memory, on stdout
 *
 * stderr has what the probes saw. Exit status: the command's; 1 not attached; 2 usage.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../bpf/cost.h"
#include "base/order.h"
#include "command.h"
#include "cost.skel.h"
#include "machine/clock.h"
#include "math/hist.h"
#include "probes/signal_flag.h"

#define PAGE_BYTES   4096
#define MAX_FAULTS   65536
#define WARM_UP	     16 /* the first ones make page tables */
#define TABLE_BYTES  (2UL << 20)
#define QUANTILE_P50 0.5

static int usage(void)
{
	fprintf(stderr,
		"probe-cost: usage: probe-cost empty|hist -- COMMAND…, or"
		" probe-cost faults COUNT, of 1 to %d\n",
		MAX_FAULTS);
	return 2;
}

static struct cost_bpf *attach(bool is_hist)
{
	struct cost_bpf *skeleton = cost_bpf__open();
	uint64_t signal_flag;

	if (!skeleton)
		err(EXIT_FAILURE, "open the BPF programs");
	if (probes_find_signal_flag(&signal_flag))
		warnx("TIF_SIGPENDING was not found: faults given up for a signal count as retried");
	skeleton->rodata->signal_flag = signal_flag;
	bpf_program__set_autoload(skeleton->progs.hist_begin, is_hist);
	bpf_program__set_autoload(skeleton->progs.hist_end, is_hist);
	bpf_program__set_autoload(skeleton->progs.empty_begin, !is_hist);
	bpf_program__set_autoload(skeleton->progs.empty_end, !is_hist);
	if (cost_bpf__load(skeleton) || cost_bpf__attach(skeleton))
		err(EXIT_FAILURE, "attach to handle_mm_fault");
	return skeleton;
}

static void merge(struct hist *all, const struct cost_hist *of_cpu)
{
	all->sum_ns += of_cpu->sum_ns;
	all->max_ns = of_cpu->max_ns > all->max_ns ? of_cpu->max_ns : all->max_ns;
	all->over += of_cpu->slots[SLOT_COUNT];
	all->count += of_cpu->slots[SLOT_COUNT];
	for (unsigned int i = 0; i < SLOT_COUNT; i++) {
		all->slots[i] += of_cpu->slots[i];
		all->count += of_cpu->slots[i];
	}
}

static void read_hist(const struct cost_bpf *skeleton, struct hist *all)
{
	int cpus = libbpf_num_possible_cpus(), zero = 0;
	struct cost_hist *of_cpu = calloc((size_t)cpus, sizeof(*of_cpu));

	if (!of_cpu || bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.hist), &zero, of_cpu))
		err(EXIT_FAILURE, "read the histogram");
	hist_init(all);
	all->min_ns = 0; /* not kept: the slots tell it well enough */
	for (int i = 0; i < cpus; i++)
		merge(all, &of_cpu[i]);
	free(of_cpu);
}

static void report(const struct cost_bpf *skeleton)
{
	struct hist all;

	read_hist(skeleton, &all);
	fprintf(stderr, "probe-cost: %llu faults", (unsigned long long)all.count);
	if (all.count)
		fprintf(stderr, ", p50 %llu, mean %.1f, max %llu",
			(unsigned long long)hist_quantile_ns(&all, QUANTILE_P50),
			hist_mean_ns(&all), (unsigned long long)all.max_ns);
	fprintf(stderr, ", %llu lost\n", (unsigned long long)skeleton->bss->lost);
}

static int run_with_probes(bool is_hist, char *const command[])
{
	struct cost_bpf *skeleton = attach(is_hist);
	int status = command_run(command);

	cost_bpf__detach(skeleton);
	if (is_hist)
		report(skeleton);
	cost_bpf__destroy(skeleton);
	return status;
}

/* ---- faults on anonymous memory ----------------------------------------------------------------
 */

/* Pages that are not there yet, from the beginning of a page table on. */
static volatile char *map_pages(size_t count)
{
	size_t bytes = count * PAGE_BYTES + TABLE_BYTES;
	char *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(EXIT_FAILURE, "map %zu pages", count);
	/* Fails where the kernel knows no huge pages, and then none come. */
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	return memory + (-(uintptr_t)memory & (TABLE_BYTES - 1));
}

static uint64_t time_fault(const struct clock *clock, volatile char *page)
{
	uint64_t begin = clock_begin(clock->source);

	*page = 1;
	return clock_to_ns(clock, clock_end(clock->source) - begin);
}

static void time_faults(const struct clock *clock, uint64_t *ns, size_t count)
{
	volatile char *page = map_pages(count + WARM_UP);

	for (size_t i = 0; i < WARM_UP; i++, page += PAGE_BYTES)
		time_fault(clock, page);
	for (size_t i = 0; i < count; i++, page += PAGE_BYTES)
		ns[i] = time_fault(clock, page);
	order_sort_u64(ns, count);
}

static int run_faults(const char *text)
{
	static uint64_t ns[MAX_FAULTS]; /* its own pages are there after the first round */
	struct clock clock;
	size_t count;

	if (!*text || strlen(text) > 5 || strspn(text, "0123456789") != strlen(text))
		return usage();
	count = strtoul(text, NULL, 10);
	if (!count || count > MAX_FAULTS)
		return usage();
	if (clock_init(&clock))
		return EXIT_FAILURE;
	time_faults(&clock, ns, count);
	time_faults(&clock, ns, count);
	printf("%llu\n", (unsigned long long)hist_exact_quantile_ns(ns, count, QUANTILE_P50));
	return 0;
}

int main(int argc, char **argv)
{
	char **command = command_behind(argc, argv, 2);
	bool is_hist = argc > 1 && !strcmp(argv[1], "hist");

	if (argc == 3 && !strcmp(argv[1], "faults"))
		return run_faults(argv[2]);
	if (!command || (!is_hist && strcmp(argv[1], "empty")))
		return usage();
	command_quiet_libbpf();
	return run_with_probes(is_hist, command);
}
