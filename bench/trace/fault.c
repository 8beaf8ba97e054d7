// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "probes/worst.h"

/* enum fault_flag and enum vm_fault_reason of include/linux/mm_types.h, as since 5.14 and 4.20. */
#define FLAG_WRITE     0x01
#define RESULT_FAILURE 0x53 /* OOM, SIGBUS, HWPOISON, SIGSEGV */

/* include/linux/kdev_t.h */
#define DEV_MINOR_BITS 20

const char *const trace_access_words[] = { "read", "write", "fsync", "unknown", NULL };

void trace_format_dev(uint32_t dev, char text[TRACE_DEV_SIZE])
{
	snprintf(text, TRACE_DEV_SIZE, "%u:%u", dev >> DEV_MINOR_BITS,
		 dev & ((1u << DEV_MINOR_BITS) - 1));
}

/* Where only tracepoints are left there are no flags; and a fault of a user has some. */
static int access_of(const struct probe_record *record)
{
	if (record->root == ROOT_FSYNC)
		return TRACE_FSYNC;
	if (!record->flags)
		return TRACE_UNKNOWN;
	return record->flags & FLAG_WRITE ? TRACE_WRITE : TRACE_READ;
}

static bool has_failed(const struct probe_record *record)
{
	if (record->root == ROOT_FSYNC)
		return record->result != 0;
	return (record->result & RESULT_FAILURE) != 0;
}

/* Of all stages, which most faults are not in, only the others are shown. */
static void leave_out_stages(struct worst_result *fault)
{
	for (size_t i = 0; i < fault->stage_ns_count; i++)
		if (!fault->stage_ns[i])
			fault->stage_ns[i] = U64_ABSENT;
}

int trace_fault_fill(struct trace_fault *fault, const struct probe_record *record,
		     uint64_t begin_ns)
{
	char dev[TRACE_DEV_SIZE];
	int ret;

	trace_format_dev(record->dev, dev);
	*fault = (struct trace_fault){
		.at = record->begin_ns > begin_ns ? record->begin_ns - begin_ns : 0,
		.comm = strndup(record->comm, PROBE_COMM),
		.tgid = record->tgid,
		.access = access_of(record),
		.is_sync = record->is_sync != 0,
		.has_failed = has_failed(record),
		.dev = strdup(dev),
		.longest = record->longest_ns,
		.commit_id = record->commit_id ? record->commit_id : U64_ABSENT,
		.is_wait_stack = record->is_wait_stack != 0,
		.is_cut = record->trail_count > PROBE_TRAIL,
	};
	ret = worst_fill(&fault->fault, record);
	leave_out_stages(&fault->fault);
	if (!fault->comm || !fault->dev)
		ret = -ENOMEM;
	return ret ? diag_errno(ret, "trace") : 0;
}

void trace_fault_free(struct trace_fault *fault)
{
	free(fault->comm);
	free(fault->file);
	free(fault->dev);
	worst_free(&fault->fault);
	*fault = (struct trace_fault){ 0 };
}

size_t trace_fault_order(const struct trace_fault *fault, int order[STAGE_COUNT])
{
	const uint64_t *ns = fault->fault.stage_ns;
	size_t count = 0;

	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		size_t at = count;

		if (ns[stage] == U64_ABSENT)
			continue;
		for (; at > 0 && ns[order[at - 1]] < ns[stage]; at--)
			order[at] = order[at - 1];
		order[at] = stage;
		count++;
	}
	return count;
}
