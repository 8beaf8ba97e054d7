// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "show/show.h"
#include "view/phrases.h"

/* A bucket for each highest bit of its lower bound: 0, 1, 2, 4, … us. */
#define BUCKETS 65

struct letter_cell {
	uint64_t count, min_us, max_us;
	double sum_us; /* of count faults; NAN where a run has no mean */
	struct bucket buckets[BUCKETS];
};

static void add_run(struct letter_cell *cell, const struct latency *latency)
{
	cell->count += latency->count;
	cell->sum_us += latency->mean / 1000 * (double)latency->count;
	if (latency->min / 1000 < cell->min_us)
		cell->min_us = latency->min / 1000;
	if (latency->max / 1000 > cell->max_us)
		cell->max_us = latency->max / 1000;
	for (size_t i = 0; i < latency->log2_us_count; i++) {
		const struct bucket *bucket = &latency->log2_us[i];
		int slot = bucket->from ? 64 - __builtin_clzll(bucket->from) : 0;
		uint64_t count = cell->buckets[slot].count + bucket->count;

		cell->buckets[slot] = (struct bucket){ bucket->from, bucket->to, count };
	}
}

static void print_title(const struct show *show, const struct cell_config *config, size_t runs)
{
	char load[PHRASE_SIZE], unlike[PHRASE_SIZE];

	fprintf(show->out, "File %s, %s, %s%s", phrase_state(config->state),
		phrase_load(config->load, load), phrase_sync(config->sync),
		phrase_unlike_letter(config, unlike));
	if (runs > 1)
		fprintf(show->out, " (%zu runs)", runs);
	fprintf(show->out, ":\n");
}

/* No line for a bucket without faults: the letter has none. */
static void print_cell(const struct show *show, const struct letter_cell *cell)
{
	fprintf(show->out, "min=%llu", (unsigned long long)cell->min_us);
	if (cell->sum_us == cell->sum_us)
		fprintf(show->out, " avg=%.0f",
			__builtin_floor(cell->sum_us / (double)cell->count));
	fprintf(show->out, " max=%llu\n", (unsigned long long)cell->max_us);
	for (size_t i = 0; i < BUCKETS; i++)
		if (cell->buckets[i].count)
			fprintf(show->out, "%llu - %llu us: %llu\n",
				(unsigned long long)cell->buckets[i].from,
				(unsigned long long)cell->buckets[i].to,
				(unsigned long long)cell->buckets[i].count);
	fprintf(show->out, "\n");
}

void show_letter(const struct show *show, struct table_span span)
{
	while (span.count) {
		struct table_span runs = table_cut(&span, TABLE_CELL);
		struct letter_cell cell = { .min_us = UINT64_MAX };

		for (size_t i = 0; i < runs.count; i++)
			if (runs.entries[i].cell->has_latency)
				add_run(&cell, &runs.entries[i].cell->latency);
		if (!cell.count)
			continue;
		print_title(show, &runs.entries[0].cell->config, table_measured(runs));
		print_cell(show, &cell);
	}
}
