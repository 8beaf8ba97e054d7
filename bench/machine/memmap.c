// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/memmap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MIB (1ull << 20)
#define GIB (1ull << 30)

/* end is exclusive. */
struct range {
	uint64_t start, end;
	bool is_ram;
	bool is_nested;
};

/* One line of /proc/iomem: "  01000000-02208d87 : Kernel code", indented by how deep it lies. */
static bool parse_line(const char *line, struct range *range)
{
	unsigned long long first, last;
	int name = 0;

	if (sscanf(line, " %llx-%llx : %n", &first, &last, &name) != 2 || !name)
		return false;
	range->start = first;
	range->end = last + 1;
	range->is_nested = line[0] == ' ';
	range->is_ram = !range->is_nested && strncmp(line + name, "System RAM", 10) == 0;
	return true;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* Where the block must end at the latest so as not to touch a nested range; start + size if free.
 */
static uint64_t find_limit(const char *iomem, uint64_t start, uint64_t size)
{
	struct range range;
	uint64_t limit = start + size;

	for (const char *line = iomem; *line; line = next_line(line))
		if (parse_line(line, &range) && range.is_nested && range.start < start + size &&
		    range.end > start && range.start < limit)
			limit = range.start;
	return limit;
}

static int fit(const char *iomem, const struct range *ram, struct memmap *memmap)
{
	uint64_t align = memmap->size < GIB ? memmap->size : GIB;
	uint64_t end = ram->end;

	while (end >= ram->start + memmap->size) {
		uint64_t start = (end - memmap->size) / align * align;
		uint64_t limit;

		if (start < ram->start)
			return -ENOENT;
		limit = find_limit(iomem, start, memmap->size);
		if (limit == start + memmap->size) {
			memmap->start = start;
			return 0;
		}
		end = limit;
	}
	return -ENOENT;
}

static uint64_t choose_size(uint64_t ram)
{
	uint64_t size = 4 * GIB;

	/* The firmware keeps some: a machine of 16 GiB shows a little less. */
	while (size > ram / 4 + 64 * MIB)
		size /= 2;
	return size;
}

int memmap_choose(const char *iomem, struct memmap *memmap)
{
	struct memmap chosen = { 0 };
	struct range range;
	uint64_t ram = 0;
	bool has_lines = false;

	for (const char *line = iomem; *line; line = next_line(line))
		if (parse_line(line, &range) && range.is_ram) {
			has_lines = true;
			ram += range.end - range.start;
		}
	if (has_lines && ram < MIB)
		return -EPERM;
	if (ram < GIB - 64 * MIB)
		return -ERANGE;
	chosen.size = choose_size(ram);
	/* Ranges ascend: the last one that fits is the highest. */
	for (const char *line = iomem; *line; line = next_line(line))
		if (parse_line(line, &range) && range.is_ram)
			fit(iomem, &range, &chosen);
	if (!chosen.start)
		return -ENOENT;
	*memmap = chosen;
	return 0;
}

static const char *format_size(uint64_t bytes, char *text, size_t size)
{
	bool is_gib = bytes % GIB == 0;

	snprintf(text, size, "%llu%c", (unsigned long long)(bytes / (is_gib ? GIB : MIB)),
		 is_gib ? 'G' : 'M');
	return text;
}

const char *memmap_format(const struct memmap *memmap, char *text, size_t size)
{
	char length[32], start[32];

	snprintf(text, size, "memmap=%s!%s", format_size(memmap->size, length, sizeof(length)),
		 format_size(memmap->start, start, sizeof(start)));
	return text;
}
