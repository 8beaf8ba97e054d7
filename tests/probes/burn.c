// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Puts a known delay into a function of the kernel while a command runs:
 *
 *	burn FUNCTION INSTRUCTIONS -- COMMAND…
 *	burn tracepoint:NAME INSTRUCTIONS -- COMMAND…
 *
 * INSTRUCTIONS are of the loop and the two clock reads around it: guest instructions on the
 * instruction clock, else nanoseconds. Programs that are attached to the same function later run
 * before ours (the trampoline takes the newest first), so what COMMAND attaches there counts the
 * delay as the function's; on a raw tracepoint the newest runs last. The calls, of everybody, and
 * what they burned go to stderr. Exit status: the command's; 1 not attached; 2 usage.
 */
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../bpf/burn.h"
#include "burn.skel.h"
#include "command.h"

#define TRIALS	   64
#define MAX_BURN   100000000
#define TRACEPOINT "tracepoint:"

struct plan {
	const char *name; /* of the function or tracepoint */
	bool is_tracepoint;
	uint64_t instructions;
	char **command;
};

static int usage(void)
{
	fprintf(stderr,
		"burn: usage: burn FUNCTION|" TRACEPOINT "NAME INSTRUCTIONS -- COMMAND…,"
		" of 1 to %d instructions\n",
		MAX_BURN);
	return 2;
}

static bool parse(int argc, char **argv, struct plan *plan)
{
	size_t prefix = strlen(TRACEPOINT);
	char *end;

	if (argc < 5 || !argv[1][0] || strspn(argv[2], "0123456789") != strlen(argv[2]))
		return false;
	errno = 0;
	plan->instructions = strtoull(argv[2], &end, 10);
	plan->is_tracepoint = !strncmp(argv[1], TRACEPOINT, prefix);
	plan->name = argv[1] + (plan->is_tracepoint ? prefix : 0);
	plan->command = command_behind(argc, argv, 3);
	return !errno && plan->instructions && plan->instructions <= MAX_BURN && plan->command;
}

/* All CPUs together; min_ns is meaningless without calls. */
static struct burnt read_burnt(const struct burn_bpf *skeleton)
{
	struct burnt all = { .min_ns = UINT64_MAX };
	int cpus = libbpf_num_possible_cpus(), zero = 0;
	struct burnt *of_cpu = calloc((size_t)cpus, sizeof(*of_cpu));

	if (!of_cpu || bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.burnt), &zero, of_cpu))
		err(EXIT_FAILURE, "read what was burned");
	for (int i = 0; i < cpus; i++) {
		if (!of_cpu[i].calls)
			continue;
		all.calls += of_cpu[i].calls;
		all.sum_ns += of_cpu[i].sum_ns;
		all.min_ns = of_cpu[i].min_ns < all.min_ns ? of_cpu[i].min_ns : all.min_ns;
		all.max_ns = of_cpu[i].max_ns > all.max_ns ? of_cpu[i].max_ns : all.max_ns;
	}
	free(of_cpu);
	return all;
}

static void forget_burnt(const struct burn_bpf *skeleton)
{
	int cpus = libbpf_num_possible_cpus(), zero = 0;
	struct burnt *none = calloc((size_t)cpus, sizeof(*none));

	if (!none || bpf_map_update_elem(bpf_map__fd(skeleton->maps.burnt), &zero, none, 0))
		err(EXIT_FAILURE, "clear what was burned");
	free(none);
}

/* The shortest of some calls with so many rounds. */
static uint64_t time_rounds(struct burn_bpf *skeleton, unsigned int rounds)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);

	skeleton->bss->rounds = rounds;
	forget_burnt(skeleton);
	for (int i = 0; i < TRIALS; i++)
		if (bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.burn_at_tracepoint),
					   &run))
			err(EXIT_FAILURE, "run the loop to calibrate it");
	return read_burnt(skeleton).min_ns;
}

/* A round takes as long as the next one, so two lengths of the loop tell the one that is wanted. */
static int calibrate(struct burn_bpf *skeleton, uint64_t instructions)
{
	const unsigned int few = 1000, many = 11000;
	uint64_t short_ns = time_rounds(skeleton, few), long_ns = time_rounds(skeleton, many);
	double a_round = (double)(long_ns - short_ns) / (many - few);
	double rounds = ((double)instructions - (double)short_ns) / a_round + few;

	if (long_ns <= short_ns || rounds >= BURN_MAX_ROUNDS) {
		warnx("%llu instructions are too many for one loop here",
		      (unsigned long long)instructions);
		return 2;
	}
	if (rounds < 1) {
		warnx("%llu instructions are fewer than reading the clock twice takes",
		      (unsigned long long)instructions);
		return 2;
	}
	skeleton->bss->rounds = (unsigned int)(rounds + 0.5);
	forget_burnt(skeleton);
	return 0;
}

static struct bpf_link *attach(struct burn_bpf *skeleton, const struct plan *plan)
{
	if (plan->is_tracepoint)
		return bpf_program__attach_raw_tracepoint(skeleton->progs.burn_at_tracepoint,
							  plan->name);
	return bpf_program__attach(skeleton->progs.burn_at_function);
}

static struct burn_bpf *load(const struct plan *plan)
{
	struct burn_bpf *skeleton = burn_bpf__open();
	struct bpf_program *at_function;

	if (!skeleton)
		err(EXIT_FAILURE, "open the BPF programs");
	at_function = skeleton->progs.burn_at_function;
	bpf_program__set_autoload(at_function, !plan->is_tracepoint);
	if (!plan->is_tracepoint && bpf_program__set_attach_target(at_function, 0, plan->name))
		errx(EXIT_FAILURE, "%s: no such function here, or its module is not loaded",
		     plan->name);
	if (burn_bpf__load(skeleton))
		err(EXIT_FAILURE, "load the BPF programs for %s", plan->name);
	return skeleton;
}

static void report(const struct burn_bpf *skeleton, const struct plan *plan)
{
	struct burnt all = read_burnt(skeleton);

	fprintf(stderr, "burn: %s: %llu calls", plan->name, all.calls);
	if (all.calls)
		fprintf(stderr, ", burned mean %.1f, min %llu, max %llu",
			(double)all.sum_ns / (double)all.calls, all.min_ns, all.max_ns);
	fprintf(stderr, "\n");
}

int main(int argc, char **argv)
{
	struct burn_bpf *skeleton;
	struct bpf_link *link;
	struct plan plan;
	int status;

	if (!parse(argc, argv, &plan))
		return usage();
	command_quiet_libbpf();
	skeleton = load(&plan);
	status = calibrate(skeleton, plan.instructions);
	if (status)
		return status;
	link = attach(skeleton, &plan);
	if (!link)
		err(EXIT_FAILURE, "attach to %s", plan.name);
	status = command_run(plan.command);
	bpf_link__destroy(link);
	report(skeleton, &plan);
	burn_bpf__destroy(skeleton);
	return status;
}
