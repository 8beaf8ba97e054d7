/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of a file in memory, and a plan that stores to each of them. */
#ifndef SYNCFAULT_TEST_PAGES_H
#define SYNCFAULT_TEST_PAGES_H

#include <sys/mman.h>
#include <unistd.h>

#include "measure/faults.h"

#define PAGE 4096

static const _Atomic uint64_t no_load;

/* Of a memfd of file_pages pages, map_pages of them mapped, none faulted in. */
static inline char *map_memfd(size_t file_pages, size_t map_pages)
{
	int fd = memfd_create("pages", MFD_CLOEXEC);
	char *base;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(file_pages * PAGE)), 0);
	base = mmap(NULL, map_pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(base != MAP_FAILED);
	madvise(base, map_pages * PAGE, MADV_NOHUGEPAGE);
	close(fd);
	return base;
}

static inline struct fault_plan plan_on(const struct clock *clock, char *base, uint64_t pages)
{
	return (struct fault_plan){
		.clock = clock,
		.base = base,
		.stride_bytes = PAGE,
		.pages = pages,
		.access = ACCESS_WRITE,
		.cpu = -1,
		.keep_samples = pages,
		.load_bytes = &no_load,
	};
}

/* The caller frees the outcome's samples. */
static inline struct fault_outcome run_one(const struct fault_plan *plan)
{
	struct fault_outcome outcome = { 0 };

	assert_int_equal(faults_run(plan, &outcome, 1), 0);
	return outcome;
}

#endif
