/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the objects of a KCIDB report have in common: their ids, and the builds that were tested. */
#ifndef SYNCFAULT_EXPORT_KCIDB_H
#define SYNCFAULT_EXPORT_KCIDB_H

#include "export/json.h"

#define KCIDB_HEX_SIZE 33 /* half of a SHA-256 is enough to tell things apart */
#define KCIDB_MAX_ID   1024

/* What is known about one result: names of the things that are reported. */
struct kcidb_source {
	bool is_used;		     /* has cells in the export */
	char digest[KCIDB_HEX_SIZE]; /* of the result: the same result has the same ids again */
	size_t twin;		     /* how many before it are equal to it */
	char build[KCIDB_MAX_ID];
};

struct kcidb_report {
	FILE *out;
	const struct result_table *sorted;
	const struct export_options *options;
	struct kcidb_source *sources; /* of sorted->results */
	size_t written;		      /* objects of the list being written */
};

/*
 * Fills report->sources, which the caller frees. -EINVAL if a result is not of a kernel build,
 * -ENOMEM; both after a message.
 */
int kcidb_find_sources(struct kcidb_report *report);

/* The lists of checkouts and of builds, each build once. -ENOMEM after a message. */
int kcidb_put_builds(struct kcidb_report *report);

/* Begins a list of the document; the caller ends it. */
void kcidb_begin(struct kcidb_report *report, const char *name);

/* An object of the list that was begun. -ENOMEM after a message. */
int kcidb_put(struct kcidb_report *report, const struct export_json *json);

#endif
