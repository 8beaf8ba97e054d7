// SPDX-License-Identifier: GPL-2.0-or-later
/* What the probes have counted and kept. */
#include "probes/probes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "probes.skel.h"
#include "probes/kallsyms.h"
#include "probes/private.h"

static size_t value_size(const struct probes *probes, size_t size)
{
	return (size_t)probes->cpus * ((size + 7) & ~(size_t)7);
}

static size_t largest_value(void)
{
	size_t size = sizeof(struct probe_hist);

	if (sizeof(struct probe_sums) > size)
		size = sizeof(struct probe_sums);
	return sizeof(struct probe_worst) > size ? sizeof(struct probe_worst) : size;
}

static void settle_trail(struct probe_record *record)
{
	/* The clock's upper byte was lost, and comes back with the subtraction. */
	for (uint32_t i = 0; i < record->trail_count && i < PROBE_TRAIL; i++)
		record->trail[i] -= record->begin_ns << 8;
}

static int take_event(void *context, void *data, size_t size)
{
	struct probes *probes = context;
	struct probe_record record;

	if (size < sizeof(record) || !probes->on_event)
		return 0;
	memcpy(&record, data, sizeof(record));
	settle_trail(&record);
	probes->on_event(&record, probes->context);
	return 0;
}

int probes_prepare_read(struct probes *probes)
{
	size_t slots = (size_t)probes->cpus * PROBE_HISTS * SLOT_COUNT;

	probes->totals = calloc(1, sizeof(*probes->totals));
	probes->previous = calloc(slots, sizeof(*probes->previous));
	probes->values = calloc(1, value_size(probes, largest_value()));
	if (!probes->totals || !probes->previous || !probes->values)
		return -ENOMEM;
	probes->ring = ring_buffer__new(bpf_map__fd(probes->skeleton->maps.events), take_event,
					probes, NULL);
	return probes->ring ? 0 : -errno;
}

void probes_finish_read(struct probes *probes)
{
	ring_buffer__free(probes->ring);
	free(probes->totals);
	free(probes->previous);
	free(probes->values);
}

static void zero_map(struct probes *probes, const struct bpf_map *map, uint32_t entries)
{
	memset(probes->values, 0, value_size(probes, bpf_map__value_size(map)));
	for (uint32_t i = 0; i < entries; i++)
		bpf_map_update_elem(bpf_map__fd(map), &i, probes->values, BPF_ANY);
}

/*
 * How often the kernel did not run the program that begins a fault. It does not if another thread
 * was preempted inside the program, on the same CPU: on kernels that preempt themselves
 * (kernel/bpf/trampoline.c, __bpf_prog_enter_recur). It is not known whose faults they were.
 */
static uint64_t count_missed(const struct probes *probes)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_program__fd(probes->skeleton->progs.fentry_handle_mm_fault);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return 0;
	return info.recursion_misses;
}

void probes_reset_read(struct probes *probes)
{
	probes->missed = count_missed(probes);
	zero_map(probes, probes->skeleton->maps.hists, PROBE_HISTS);
	zero_map(probes, probes->skeleton->maps.sums, 1);
	zero_map(probes, probes->skeleton->maps.worst, 1);
	memset(probes->totals, 0, sizeof(*probes->totals));
	memset(probes->previous, 0,
	       (size_t)probes->cpus * PROBE_HISTS * SLOT_COUNT * sizeof(*probes->previous));
}

/* What one CPU has added to its slots since the last reading: they count modulo 2^32. */
static void add_slots(struct probes_hist *to, const struct probe_hist *from, uint32_t *previous)
{
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		to->slots[i] += from->slots[i] - previous[i];
		previous[i] = from->slots[i];
	}
}

static struct probes_hist *hist_at(struct probes_totals *totals, uint32_t index)
{
	if (index >= ROOT_COUNT * STAGE_COUNT)
		return &totals->commits[index - ROOT_COUNT * STAGE_COUNT];
	return &totals->hists[index / STAGE_COUNT][index % STAGE_COUNT];
}

