// SPDX-License-Identifier: GPL-2.0-or-later
/* sleeps N: sleeps 100 us, N times; prints how often, and a hash of what the clock said each time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	long count = argc > 1 ? atol(argv[1]) : 0;
	uint64_t hash = 14695981039346656037ULL;

	for (long i = 1; i <= count; i++) {
		struct timespec now;

		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
		hash = (hash ^ (uint64_t)now.tv_nsec) * 1099511628211ULL;
		if (i % 1000 == 0)
			printf("%ld %ld.%09ld %016" PRIx64 "\n", i, (long)now.tv_sec, now.tv_nsec,
			       hash);
	}
	return 0;
}
