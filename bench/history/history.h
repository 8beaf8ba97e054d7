/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The results of a folder, build after build: what each cell cost, where it changed, and which
 * cells changed together. docs/history.md has the method.
 *
 *	build	one kernel: release, version and build id. Builds are in the order of their versions
 *		(history/version_order.h), or in that of a list (history_options.order).
 *	track	what may stand in one series: clock domain, suite, machine, emulator. Values of two
 *		tracks are never compared.
 *	series	one figure of one cell on one track: a point for each build, changes, suspects.
 *	event	the changes of all series of a track that lie between the same two builds, or that
 *		may: series with gaps know their own range less well than others.
 *
 * All values are nanoseconds (on the instruction clock: instructions). Life cycle: history_read,
 * then read-only, history_free, which owns every pointer here.
 */
#ifndef SYNCFAULT_HISTORY_HISTORY_H
#define SYNCFAULT_HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "cell/cell.h"
#include "view/result_table.h"
#include "view/result_text.h"

/* Defaults of history_options: docs/history.md says where they come from. */
#define HISTORY_P	    1e-5
#define HISTORY_FLOOR_TIME  0.035 /* code alignment alone moves that much */
#define HISTORY_FLOOR_EXACT 0.002 /* of the instruction clock: the least floor */

struct history_build {
	char *release;	/* uname -r: "6.1.0-47-amd64" */
	char *version;	/* what orders it: "6.1.170-3", the version of Debian's package, else
	release */
	char *tag;	/* of the stable tree: "v6.1.170"; NULL where the version has none */
	char *commit;	/* abbreviated, of a release that ends in -gCOMMIT; else NULL */
	char *build_id; /* NULL: unknown */
	size_t results; /* files with numbers from it */
};

struct history_track {
	int domain; /* enum clock_domain */
	char *suite;
	char *machine; /* "x86_64, CPU NAME, QEMU 7.2.22 tcg, 1 CPU": for people */
	size_t runs;   /* cells with numbers */
	size_t series; /* that share p_limit: each test has p_limit / series */
};

/* A file with a result of a kernel, and where it belongs: builds[build], tracks[track]. */
struct history_result {
	char *path;
	uint8_t digest[RESULT_DIGEST_SIZE]; /* of its text, when it was read */
	size_t build, track;
};

/* A series at one build. */
struct history_point {
	double value;	  /* median over its runs; NAN: not measured */
	double low, high; /* least and greatest of its runs */
	double spread;	  /* a share: how far three runs lie apart on average; NAN: one run */
	size_t runs;
};

enum history_kind {
	HISTORY_CHANGE,	 /* lasts: the builds after it are unlike those before */
	HISTORY_SUSPECT, /* one build alone is unlike its neighbours, or the newest */
};

/*
 * last_good and first_bad are indices of builds: the change is after the first and not after the
 * second. They are neighbours unless builds between them were not measured or are suspect. For a
 * suspect, first_bad is the odd build; it may be the first, with last_good after it.
 */
struct history_change {
	int kind;
	size_t last_good, first_bad;
	double before, after; /* medians of the points on each side, up to the next change */
	double ratio;	      /* after / before */
	double p;	      /* of the t-test, corrected for its place; NAN: exact, or suspect */
};

struct history_series {
	size_t track;
	char *key;		      /* of the cell */
	struct cell_config config;    /* its pause and scheduler count too, unlike in a key */
	int figure;		      /* enum figure */
	struct history_point *points; /* build_count of them */
	size_t measured;	      /* points that are not NAN */
	double floor; /* of a ratio: smaller changes are not reported; 0.002 is 0.2 % */
	struct history_change *changes; /* in order of builds, suspects too */
	size_t change_count;
};

struct history_part {
	size_t series, change; /* history.series[series].changes[change] */
};

/* parts: the greatest |log ratio| first. Suspects and changes are never in one event. */
struct history_event {
	int kind;
	size_t track;
	size_t last_good, first_bad; /* the narrowest range that all parts allow */
	struct history_part *parts;
	size_t part_count;
	size_t worse, better; /* parts that went up, and down */
};

/*
 * Cells that were not measured are in no series; they are counted here, so that nothing is hidden.
 */
struct history {
	char *folder;
	char *root; /* of its files (view/result_files.h) */
	struct history_build *builds;
	size_t build_count;
	struct history_track *tracks;
	size_t track_count;
	struct history_series
		*series; /* by track, then as view/result_table.h orders cells, then figure */
	size_t series_count;
	struct history_event *events; /* changes before suspects, of each the newest build first */
	size_t event_count;
	struct history_result *results; /* in the order of their paths */
	size_t files;			/* how many: results that were read */
	size_t cells;			/* in them */
	size_t cells_failed;		/* without numbers: failed or skipped */
	double p_limit;			/* as requested, for all series of a track together */
	bool was_indexed; /* some came from the index; the contents are the same without it */
};

enum history_index {
	HISTORY_INDEX_AUTO,  /* if a folder holds HISTORY_INDEX_FROM files or more */
	HISTORY_INDEX_NEVER, /* neither read nor written */
	HISTORY_INDEX_ALWAYS,
};

#define HISTORY_INDEX_FROM 300

/* All 0: the defaults. */
struct history_options {
	double p;     /* family-wise, 0 < p < 1; 0: HISTORY_P */
	double floor; /* least change that is reported, 0.05 is 5 %; 0: by clock and figure */
	const char
		*order; /* a file that names builds, oldest first, one a line; NULL: by version */
	int index;	/* enum history_index */
	bool follows_links; /* out of the folder */
	const char *output; /* what will be written: refused if it is in the folder; NULL: none */
};

/*
 * Reads all results of folder (view/result_files.h). 0; -EINVAL if some file could not be used
 * (reported on stderr, one line each; the others are in *history, which the caller frees in either
 * case); -ENODATA if there is no result at all, -EEXIST if options->output is one of the files,
 * -ENOMEM, or what the system said: reported, and *history is empty.
 */
int history_read(const char *folder, const struct history_options *options,
		 struct history *history);
void history_free(struct history *history);
#define auto_history auto_release(history_free)

/*
 * Whether a result is of that build and on that track, by the rules of history_read: for those who
 * read a file again, which may have changed since. 1, 0 or -ENOMEM.
 */
int history_has_place(const struct history *history, size_t build, size_t track,
		      const struct result *result);

/*
 * "git log v6.1.170..v6.1.172" for a range of builds, or of commits if both have one; empty if
 * either is unknown. Returns buffer.
 */
const char *history_git_range(const struct history *history, size_t last_good, size_t first_bad,
			      char *buffer, size_t size);

/* A JSON document "syncfault-history/1", and the text that people read. 0 or -ENOMEM. */
int history_print_json(const struct history *history, FILE *out);
int history_print_text(const struct history *history, FILE *out);

#endif
