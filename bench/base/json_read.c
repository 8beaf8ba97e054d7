// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/keywords.h"

#define PATH_SIZE   256
#define MAX_VALUES  (16u << 20)
#define MAX_MEMBERS (4u << 20)

/* Where the reader is, for messages: "cells[3].latency.min". */
struct place {
	const char *name;
	char path[PATH_SIZE];
};

static int refuse(const struct place *place, const char *what)
{
	diag_error("%s: %s%s%s", place->name, place->path, place->path[0] ? ": " : "", what);
	return -EINVAL;
}

static int refuse_range(const struct place *place, const char *unit, uint64_t max)
{
	char what[96];

	snprintf(what, sizeof(what), "beyond %llu %s", (unsigned long long)max, unit);
	return refuse(place, what);
}

/* Appends ".key" or "[index]"; returns the old length, which leave() restores. */
static size_t enter(struct place *place, const char *key, size_t index)
{
	size_t length = strlen(place->path);

	if (key)
		snprintf(place->path + length, PATH_SIZE - length, "%s%.64s", length ? "." : "",
			 key);
	else
		snprintf(place->path + length, PATH_SIZE - length, "[%zu]", index);
	return length;
}

static void leave(struct place *place, size_t length)
{
	place->path[length] = '\0';
}

static int read_object(struct place *place, json_t *json, const struct json_row *rows,
		       void *object);

static int read_u64(struct place *place, const json_t *json, uint64_t max, uint64_t *value)
{
	json_int_t number = json_integer_value(json);

	if (!json_is_integer(json))
		return refuse(place, "wants a whole number");
	if (number < 0)
		return refuse(place, "is negative");
	if (max && (uint64_t)number > max)
		return refuse_range(place, "in number", max);
	*value = (uint64_t)number;
	return 0;
}

static int read_real(struct place *place, const json_t *json, const struct json_row *row,
		     double *value)
{
	double number = json_number_value(json);

	if (!json_is_number(json))
		return refuse(place, "wants a number");
	if (!row->is_signed && !(number >= 0))
		return refuse(place, "is negative");
	if (row->max && fabs(number) > (double)row->max)
		return refuse_range(place, "in number", row->max);
	*value = number;
	return 0;
}

static int read_string(struct place *place, const json_t *json, uint64_t max, char **value)
{
	if (!json_is_string(json))
		return refuse(place, "wants a string");
	if (json_string_length(json) > max)
		return refuse_range(place, "bytes of text", max);
	*value = strdup(json_string_value(json));
	return *value ? 0 : -ENOMEM;
}

static int read_word(struct place *place, const json_t *json, const char *const *words, int *value)
{
	char what[320] = "wants ";
	int word = json_is_string(json) ? words_find(words, json_string_value(json)) : -EINVAL;

	if (word < 0) {
		words_join(words, what + strlen(what), sizeof(what) - strlen(what));
		return refuse(place, what);
	}
	*value = word;
	return 0;
}

static int check_array(struct place *place, const json_t *json, uint64_t max)
{
	if (!json_is_array(json))
		return refuse(place, "wants a list");
	return json_array_size(json) > max ? refuse_range(place, "items", max) : 0;
}

static int read_strings(struct place *place, json_t *json, uint64_t max, struct strings *strings)
{
	int ret = check_array(place, json, max);
	json_t *item;
	size_t i;

	if (ret)
		return ret;
	json_array_foreach(json, i, item)
	{
		size_t length = enter(place, NULL, i);

		if (!json_is_string(item))
			return refuse(place, "wants a string");
		if (strings_add(strings, json_string_value(item)))
			return -ENOMEM;
		leave(place, length);
	}
	return 0;
}

static int read_u64s(struct place *place, json_t *json, const struct json_row *row, void *object)
{
	uint64_t **values = json_field(row, object);
	int ret = check_array(place, json, row->max);
	size_t count = ret ? 0 : json_array_size(json);

	if (ret || count == 0)
		return ret;
	*values = calloc(count, sizeof(**values));
	if (!*values)
		return -ENOMEM;
	*json_count(row, object) = count;
	for (size_t i = 0; i < count; i++) {
		size_t length = enter(place, NULL, i);

		ret = read_u64(place, json_array_get(json, i), 0, &(*values)[i]);
		if (ret)
			return ret;
		leave(place, length);
	}
	return 0;
}

static int refuse_key(struct place *place, const char *key)
{
	enter(place, key, 0);
	return refuse(place, "no such key in this schema");
}

static int read_named(struct place *place, json_t *json, const struct json_row *row, void *object)
{
	uint64_t **values = json_field(row, object);
	size_t count = 0;
	const char *key;
	json_t *value;

	if (!json_is_object(json))
		return refuse(place, "wants an object");
	while (row->words[count])
		count++;
	*values = malloc(count * sizeof(**values));
	if (!*values)
		return -ENOMEM;
	*json_count(row, object) = count;
	for (size_t i = 0; i < count; i++)
		(*values)[i] = U64_ABSENT;
	json_object_foreach(json, key, value)
	{
		int word = words_find(row->words, key);
		size_t length;
		int ret;

		if (word < 0)
			return refuse_key(place, key);
		length = enter(place, key, 0);
		ret = json_is_null(value) ? 0 : read_u64(place, value, row->max, &(*values)[word]);
		if (ret)
			return ret;
		leave(place, length);
	}
	return 0;
}