static int read_hist(struct probes *probes, uint32_t index)
{
	struct probes_hist *to = hist_at(probes->totals, index);
	const char *value = probes->values;
	size_t stride = value_size(probes, sizeof(struct probe_hist)) / (size_t)probes->cpus;
	uint64_t max_inverse = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(probes->skeleton->maps.hists), &index, probes->values))
		return -errno;
	to->count = to->sum_ns = to->max_ns = to->over = 0;
	for (int cpu = 0; cpu < probes->cpus; cpu++, value += stride) {
		const struct probe_hist *from = (const void *)value;
		size_t place = ((size_t)cpu * PROBE_HISTS + index) * SLOT_COUNT;

		to->count += from->count;
		to->sum_ns += from->sum_ns;
		to->over += from->over;
		if (from->max_ns > to->max_ns)
			to->max_ns = from->max_ns;
		if (from->max_inverse > max_inverse)
			max_inverse = from->max_inverse;
		add_slots(to, from, probes->previous + place);
	}
	to->min_ns = to->count ? ~max_inverse : 0;
	return 0;
}

static int read_sums(struct probes *probes)
{
	struct probes_totals *totals = probes->totals;
	const char *value = probes->values;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(probes->skeleton->maps.sums), &zero, probes->values))
		return -errno;
	memset(totals->counts, 0, sizeof(totals->counts));
	memset(totals->blocked_ns, 0, sizeof(totals->blocked_ns));
	memset(totals->runnable_ns, 0, sizeof(totals->runnable_ns));
	for (int cpu = 0; cpu < probes->cpus; cpu++) {
		const struct probe_sums *from = (const void *)value;

		for (size_t i = 0; i < COUNT_COUNT; i++)
			totals->counts[i] += from->counts[i];
		for (size_t root = 0; root < ROOT_COUNT; root++) {
			totals->blocked_ns[root] += from->blocked_ns[root];
			totals->runnable_ns[root] += from->runnable_ns[root];
		}
		value += value_size(probes, sizeof(*from)) / (size_t)probes->cpus;
	}
	return 0;
}

int probes_read(struct probes *probes, struct probes_totals *totals)
{
	int ret = read_sums(probes);

	for (uint32_t i = 0; i < PROBE_HISTS && !ret; i++)
		ret = read_hist(probes, i);
	if (ret)
		return ret;
	*totals = *probes->totals;
	totals->counts[COUNT_RETRY] = totals->hists[ROOT_FAULT][STAGE_RETRY].count;
	if (!probes_knows_signals(probes))
		totals->counts[COUNT_INTERRUPTED] = U64_ABSENT;
	totals->counts[DROP_UNFINISHED] += count_missed(probes) - probes->missed;
	return 0;
}

static int compare_records(const void *a, const void *b)
{
	const struct probe_record *left = a, *right = b;

	if (left->total_ns != right->total_ns)
		return left->total_ns > right->total_ns ? -1 : 1;
	return left->begin_ns < right->begin_ns ? -1 : left->begin_ns > right->begin_ns;
}

int probes_worst(struct probes *probes, struct probe_record *records, size_t max)
{
	auto_free struct probe_record *all =
		calloc((size_t)probes->cpus * PROBE_WORST, sizeof(*all));
	const char *value = probes->values;
	uint32_t zero = 0;
	size_t count = 0;

	if (!all)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(probes->skeleton->maps.worst), &zero, probes->values))
		return -errno;
	for (int cpu = 0; cpu < probes->cpus; cpu++) {
		const struct probe_worst *from = (const void *)value;

		for (uint32_t i = 0; i < from->count && i < PROBE_WORST; i++) {
			all[count] = from->records[i];
			settle_trail(&all[count++]);
		}
		value += value_size(probes, sizeof(*from)) / (size_t)probes->cpus;
	}
	qsort(all, count, sizeof(*all), compare_records);
	if (count > max)
		count = max;
	memcpy(records, all, count * sizeof(*all));
	return (int)count;
}

int probes_poll(struct probes *probes, int timeout_ms, probes_event_fn *on_event, void *context)
{
	int ret;

	probes->on_event = on_event;
	probes->context = context;
	ret = ring_buffer__poll(probes->ring, timeout_ms);
	return ret < 0 ? ret : 0;
}

static bool is_same_commit(const struct probe_commit_key *a, const struct probe_commit_key *b)
{
	return a->id == b->id && a->dev == b->dev && a->is_cil == b->is_cil;
}

