// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/worst.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Each stage ends where the next one begins, or the fault does: then the next one is outside. */
static int fill_timeline(struct worst_result *worst, const struct probe_record *record)
{
	bool is_cut = record->trail_count > PROBE_TRAIL;
	size_t kept = is_cut ? PROBE_TRAIL : record->trail_count;

	worst->timeline = calloc(PROBE_TRAIL, sizeof(*worst->timeline));
	if (!worst->timeline)
		return -ENOMEM;
	for (size_t i = 0; i < kept; i++) {
		int stage = (int)(record->trail[i] & 0xff);
		bool is_last = i + 1 == kept;

		if (stage == STAGE_OUTSIDE || (is_last && is_cut))
			break;
		worst->timeline[worst->timeline_count++] =
			(struct stage_span){ stage, record->trail[i] >> 8,
					     is_last ? record->total_ns
						     : record->trail[i + 1] >> 8 };
	}
	return 0;
}

static int fill_stages(struct worst_result *worst, const struct probe_record *record)
{
	worst->stage_ns = malloc(sizeof(record->stage_ns));
	if (!worst->stage_ns)
		return -ENOMEM;
	memcpy(worst->stage_ns, record->stage_ns, sizeof(record->stage_ns));
	worst->stage_ns_count = STAGE_COUNT;
	return 0;
}

int worst_fill(struct worst_result *worst, const struct probe_record *record)
{
	bool has_access = record->root == ROOT_FAULT;
	bool has_page = has_access && record->inode;
	int ret;

	*worst = (struct worst_result){ .total = record->total_ns,
					.address = has_access ? record->address : U64_ABSENT,
					.inode = record->inode,
					.page = has_page ? record->page : U64_ABSENT,
					.tid = record->tid,
					.blocked = record->blocked_ns,
					.runnable = record->runnable_ns };
	ret = fill_timeline(worst, record);
	return ret ? ret : fill_stages(worst, record);
}

int worst_add_stack(struct worst_result *worst, const struct probe_record *record)
{
	char symbol[256];

	for (uint32_t i = 0; i < record->frame_count && i < PROBE_FRAMES; i++) {
		probes_symbol(record->frames[i], symbol, sizeof(symbol));
		if (strings_add(&worst->stack, symbol))
			return -ENOMEM;
	}
	return 0;
}

/* A commit whose end was not seen, or that is long gone, is known by its number only. */
static int add_commit(struct worst_result *worst, const struct probe_record *record,
		      struct probes *probes)
{
	int ret;

	if (!record->commit_id)
		return 0;
	ret = probes_commit(probes, record, &worst->commit);
	worst->has_commit = !ret;
	return ret == -ENOENT ? 0 : ret;
}

int worst_explain(struct worst_result *worst, const struct probe_record *record,
		  struct probes *probes)
{
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		if (probes_stage(probes, stage)->rung == RUNG_NONE)
			worst->stage_ns[stage] = U64_ABSENT;
	return add_commit(worst, record, probes);
}

void worst_free(struct worst_result *worst)
{
	free(worst->timeline);
	free(worst->stage_ns);
	strings_free(&worst->stack);
	commit_result_free(&worst->commit);
	memset(worst, 0, sizeof(*worst));
}
