/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock of the timed loop: the time-stamp counter if it can be trusted, else
 * CLOCK_MONOTONIC_RAW; and what it counts: time, or (in an emulated guest) instructions.
 */
#ifndef SYNCFAULT_MACHINE_CLOCK_H
#define SYNCFAULT_MACHINE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

#include "result/result.h"

#define CLOCK_NAME_SIZE 32

enum clock_source { CLOCK_SOURCE_TSC, CLOCK_SOURCE_MONOTONIC_RAW };

struct clock {
	enum clock_source source;
	int domain;	  /* enum clock_domain, measured, not assumed */
	uint64_t ns_mult; /* ns = ticks * ns_mult >> 32 */
	double ticks_per_us;
	uint64_t read_cost_ns; /* between two adjacent reads: median, and minimum */
	uint64_t read_cost_min_ns;
};

/*
 * Chooses and calibrates; takes about 0.2 s. The TSC is used if CPUID calls it invariant, or the
 * kernel, which watches it, keeps time by it, or it proves to count instructions: then loops of
 * known length take exactly as many ticks as they have instructions, every time, which no real
 * processor does. One tick is then one nanosecond of guest time, by definition. A TSC that the
 * kernel has found unstable is not used for time, whatever CPUID says. Returns 0, or -errno of
 * clock_gettime, or -ERANGE if the clocks ran backwards, reported.
 */
int clock_init(struct clock *clock);

/* What the kernel keeps time by ("tsc", "kvm-clock", …); "" if it does not say. */
void clock_of_kernel(char name[CLOCK_NAME_SIZE]);

/*
 * False: the kernel offers its clock sources, and the TSC is not, or no longer, among them, because
 * its watchdog found it unstable (kernel/time/clocksource.c drops it from the list).
 */
bool clock_kernel_has_tsc(void);

/*
 * The TSC and CLOCK_MONOTONIC_RAW, in ns: of several readings, the one in which they are closest.
 */
void clock_read_pair(uint64_t *tsc, uint64_t *raw);

/*
 * Whether the TSC counts instructions: time_loop returns the ticks that a loop of 2 * rounds
 * instructions takes, and the reads around it. Three quarters of the trials have to be exact.
 */
bool clock_counts_instructions(uint64_t (*time_loop)(uint64_t rounds));

/* CLOCK_MONOTONIC_RAW, in ns, and the TSC before and after it was read. */
struct clock_reading {
	uint64_t before, raw, after;
};

/*
 * From the reading whose TSCs are closest: the midpoint of the two, and the raw clock. count > 0.
 */
void clock_closest(const struct clock_reading *readings, size_t count, uint64_t *tsc,
		   uint64_t *raw);

/* Ticks per ns from the first pair to the second; 0 if either clock went back. */
double clock_rate(const uint64_t tsc[2], const uint64_t raw[2]);

const char *clock_source_name(const struct clock *clock);

/* Of the difference of two reads, the later less the earlier. */
static inline bool clock_went_back(uint64_t ticks)
{
	return (int64_t)ticks < 0;
}

static inline uint64_t clock_to_ns(const struct clock *clock, uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * clock->ns_mult >> 32);
}

static inline __attribute__((always_inline)) uint64_t clock_read_raw(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/*
 * Reads before and after the access. The fences keep the access between the reads: LFENCE lets
 * nothing later start before RDTSC is done, RDTSCP waits for all that is earlier (Intel SDM, RDTSC
 * and RDTSCP; AMD APM likewise). A fault is taken before the access retires, so it is inside.
 */
static inline __attribute__((always_inline)) uint64_t clock_begin(enum clock_source source)
{
#ifdef __x86_64__
	if (source == CLOCK_SOURCE_TSC) {
		uint64_t ticks;

		_mm_lfence();
		ticks = __rdtsc();
		_mm_lfence();
		return ticks;
	}
#endif
	(void)source;
	return clock_read_raw();
}

static inline __attribute__((always_inline)) uint64_t clock_end(enum clock_source source)
{
#ifdef __x86_64__
	if (source == CLOCK_SOURCE_TSC) {
		unsigned int cpu;
		uint64_t ticks = __rdtscp(&cpu);

		_mm_lfence();
		return ticks;
	}
#endif
	(void)source;
	return clock_read_raw();
}

#endif
