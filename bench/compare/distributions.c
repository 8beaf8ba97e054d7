// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>

#include "base/order.h"
#include "compare/private.h"
#include "math/stats.h"

struct values {
	struct stats_weighted *items;
	size_t count;
};

static void values_free(struct values *values)
{
	free(values->items);
}

static int compare_values(const void *left, const void *right)
{
	const struct stats_weighted *a = left, *b = right;

	return order_double(a->value, b->value);
}

static bool have_samples(const struct set_run *const *runs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (runs[i]->cell->latency.sample_count != runs[i]->cell->latency.count)
			return false;
	return true;
}

static bool have_slots(const struct set_run *const *runs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!runs[i]->cell->latency.hist_ns_count)
			return false;
	return true;
}

static void take_run(const struct latency *latency, bool by_samples, struct values *values)
{
	for (size_t i = 0; by_samples && i < latency->sample_count; i++)
		values->items[values->count++] =
			(struct stats_weighted){ (double)latency->samples[i], 1 };
	for (size_t i = 0; !by_samples && i < latency->hist_ns_count; i++)
		values->items[values->count++] =
			(struct stats_weighted){ (double)latency->hist_ns[i].to,
						 (double)latency->hist_ns[i].count };
}

static int take(const struct set_run *const *runs, size_t count, bool by_samples,
		struct values *values)
{
	size_t wanted = 0;

	for (size_t i = 0; i < count; i++)
		wanted += by_samples ? runs[i]->cell->latency.sample_count
				     : runs[i]->cell->latency.hist_ns_count;
	values->items = calloc(wanted + 1, sizeof(*values->items));
	if (!values->items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		take_run(&runs[i]->cell->latency, by_samples, values);
	qsort(values->items, values->count, sizeof(*values->items), compare_values);
	return 0;
}

/* Both sides by their samples, or both by their slots: samples and slots would look different. */
int compare_distributions(const struct set_run *const *base, size_t base_count,
			  const struct set_run *const *new, size_t new_count,
			  struct compare_cell *cell)
{
	auto_release(values_free) struct values a = { 0 }, b = { 0 };
	bool by_samples = have_samples(base, base_count) && have_samples(new, new_count);
	double at;

	if (!by_samples && !(have_slots(base, base_count) && have_slots(new, new_count)))
		return 0;
	if (take(base, base_count, by_samples, &a) || take(new, new_count, by_samples, &b))
		return -ENOMEM;
	cell->cdf_distance = stats_distance(a.items, a.count, b.items, b.count, &at);
	cell->cdf_at = isnan(at) ? U64_ABSENT : (uint64_t)at;
	return 0;
}
