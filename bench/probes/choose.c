// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/choose.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probes.skel.h"
#include "probes/kallsyms.h"
#include "probes/table.h"

/* As is_in_system_call() of bpf/probes/fault.bpf.c can tell: a fault takes mmap_lock too. */
static bool knows_system_calls(const struct types *types)
{
	return types_has_member(types, "pt_regs", "orig_ax") ||
	       types_has_member(types, "pt_regs", "syscallno");
}

static bool has_tracepoint(const struct types *types, const char *name)
{
	char type[96];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return types_has(types, type, BTF_KIND_TYPEDEF);
}

static struct bpf_program *program_of(const struct probes *probes, const char *prefix,
				      const char *name)
{
	char full[96];

	snprintf(full, sizeof(full), "%s%s", prefix, name);
	return bpf_object__find_program_by_name(probes->skeleton->obj, full);
}

static void want(struct probes *probes, const char *prefix, const char *name)
{
	bpf_program__set_autoload(program_of(probes, prefix, name), true);
}

/* A stage seen by several probes is as good as the worst of those that are there. */
static void __attribute__((format(printf, 4, 5)))
take(struct probes *probes, int stage, int rung, const char *format, ...)
{
	struct probes_stage *to = &probes->stages[stage];
	char *text = probes->texts[stage];
	size_t used = strlen(text);
	va_list arguments;

	if (to->rung == RUNG_NONE || rung > to->rung)
		to->rung = rung;
	if (used && used + 2 < PROBES_TEXT) {
		strcpy(text + used, ", ");
		used += 2;
	}
	va_start(arguments, format);
	vsnprintf(text + used, PROBES_TEXT - used, format, arguments);
	va_end(arguments);
	to->probes = text;
}

static const char *rung_obstacle(const struct probes *probes, int rung)
{
	return probes->obstacles[rung][0] ? probes->obstacles[rung] : NULL;
}

static int choose_rung(const struct probes *probes, const struct types *types,
		       const struct probe_function *function, size_t index)
{
	unsigned int rungs = probes->rungs & ~probes->failed[index];

	if (rungs & 1u << RUNG_FENTRY && types_has(types, function->name, BTF_KIND_FUNC))
		return RUNG_FENTRY;
	return rungs & 1u << RUNG_KPROBE ? RUNG_KPROBE : RUNG_NONE;
}

static bool is_wanted(const struct probes *probes, const struct probe_function *function)
{
	if (!kallsyms_find(function->name))
		return false;
	if (function->only_without && kallsyms_find(function->only_without))
		return false;
	return !function->is_for_fills || probes->setup.has_fills;
}

static const char *const entry_prefix[] = { "fentry_", "kprobe_" };
static const char *const exit_prefix[] = { "fexit_", "kretprobe_" };
static const char *const pair_name[] = { "fentry/fexit", "kprobe/kretprobe" };

struct bpf_program *choose_entry(const struct probes *probes, int rung, const char *function)
{
	return program_of(probes, entry_prefix[rung], function);
}

struct bpf_program *choose_exit(const struct probes *probes, int rung, const char *function)
{
	return program_of(probes, exit_prefix[rung], function);
}

static void choose_function(struct probes *probes, const struct types *types, size_t index)
{
	const struct probe_function *function = &probe_functions[index];
	int rung;

	probes->chosen[index] = RUNG_NONE;
	if (!is_wanted(probes, function))
		return;
	rung = choose_rung(probes, types, function, index);
	probes->chosen[index] = rung;
	if (rung == RUNG_NONE)
		return;
	want(probes, entry_prefix[rung], function->name);
	if (!function->is_entry_only)
		want(probes, exit_prefix[rung], function->name);
	if (function->stage != NO_STAGE)
		take(probes, function->stage, rung, "%s %s", pair_name[rung], function->name);
}

static bool has_function(const struct probes *probes, int stage)
{
	return probes->stages[stage].rung != RUNG_NONE;
}

