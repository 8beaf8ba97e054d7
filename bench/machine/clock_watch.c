// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/clock_watch.h"

#include <string.h>

#define SLACK_NS    1000000
#define SLACK_SHARE 100

void clock_watch_begin(struct clock_watch *watch, const struct clock *clock)
{
	*watch = (struct clock_watch){ .clock = clock, .has_tsc = clock_kernel_has_tsc() };
	clock_of_kernel(watch->of_kernel);
	clock_read_pair(&watch->ticks, &watch->raw_ns);
}

static bool times_by_tsc(const struct clock_watch *watch)
{
	return watch->clock->source == CLOCK_SOURCE_TSC;
}

static int judge_kernel(const struct clock_watch *watch, struct verdict *verdict)
{
	char now[CLOCK_NAME_SIZE];

	clock_of_kernel(now);
	/* Where the TSC counts instructions, it does not matter whether the kernel trusts it. */
	if (times_by_tsc(watch) && watch->clock->domain == DOMAIN_TIME && watch->has_tsc &&
	    !clock_kernel_has_tsc())
		return verdict_fail(verdict,
				    "the kernel found the TSC unstable while it timed the faults: "
				    "its clock source was %s and is %s",
				    watch->of_kernel, now);
	if (strcmp(now, watch->of_kernel) != 0)
		verdict_warn(verdict,
			     "the kernel's clock source was %s and is %s since the faults "
			     "were timed",
			     watch->of_kernel, now);
	return 0;
}

/* Signed: either may have gone back. */
static int judge_span(const struct clock_watch *watch, struct verdict *verdict)
{
	uint64_t ticks, raw;
	int64_t tsc_ns, raw_ns, apart;

	clock_read_pair(&ticks, &raw);
	ticks -= watch->ticks;
	raw_ns = (int64_t)(raw - watch->raw_ns);
	tsc_ns = clock_went_back(ticks) ? -(int64_t)clock_to_ns(watch->clock, -ticks)
					: (int64_t)clock_to_ns(watch->clock, ticks);
	apart = tsc_ns > raw_ns ? tsc_ns - raw_ns : raw_ns - tsc_ns;
	if (tsc_ns >= 0 && raw_ns >= 0 && apart <= raw_ns / SLACK_SHARE + SLACK_NS)
		return 0;
	return verdict_fail(verdict,
			    "the clocks disagree: by the TSC the cell took %.3f ms, by "
			    "CLOCK_MONOTONIC_RAW %.3f ms: one of them jumped or ran backwards",
			    (double)tsc_ns / 1e6, (double)raw_ns / 1e6);
}

int clock_watch_end(const struct clock_watch *watch, struct verdict *verdict)
{
	int ret = judge_kernel(watch, verdict);

	return ret || !times_by_tsc(watch) ? ret : judge_span(watch, verdict);
}
