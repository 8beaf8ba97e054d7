// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "base/printable.h"
#include "show/show.h"
#include "view/phrases.h"

#define LABEL_COLUMNS 10
#define MAX_DISTINCT  16
#define FACT_SIZE     512

/* A line of the head: what a result says there, "" for nothing. */
struct fact {
	const char *label;
	void (*write)(const struct result *result, char text[FACT_SIZE]);
};

/* Appends glue, unless text is empty yet, and the string, cut; nothing for NULL and "". */
static void append(char text[FACT_SIZE], const char *glue, const char *string)
{
	char shown[SHOW_COLUMNS * 4 + 4];
	size_t used = strlen(text);

	if (string && *string)
		snprintf(text + used, FACT_SIZE - used, "%s%s", used ? glue : "",
			 printable(string, SHOW_COLUMNS, shown, sizeof(shown)));
}

static void append_number(char text[FACT_SIZE], const char *glue, uint64_t value, const char *unit)
{
	char number[PRINTABLE_NUMBER], string[PRINTABLE_NUMBER + 32];

	if (value == U64_ABSENT)
		return;
	snprintf(string, sizeof(string), "%s%s", printable_count(value, number), unit);
	append(text, glue, string);
}

static void write_kernel(const struct result *result, char text[FACT_SIZE])
{
	append(text, "", result->host.kernel);
	append(text, ", ", result->host.machine);
	append(text, ", ", result->host.version);
}

static void write_clock(const struct result *result, char text[FACT_SIZE])
{
	append(text, "", phrase_clock(result->clock.domain));
}

static void write_reading(const struct result *result, char text[FACT_SIZE])
{
	append(text, "", result->clock.source);
	append_number(text, ", ", result->clock.read_cost, " ns between two reads, not subtracted");
}

static void write_machine(const struct result *result, char text[FACT_SIZE])
{
	append(text, "", result->host.cpu);
	append_number(text, ", CPUs: ", result->host.cpus, "");
	append(text, ", governor ", result->host.governor);
	append(text, ", virtualisation: ", result->host.virtualisation);
}

static void write_guest(const struct result *result, char text[FACT_SIZE])
{
	if (!result->has_guest)
		return;
	append(text, "", result->guest.qemu);
	append(text, ", ", result->guest.accelerator);
}

static void write_image(const struct result *result, char text[FACT_SIZE])
{
	if (result->has_guest)
		append(text, "", result->guest.image_digest);
}

static void write_seed(const struct result *result, char text[FACT_SIZE])
{
	if (result->has_guest)
		append_number(text, "", result->guest.seed, "");
}

static void write_suite(const struct result *result, char text[FACT_SIZE])
{
	append(text, "", result->suite);
}

static void write_tool(const struct result *result, char text[FACT_SIZE])
{
	append(text, "", result->tool.version);
	append(text, " ", result->tool.commit);
}

static void write_source(const struct result *result, char text[FACT_SIZE])
{
	if (!result->has_provenance)
		return;
	append(text, "", result->provenance.author);
	append(text, ", ", result->provenance.date);
	append(text, ", ", result->provenance.source);
}

static const struct fact facts[] = {
	{ "source", write_source },   { "kernel", write_kernel },   { "clock", write_clock },
	{ "read by", write_reading }, { "machine", write_machine }, { "guest", write_guest },
	{ "image", write_image },     { "seed", write_seed },	    { "suite", write_suite },
	{ "syncfault", write_tool },
};

static void show_line(const struct show *show, const char *label, const char *text)
{
	char shown[SHOW_COLUMNS * 4 + 4];

	if (*text)
		fprintf(show->out, "  %-*s%s\n", LABEL_COLUMNS, label,
			printable(text, SHOW_COLUMNS - LABEL_COLUMNS - 2, shown, sizeof(shown)));
}

/* Calls with each result of span once, in their order. */
static void for_each_result(struct table_span span,
			    void (*visit)(const struct table_entry *entry, void *context),
			    void *context)
{
	const struct result *last = NULL;

	for (;;) {
		const struct table_entry *next = NULL;

		for (size_t i = 0; i < span.count; i++) {
			const struct table_entry *entry = &span.entries[i];

			if ((!last || entry->result > last) &&
			    (!next || entry->result < next->result))
				next = entry;
		}
		if (!next)
			return;
		visit(next, context);
		last = next->result;
	}
}

/* The different texts of one fact, over all results of an environment. */
struct distinct {
	const struct fact *fact;
	char texts[MAX_DISTINCT][FACT_SIZE];
	size_t count;
};

static void add_distinct(const struct table_entry *entry, void *context)
{
	struct distinct *distinct = context;
	char text[FACT_SIZE] = "";

	distinct->fact->write(entry->result, text);
	for (size_t i = 0; i < distinct->count; i++)
		if (!strcmp(distinct->texts[i], text))
			return;
	if (*text && distinct->count < MAX_DISTINCT)
		strcpy(distinct->texts[distinct->count++], text);
}

static bool is_short(const struct distinct *distinct)
{
	return distinct->count > 1 && strlen(distinct->texts[0]) < LABEL_COLUMNS;
}

static void show_fact(const struct show *show, struct table_span span, const struct fact *fact)
{
	struct distinct distinct = { .fact = fact };
	char line[FACT_SIZE] = "";

	for_each_result(span, add_distinct, &distinct);
	for (size_t i = 0; i < distinct.count; i++) {
		if (is_short(&distinct))
			append(line, ", ", distinct.texts[i]);
		else
			show_line(show, i ? "" : fact->label, distinct.texts[i]);
	}
	show_line(show, fact->label, line);
}

static void show_file(const struct table_entry *entry, void *context)
{
	char name[SHOW_COLUMNS * 4 + 4];

	show_heading(context,
		     printable(strcmp(entry->file, "-") ? entry->file : "standard input",
			       SHOW_COLUMNS, name, sizeof(name)),
		     '\0');
}

/* Each warning once, with the number of cells that carry it. */
static void show_warnings(const struct show *show, struct table_span span)
{
	const char *seen[MAX_DISTINCT];
	size_t counts[MAX_DISTINCT] = { 0 }, known = 0, more = 0;

	for (size_t i = 0; i < span.count; i++) {
		const struct strings *warnings = &span.entries[i].cell->warnings;

		for (size_t j = 0; j < warnings->count; j++) {
			size_t at = 0;

			while (at < known && strcmp(seen[at], warnings->items[j]) != 0)
				at++;
			if (at == MAX_DISTINCT) {
				more++;
				continue;
			}
			if (at == known)
				seen[known++] = warnings->items[j];
			counts[at]++;
		}
	}
	for (size_t i = 0; i < known; i++) {
		char text[FACT_SIZE] = "", cut[280];

		snprintf(text, sizeof(text), "  warning: %s (%zu cell%s)",
			 printable(seen[i], 240, cut, sizeof(cut)), counts[i],
			 counts[i] == 1 ? "" : "s");
		show_wrapped(show, text, 4);
	}
	if (more)
		fprintf(show->out, "  warning: and %zu more warnings of other kinds\n", more);
}

void show_head(const struct show *show, struct table_span span)
{
	for_each_result(span, show_file, (void *)(uintptr_t)show);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		show_fact(show, span, &facts[i]);
	show_warnings(show, span);
	fprintf(show->out, "\n");
}
