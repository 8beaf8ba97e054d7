// SPDX-License-Identifier: GPL-2.0-or-later
/* Loading and attaching: which probe on which rung. What they count is read in probes/read.c. */
#include "probes/probes.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "probes.skel.h"
#include "probes/kallsyms.h"
#include "probes/private.h"
#include "probes/signal_flag.h"
#include "probes/table.h"

#define ALL_RUNGS (1u << RUNG_FENTRY | 1u << RUNG_KPROBE | 1u << RUNG_TRACEPOINT)

/* Modules whose functions and tracepoints are probed. */
static const char *const modules[] = { "ext4", "jbd2", "xfs", "device_dax", NULL };

struct types {
	struct btf *vmlinux;
	struct btf *modules[sizeof(modules) / sizeof(*modules)];
};

static int print_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static int print_all(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	return vfprintf(stderr, format, arguments);
}

static void types_free(struct types *types)
{
	for (size_t i = 0; modules[i]; i++)
		btf__free(types->modules[i]);
	btf__free(types->vmlinux);
}

/* -ENOSYS: the kernel was built without BTF. A module without it has none of its own, no more. */
static int types_load(struct types *types)
{
	memset(types, 0, sizeof(*types));
	types->vmlinux = btf__load_vmlinux_btf();
	if (!types->vmlinux)
		return -ENOSYS;
	for (size_t i = 0; modules[i]; i++)
		types->modules[i] = btf__load_module_btf(modules[i], types->vmlinux);
	return 0;
}

/* Those of a module come after all of the kernel's, which are not gone through for each module. */
static bool has_own_type(const struct btf *module, uint32_t first, const char *name, uint32_t kind)
{
	for (uint32_t id = first; id < btf__type_cnt(module); id++) {
		const struct btf_type *type = btf__type_by_id(module, id);

		if (btf_kind(type) == kind &&
		    !strcmp(btf__name_by_offset(module, type->name_off), name))
			return true;
	}
	return false;
}

static bool has_type(const struct types *types, const char *name, uint32_t kind)
{
	uint32_t first = btf__type_cnt(types->vmlinux);

	if (btf__find_by_name_kind(types->vmlinux, name, kind) > 0)
		return true;
	for (size_t i = 0; modules[i]; i++)
		if (types->modules[i] && has_own_type(types->modules[i], first, name, kind))
			return true;
	return false;
}

static bool has_member(const struct types *types, const char *structure, const char *name)
{
	int id = btf__find_by_name_kind(types->vmlinux, structure, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(types->vmlinux, (uint32_t)id) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(types->vmlinux, btf_members(type)[i].name_off),
			    name))
			return true;
	return false;
}

/* As is_in_system_call() of bpf/probes/fault.bpf.c can tell: a fault takes mmap_lock too. */
static bool knows_system_calls(const struct types *types)
{
	return has_member(types, "pt_regs", "orig_ax") || has_member(types, "pt_regs", "syscallno");
}

static bool has_tracepoint(const struct types *types, const char *name)
{
	char type[96];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return has_type(types, type, BTF_KIND_TYPEDEF);
}

static struct bpf_program *program_of(struct probes *probes, const char *prefix, const char *name)
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

	if (rungs & 1u << RUNG_FENTRY && has_type(types, function->name, BTF_KIND_FUNC))
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

static void note_presence(struct probes *probes)
{
	for (size_t i = 0; probe_functions[i].name; i++)
		if (probe_functions[i].stage != NO_STAGE && is_wanted(probes, &probe_functions[i]))
			probes->is_there[probe_functions[i].stage] = true;
}

static void choose_all(struct probes *probes, const struct types *types)
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

static int add_link(struct probes *probes, struct bpf_link *link)
{
	if (!link)
		return -errno;
	if (probes->link_count == PROBES_MAX_LINKS) {
		bpf_link__destroy(link);
		return -E2BIG;
	}
	probes->links[probes->link_count++] = link;
	return 0;
}

/* Both halves, the end first: an end without its begin does nothing. */
static int attach_function(struct probes *probes, size_t index)
{
	const struct probe_function *function = &probe_functions[index];
	int rung = probes->chosen[index], ret = 0;

	if (rung == RUNG_NONE)
		return 0;
	if (!function->is_entry_only)
		ret = add_link(probes, bpf_program__attach(program_of(probes, exit_prefix[rung],
								      function->name)));
	if (!ret)
		ret = add_link(probes, bpf_program__attach(program_of(probes, entry_prefix[rung],
								      function->name)));
	return ret;
}

