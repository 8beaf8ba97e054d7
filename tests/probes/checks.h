/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs that check the probes share: lines of results, and the probes themselves. */
#ifndef SYNCFAULT_TEST_CHECKS_H
#define SYNCFAULT_TEST_CHECKS_H

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/probes.h"

enum { EXIT_USAGE = 2, EXIT_CANNOT = 77 };

/* Of the program's name and of what failed. */
struct checks {
	const char *prefix;
	bool has_failed;
	struct probes_totals totals; /* of the last reading */
};

static inline void __attribute__((format(printf, 4, 5)))
check(struct checks *checks, bool holds, const char *name, const char *format, ...)
{
	va_list arguments;

	printf("%s %s-%s: ", holds ? "ok" : "not ok", checks->prefix, name);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	checks->has_failed |= !holds;
}

/* "fentry,kprobe" as a mask; exits on other words. */
static inline unsigned int parse_rungs(const char *text)
{
	unsigned int rungs = 0;
	char *copy = strdup(text), *rest = copy, *word;

	while ((word = strsep(&rest, ","))) {
		int rung = RUNG_FENTRY;

		while (rung <= RUNG_TRACEPOINT && strcmp(word, rung_words[rung]))
			rung++;
		if (rung > RUNG_TRACEPOINT)
			errx(EXIT_USAGE, "'%s': wants fentry, kprobe or tracepoint", word);
		rungs |= 1u << rung;
	}
	free(copy);
	return rungs;
}

/* Exits with 77 where this kernel has no probes for us. */
static inline struct probes *open_or_skip(const struct probes_setup *setup)
{
	struct probes *probes;
	int ret = probes_open(setup, &probes);

	if (ret == -EPERM || ret == -ENOSYS || ret == -ENOENT)
		exit(EXIT_CANNOT);
	if (ret)
		exit(EXIT_FAILURE);
	return probes;
}

/*
 * A child that we wait for until it writes a byte to *end, or closes it. In the child: 0. Here: its
 * pid, and whether it wrote.
 */
static inline pid_t fork_until_ready(int *end, bool *is_ready)
{
	int ends[2];
	char byte;
	pid_t pid;

	*is_ready = false;
	if (pipe(ends))
		err(EXIT_FAILURE, "pipe");
	pid = fork();
	if (pid < 0)
		err(EXIT_FAILURE, "fork");
	*end = ends[1];
	if (!pid)
		return 0;
	close(ends[1]);
	*is_ready = read(ends[0], &byte, 1) == 1;
	close(ends[0]);
	return pid;
}

static inline void stop_and_read(struct checks *checks, struct probes *probes)
{
	int ret;

	probes_stop(probes);
	ret = probes_read(probes, &checks->totals);
	if (ret)
		errx(EXIT_FAILURE, "read the probes: %s", strerror(-ret));
}

static inline uint64_t faults_seen(const struct checks *checks)
{
	return checks->totals.hists[ROOT_FAULT][STAGE_OUTSIDE].count;
}

static inline uint64_t counted(const struct checks *checks, enum probe_count which)
{
	return checks->totals.counts[which];
}

/* All that was lost; events are not, they were not asked for. */
static inline uint64_t drops_of(const struct checks *checks)
{
	uint64_t drops = 0;

	for (int which = DROP_SLOT; which < DROP_EVENT; which++)
		drops += checks->totals.counts[which];
	return drops;
}

static inline const char *drops_text(const struct checks *checks)
{
	static char text[160];
	const uint64_t *counts = checks->totals.counts;

	snprintf(text, sizeof(text), "%llu slots, %llu unfinished, %llu deep, %llu unmatched",
		 (unsigned long long)counts[DROP_SLOT], (unsigned long long)counts[DROP_UNFINISHED],
		 (unsigned long long)counts[DROP_DEEP], (unsigned long long)counts[DROP_UNMATCHED]);
	return text;
}

/* Every fault was seen, and nothing lost. */
static inline void check_all_seen(struct checks *checks, const char *name, uint64_t faults)
{
	check(checks, faults_seen(checks) == faults && !drops_of(checks), name,
	      "%llu of %llu faults, drops: %s", (unsigned long long)faults_seen(checks),
	      (unsigned long long)faults, drops_text(checks));
}

static inline bool is_on_rung(const struct probes *probes, int rung)
{
	return probes_stage(probes, STAGE_MM)->rung == rung;
}

/*
 * The same with more than ten at once. A kretprobe remembers max(10, 2 * CPUs) calls, as
 * kernel/kprobes.c has it; the ends of the others are not seen, and each of their tries counts as a
 * drop.
 */
static inline void check_none_lost_untold(struct checks *checks, const struct probes *probes,
					  const char *name, uint64_t faults)
{
	uint64_t seen = faults_seen(checks), drops = drops_of(checks);

	if (!is_on_rung(probes, RUNG_KPROBE))
		check_all_seen(checks, name, faults);
	else
		check(checks, seen && seen <= faults && seen + drops >= faults, name,
		      "%llu of %llu faults, drops: %s", (unsigned long long)seen,
		      (unsigned long long)faults, drops_text(checks));
}

#endif
