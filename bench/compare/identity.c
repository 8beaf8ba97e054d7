// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two sides are, and what besides the kernel may have changed the figures. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/order.h"
#include "base/printable.h"
#include "compare/private.h"

#define VALUE_COLUMNS 100
#define VALUE_SIZE    (VALUE_COLUMNS * 4 + 4)
#define LIST_SIZE     1024

static int copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int fill_texts(const struct result_set *set, struct compare_side *side)
{
	const struct result *result = &set->results[0];
	const struct {
		char **to;
		const char *from;
	} texts[] = {
		{ &side->name, set->name },
		{ &side->kernel, result->host.kernel },
		{ &side->version, result->host.version },
		{ &side->machine, result->host.machine },
		{ &side->build_id, result->host.build_id },
		{ &side->config_digest, result->host.config_digest },
		{ &side->kernel_package, result->guest.kernel_package },
		{ &side->cpu, result->host.cpu },
		{ &side->tool_version, result->tool.version },
		{ &side->tool_commit, result->tool.commit },
		{ &side->started, result->started },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (copy_text(texts[i].to, texts[i].from))
			return -ENOMEM;
	return 0;
}

static int fill_seeds(const struct result_set *set, struct compare_side *side)
{
	size_t kept = 0;

	side->seeds = calloc(set->result_count + 1, sizeof(*side->seeds));
	if (!side->seeds)
		return -ENOMEM;
	for (size_t i = 0; i < set->result_count; i++)
		if (set->results[i].has_guest && set->results[i].guest.seed != U64_ABSENT)
			side->seeds[side->seed_count++] = set->results[i].guest.seed;
	order_sort_u64(side->seeds, side->seed_count);
	for (size_t i = 0; i < side->seed_count; i++)
		if (!kept || side->seeds[kept - 1] != side->seeds[i])
			side->seeds[kept++] = side->seeds[i];
	side->seed_count = kept;
	return 0;
}

int compare_fill_side(const struct result_set *set, struct compare_side *side)
{
	side->results = set->result_count;
	for (size_t i = 0; i < set->cell_count; i++)
		if (set->cells[i].run_count > side->runs)
			side->runs = set->cells[i].run_count;
	return fill_texts(set, side) ? -ENOMEM : fill_seeds(set, side);
}

static void write_tool(const struct result *result, char *text, size_t size)
{
	snprintf(text, size, "%s (%s)", result->tool.version ? result->tool.version : "?",
		 result->tool.commit ? result->tool.commit : "?");
}

static void write_list(const struct strings *list, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < list->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 list->items[i]);
}

static void write_mitigations(const struct result *result, char *text, size_t size)
{
	write_list(&result->host.mitigations, text, size);
}

static void write_mkfs(const struct result *result, char *text, size_t size)
{
	write_list(&result->host.mkfs, text, size);
}

static void write_number(uint64_t number, char *text, size_t size)
{
	*text = '\0';
	if (number != U64_ABSENT)
		snprintf(text, size, "%llu", (unsigned long long)number);
}

static void write_cpus(const struct result *result, char *text, size_t size)
{
	write_number(result->host.cpus, text, size);
}

static void write_memory(const struct result *result, char *text, size_t size)
{
	write_number(result->host.memory_bytes, text, size);
}

#define TEXT_OF(name_, field_)                                                          \
	static void write_##name_(const struct result *result, char *text, size_t size) \
	{                                                                               \
		snprintf(text, size, "%s", result->field_ ? result->field_ : "");       \
	}

TEXT_OF(machine, host.machine)
TEXT_OF(cpu, host.cpu)
TEXT_OF(microcode, host.microcode)
TEXT_OF(governor, host.governor)
TEXT_OF(config, host.config_digest)
TEXT_OF(clocksource, host.clocksource)
TEXT_OF(clock, clock.source)
TEXT_OF(libc, host.libc)
TEXT_OF(virtualisation, host.virtualisation)
TEXT_OF(command_line, host.kernel_command_line)
TEXT_OF(qemu, guest.qemu)
TEXT_OF(accelerator, guest.accelerator)

