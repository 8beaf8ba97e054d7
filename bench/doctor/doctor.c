// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"

#define LINE_COLUMNS 600
#define MAX_TEXT     65536
#define MAX_ITEMS    4096

const char *const doctor_verdict_words[] = { "yes", "no", "partly", NULL };

static const struct json_row item_rows[] = {
	JSON_REQUIRED(struct doctor_item, "item", STRING, item, .max = MAX_TEXT),
	JSON_REQUIRED(struct doctor_item, "verdict", WORD, verdict, .words = doctor_verdict_words),
	JSON_REQUIRED(struct doctor_item, "found", STRING, found, .max = MAX_TEXT),
	JSON_ROW(struct doctor_item, "advice", STRINGS, advice, .max = MAX_ITEMS),
	JSON_END,
};

const struct json_row doctor_rows[] = {
	JSON_LIST(struct doctor, "items", items, count, item_rows, .is_required = true,
		  .max = MAX_ITEMS),
	JSON_END,
};

static struct doctor_item *append_item(struct doctor *doctor)
{
	struct doctor_item *items = reallocarray(doctor->items, doctor->count + 1, sizeof(*items));

	if (!items) {
		doctor->err = -ENOMEM;
		return NULL;
	}
	doctor->items = items;
	items[doctor->count] = (struct doctor_item){ 0 };
	return &items[doctor->count++];
}

void doctor_add(struct doctor *doctor, int verdict, const char *item, const char *fmt, ...)
{
	struct doctor_item *added = append_item(doctor);
	va_list args;

	if (!added)
		return;
	added->verdict = verdict;
	added->item = strdup(item);
	va_start(args, fmt);
	if (vasprintf(&added->found, fmt, args) < 0)
		added->found = NULL;
	va_end(args);
	if (!added->item || !added->found)
		doctor->err = -ENOMEM;
}

void doctor_advise(struct doctor *doctor, const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (!text || !doctor->count || strings_add(&doctor->items[doctor->count - 1].advice, text))
		doctor->err = -ENOMEM;
}

void doctor_print(const struct doctor *doctor, FILE *out, bool has_colour)
{
	static const char *const colours[] = { "\033[32m", "\033[31m", "\033[33m" };
	char line[4 * LINE_COLUMNS + 1];

	for (size_t i = 0; i < doctor->count; i++) {
		const struct doctor_item *item = &doctor->items[i];

		fprintf(out, "%s%-6s%s  %s: %s\n", has_colour ? colours[item->verdict] : "",
			doctor_verdict_words[item->verdict], has_colour ? "\033[0m" : "",
			item->item, printable(item->found, LINE_COLUMNS, line, sizeof(line)));
		for (size_t j = 0; j < item->advice.count; j++)
			fprintf(out, "            %s\n",
				printable(item->advice.items[j], LINE_COLUMNS, line, sizeof(line)));
	}
}

void doctor_free(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->count; i++) {
		free(doctor->items[i].item);
		free(doctor->items[i].found);
		strings_free(&doctor->items[i].advice);
	}
	free(doctor->items);
	*doctor = (struct doctor){ 0 };
}
