// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"

/* Of a real number: enough for any mean, and short to read. */
#define REAL_DIGITS 12

static void clear_field(const struct json_row *row, void *object)
{
	void *field = json_field(row, object);

	if (row->kind == JSON_KIND_STRING)
		free(*(char **)field);
	else if (row->kind == JSON_KIND_STRINGS)
		strings_free(field);
	else if (row->kind == JSON_KIND_OBJECT)
		json_clear(row->rows, field);
	if (row->kind == JSON_KIND_OBJECTS)
		for (size_t i = 0; i < *json_count(row, object); i++)
			json_clear(row->rows, *(char **)field + i * row->item_size);
	if (row->kind == JSON_KIND_OBJECTS || row->kind == JSON_KIND_U64S ||
	    row->kind == JSON_KIND_NAMED)
		free(*(void **)field);
}

static void init_field(const struct json_row *row, void *object)
{
	void *field = json_field(row, object);

	switch (row->kind) {
	case JSON_KIND_U64:
		*(uint64_t *)field = U64_ABSENT;
		break;
	case JSON_KIND_REAL:
		*(double *)field = NAN;
		break;
	case JSON_KIND_BOOL:
		*(int *)field = BOOL_ABSENT;
		break;
	case JSON_KIND_STRING:
		*(char **)field = NULL;
		break;
	case JSON_KIND_WORD:
		*(int *)field = 0;
		break;
	case JSON_KIND_STRINGS:
		*(struct strings *)field = (struct strings){ 0 };
		break;
	case JSON_KIND_U64S:
	case JSON_KIND_NAMED:
	case JSON_KIND_OBJECTS:
		*(void **)field = NULL;
		*json_count(row, object) = 0;
		break;
	case JSON_KIND_OBJECT:
		json_init(row->rows, field);
		if (json_has_presence(row))
			*json_presence(row, object) = false;
		break;
	}
}

void json_init(const struct json_row *rows, void *object)
{
	for (const struct json_row *row = rows; row->key; row++)
		init_field(row, object);
}

void json_clear(const struct json_row *rows, void *object)
{
	for (const struct json_row *row = rows; row->key; row++) {
		clear_field(row, object);
		init_field(row, object);
	}
}

static json_t *build_object(const struct json_row *rows, const void *object);

static json_t *build_strings(const struct strings *strings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < strings->count; i++)
		json_array_append_new(array, json_string(strings->items[i]));
	return array;
}

static json_t *build_u64s(const uint64_t *values, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_integer((json_int_t)values[i]));
	return array;
}

static json_t *build_named(const char *const *words, const uint64_t *values, size_t count)
{
	json_t *object = count ? json_object() : json_null();

	for (size_t i = 0; i < count && words[i]; i++)
		if (values[i] != U64_ABSENT)
			json_object_set_new(object, words[i], json_integer((json_int_t)values[i]));
	return object;
}

static json_t *build_objects(const struct json_row *row, const char *items, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, build_object(row->rows, items + i * row->item_size));
	return array;
}

static bool is_absent(const struct json_row *row, void *object)
{
	if (row->count_offset == JSON_BY_FIRST)
		return *(uint64_t *)json_field(row->rows, json_field(row, object)) == U64_ABSENT;
	return json_has_presence(row) && !*json_presence(row, object);
}

static json_t *build_field(const struct json_row *row, void *object)
{
	void *field = json_field(row, object);

	switch (row->kind) {
	case JSON_KIND_U64:
		if (*(uint64_t *)field == U64_ABSENT)
			return json_null();
		return json_integer((json_int_t) * (uint64_t *)field);
	case JSON_KIND_REAL:
		return isnan(*(double *)field) ? json_null() : json_real(*(double *)field);
	case JSON_KIND_BOOL:
		if (*(int *)field == BOOL_ABSENT)
			return json_null();
		return json_boolean(*(int *)field);
	case JSON_KIND_STRING:
		return *(char **)field ? json_string(*(char **)field) : json_null();
	case JSON_KIND_WORD:
		return json_string(row->words[*(int *)field]);
	case JSON_KIND_STRINGS:
		return build_strings(field);
	case JSON_KIND_U64S:
		return build_u64s(*(uint64_t **)field, *json_count(row, object));
	case JSON_KIND_NAMED:
		return build_named(row->words, *(uint64_t **)field, *json_count(row, object));
	case JSON_KIND_OBJECTS:
		return build_objects(row, *(char **)field, *json_count(row, object));
	case JSON_KIND_OBJECT:
		if (is_absent(row, object))
			return json_null();
		return build_object(row->rows, field);
	}
	return NULL;
}

static json_t *build_object(const struct json_row *rows, const void *object)
{
	json_t *json = json_object();

	for (const struct json_row *row = rows; row->key; row++) {
		json_t *value = build_field(row, (void *)(uintptr_t)object);

		/* A string that is no UTF-8 makes no JSON: said as such, not dropped. */
		if (!value)
			value = json_string("(not UTF-8)");
		json_object_set_new(json, row->key, value);
	}
	return json;
}

/* Whether json holds no list and no object: then it is printed on one line. */
static bool is_flat(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	json_array_foreach(json, i,
			   value) if (json_is_array(value) || json_is_object(value)) return false;
	json_object_foreach(json, key,
			    value) if (json_is_array(value) || json_is_object(value)) return false;
	return true;
}

static void print_flat(FILE *out, json_t *json)
{
	/* In ASCII: U+009B, as UTF-8, begins an escape sequence on some terminals. */
	size_t flags = JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(REAL_DIGITS);
	char *text = json_dumps(json, flags);

	fputs(text ? text : "null", out);
	free(text);
}

static void print_indented(FILE *out, json_t *json, int depth)
{
	const char *key, *glue = "";
	json_t *value;
	size_t i;

	if (is_flat(json)) {
		print_flat(out, json);
		return;
	}
	fputc(json_is_array(json) ? '[' : '{', out);
	json_array_foreach(json, i, value)
	{
		fprintf(out, "%s\n%*s", glue, 2 * depth + 2, "");
		print_indented(out, value, depth + 1);
		glue = ",";
	}
	json_object_foreach(json, key, value)
	{
		fprintf(out, "%s\n%*s\"%s\": ", glue, 2 * depth + 2, "", key);
		print_indented(out, value, depth + 1);
		glue = ",";
	}
	fprintf(out, "\n%*s%c", 2 * depth, "", json_is_array(json) ? ']' : '}');
}

static int write_text(const struct json_row *rows, const void *object, bool is_line, char **text,
		      size_t *length)
{
	json_t *json = build_object(rows, object);
	FILE *out = open_memstream(text, length);

	if (!json || !out)
		return diag_errno(ENOMEM, "write JSON");
	if (is_line)
		print_flat(out, json);
	else
		print_indented(out, json, 0);
	fprintf(out, "\n");
	json_decref(json);
	if (fclose(out))
		return diag_errno(ENOMEM, "write JSON");
	return 0;
}

int json_write(const struct json_row *rows, const void *object, char **text, size_t *length)
{
	return write_text(rows, object, false, text, length);
}

int json_write_line(const struct json_row *rows, const void *object, char **text, size_t *length)
{
	return write_text(rows, object, true, text, length);
}
