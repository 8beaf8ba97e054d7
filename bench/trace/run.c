// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/stop.h"
#include "probes/probes.h"
#include "trace/names.h"
#include "trace/output.h"
#include "trace/span.h"
#include "trace/target.h"

#define SECOND_NS 1000000000ULL

/* Slots are counted modulo 2^32; and names are looked for while their process lives. */
#define READ_NS SECOND_NS

/* How late the end of a process, or a signal that came just before a wait, is seen. */
#define WAIT_NS (SECOND_NS / 5)

struct trace {
	const struct trace_options *options;
	struct trace_target target;
	struct trace_names names;
	struct trace_output output;
	struct probes *probes;
	struct probes_totals *now, *before, *difference;
	uint64_t told_ns; /* since counting began: the end of the last interval */
	int err;	  /* of telling events */
};

static uint64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

static uint64_t elapsed(const struct trace *trace)
{
	return read_clock(CLOCK_MONOTONIC) - trace->output.begin_ns;
}

/* Fsyncs are counted; single ones were not asked for. */
static void on_event(const struct probe_record *record, void *context)
{
	struct trace *trace = context;

	if (!trace->err && record->root == ROOT_FAULT)
		trace->err = trace_put_event(&trace->output, record);
}

/*
 * While their processes live: the names of files that may be printed at the end. A record that is
 * just being written has the wrong inode or process at worst, and then no file is found.
 */
static void keep_names(struct trace *trace)
{
	struct probe_record records[PROBE_WORST];
	int count = probes_worst(trace->probes, records, trace->options->worst);

	for (int i = 0; i < count; i++)
		trace_names_find(&trace->names, records[i].dev, records[i].inode, records[i].tgid);
}

static int read_totals(struct trace *trace)
{
	int ret = probes_read(trace->probes, trace->now);

	if (trace->options->worst)
		keep_names(trace);
	return ret ? diag_errno(ret, "trace: read the counters") : 0;
}

static int tell_interval(struct trace *trace, uint64_t at_ns)
{
	int ret;

	trace_subtract(trace->now, trace->before, trace->difference);
	ret = trace_put_span(&trace->output, trace->difference, trace->told_ns, at_ns, false);
	*trace->before = *trace->now;
	trace->told_ns = at_ns;
	return ret;
}

static int poll_events(struct trace *trace, uint64_t wait_ns)
{
	int ret = probes_poll(trace->probes, (int)((wait_ns + 999999) / 1000000), on_event, trace);

	if (ret && ret != -EINTR)
		return diag_errno(ret, "trace: wait for events");
	return trace->err;
}

static int wait_until(struct trace *trace, uint64_t until_ns)
{
	uint64_t now_ns = elapsed(trace), wait_ns = 0;

	if (now_ns < until_ns)
		wait_ns = until_ns - now_ns < WAIT_NS ? until_ns - now_ns : WAIT_NS;
	return poll_events(trace, wait_ns);
}

/* Until the end that was asked for, a signal, or the end of the process. */
static int count(struct trace *trace)
{
	uint64_t end_ns = trace->options->for_s ? trace->options->for_s * SECOND_NS : UINT64_MAX;
	uint64_t interval_ns = trace->output.interval_ns ? trace->output.interval_ns : UINT64_MAX;
	uint64_t next_ns = interval_ns, read_ns = READ_NS, at_ns = 0;
	int ret = 0;

	while (!ret && !stop_check() && at_ns < end_ns && !trace_target_has_ended(&trace->target)) {
		ret = wait_until(trace, next_ns < end_ns ? next_ns : end_ns);
		at_ns = elapsed(trace);
		if (ret || at_ns >= end_ns || at_ns < (read_ns < next_ns ? read_ns : next_ns))
			continue;
		ret = read_totals(trace);
		read_ns = at_ns + READ_NS;
		if (ret || at_ns < next_ns)
			continue;
		ret = tell_interval(trace, at_ns);
		next_ns = (at_ns / interval_ns + 1) * interval_ns;
	}
	return ret;
}

/* The last interval is the rest, so that all of them add up to the total. */
static int finish(struct trace *trace)
{
	uint64_t at_ns;
	int ret;

	probes_stop(trace->probes);
	at_ns = elapsed(trace);
	ret = poll_events(trace, 0);
	if (!ret)
		ret = read_totals(trace);
	if (!ret && trace->output.interval_ns)
		ret = tell_interval(trace, at_ns);
	if (!ret && trace->options->worst)
		ret = trace_put_worst(&trace->output);
	return ret ? ret : trace_put_span(&trace->output, trace->now, 0, at_ns, true);
}

static int trace_probes(struct trace *trace)
{
	int ret;

	trace->output.wall_ns = read_clock(CLOCK_REALTIME);
	trace->output.begin_ns = read_clock(CLOCK_MONOTONIC);
	probes_start(trace->probes);
	ret = trace_put_start(&trace->output);
	if (!ret)
		ret = count(trace);
	return ret ? ret : finish(trace);
}

static int open_probes(struct trace *trace)
{
	const struct trace_options *options = trace->options;
	const struct probes_setup setup = { .tgid = (pid_t)options->pid,
					    .has_dev = trace->target.has_dev,
					    .dev = trace->target.dev,
					    .inode = trace->target.inode,
					    .is_anonymous = options->is_anonymous,
					    .has_fsyncs = true,
					    .has_fills = options->worst > 0,
					    .over_ns = options->over_us * 1000,
					    .worst = (unsigned int)options->worst,
					    .rungs = word_list_mask(&options->rungs) };

	return probes_open(&setup, &trace->probes);
}

static int alloc_totals(struct trace *trace)
{
	trace->now = calloc(1, sizeof(*trace->now));
	trace->before = calloc(1, sizeof(*trace->before));
	trace->difference = calloc(1, sizeof(*trace->difference));
	if (!trace->now || !trace->before || !trace->difference)
		return diag_errno(ENOMEM, "trace");
	return 0;
}

static int run(struct trace *trace)
{
	const struct trace_options *options = trace->options;
	int ret = alloc_totals(trace);

	if (!ret)
		ret = stop_install();
	if (ret)
		return ret;
	trace->output = (struct trace_output){ .options = options,
					       .target = &trace->target,
					       .probes = trace->probes,
					       .names = &trace->names,
					       .interval_ns = options->interval_s * SECOND_NS };
	if (!options->interval_s && isatty(STDOUT_FILENO))
		trace->output.interval_ns = SECOND_NS;
	if (trace->target.inode)
		trace_names_add(&trace->names, trace->target.dev, trace->target.inode,
				trace->target.path);
	return trace_probes(trace);
}

static int judge(int err)
{
	if (err == -EPERM || err == -EACCES || err == -ENOSYS || err == -ENOENT)
		return EXIT_CANNOT;
	return EXIT_FAILED;
}

int trace_run(const struct trace_options *options)
{
	struct trace trace = { .options = options };
	int ret;

	if (trace_target_open(&trace.target, options->pid, options->path))
		return EXIT_USAGE;
	ret = open_probes(&trace);
	if (ret)
		ret = judge(ret);
	else if (run(&trace))
		ret = EXIT_FAILED;
	probes_close(trace.probes);
	trace_names_free(&trace.names);
	trace_target_close(&trace.target);
	free(trace.now);
	free(trace.before);
	free(trace.difference);
	return ret;
}
