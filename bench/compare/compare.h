/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is kernel B slower than kernel A: in which cell, at which figure, and is it real? Two engines,
 * one for each clock domain, never mixed. docs/compare.md has the method and its error rates.
 *
 * Instructions are exact counts. Equal samples over the same seeds: same. Else the medians over
 * those seeds, with a floor: the least change that this number of seeds can show. p50 without load
 * does not depend on the seed; what does (tails, load) must also be beyond chance, by the test
 * below.
 *
 * In time the unit is a run. Exact Mann-Whitney test with ties, Benjamini-Hochberg over all cells
 * and figures, and the whole bootstrap interval of the ratio of medians beyond the floor.
 *
 * Life cycle: result_set_read for each side, compare_sets, compare_text or _json or _markdown,
 * comparison_free. A comparison owns all that it holds: the sets may be freed before it.
 */
#ifndef SYNCFAULT_COMPARE_COMPARE_H
#define SYNCFAULT_COMPARE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "view/figures.h"
#include "view/result_set.h"

/* A share of 1, as all floors and intervals here: 0.035 is 3.5 %. */
#define COMPARE_FLOOR_TIME	   0.035
#define COMPARE_FLOOR_INSTRUCTIONS 0.002
#define COMPARE_FLOOR_ONE_SEED	   0.003 /* p50 of one seed: docs/compare.md */
#define COMPARE_TEXT_SIZE	   1024

/*
 * More runs may decide UNKNOWN (runs_needed), but not NONE: the figure needs more faults than there
 * are, or the cell was measured on neither side. NONE does not count for the verdict of the whole.
 */
enum compare_verdict { COMPARE_SAME, COMPARE_BETTER, COMPARE_WORSE, COMPARE_UNKNOWN, COMPARE_NONE };

extern const char *const compare_verdict_words[]; /* same, better, worse, unknown, none */

/* Fill with compare_defaults, then change. */
struct compare_options {
	double floor;	  /* of the time engine, or the least one of the instruction engine; NAN:
			     the engine's default */
	uint64_t seed;	  /* of the bootstrap's random numbers */
	unsigned figures; /* bit 1 << enum figure: those compared */
	const char *cell; /* only cells of this pattern (cell/match.h); NULL: all */
};

/* One side, in the words of its results; strings are NULL where the results do not say. */
struct compare_side {
	char *name; /* as the set's */
	char *kernel, *version, *machine, *build_id, *config_digest, *kernel_package;
	char *cpu, *tool_version, *tool_commit;
	char *started;	  /* the first result's */
	uint64_t results; /* files */
	uint64_t runs;	  /* of the cell that has the most */
	uint64_t *seeds;  /* of its guests, ascending, each once; empty without a guest */
	size_t seed_count;
};

/* One figure of one cell. base and new are ns (or instructions), medians over the runs. */
struct compare_row {
	int figure;
	int verdict;
	double base, new; /* NAN if there are none */
	double ratio;	  /* new / base */
	double low, high; /* 95 % interval of ratio; time only, else NAN */
	double floor;	  /* ratios within [1 / (1 + floor), 1 + floor] do not count as a change;
			     NAN: none */
	double p, q;	  /* Mann-Whitney, and adjusted by Benjamini-Hochberg; NAN: not tested */
	uint64_t base_runs, new_runs;
	uint64_t runs_needed; /* more on each side; U64_ABSENT: runs do not decide it */
	double evidence;      /* greater is more, within one comparison */
	char *reason;	      /* why this verdict, in words */
};

struct compare_cell {
	char *key;
	char *words; /* "ext4 hole, copy, MAP_SYNC": for people, printable */
	struct cell_config config;
	int is_identical; /* true: every sample of every run compared is equal */
	/* Largest distance of the two distribution functions, 0 to 1, over all faults of the runs
	 * compared, and the latency at which it occurs; absent if a side has no histogram. */
	double cdf_distance;
	uint64_t cdf_at;
	struct compare_row *rows; /* of the figures asked for, in the order of the enum */
	size_t row_count;
};

/* A place in the table: comparison.cells[cell].rows[row]. */
struct compare_place {
	size_t cell, row;
};

struct compare_counts {
	uint64_t same, better, worse, unknown, none;
};

struct comparison {
	int engine; /* enum clock_domain */
	char *suite;
	struct compare_side base, new;
	char *sentence; /* the overall result, in the style of the kernel test robot */
	int verdict;	/* WORSE if any is; else UNKNOWN if any is; else BETTER if any is; SAME */
	struct strings warnings;
	struct compare_counts counts;

	/* The thresholds that were used. */
	double floor; /* time: the floor; instructions: the least one */
	double floor_one_seed;
	double false_discovery_rate;
	uint64_t family;	  /* tests that share it */
	double confidence;	  /* of intervals; time only, else NAN */
	uint64_t resamples, seed; /* of the bootstrap; time only, else U64_ABSENT */
	uint64_t least_runs;	  /* on each side, for a verdict; p50 without load needs one seed */

	struct compare_cell *cells; /* those of both sides, in the order of their keys */
	size_t cell_count;
	struct compare_place *order; /* all rows: worse and better by weight of evidence, unknown,
					same, none */
	size_t order_count;
};

void compare_defaults(struct compare_options *options);

/*
 * Why the two must not be compared (clock domain, suite, page size, no cell in common), in buffer;
 * NULL if they may.
 */
const char *compare_refusal(const struct result_set *base, const struct result_set *new,
			    char buffer[COMPARE_TEXT_SIZE]);

/*
 * -EINVAL after one line on stderr if they are refused or no cell matches the options; -ENOMEM. On
 * success the caller frees *comparison.
 */
int compare_sets(const struct result_set *base, const struct result_set *new,
		 const struct compare_options *options, struct comparison *comparison);
void comparison_free(struct comparison *comparison);
#define auto_comparison auto_release(comparison_free)

/* EXIT_DONE (same, better), EXIT_FAILED (worse) or EXIT_UNKNOWN: what git bisect run expects. */
int comparison_exit_code(const struct comparison *comparison);

/*
 * The report. Text is at most 100 columns wide and in microseconds (thousands of instructions);
 * with all rows, or without those of verdict same and none. JSON is one document of all, in
 * nanoseconds. 0 or -ENOMEM.
 */
int compare_text(const struct comparison *comparison, FILE *out, bool has_colour, bool with_same);
int compare_markdown(const struct comparison *comparison, FILE *out, bool with_same);
int compare_json(const struct comparison *comparison, FILE *out);

/* Appends "+23.1 %", "-0.4 %", "x 12.5" for a ratio; "-" for NAN. Returns buffer. */
#define COMPARE_CHANGE_SIZE 32
const char *compare_change(double ratio, char buffer[COMPARE_CHANGE_SIZE]);

#endif
