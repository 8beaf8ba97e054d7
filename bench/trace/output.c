// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/diag.h"
#include "probes/rungs.h"
#include "probes/worst.h"
#include "trace/fault.h"
#include "trace/json.h"
#include "trace/span.h"
#include "trace/text.h"

#define SECOND_NS 1000000000ULL
#define WHEN_SIZE 64

/* "14:03:07", or with microseconds, of a time since counting began. */
static const char *format_when(const struct trace_output *output, uint64_t since_ns, bool is_exact,
			       char text[WHEN_SIZE])
{
	uint64_t ns = output->wall_ns + since_ns;
	time_t seconds = (time_t)(ns / SECOND_NS);
	struct tm tm;
	size_t used;

	localtime_r(&seconds, &tm);
	used = strftime(text, WHEN_SIZE, "%H:%M:%S", &tm);
	if (is_exact)
		snprintf(text + used, WHEN_SIZE - used, ".%06u",
			 (unsigned int)(ns % SECOND_NS / 1000));
	return text;
}

static const char *format_started(const struct trace_output *output, char text[WHEN_SIZE])
{
	time_t seconds = (time_t)(output->wall_ns / SECOND_NS);
	struct tm tm;
	size_t used;

	gmtime_r(&seconds, &tm);
	used = strftime(text, WHEN_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + used, WHEN_SIZE - used, ".%06uZ",
		 (unsigned int)(output->wall_ns % SECOND_NS / 1000));
	return text;
}

static int flush(int ret)
{
	fflush(stdout);
	return !ret && ferror(stdout) ? -EIO : ret;
}

static uint64_t or_absent(uint64_t value)
{
	return value ? value : U64_ABSENT;
}

static int tell_json_start(const struct trace_output *output, const struct probes_stage *stages)
{
	const struct trace_target *target = output->target;
	char started[WHEN_SIZE], dev[TRACE_DEV_SIZE];
	const struct trace_start start = {
		.started = format_started(output, started),
		.target = target->text,
		.pid = or_absent(target->pid),
		.path = target->path,
		.dev = target->has_dev ? dev : NULL,
		.inode = or_absent(target->inode),
		.interval = or_absent(output->interval_ns),
		.over = or_absent(output->options->over_us * 1000),
		.worst = output->options->worst,
		.stages = stages,
	};

	trace_format_dev(target->dev, dev);
	return trace_json_start(stdout, &start);
}

int trace_put_start(const struct trace_output *output)
{
	struct probes_stage stages[STAGE_COUNT];
	char when[WHEN_SIZE];

	for (int i = 0; i < STAGE_COUNT; i++)
		stages[i] = *probes_stage(output->probes, i);
	trace_rungs_warn(stages);
	if (output->options->is_json)
		return flush(tell_json_start(output, stages));
	printf("%s, faults of %s\n", format_when(output, 0, false, when), output->target->text);
	return flush(0);
}

int trace_put_span(const struct trace_output *output, const struct probes_totals *counted,
		   uint64_t from_ns, uint64_t to_ns, bool is_total)
{
	bool is_json = output->options->is_json;
	struct trace_span span;
	char when[WHEN_SIZE];
	int ret = trace_span_fill(&span, counted, is_json && is_total);

	span.from = from_ns;
	span.to = to_ns;
	if (!ret && is_json)
		ret = trace_json_span(stdout, &span, is_total);
	else if (!ret)
		ret = trace_text_span(stdout,
				      is_total ? "Total" : format_when(output, to_ns, false, when),
				      &span);
	trace_span_free(&span);
	return flush(ret);
}

static int take_file(const struct trace_output *output, const struct probe_record *record,
		     struct trace_fault *fault)
{
	const char *path =
		trace_names_find(output->names, record->dev, record->inode, record->tgid);

	if (!path)
		return 0;
	fault->file = strdup(path);
	return fault->file ? 0 : diag_errno(ENOMEM, "trace");
}

static int explain(const struct trace_output *output, const struct probe_record *record,
		   struct trace_fault *fault)
{
	int ret = worst_explain(&fault->fault, record, output->probes);

	if (!ret)
		ret = worst_add_stack(&fault->fault, record);
	return ret ? diag_errno(ret, "trace") : 0;
}

/* rank 0: as it happens. One of the slowest is printed with everything that can be found out. */
static int tell_fault(const struct trace_output *output, size_t rank,
		      const struct probe_record *record)
{
	struct trace_fault fault;
	char when[WHEN_SIZE];
	int ret = trace_fault_fill(&fault, record, output->begin_ns);

	if (!ret)
		ret = take_file(output, record, &fault);
	if (!ret && rank)
		ret = explain(output, record, &fault);
	format_when(output, fault.at, true, when);
	if (!ret && output->options->is_json)
		ret = trace_json_fault(stdout, rank, &fault);
	else if (!ret && rank)
		trace_text_worst(stdout, rank, when, &fault);
	else if (!ret)
		trace_text_event(stdout, when, &fault);
	trace_fault_free(&fault);
	return ret;
}

int trace_put_event(const struct trace_output *output, const struct probe_record *record)
{
	return flush(tell_fault(output, 0, record));
}

int trace_put_worst(const struct trace_output *output)
{
	struct probe_record records[PROBE_WORST];
	int count = probes_worst(output->probes, records, output->options->worst), ret = 0;

	if (count < 0)
		return diag_errno(count, "trace: read the slowest faults");
	if (count > 0 && !output->options->is_json)
		printf("The slowest:\n");
	for (int i = 0; i < count && !ret; i++)
		ret = tell_fault(output, (size_t)i + 1, &records[i]);
	return flush(ret);
}
