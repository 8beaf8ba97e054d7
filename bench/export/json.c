// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/json.h"

#include <assert.h>
#include <math.h>

#include "base/cleanup.h"

static struct json_row *add_row(struct export_json *json, const char *key, enum json_kind kind)
{
	struct json_row *row = &json->rows[json->count++];

	assert(json->count <= EXPORT_JSON_MAX);
	*row = (struct json_row){ .key = key, .kind = kind, .count_offset = JSON_NO_COUNT };
	return row;
}

/* The row's offset is that of a value which is the next one. */
static size_t add_value(struct export_json *json, const char *key, enum json_kind kind)
{
	struct export_values *values = json->values;

	assert(values->count < sizeof(values->items) / sizeof(values->items[0]));
	add_row(json, key, kind)->offset = values->count * sizeof(values->items[0]);
	return values->count++;
}

void export_json_text(struct export_json *json, const char *key, const char *text)
{
	if (text)
		json->values->items[add_value(json, key, JSON_KIND_STRING)].text = text;
}

void export_json_real(struct export_json *json, const char *key, double real)
{
	if (!isnan(real))
		json->values->items[add_value(json, key, JSON_KIND_REAL)].real = real;
}

void export_json_number(struct export_json *json, const char *key, uint64_t number)
{
	if (number != U64_ABSENT)
		json->values->items[add_value(json, key, JSON_KIND_U64)].number = number;
}

/* Its rows reach into the same values, so that it has no offset of its own. */
void export_json_object(struct export_json *json, const char *key, const struct export_json *inner)
{
	if (inner->count)
		add_row(json, key, JSON_KIND_OBJECT)->rows = inner->rows;
}

void export_json_labels(struct export_json *json, const struct export_labels *labels)
{
	for (size_t i = 0; i < EXPORT_LABELS; i++)
		if (labels->items[i].text[0])
			export_json_text(json, labels->items[i].name, labels->items[i].text);
}

int export_json_write(FILE *out, const struct export_json *json)
{
	auto_free char *text = NULL;
	size_t length;
	int ret = json_write_line(json->rows, json->values->items, &text, &length);

	/* DEL is the one control that JSON lets stand as it is. */
	for (const char *c = text; !ret && *c != '\n'; c++) {
		if (*c == 0x7f)
			fputs("\\u007f", out);
		else
			fputc(*c, out);
	}
	return ret;
}
