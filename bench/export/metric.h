/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics of OpenMetrics: cells by their labels and times, in the order that the format
 * demands, each with labels of its own. Life cycle: zeroed, metrics_collect, metrics_free.
 */
#ifndef SYNCFAULT_EXPORT_METRIC_H
#define SYNCFAULT_EXPORT_METRIC_H

#include "export/export.h"

struct metric {
	const struct table_entry *entry;
	char *labels;	/* name="text", each followed by a comma */
	size_t run;	/* counts those whose labels and time are the same */
	char time[40];	/* " 1700000000.5": a blank and seconds since 1970; "" without timestamps */
	double seconds; /* the same, to sort by */
};

/* By clock domain, labels, run and time: the points of one metric are adjacent, oldest first. */
struct metrics {
	struct metric *items;
	size_t count;
};

/*
 * All entries of sorted, which must have latencies and outlive the metrics. -EINVAL if a result
 * does not say when it was measured and options ask for timestamps; -ENOMEM; both after a message.
 */
int metrics_collect(struct metrics *metrics, const struct result_table *sorted,
		    const struct export_options *options);
void metrics_free(struct metrics *metrics);

/* How many points the metric at first has: that one, and those after it. */
size_t metrics_points(const struct metrics *metrics, size_t first);

#endif