/* A software event of every CPU, for every count of it. */
static int attach_perf_on(struct probes *probes, int cpu, uint64_t event)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = event,
					.sample_period = 1 };
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	struct bpf_link *link;

	if (fd < 0)
		return errno == ENODEV ? 0 : -errno; /* the CPU is offline */
	link = bpf_program__attach_perf_event(probes->skeleton->progs.end_page_fault, (int)fd);
	if (!link) {
		int err = errno;

		close((int)fd);
		return -err;
	}
	return add_link(probes, link);
}

static int attach_perf(struct probes *probes)
{
	int ret = 0;

	for (int cpu = 0; cpu < probes->cpus && !ret; cpu++) {
		ret = attach_perf_on(probes, cpu, PERF_COUNT_SW_PAGE_FAULTS_MIN);
		if (!ret)
			ret = attach_perf_on(probes, cpu, PERF_COUNT_SW_PAGE_FAULTS_MAJ);
	}
	return ret;
}

static bool is_of_function(const char *name)
{
	return !strncmp(name, "fentry_", 7) || !strncmp(name, "fexit_", 6) ||
	       !strncmp(name, "kprobe_", 7) || !strncmp(name, "kretprobe_", 10);
}

static int attach_tracepoints(struct probes *probes)
{
	struct bpf_program *program;
	int ret = 0;

	/* In the order of the file: where two are on one tracepoint, tp_ comes before begin_. */
	bpf_object__for_each_program(program, probes->skeleton->obj)
	{
		if (!bpf_program__autoload(program) || is_of_function(bpf_program__name(program)) ||
		    bpf_program__type(program) == BPF_PROG_TYPE_PERF_EVENT)
			continue;
		ret = add_link(probes, bpf_program__attach(program));
		if (ret)
			return ret;
	}
	return probes->has_perf_end ? attach_perf(probes) : 0;
}

/* What was refused is remembered, so that the next attempt takes another rung there. */
static int attach_all(struct probes *probes, bool *is_worth_another)
{
	int ret;

	*is_worth_another = false;
	for (size_t i = 0; probe_functions[i].name; i++) {
		ret = attach_function(probes, i);
		if (!ret)
			continue;
		probes->failed[i] |= 1u << probes->chosen[i];
		*is_worth_another = true;
		return ret;
	}
	return attach_tracepoints(probes);
}

static void detach(struct probes *probes)
{
	while (probes->link_count)
		bpf_link__destroy(probes->links[--probes->link_count]);
	probes_bpf__destroy(probes->skeleton);
	probes->skeleton = NULL;
}

/* get_unlocked_entry, between whose ends a thread that sleeps waits for a DAX entry. */
static void find_entry_wait(struct probe_config *config)
{
	const struct kallsym *symbol = kallsyms_find("get_unlocked_entry");
	uint64_t end;

	if (!symbol || !symbol->address)
		return;
	config->entry_from = symbol->address;
	kallsyms_at(config->entry_from, &end);
	config->entry_to = end;
}

static void configure(struct probes *probes)
{
	const struct probes_setup *setup = &probes->setup;
	struct probe_config *config =
		(struct probe_config *)(uintptr_t)&probes->skeleton->rodata->config;

	config->tgid = (uint32_t)setup->tgid;
	config->has_dev = setup->has_dev;
	config->dev = setup->dev;
	config->inode = setup->inode;
	config->over_ns = setup->over_ns;
	config->worst = setup->worst < PROBE_WORST ? setup->worst : PROBE_WORST;
	config->is_anonymous = setup->is_anonymous;
	config->has_fills = setup->has_fills;
	config->has_fsyncs = setup->has_fsyncs;
	config->has_stacks = setup->has_stacks;
	config->signal_flag = probes->signal_flag;
	find_entry_wait(config);
}

static int try_once(struct probes *probes, const struct types *types, bool *is_worth_another)
{
	int ret;

	*is_worth_another = false;
	probes->has_perf_end = false;
	probes->skeleton = probes_bpf__open();
	if (!probes->skeleton)
		return -errno;
	choose_all(probes, types);
	if (probes->stages[STAGE_MM].rung == RUNG_NONE)
		return -ENOENT;
	configure(probes);
	ret = probes_bpf__load(probes->skeleton);
	if (ret)
		return ret;
	return attach_all(probes, is_worth_another);
}

/* Loads and attaches one pair, and takes it away again. */
static int try_rung(struct probes *probes, int rung)
{
	struct bpf_program *program;
	struct bpf_link *link;
	int ret;

	probes->skeleton = probes_bpf__open();
	if (!probes->skeleton)
		return -errno;
	bpf_object__for_each_program(program, probes->skeleton->obj)
		bpf_program__set_autoload(program, false);
	program = program_of(probes, exit_prefix[rung], "blkdev_issue_flush");
	bpf_program__set_autoload(program, true);
	ret = probes_bpf__load(probes->skeleton);
	if (!ret) {
		link = bpf_program__attach(program);
		ret = link ? 0 : -errno;
		bpf_link__destroy(link);
	}
	detach(probes);
	return ret;
}