static void choose_stand_ins(struct probes *probes, const struct types *types)
{
	bool is_open[STAGE_COUNT];

	for (int stage = 0; stage < STAGE_COUNT; stage++)
		is_open[stage] = !has_function(probes, stage);
	if (!(probes->rungs & 1u << RUNG_TRACEPOINT))
		return;
	for (const struct probe_stand_in *row = probe_stand_ins; row->tracepoint; row++) {
		if (!is_open[row->stage] || !has_tracepoint(types, row->tracepoint))
			continue;
		bpf_program__set_autoload(program_of(probes, "", row->program), true);
		take(probes, row->stage, RUNG_TRACEPOINT, "%s", row->tracepoint);
	}
	if (is_open[STAGE_MM] && has_function(probes, STAGE_MM)) {
		bpf_program__set_autoload(probes->skeleton->progs.end_page_fault, true);
		take(probes, STAGE_MM, RUNG_TRACEPOINT, "page-faults (perf event)");
		probes->has_perf_end = true;
	}
}

static void choose_tracepoints(struct probes *probes, const struct types *types)
{
	for (const struct probe_tracepoint *row = probe_tracepoints; row->name; row++) {
		if ((row->is_for_fills && !probes->setup.has_fills) ||
		    !has_tracepoint(types, row->name))
			continue;
		/* There the fault has begun already, with the exception. */
		if (row->stage == STAGE_LOCK && (!probes->knows_system_calls ||
						 probes->stages[STAGE_MM].rung == RUNG_TRACEPOINT))
			continue;
		want(probes, "tp_", row->name);
		if (row->stage != NO_STAGE)
			take(probes, row->stage, RUNG_TRACEPOINT, "%s", row->name);
	}
}

static const char *reason_of(const struct probes *probes, int stage)
{
	const struct probes_stage *seen = &probes->stages[stage];

	switch (stage) {
	case STAGE_OUTSIDE:
		return "not probed: what is before and after the fault";
	case STAGE_LOCK:
	case STAGE_MAP:
	case STAGE_INSERT:
		if (seen->rung != RUNG_NONE)
			return "tracepoints cost less, and tell the same";
		if (stage == STAGE_LOCK && probes->stages[STAGE_MM].rung == RUNG_TRACEPOINT)
			return "part of mm where tracepoints tell when a fault begins";
		if (stage == STAGE_LOCK && !probes->knows_system_calls)
			return "this architecture's registers do not say who takes mmap_lock";
		return "this kernel has no such tracepoint";
	default:
		if (seen->rung == RUNG_FENTRY)
			return NULL;
		if (seen->rung == RUNG_NONE && !probes->is_there[stage])
			return stage_absence(stage);
		return rung_obstacle(probes, RUNG_FENTRY)
			       ?: "this kernel lets no fentry program attach there";
	}
}

/* Why a stage is not on the best rung. */
static void explain(struct probes *probes)
{
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		if (stage != STAGE_RETRY)
			probes->stages[stage].reason = reason_of(probes, stage);
	probes->stages[STAGE_RETRY] = probes->stages[STAGE_MM];
	if (probes->stages[STAGE_MM].rung == RUNG_TRACEPOINT)
		probes->stages[STAGE_RETRY] = (struct probes_stage){
			.rung = RUNG_NONE,
			.reason = "part of mm where tracepoints tell when a fault ends",
		};
	else if (!probes_knows_signals(probes))
		probes->stages[STAGE_RETRY].reason =
			"TIF_SIGPENDING was not found: a fault given up for a signal seems to go on";
}

bool probes_knows_signals(const struct probes *probes)
{
	return probes->signal_flag || probes->stages[STAGE_MM].rung == RUNG_TRACEPOINT;
}

static void note_presence(struct probes *probes)
{
	for (size_t i = 0; probe_functions[i].name; i++)
		if (probe_functions[i].stage != NO_STAGE && is_wanted(probes, &probe_functions[i]))
			probes->is_there[probe_functions[i].stage] = true;
}

void choose_all(struct probes *probes, const struct types *types)
{
	struct bpf_program *program;

	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		probes->stages[stage] = (struct probes_stage){ .rung = RUNG_NONE };
		probes->texts[stage][0] = '\0';
	}
	bpf_object__for_each_program(program, probes->skeleton->obj)
		bpf_program__set_autoload(program, false);
	note_presence(probes);
	probes->knows_system_calls = knows_system_calls(types);
	for (size_t i = 0; probe_functions[i].name; i++)
		choose_function(probes, types, i);
	choose_stand_ins(probes, types);
	choose_tracepoints(probes, types);
	explain(probes);
}