static int read_objects(struct place *place, json_t *json, const struct json_row *row, void *object)
{
	char **items = json_field(row, object);
	size_t *count = json_count(row, object);
	int ret = check_array(place, json, row->max);
	size_t wanted = ret ? 0 : json_array_size(json);

	if (ret || wanted == 0)
		return ret;
	*items = calloc(wanted, row->item_size);
	if (!*items)
		return -ENOMEM;
	for (; *count < wanted; (*count)++)
		json_init(row->rows, *items + *count * row->item_size);
	for (size_t i = 0; i < wanted; i++) {
		size_t length = enter(place, NULL, i);

		ret = read_object(place, json_array_get(json, i), row->rows,
				  *items + i * row->item_size);
		if (ret)
			return ret;
		leave(place, length);
	}
	return 0;
}

static int read_field(struct place *place, json_t *json, const struct json_row *row, void *object)
{
	void *field = json_field(row, object);

	switch (row->kind) {
	case JSON_KIND_U64:
		return read_u64(place, json, row->max, field);
	case JSON_KIND_REAL:
		return read_real(place, json, row, field);
	case JSON_KIND_BOOL:
		if (!json_is_boolean(json))
			return refuse(place, "wants true or false");
		*(int *)field = json_is_true(json);
		return 0;
	case JSON_KIND_STRING:
		return read_string(place, json, row->max, field);
	case JSON_KIND_WORD:
		return read_word(place, json, row->words, field);
	case JSON_KIND_STRINGS:
		return read_strings(place, json, row->max, field);
	case JSON_KIND_U64S:
		return read_u64s(place, json, row, object);
	case JSON_KIND_NAMED:
		return read_named(place, json, row, object);
	case JSON_KIND_OBJECTS:
		return read_objects(place, json, row, object);
	case JSON_KIND_OBJECT:
		if (json_has_presence(row))
			*json_presence(row, object) = true;
		return read_object(place, json, row->rows, field);
	}
	return -EINVAL;
}

static int refuse_unknown_keys(struct place *place, json_t *json, const struct json_row *rows)
{
	const char *key;
	json_t *value;

	json_object_foreach(json, key, value)
	{
		const struct json_row *row = rows;

		while (row->key && strcmp(row->key, key) != 0)
			row++;
		if (!row->key)
			return refuse_key(place, key);
	}
	return 0;
}

static int read_object(struct place *place, json_t *json, const struct json_row *rows, void *object)
{
	if (!json_is_object(json))
		return refuse(place, "wants an object");
	for (const struct json_row *row = rows; row->key; row++) {
		json_t *value = json_object_get(json, row->key);
		size_t length = enter(place, row->key, 0);
		int ret = 0;

		if (value && !json_is_null(value))
			ret = read_field(place, value, row, object);
		else if (row->is_required)
			ret = refuse(place, value ? "must not be null" : "is missing");
		if (ret)
			return ret;
		leave(place, length);
	}
	return refuse_unknown_keys(place, json, rows);
}

/*
 * A parsed value takes some 40 bytes and a member of an object 140, whatever their text: hundreds
 * of megabytes of ",0,0,0" would take all memory. No result comes near these numbers.
 */
static int check_size(const char *text, size_t length, const char *name)
{
	size_t values = 0, members = 0;

	for (size_t i = 0; i < length; i++) {
		values += text[i] == ',' || text[i] == '[' || text[i] == '{';
		members += text[i] == ':';
	}
	if (values <= MAX_VALUES && members <= MAX_MEMBERS)
		return 0;
	diag_error("%s: more than %u values, or %u keys: not a file of syncfault", name, MAX_VALUES,
		   MAX_MEMBERS);
	return -EINVAL;
}

/*
 * If jansson has no memory for the end of a long string, it goes on without it, and the next number
 * overwrites errno.
 */
static __thread bool was_refused;

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	was_refused |= !memory;
	return memory;
}

/* -ENOMEM or -EINVAL, reported. */
static int parse(const char *text, size_t length, const char *name, json_t **json)
{
	json_error_t error;

	if (check_size(text, length, name))
		return -EINVAL;
	was_refused = false;
	json_set_alloc_funcs(allocate, free);
	*json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (was_refused) {
		json_decref(*json);
		return diag_errno(ENOMEM, "%s", name);
	}
	if (*json)
		return 0;
	diag_error("%s: not JSON: line %d, column %d: %s", name, error.line, error.column,
		   error.text);
	return -EINVAL;
}

int json_read(const char *text, size_t length, const char *name, const struct json_row *rows,
	      void *object)
{
	struct place place = { .name = name };
	json_t *json;
	int ret = parse(text, length, name, &json);

	if (ret)
		return ret;
	ret = read_object(&place, json, rows, object);
	if (ret == -ENOMEM)
		diag_errno(ret, "%s", name);
	if (ret)
		json_clear(rows, object);
	json_decref(json);
	return ret;
}

int json_peek_string(const char *text, size_t length, const char *name, const char *key,
		     char *value, size_t size)
{
	const char *string;
	json_t *json;
	int ret = parse(text, length, name, &json);

	if (ret)
		return ret;
	ret = -ENOENT;
	string = json_string_value(json_object_get(json, key));
	if (string)
		ret = snprintf(value, size, "%s", string) < (int)size ? 0 : -ENOENT;
	json_decref(json);
	return ret;
}
