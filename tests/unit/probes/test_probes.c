// SPDX-License-Identifier: GPL-2.0-or-later
/* The probes against faults whose number and length are known. Without the rights they are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "../../probes/served.h"
#include "base/cleanup.h"
#include "machine/clock.h"
#include "measure/faults.h"
#include "probes/probes.h"
#include "probes/signal_flag.h"

#define PAGES	 6
#define DELAY_NS 50000000ULL
#define WIDE_NS	 1000000000ULL /* by which a busy machine may exceed it */

static struct clock ours;
static const _Atomic uint64_t no_load;

static int init_clock(void **state)
{
	(void)state;
	return clock_init(&ours);
}

struct measured {
	struct fault_outcome outcome;
	struct probes_totals totals;
	struct probe_record worst[PAGES];
	int worst_count;
};

/* As the timed loop measures it, and as the probes do at the same time. */
static void measure_served(struct probes *probes, struct served *served, struct measured *measured)
{
	const struct fault_plan plan = {
		.clock = &ours,
		.base = served->base,
		.stride_bytes = SERVED_PAGE,
		.pages = PAGES,
		.access = ACCESS_WRITE,
		.cpu = -1,
		.keep_samples = PAGES,
		.load_bytes = &no_load,
	};

	probes_aim(probes, (uintptr_t)served->base, (uintptr_t)served->base + PAGES * SERVED_PAGE);
	probes_start(probes);
	assert_int_equal(faults_run(&plan, &measured->outcome, 1), 0);
	probes_stop(probes);
	assert_int_equal(measured->outcome.error, 0);
	assert_int_equal(probes_read(probes, &measured->totals), 0);
	measured->worst_count = probes_worst(probes, measured->worst, PAGES);
}

static uint64_t count_between(const uint64_t *slots, uint64_t from, uint64_t to)
{
	uint64_t count = 0;

	for (unsigned int i = slot_of(from); i <= slot_of(to); i++)
		count += slots[i];
	return count;
}

/* Clocks differ in rate by less than a hundredth. */
static void assert_loop_has_delay(const struct fault_outcome *outcome)
{
	const uint64_t least = DELAY_NS - DELAY_NS / 100;

	assert_int_equal(outcome->sample_count, PAGES);
	for (size_t i = 0; i < PAGES; i++) {
		uint64_t ns = outcome->samples[i];

		assert_in_range(ns, least, DELAY_NS + WIDE_NS);
		assert_true(outcome->hist.slots[slot_of(ns)] > 0);
		assert_in_range(ns, slot_low(slot_of(ns)), slot_high(slot_of(ns)));
	}
	assert_int_equal(count_between(outcome->hist.slots, least, DELAY_NS + WIDE_NS), PAGES);
}

static void assert_probes_have_delay(const struct measured *measured)
{
	const struct probes_totals *totals = &measured->totals;
	const struct probes_hist *all = &totals->hists[ROOT_FAULT][STAGE_OUTSIDE];
	uint64_t stages_ns = 0;

	assert_int_equal(all->count, PAGES);
	assert_int_equal(count_between(all->slots, DELAY_NS, DELAY_NS + WIDE_NS), PAGES);
	assert_true(all->min_ns >= DELAY_NS);
	/* Less than the delay where a thread, or all of its machine, loses the CPU on its way. */
	assert_true(totals->blocked_ns[ROOT_FAULT] >= PAGES * DELAY_NS / 2);
	assert_true(totals->blocked_ns[ROOT_FAULT] + totals->runnable_ns[ROOT_FAULT] <=
		    all->sum_ns);
	for (int stage = STAGE_LOCK; stage < STAGE_COUNT; stage++)
		stages_ns += totals->hists[ROOT_FAULT][stage].sum_ns;
	assert_int_equal(stages_ns, all->sum_ns);
	/* What the probes see lies within what the loop sees. */
	assert_true(all->sum_ns <= measured->outcome.hist.sum_ns + all->sum_ns / 100);
	for (int which = DROP_SLOT; which < COUNT_COUNT; which++)
		assert_int_equal(totals->counts[which], 0);
}

static void assert_worst_are_all(const struct measured *measured)
{
	uint64_t sum_ns = 0;

	assert_int_equal(measured->worst_count, PAGES);
	for (int i = 0; i < PAGES; i++) {
		const struct probe_record *record = &measured->worst[i];

		sum_ns += record->total_ns;
		assert_int_equal(record->tgid, getpid());
		assert_true(record->blocked_ns >= DELAY_NS / 2);
		assert_true(record->longest_ns >= DELAY_NS / 2);
		assert_true(!i || record->total_ns <= measured->worst[i - 1].total_ns);
	}
	assert_int_equal(sum_ns, measured->totals.hists[ROOT_FAULT][STAGE_OUTSIDE].sum_ns);
}

static struct probes *open_or_skip(const struct probes_setup *setup)
{
	struct probes *probes;
	int ret = probes_open(setup, &probes);

	if (ret == -EPERM || ret == -ENOSYS || ret == -ENOENT) {
		printf("# skip a_delay_that_is_known: no probes here: %s\n", strerror(-ret));
		skip();
	}
	assert_int_equal(ret, 0);
	return probes;
}

