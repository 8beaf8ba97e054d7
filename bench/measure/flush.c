// SPDX-License-Identifier: GPL-2.0-or-later
#include "measure/flush.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#ifdef HAS_LIBPMEM2
#include <libpmem2.h>

/*
 * The granularity is given, not determined: libpmem2 trusts a mapping that it did not make, and DAX
 * only needs its cache lines written back.
 */
int flush_open(struct flush *flush, int fd, void *base, size_t bytes, struct verdict *verdict)
{
	if (pmem2_source_from_fd(&flush->source, fd) ||
	    pmem2_map_from_existing(&flush->map, flush->source, base, bytes,
				    PMEM2_GRANULARITY_CACHE_LINE)) {
		verdict_fail(verdict, "libpmem2: %s", pmem2_errormsg());
		flush_close(flush);
		return -EIO;
	}
	flush->persist = pmem2_get_persist_fn(flush->map);
	return 0;
}

void flush_close(struct flush *flush)
{
	if (flush->map)
		pmem2_map_delete(&flush->map);
	if (flush->source)
		pmem2_source_delete(&flush->source);
	*flush = (struct flush){ 0 };
}
#else
int flush_open(struct flush *flush, int fd, void *base, size_t bytes, struct verdict *verdict)
{
	(void)flush, (void)fd, (void)base, (void)bytes;
	return verdict_skip(verdict, "this syncfault was built without libpmem2");
}

void flush_close(struct flush *flush)
{
	*flush = (struct flush){ 0 };
}
#endif

#if defined(__x86_64__) || defined(__i386__)
static bool is_forbidden(const char *variable)
{
	const char *value = getenv(variable);

	return value && strcmp(value, "1") == 0;
}

const char *flush_instruction(void)
{
	unsigned int a, b = 0, c, d;

	__get_cpuid_count(7, 0, &a, &b, &c, &d);
	if ((b & bit_CLWB) && !is_forbidden("PMEM_NO_CLWB"))
		return "clwb";
	if ((b & bit_CLFLUSHOPT) && !is_forbidden("PMEM_NO_CLFLUSHOPT"))
		return "clflushopt";
	return "clflush";
}
#else
const char *flush_instruction(void)
{
	return NULL;
}
#endif