static const struct fact {
	const char *label;
	void (*write)(const struct result *result, char *text, size_t size);
} facts[] = {
	{ "the version of syncfault", write_tool },
	{ "the kernel's configuration", write_config },
	{ "the machine", write_machine },
	{ "the CPU", write_cpu },
	{ "the number of CPUs", write_cpus },
	{ "memory", write_memory },
	{ "the microcode", write_microcode },
	{ "mkfs", write_mkfs },
	{ "the governor", write_governor },
	{ "the list of mitigations", write_mitigations },
	{ "the clock source", write_clocksource },
	{ "the clock that was read", write_clock },
	{ "the C library", write_libc },
	{ "virtualisation", write_virtualisation },
	{ "the kernel's command line", write_command_line },
	{ "QEMU", write_qemu },
	{ "QEMU's accelerator", write_accelerator },
};

__attribute__((format(printf, 2, 3))) static int warn(struct comparison *comparison,
						      const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list args;
	int length;

	va_start(args, fmt);
	length = vasprintf(&text, fmt, args);
	va_end(args);
	if (length < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return strings_add(&comparison->warnings, text);
}

static bool is_first(const struct result_set *set, size_t index, const struct fact *fact,
		     const char *text)
{
	char other[LIST_SIZE];

	for (size_t i = 0; i < index; i++) {
		fact->write(&set->results[i], other, sizeof(other));
		if (!strcmp(other, text))
			return false;
	}
	return true;
}

/* The values of a fact in the results of a set, each once, for people. */
static void list_values(const struct result_set *set, const struct fact *fact, char list[LIST_SIZE])
{
	size_t used = 0;

	*list = '\0';
	for (size_t i = 0; i < set->result_count && used < LIST_SIZE; i++) {
		char text[LIST_SIZE], shown[VALUE_SIZE];

		fact->write(&set->results[i], text, sizeof(text));
		if (is_first(set, i, fact, text))
			used += (size_t)snprintf(
				list + used, LIST_SIZE - used, "%s%s", used ? " and " : "",
				*text ? printable(text, VALUE_COLUMNS, shown, sizeof(shown))
				      : "unknown");
	}
}

static bool holds_value(const struct result_set *set, const struct fact *fact, const char *text)
{
	char other[LIST_SIZE];

	for (size_t i = 0; i < set->result_count; i++) {
		fact->write(&set->results[i], other, sizeof(other));
		if (!strcmp(other, text))
			return true;
	}
	return false;
}

static bool holds_all(const struct result_set *set, const struct fact *fact,
		      const struct result_set *of)
{
	char text[LIST_SIZE];

	for (size_t i = 0; i < of->result_count; i++) {
		fact->write(&of->results[i], text, sizeof(text));
		if (!holds_value(set, fact, text))
			return false;
	}
	return true;
}

static int warn_of_facts(const struct result_set *base, const struct result_set *new,
			 struct comparison *comparison)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		char a[LIST_SIZE], b[LIST_SIZE];

		if (holds_all(base, &facts[i], new) && holds_all(new, &facts[i], base))
			continue;
		list_values(base, &facts[i], a);
		list_values(new, &facts[i], b);
		/* Texts that differ beyond what is shown of them. */
		if (!strcmp(a, b) && warn(comparison, "%s differs, beyond '%s'", facts[i].label, a))
			return -ENOMEM;
		if (strcmp(a, b) != 0 &&
		    warn(comparison, "%s differs: %s, against %s", facts[i].label, b, a))
			return -ENOMEM;
	}
	return 0;
}

static bool is_same_but_mkfs(const struct cell_config *a, const struct cell_config *b)
{
	struct cell_config other = *b;
	char a_key[CELL_KEY_SIZE], b_key[CELL_KEY_SIZE];

	other.mkfs_options = a->mkfs_options;
	return strcmp(a->mkfs_options, b->mkfs_options) != 0 &&
	       !cell_key(a, a_key, sizeof(a_key)) && !cell_key(&other, b_key, sizeof(b_key)) &&
	       !strcmp(a_key, b_key);
}