static void try_delay(bool is_file)
{
	const struct probes_setup setup = {
		.tgid = getpid(), .is_anonymous = !is_file, .worst = PAGES, .is_quiet = true
	};
	auto_free struct measured *measured = calloc(1, sizeof(*measured));
	struct probes *probes = open_or_skip(&setup);
	struct served served;
	int ret = served_begin(&served, PAGES, is_file, DELAY_NS, 1);

	if (ret) {
		printf("# skip a_delay_that_is_known: no userfaultfd: %s\n", strerror(-ret));
		probes_close(probes);
		skip();
	}
	measure_served(probes, &served, measured);
	served_end(&served);
	probes_close(probes);
	assert_loop_has_delay(&measured->outcome);
	assert_probes_have_delay(measured);
	assert_worst_are_all(measured);
	free(measured->outcome.samples);
}

static void a_delay_on_anonymous_memory(void **state)
{
	(void)state;
	try_delay(false);
}

static void a_delay_on_a_file(void **state)
{
	(void)state;
	try_delay(true);
}

static void touch_all(char *base, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(base + i * SERVED_PAGE) = 1;
}

static char *map_private(size_t pages)
{
	char *base = mmap(NULL, pages * SERVED_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(base != MAP_FAILED);
	madvise(base, pages * SERVED_PAGE, MADV_NOHUGEPAGE);
	return base;
}

/* Only in the window, only from start to stop, only on files where nothing else was asked for. */
static void nothing_that_was_not_asked_for(void **state)
{
	const struct probes_setup of_files = { .tgid = getpid(), .is_quiet = true };
	const struct probes_setup of_all = { .tgid = getpid(),
					     .is_anonymous = true,
					     .is_quiet = true };
	auto_free struct probes_totals *totals = calloc(1, sizeof(*totals));
	const struct probes_hist *all = &totals->hists[ROOT_FAULT][STAGE_OUTSIDE];
	struct probes *probes = open_or_skip(&of_all);
	char *base = map_private(64);

	(void)state;
	probes_aim(probes, (uintptr_t)base + 8 * SERVED_PAGE, (uintptr_t)base + 24 * SERVED_PAGE);
	touch_all(base + 16 * SERVED_PAGE, 8);
	probes_start(probes);
	touch_all(base, 32);
	probes_stop(probes);
	touch_all(base + 8 * SERVED_PAGE, 16);
	assert_int_equal(probes_read(probes, totals), 0);
	assert_int_equal(all->count, 8);
	/* The next time begins at 0. */
	probes_start(probes);
	probes_stop(probes);
	assert_int_equal(probes_read(probes, totals), 0);
	assert_int_equal(all->count, 0);
	probes_close(probes);
	probes = open_or_skip(&of_files);
	probes_aim(probes, (uintptr_t)base, (uintptr_t)base + 64 * SERVED_PAGE);
	probes_start(probes);
	touch_all(base + 32 * SERVED_PAGE, 32);
	probes_stop(probes);
	assert_int_equal(probes_read(probes, totals), 0);
	assert_int_equal(all->count, 0);
	probes_close(probes);
	munmap(base, 64 * SERVED_PAGE);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

/* One bit, the same each time; the signals that it is found by are not this process's. */
static void the_flag_of_pending_signals(void **state)
{
	struct sigaction before, action = { .sa_handler = count_signal };
	uint64_t flag, again;
	int ret;

	(void)state;
	sigaction(SIGUSR1, &action, &before);
	ret = probes_find_signal_flag(&flag);
	if (ret == -EPERM || ret == -EACCES || ret == -ENOSYS || ret == -ESRCH) {
		printf("# skip the_flag_of_pending_signals: no BPF here: %s\n", strerror(-ret));
		assert_int_equal(flag, 0);
		skip();
	}
	assert_int_equal(ret, 0);
	assert_int_equal(__builtin_popcountll(flag), 1);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(probes_find_signal_flag(&again), 0);
		assert_int_equal(again, flag);
	}
	assert_int_equal(signals, 0);
	sigaction(SIGUSR1, &before, NULL);
}

static void quantiles_as_of_other_histograms(void **state)
{
	static const double quantiles[] = { 0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1 };
	auto_free struct probes_hist *hist = calloc(1, sizeof(*hist));
	auto_free struct hist *other = calloc(1, sizeof(*other));
	uint64_t ns = 7;

	(void)state;
	assert_int_equal(probes_quantile_ns(hist, 0.5), 0);
	hist_init(other);
	for (int i = 0; i < 1000; i++) {
		ns = ns * 6364136223846793005ULL + 1442695040888963407ULL;
		hist_add(other, ns >> (24 + i % 40));
	}
	hist->count = other->count;
	hist->min_ns = other->min_ns;
	hist->max_ns = other->max_ns;
	memcpy(hist->slots, other->slots, sizeof(hist->slots));
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++)
		assert_int_equal(probes_quantile_ns(hist, quantiles[i]),
				 hist_quantile_ns(other, quantiles[i]));
}

/* include/linux/kdev_t.h: 12 bits of major, 20 of minor. */
static void devices_as_the_kernel_numbers_them(void **state)
{
	(void)state;
	assert_int_equal(probes_dev(makedev(259, 3)), 259 << 20 | 3);
	assert_int_equal(probes_dev(makedev(0, 0xfffff)), 0xfffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delay_on_anonymous_memory),
		cmocka_unit_test(a_delay_on_a_file),
		cmocka_unit_test(nothing_that_was_not_asked_for),
		cmocka_unit_test(the_flag_of_pending_signals),
		cmocka_unit_test(quantiles_as_of_other_histograms),
		cmocka_unit_test(devices_as_the_kernel_numbers_them),
	};

	return cmocka_run_group_tests(tests, init_clock, NULL);
}