static void check_rung(struct probes *probes, int rung, const char *name)
{
	int ret;

	if (!(probes->rungs & 1u << rung)) {
		snprintf(probes->obstacles[rung], PROBES_TEXT, "%s was not asked for", name);
		return;
	}
	ret = try_rung(probes, rung);
	if (!ret)
		return;
	probes->rungs &= ~(1u << rung);
	snprintf(probes->obstacles[rung], PROBES_TEXT, "this kernel refuses %s: %s", name,
		 strerror(-ret));
}

static int climb(struct probes *probes, const struct types *types)
{
	bool is_worth_another = true;
	int ret = -ENOENT;

	check_rung(probes, RUNG_FENTRY, "fentry");
	check_rung(probes, RUNG_KPROBE, "kprobe");
	while (is_worth_another) {
		ret = try_once(probes, types, &is_worth_another);
		if (ret)
			detach(probes);
	}
	return ret;
}

/* Before 5.11 maps are charged to it; later ones do not look. */
static void raise_memlock(void)
{
	const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &limit);
}

static int report_failure(const struct probes_setup *setup, int ret)
{
	if (setup->is_quiet)
		return ret;
	if (ret == -ENOSYS)
		diag_error("this kernel has no BTF (CONFIG_DEBUG_INFO_BTF): scripts/trace-bcc does "
			   "without");
	else if (ret == -ENOENT)
		diag_error("no way to see a fault is left on the rungs asked for (see 'syncfault "
			   "doctor')");
	else if (ret == -EPERM)
		diag_error("the kernel refuses BPF programs: run as root, or with CAP_BPF and "
			   "CAP_PERFMON");
	else
		diag_errno(ret, "load and attach the probes");
	return ret;
}

/* Without it the probes are good for all but faults given up for a signal: see explain(). */
static void find_signal_flag(struct probes *probes)
{
	uint64_t given = probes->setup.signal_flag;

	if (!given)
		probes_find_signal_flag(&probes->signal_flag);
	else if (given != UINT64_MAX)
		probes->signal_flag = given;
}

static int open_probes(struct probes *probes)
{
	struct types types;
	int ret;

	raise_memlock();
	libbpf_set_print(getenv("SYNCFAULT_LIBBPF") ? print_all : print_nothing);
	probes->cpus = libbpf_num_possible_cpus();
	if (probes->cpus < 0)
		return probes->cpus;
	ret = kallsyms_load();
	if (ret)
		return ret;
	ret = types_load(&types);
	if (!ret)
		find_signal_flag(probes);
	if (!ret)
		ret = climb(probes, &types);
	types_free(&types);
	return ret ? ret : probes_prepare_read(probes);
}

int probes_open(const struct probes_setup *setup, struct probes **out)
{
	struct probes *probes = calloc(1, sizeof(*probes));
	int ret;

	*out = NULL;
	if (!probes)
		return report_failure(setup, -ENOMEM);
	probes->setup = *setup;
	probes->rungs = setup->rungs ? setup->rungs & ALL_RUNGS : ALL_RUNGS;
	ret = open_probes(probes);
	if (ret) {
		probes_close(probes);
		return report_failure(setup, ret);
	}
	probes_aim(probes, 0, UINT64_MAX);
	*out = probes;
	return 0;
}

void probes_close(struct probes *probes)
{
	if (!probes)
		return;
	probes_finish_read(probes);
	detach(probes);
	free(probes);
}

void probes_aim(struct probes *probes, uint64_t from, uint64_t to)
{
	probes->skeleton->bss->aim.address_from = from;
	probes->skeleton->bss->aim.address_to = to;
}

void probes_start(struct probes *probes)
{
	memset(probes->skeleton->bss->slots, 0, sizeof(probes->skeleton->bss->slots));
	probes->skeleton->bss->worst_floor = 0;
	probes_reset_read(probes);
	__atomic_store_n(&probes->skeleton->bss->counting, 1, __ATOMIC_SEQ_CST);
}

static bool is_any_in_flight(const struct probes *probes)
{
	const struct slot *slots = probes->skeleton->bss->slots;

	for (size_t i = 0; i < PROBE_SLOTS; i++)
		if (__atomic_load_n(&slots[i].tid, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* A fault may take long, and one whose thread was killed never ends: a second is waited, no more.
 */
void probes_stop(struct probes *probes)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	__atomic_store_n(&probes->skeleton->bss->counting, 0, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 1000 && is_any_in_flight(probes); i++)
		nanosleep(&pause, NULL);
}

const struct probes_stage *probes_stage(const struct probes *probes, int stage)
{
	return &probes->stages[stage];
}

uint32_t probes_dev(dev_t dev)
{
	return (uint32_t)(major(dev) << 20 | minor(dev));
}