static bool differs_by_mkfs(const struct set_cell *cell, const struct result_set *other)
{
	for (size_t i = 0; i < other->cell_count; i++)
		if (is_same_but_mkfs(cell->config, other->cells[i].config))
			return true;
	return false;
}

static int warn_of_alone(const struct result_set *set, const char *name,
			 const struct result_set *other, struct comparison *comparison)
{
	const char *first = NULL;
	size_t alone = 0, mkfs = 0;
	char shown[VALUE_SIZE];

	for (size_t i = 0; i < set->cell_count; i++) {
		const struct set_cell *cell = &set->cells[i];

		if (result_set_find(other, cell->config, cell->key))
			continue;
		first = first ? first : cell->key;
		mkfs += differs_by_mkfs(cell, other);
		alone++;
	}
	if (!alone)
		return 0;
	return warn(comparison, "%zu cell%s only in %s and not compared%s: the first is %s", alone,
		    alone == 1 ? " is" : "s are", name, mkfs ? " (for some only mkfs differs)" : "",
		    printable(first, VALUE_COLUMNS, shown, sizeof(shown)));
}

static int warn_of_runs(const struct result_set *set, const char *name,
			struct comparison *comparison)
{
	const char *missing = NULL, *noted = NULL;
	size_t partial = 0, notes = 0;
	char shown[VALUE_SIZE];

	for (size_t i = 0; i < set->cell_count; i++)
		if (set->cells[i].missing && set->cells[i].run_count) {
			missing = set->cells[i].missing;
			partial++;
		}
	for (size_t i = 0; i < set->result_count; i++)
		for (size_t j = 0; j < set->results[i].cell_count; j++)
			if (set->results[i].cells[j].warnings.count) {
				noted = set->results[i].cells[j].warnings.items[0];
				notes++;
			}
	if (partial &&
	    warn(comparison, "%s: some runs of %zu cell%s are missing: %s", name, partial,
		 partial == 1 ? "" : "s", printable(missing, VALUE_COLUMNS, shown, sizeof(shown))))
		return -ENOMEM;
	if (notes && warn(comparison, "%s: %zu run%s of cells came with a warning, one says: %s",
			  name, notes, notes == 1 ? "" : "s",
			  printable(noted, VALUE_COLUMNS, shown, sizeof(shown))))
		return -ENOMEM;
	if (set->copies && warn(comparison, "%s: %zu runs of cells are there twice, and count once",
				name, set->copies))
		return -ENOMEM;
	return 0;
}

static int warn_of_seeds(struct comparison *comparison)
{
	const struct compare_side *a = &comparison->base, *b = &comparison->new;

	if (comparison->engine != DOMAIN_INSTRUCTIONS)
		return 0;
	if (a->seed_count == b->seed_count &&
	    (!a->seed_count || !memcmp(a->seeds, b->seeds, a->seed_count * sizeof(*a->seeds))))
		return 0;
	return warn(comparison, "the seeds differ: only those of both sides are compared");
}

static int warn_of_interfaces(const struct result_set *set, struct comparison *comparison)
{
	size_t count = 0;

	for (size_t i = 0; i < set->cell_count; i++)
		count += set->cells[i].config->interface != INTERFACE_NONE;
	if (!count)
		return 0;
	return warn(comparison, "%zu cell%s of mmap's flags: no latencies, not compared", count,
		    count == 1 ? "" : "s");
}

int compare_warn(const struct result_set *base, const struct result_set *new,
		 struct comparison *comparison)
{
	if (warn_of_facts(base, new, comparison) || warn_of_alone(base, "BASE", new, comparison) ||
	    warn_of_alone(new, "NEW", base, comparison) || warn_of_runs(base, "BASE", comparison) ||
	    warn_of_runs(new, "NEW", comparison) || warn_of_seeds(comparison) ||
	    warn_of_interfaces(base, comparison))
		return -ENOMEM;
	return 0;
}
