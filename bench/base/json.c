// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/printable.h"

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

/* What build returns is NULL without memory, and then nothing of it is left. */
static json_t *build_object(const struct json_row *rows, const void *object);

static json_t *unless(int has_failed, json_t *json)
{
	if (!has_failed)
		return json;
	json_decref(json);
	return NULL;
}

/* JSON is UTF-8: the bytes of a string that is not (a file name, a word of the command) escaped. */
static json_t *build_string(const char *text)
{
	json_t *json = json_string(text);
	auto_free char *escaped = json ? NULL : printable_escape(text);

	return escaped ? json_string(escaped) : json;
}

static json_t *build_strings(const struct strings *strings)
{
	json_t *array = json_array();
	int ret = 0;

	for (size_t i = 0; i < strings->count && !ret; i++)
		ret = json_array_append_new(array, build_string(strings->items[i]));
	return unless(ret, array);
}

static json_t *build_u64s(const uint64_t *values, size_t count)
{
	json_t *array = json_array();
	int ret = 0;

	for (size_t i = 0; i < count && !ret; i++)
		ret = json_array_append_new(array, json_integer((json_int_t)values[i]));
	return unless(ret, array);
}

static json_t *build_named(const char *const *words, const uint64_t *values, size_t count)
{
	json_t *object = count ? json_object() : json_null();
	int ret = 0;

	for (size_t i = 0; i < count && words[i] && !ret; i++)
		if (values[i] != U64_ABSENT)
			ret = json_object_set_new(object, words[i],
						  json_integer((json_int_t)values[i]));
	return unless(ret, object);
}

static json_t *build_objects(const struct json_row *row, const char *items, size_t count)
{
	json_t *array = json_array();
	int ret = 0;

	for (size_t i = 0; i < count && !ret; i++)
		ret = json_array_append_new(array,
					    build_object(row->rows, items + i * row->item_size));
	return unless(ret, array);
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
		return isfinite(*(double *)field) ? json_real(*(double *)field) : json_null();
	case JSON_KIND_BOOL:
		if (*(int *)field == BOOL_ABSENT)
			return json_null();
		return json_boolean(*(int *)field);
	case JSON_KIND_STRING:
		return *(char **)field ? build_string(*(char **)field) : json_null();
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
	int ret = 0;

	for (const struct json_row *row = rows; row->key && !ret; row++)
		ret = json_object_set_new(json, row->key,
					  build_field(row, (void *)(uintptr_t)object));
	return unless(ret, json);
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

/*
 * open_memstream has no error flag for lack of memory: each call reports it by itself.
 * Those below return 0 or -ENOMEM.
 */
static int put(const char *text, size_t length, void *out)
{
	return fwrite(text, 1, length, out) == length ? 0 : -ENOMEM;
}

static int put_flat(FILE *out, json_t *json)
{
	/* In ASCII: U+009B, as UTF-8, begins an escape sequence on some terminals. */
	size_t flags = JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(REAL_DIGITS);

	return json_dump_callback(json, put, out, flags) ? -ENOMEM : 0;
}

static int put_indented(FILE *out, json_t *json, int depth);

/* An item of a list, where key is NULL, or of an object. */
static int put_item(FILE *out, const char *glue, const char *key, json_t *value, int depth)
{
	const char *quote = key ? "\"" : "", *colon = key ? "\": " : "";

	if (fprintf(out, "%s\n%*s%s%s%s", glue, 2 * depth, "", quote, key ? key : "", colon) < 0)
		return -ENOMEM;
	return put_indented(out, value, depth);
}

static int put_indented(FILE *out, json_t *json, int depth)
{
	const char *key, *glue = json_is_array(json) ? "[" : "{";
	json_t *value;
	size_t i;
	int ret = 0;

	if (is_flat(json))
		return put_flat(out, json);
	json_array_foreach(json, i, value)
	{
		ret = ret ? ret : put_item(out, glue, NULL, value, depth + 1);
		glue = ",";
	}
	json_object_foreach(json, key, value)
	{
		ret = ret ? ret : put_item(out, glue, key, value, depth + 1);
		glue = ",";
	}
	if (!ret && fprintf(out, "\n%*s%c", 2 * depth, "", json_is_array(json) ? ']' : '}') < 0)
		ret = -ENOMEM;
	return ret;
}

static int put_document(FILE *out, const struct json_row *rows, const void *object, bool is_line)
{
	json_t *json = build_object(rows, object);
	int ret = -ENOMEM;

	if (json)
		ret = is_line ? put_flat(out, json) : put_indented(out, json, 0);
	json_decref(json);
	return ret ? ret : put("\n", 1, out);
}

static int write_text(const struct json_row *rows, const void *object, bool is_line, char **text,
		      size_t *length)
{
	FILE *out;
	int ret = -ENOMEM;

	*text = NULL;
	out = open_memstream(text, length);
	if (out)
		ret = put_document(out, rows, object, is_line);
	if (out && fclose(out))
		ret = -ENOMEM;
	if (!ret)
		return 0;
	free(*text);
	*text = NULL;
	return diag_errno(ret, "write JSON");
}

int json_write(const struct json_row *rows, const void *object, char **text, size_t *length)
{
	return write_text(rows, object, false, text, length);
}

int json_write_line(const struct json_row *rows, const void *object, char **text, size_t *length)
{
	return write_text(rows, object, true, text, length);
}
