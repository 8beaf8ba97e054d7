// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "base/diag.h"
#include "base/order.h"
#include "base/sysfs.h"

#define CALIBRATION_NS 200000000
#define COST_READS     1001
#define DOMAIN_TRIALS  16
#define PAIR_READINGS  32
/* No TSC is slower or faster by a factor of ten. */
#define MIN_TICKS_PER_NS 0.01
#define MAX_TICKS_PER_NS 100

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/"

void clock_of_kernel(char name[CLOCK_NAME_SIZE])
{
	sysfs_line(name, CLOCK_NAME_SIZE, CLOCKSOURCE "current_clocksource");
}

bool clock_kernel_has_tsc(void)
{
	char list[256], *next = list, *name;

	if (sysfs_line(list, sizeof(list), CLOCKSOURCE "available_clocksource"))
		return true;
	while ((name = strsep(&next, " ")))
		if (!strcmp(name, "tsc") || !strcmp(name, "tsc-early"))
			return true;
	return false;
}

/* A timer interrupt within a loop adds its own instructions: some trials may be lost to it. */
bool clock_counts_instructions(uint64_t (*time_loop)(uint64_t rounds))
{
	unsigned int exact = 0;

	time_loop(1);
	for (unsigned int i = 0; i < DOMAIN_TRIALS; i++) {
		uint64_t shorter = time_loop(1000), longer = time_loop(1000 + 1009 + 97 * i);

		exact += longer - shorter == 2 * (1009 + 97 * (uint64_t)i);
	}
	return exact >= DOMAIN_TRIALS * 3 / 4;
}

void clock_closest(const struct clock_reading *readings, size_t count, uint64_t *tsc, uint64_t *raw)
{
	uint64_t best = UINT64_MAX;

	for (size_t i = 0; i < count; i++) {
		const struct clock_reading *reading = &readings[i];
		uint64_t apart = reading->after - reading->before;

		if (apart >= best)
			continue;
		best = apart;
		*tsc = reading->before + apart / 2;
		*raw = reading->raw;
	}
}

double clock_rate(const uint64_t tsc[2], const uint64_t raw[2])
{
	if (clock_went_back(tsc[1] - tsc[0]) || clock_went_back(raw[1] - raw[0]))
		return 0;
	return (double)(tsc[1] - tsc[0]) / (double)(raw[1] - raw[0]);
}

#ifdef __x86_64__

static bool has_rdtscp(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(0x80000001, &a, &b, &c, &d) && (d & 1u << 27);
}

static bool is_tsc_invariant(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8);
}

static bool is_tsc_clocksource(void)
{
	char name[CLOCK_NAME_SIZE];

	clock_of_kernel(name);
	return strcmp(name, "tsc") == 0;
}

/* Ticks of a loop of 2 * rounds instructions, and of the reads around it. */
static uint64_t time_loop(uint64_t rounds)
{
	uint64_t begin = clock_begin(CLOCK_SOURCE_TSC);

	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
	return clock_end(CLOCK_SOURCE_TSC) - begin;
}

static void choose_source(struct clock *clock)
{
	clock->source = CLOCK_SOURCE_MONOTONIC_RAW;
	clock->domain = DOMAIN_TIME;
	if (!has_rdtscp())
		return;
	if (clock_counts_instructions(time_loop)) {
		clock->source = CLOCK_SOURCE_TSC;
		clock->domain = DOMAIN_INSTRUCTIONS;
	} else if (is_tsc_clocksource() || (is_tsc_invariant() && clock_kernel_has_tsc())) {
		clock->source = CLOCK_SOURCE_TSC;
	}
}

void clock_read_pair(uint64_t *tsc, uint64_t *raw)
{
	struct clock_reading readings[PAIR_READINGS];

	for (int i = 0; i < PAIR_READINGS; i++) {
		readings[i].before = clock_begin(CLOCK_SOURCE_TSC);
		readings[i].raw = clock_read_raw();
		readings[i].after = clock_end(CLOCK_SOURCE_TSC);
	}
	clock_closest(readings, PAIR_READINGS, tsc, raw);
}

static double measure_ticks_per_ns(void)
{
	struct timespec pause = { .tv_nsec = CALIBRATION_NS };
	uint64_t tsc[2] = { 0 }, raw[2] = { 0 };

	clock_read_pair(&tsc[0], &raw[0]);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	clock_read_pair(&tsc[1], &raw[1]);
	return clock_rate(tsc, raw);
}

#else

void clock_read_pair(uint64_t *tsc, uint64_t *raw)
{
	*tsc = *raw = clock_read_raw();
}

static void choose_source(struct clock *clock)
{
	clock->source = CLOCK_SOURCE_MONOTONIC_RAW;
	clock->domain = DOMAIN_TIME;
}

static double measure_ticks_per_ns(void)
{
	return 1;
}

#endif

static void measure_read_cost(struct clock *clock)
{
	uint64_t ticks[COST_READS];

	for (int i = 0; i < COST_READS; i++) {
		uint64_t begin = clock_begin(clock->source);

		ticks[i] = clock_end(clock->source) - begin;
	}
	order_sort_u64(ticks, COST_READS);
	clock->read_cost_min_ns = clock_to_ns(clock, ticks[0]);
	clock->read_cost_ns = clock_to_ns(clock, ticks[COST_READS / 2]);
}

int clock_init(struct clock *clock)
{
	double ticks_per_ns = 1;
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC_RAW, &now))
		return diag_errno(errno, "read CLOCK_MONOTONIC_RAW");
	choose_source(clock);
	if (clock->source == CLOCK_SOURCE_TSC && clock->domain == DOMAIN_TIME)
		ticks_per_ns = measure_ticks_per_ns();
	if (!(ticks_per_ns > MIN_TICKS_PER_NS && ticks_per_ns < MAX_TICKS_PER_NS))
		return diag_errno(ERANGE, "calibrate the clock, which ran backwards or jumped");
	clock->ticks_per_us = ticks_per_ns * 1000;
	clock->ns_mult = (uint64_t)(4294967296.0 / ticks_per_ns + 0.5);
	measure_read_cost(clock);
	return 0;
}

const char *clock_source_name(const struct clock *clock)
{
	return clock->source == CLOCK_SOURCE_TSC ? "tsc" : "CLOCK_MONOTONIC_RAW";
}
