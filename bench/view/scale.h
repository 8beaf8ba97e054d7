/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the cost of a fault grows: lines of cells that differ in only one number. What the tables
 * and the picture of the suite scale have in common. Pure.
 */
#ifndef SYNCFAULT_VIEW_SCALE_H
#define SYNCFAULT_VIEW_SCALE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "view/phrases.h"
#include "view/result_table.h"

#define SCALE_MAX_POINTS LIST_MAX

enum scale_axis { SCALE_THREADS, SCALE_PAGES };

/* Medians over the runs of a cell, in ns; NAN if absent. */
struct scale_point {
	uint64_t x; /* threads, or pages in units of the page size */
	double p50, mean;
	double share; /* elapsed time of all threads, divided by their faults */
};

/* Points in ascending order of x, each x once; at least two. */
struct scale_line {
	const struct cell_config *config; /* of its first cell; belongs to the sorted */
	bool is_on_device;		  /* the struct pages; see view/result_table.h */
	struct scale_point points[SCALE_MAX_POINTS];
	size_t point_count;
};

/* Ordered by file system, state, sync, page size, files, pages, and struct pages. */
struct scale {
	struct scale_line *lines;
	size_t count;
};

/* The same cell on struct pages in ordinary memory and on the device, summed up for a line. */
struct scale_map {
	const struct cell_config *config; /* of its first cell */
	size_t cells;
	double least, median, greatest; /* of the ratio of their p50, on the device to in memory */
};

struct scale_maps {
	struct scale_map *rows;
	size_t count;
};

/*
 * The lines along axis of the measured cells of span, of one environment: plain writes and reads
 * without load, commit or anything else done to the file; along SCALE_PAGES by one thread. One
 * thread on one file is the first point of threads on a file each, too. Points beyond
 * SCALE_MAX_POINTS are left out. -ENOMEM; The caller frees *scale.
 */
int scale_fill(struct scale *scale, struct table_span span, enum scale_axis axis);
void scale_free(struct scale *scale);
#define auto_scale auto_release(scale_free)

/* Cells that span has on both kinds of struct pages, a row for each file system, state and sync.
 * -ENOMEM; The caller frees *maps. */
int scale_compare_maps(struct scale_maps *maps, struct table_span span);
void scale_free_maps(struct scale_maps *maps);
#define auto_scale_maps auto_release(scale_free_maps)

/* Whether there is a line along either axis, or a comparison. False without memory. */
bool scale_is_in(struct table_span span);

/* Whether small and large are the same cells, with 4 KiB and with 2 MiB pages. */
bool scale_is_other_page(const struct scale_line *small, const struct scale_line *large);

/* "ext4, hole, MAP_SYNC" */
const char *scale_name(const struct cell_config *config, char buffer[PHRASE_SIZE]);

/* ns for each MiB of the file that was mapped by faults of ns each. */
double scale_of_mib(const struct cell_config *config, double ns);

#endif
