// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/mapping.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"

static int reserve(size_t bytes, size_t alignment, struct mapping *mapping)
{
	uintptr_t start;

	mapping->bytes = bytes;
	mapping->reserved_bytes = bytes + alignment;
	mapping->reserved = mmap(NULL, mapping->reserved_bytes, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mapping->reserved == MAP_FAILED) {
		mapping->reserved = NULL;
		return -errno;
	}
	start = ((uintptr_t)mapping->reserved + alignment - 1) / alignment * alignment;
	mapping->base = (char *)start;
	return 0;
}

/* MAP_SYNC is asked for where the cell says so, also where it cannot be: the kernel's answer
 * counts. */
static int choose_flags(bool is_sync, int fd)
{
	int flags = fd < 0 ? MAP_ANONYMOUS : 0;

	if (is_sync)
		return flags | MAP_SHARED_VALIDATE | MAP_SYNC;
	return flags | (fd < 0 ? MAP_PRIVATE : MAP_SHARED);
}

static int map_file(const struct cell_config *config, int fd, struct mapping *mapping,
		    struct verdict *verdict)
{
	bool is_sync = config->sync == SYNC_MAP_SYNC;
	int flags = choose_flags(is_sync, fd) | MAP_FIXED;
	void *at = mmap(mapping->base, mapping->bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (at != MAP_FAILED)
		return 0;
	if (is_sync && (errno == EOPNOTSUPP || errno == EINVAL))
		return verdict_skip(verdict, "mmap with MAP_SYNC: %s (%s)", strerror(errno),
				    fd < 0 ? "anonymous memory has no file"
					   : "the file is not on DAX");
	if (errno == EINVAL)
		return verdict_skip(verdict, "mmap %s pages: %s", page_words[config->page],
				    strerror(errno));
	return verdict_fail(verdict, "mmap: %s", strerror(errno));
}

int mapping_create(const struct cell_config *config, int fd, size_t bytes, struct mapping *mapping,
		   struct verdict *verdict)
{
	int advice = config->page == PAGE_2M ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;
	int ret;

	*mapping = (struct mapping){ 0 };
	ret = reserve(bytes, cell_page_bytes(config), mapping);
	if (ret)
		return verdict_fail(verdict, "reserve %zu bytes of addresses: %s", bytes,
				    strerror(-ret));
	ret = map_file(config, fd, mapping, verdict);
	/* EINVAL: a kernel without transparent huge pages, which then cannot map 2 MiB unasked. */
	if (ret == 0 && madvise(mapping->base, bytes, advice) && errno != EINVAL)
		ret = verdict_fail(verdict, "madvise the mapping: %s", strerror(errno));
	/* Read-ahead makes folios that are larger than the stride of reads: one fault maps them
	 * whole. */
	if (ret == 0 && config->access == ACCESS_READ && config->dax == DAX_NEVER &&
	    madvise(mapping->base, bytes, MADV_RANDOM))
		ret = verdict_fail(verdict, "madvise the mapping: %s", strerror(errno));
	if (ret)
		mapping_destroy(mapping);
	return ret;
}

void mapping_destroy(struct mapping *mapping)
{
	if (mapping->reserved)
		munmap(mapping->reserved, mapping->reserved_bytes);
	*mapping = (struct mapping){ 0 };
}

int mapping_has_sync_flag(const struct mapping *mapping)
{
	auto_fclose FILE *smaps = fopen("/proc/self/smaps", "re");
	auto_free char *line = NULL;
	bool is_ours = false;
	size_t size = 0;

	if (!smaps)
		return -errno;
	while (getline(&line, &size, smaps) > 0) {
		uintptr_t from, to;

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
			is_ours = from <= (uintptr_t)mapping->base && (uintptr_t)mapping->base < to;
		else if (is_ours && strncmp(line, "VmFlags:", 8) == 0)
			return strstr(line, " sf") != NULL;
	}
	return feof(smaps) ? -ENOENT : -errno;
}
