// SPDX-License-Identifier: GPL-2.0-or-later
/* Loading and attaching: choose.c says which probe on which rung, read.c reads what they count. */
#include "probes/probes.h"

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
#include "probes/choose.h"
#include "probes/kallsyms.h"
#include "probes/private.h"
#include "probes/signal_flag.h"
#include "probes/table.h"
#include "probes/types.h"

#define ALL_RUNGS (1u << RUNG_FENTRY | 1u << RUNG_KPROBE | 1u << RUNG_TRACEPOINT)

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
		ret = add_link(probes,
			       bpf_program__attach(choose_exit(probes, rung, function->name)));
	if (!ret)
		ret = add_link(probes,
			       bpf_program__attach(choose_entry(probes, rung, function->name)));
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
	program = choose_exit(probes, rung, "blkdev_issue_flush");
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

/* A fault may take long, and one whose thread was killed never ends: wait for a second at most.
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
