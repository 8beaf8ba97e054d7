// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"

/* /proc/kallsyms and what was read from it; modules are the names in /proc/modules at that time. */
static struct {
	char *modules, *text;
	struct kallsym *symbols;
	size_t count;
	bool is_sorted; /* by address: only where somebody asks for one */
} table;

/* A whole file of /proc, followed by '\0'; NULL with errno. */
static char *read_whole(const char *path)
{
	size_t size = 1 << 20, used = 0;
	char *text = malloc(size + 1), *larger;
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	while (fd >= 0 && text && (got = read(fd, text + used, size - used)) != 0) {
		if (got < 0)
			break;
		used += (size_t)got;
		if (used < size)
			continue;
		larger = realloc(text, 2 * size + 1);
		if (!larger)
			break;
		text = larger;
		size *= 2;
	}
	if (fd < 0 || !text || got != 0) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	return text;
}

static int compare_addresses(const void *a, const void *b)
{
	const struct kallsym *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

/* "ffffffff81000000 T name", in modules followed by "\t[module]". Returns the next line. */
static char *take_line(char *line, struct kallsym *symbol, bool *is_function)
{
	char *end = strchr(line, '\n'), *name, *module;

	if (end)
		*end = '\0';
	symbol->address = strtoull(line, &name, 16);
	*is_function = name[0] == ' ' && strchr("tTwW", name[1]) && name[2] == ' ';
	symbol->module = "";
	if (*is_function) {
		symbol->name = name + 3;
		module = strchr(name + 3, '\t');
		if (module) {
			*module = '\0';
			symbol->module = module + 2;
			module[1 + strcspn(module + 1, "]")] = '\0';
		}
	}
	return end ? end + 1 : NULL;
}

static size_t count_lines(const char *text)
{
	size_t lines = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		lines++;
	}
	return lines;
}

static int parse(void)
{
	size_t lines = count_lines(table.text);
	char *line = table.text;
	bool is_function;

	table.symbols = calloc(lines, sizeof(*table.symbols));
	if (!table.symbols)
		return -ENOMEM;
	while (line && *line) {
		line = take_line(line, &table.symbols[table.count], &is_function);
		table.count += is_function;
	}
	return 0;
}

/* "ext4 1130496 1 - Live 0x…" of each line: the name alone, since counts of users come and go. */
static char *read_modules(void)
{
	char *text = read_whole("/proc/modules"), *from = text, *to = text;

	while (from && *from) {
		while (*from && *from != ' ')
			*to++ = *from++;
		from += strcspn(from, "\n");
		if (*from)
			*to++ = *from++;
	}
	if (to)
		*to = '\0';
	return text;
}

static void forget(void)
{
	free(table.modules);
	free(table.text);
	free(table.symbols);
	memset(&table, 0, sizeof(table));
}

int kallsyms_load(void)
{
	auto_free char *modules = read_modules();
	int ret;

	if (table.count && !strcmp(table.modules ? table.modules : "", modules ? modules : ""))
		return 0;
	forget();
	table.modules = modules;
	modules = NULL;
	table.text = read_whole("/proc/kallsyms");
	ret = table.text ? parse() : -errno;
	if (ret)
		forget();
	return ret ? diag_errno(ret, "read /proc/kallsyms") : 0;
}

const struct kallsym *kallsyms_find(const char *name)
{
	for (size_t i = 0; i < table.count; i++)
		if (!strcmp(table.symbols[i].name, name))
			return &table.symbols[i];
	return NULL;
}

const struct kallsym *kallsyms_at(uint64_t address, uint64_t *end)
{
	size_t low = 0, high = table.count;

	if (!table.is_sorted && table.count)
		qsort(table.symbols, table.count, sizeof(*table.symbols), compare_addresses);
	table.is_sorted = true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table.symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || table.symbols[low - 1].address == 0)
		return NULL;
	if (end)
		*end = low < table.count ? table.symbols[low].address : UINT64_MAX;
	return &table.symbols[low - 1];
}