static int add_filler(struct commit_result *commit, const struct probe_filler_key *key,
		      const struct probe_filler *filler)
{
	struct commit_filler *more =
		realloc(commit->fillers, (commit->filler_count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	commit->fillers = more;
	more += commit->filler_count;
	more->comm = strndup(filler->comm, sizeof(filler->comm));
	if (!more->comm)
		return -ENOMEM;
	more->pid = key->tgid;
	more->handles = filler->handles;
	more->blocks = key->commit.is_cil ? U64_ABSENT : filler->blocks;
	commit->filler_count++;
	return 0;
}

static int compare_fillers(const void *a, const void *b)
{
	const struct commit_filler *left = a, *right = b;

	if (left->handles != right->handles)
		return left->handles > right->handles ? -1 : 1;
	return left->pid < right->pid ? -1 : left->pid > right->pid;
}

static int find_fillers(struct probes *probes, const struct probe_commit_key *commit_key,
			struct commit_result *commit)
{
	int fd = bpf_map__fd(probes->skeleton->maps.fillers), ret = 0;
	struct probe_filler_key key, *last = NULL;
	struct probe_filler filler;

	while (!ret && !bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		if (is_same_commit(&key.commit, commit_key) &&
		    !bpf_map_lookup_elem(fd, &key, &filler))
			ret = add_filler(commit, &key, &filler);
	}
	if (commit->filler_count)
		qsort(commit->fillers, commit->filler_count, sizeof(*commit->fillers),
		      compare_fillers);
	return ret;
}

static int fill_commit(const struct probe_commit_key *key, const struct probe_commit *from,
		       struct commit_result *commit)
{
	commit->kind = strdup(key->is_cil ? "cil" : "jbd2");
	commit->id = key->id;
	commit->total = from->phase_ns[PHASE_ALL];
	commit->locked = key->is_cil ? U64_ABSENT : from->phase_ns[PHASE_LOCKED];
	commit->flushing = key->is_cil ? U64_ABSENT : from->phase_ns[PHASE_FLUSHING];
	commit->logging = key->is_cil ? U64_ABSENT : from->phase_ns[PHASE_LOGGING];
	commit->handles = key->is_cil ? U64_ABSENT : from->handles;
	commit->blocks = key->is_cil ? U64_ABSENT : from->blocks_logged;
	commit->bytes = key->is_cil ? from->blocks_logged : U64_ABSENT;
	return commit->kind ? 0 : -ENOMEM;
}

int probes_commit(struct probes *probes, const struct probe_record *record,
		  struct commit_result *commit)
{
	int fd = bpf_map__fd(probes->skeleton->maps.commits), ret;
	struct probe_commit_key key = { .dev = record->commit_dev, .id = record->commit_id };
	struct probe_commit found;

	memset(commit, 0, sizeof(*commit));
	if (bpf_map_lookup_elem(fd, &key, &found)) {
		key.is_cil = 1;
		if (bpf_map_lookup_elem(fd, &key, &found))
			return -ENOENT;
	}
	ret = fill_commit(&key, &found, commit);
	commit->began_ns = (double)found.begin_ns - (double)record->begin_ns;
	if (!ret)
		ret = find_fillers(probes, &key, commit);
	if (ret)
		commit_result_free(commit);
	return ret;
}

void commit_result_free(struct commit_result *commit)
{
	free(commit->kind);
	for (size_t i = 0; i < commit->filler_count; i++)
		free(commit->fillers[i].comm);
	free(commit->fillers);
	memset(commit, 0, sizeof(*commit));
}

#define LARGEST_FUNCTION (1 << 20)

void probes_symbol(uint64_t address, char *text, size_t size)
{
	const struct kallsym *symbol = kallsyms_at(address, NULL);

	/* Beyond the last function of all are BPF programs, and what else has no name. */
	if (symbol && address - symbol->address < LARGEST_FUNCTION)
		snprintf(text, size, "%s+0x%llx%s%s%s", symbol->name,
			 (unsigned long long)(address - symbol->address),
			 symbol->module[0] ? " [" : "", symbol->module,
			 symbol->module[0] ? "]" : "");
	else
		snprintf(text, size, "0x%llx", (unsigned long long)address);
}

uint64_t probes_quantile_ns(const struct probes_hist *hist, double p)
{
	uint64_t rank = (uint64_t)(p * (double)hist->count), seen = 0, high;

	if (!hist->count)
		return 0;
	if ((double)rank < p * (double)hist->count || !rank)
		rank++;
	for (unsigned int i = 0; i < SLOT_COUNT; i++) {
		seen += hist->slots[i];
		if (seen < rank)
			continue;
		high = slot_high(i);
		return high < hist->max_ns ? high : hist->max_ns;
	}
	return hist->max_ns;
}
