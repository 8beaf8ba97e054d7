/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON documents from tables: a row names a key and the field that it fills, for reading, checking
 * and writing alike. The only module (base/json.c, base/json_read.c) that knows jansson.
 */
#ifndef SYNCFAULT_BASE_JSON_H
#define SYNCFAULT_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/field.h"
#include "base/strings.h"

enum json_kind {
	JSON_KIND_U64,	   /* uint64_t; absent: U64_ABSENT */
	JSON_KIND_REAL,	   /* double; absent: NAN */
	JSON_KIND_BOOL,	   /* int; absent: BOOL_ABSENT */
	JSON_KIND_STRING,  /* char *, owned; absent: NULL */
	JSON_KIND_WORD,	   /* int, index in words; never absent */
	JSON_KIND_STRINGS, /* struct strings */
	JSON_KIND_U64S,	   /* uint64_t *, with its size_t count at count_offset */
	JSON_KIND_NAMED,   /* the same, one for each of words, as an object; absent: U64_ABSENT */
	JSON_KIND_OBJECT,  /* nested struct, by rows; absent where the bool at count_offset is false
			    */
	JSON_KIND_OBJECTS, /* array of structs of size item_size, size_t count at count_offset */
};

#define JSON_NO_COUNT SIZE_MAX
#define JSON_BY_FIRST (SIZE_MAX - 1)

struct json_row {
	const char *key; /* a row without key ends the table */
	enum json_kind kind;
	bool is_required; /* null or a missing key is refused; else it is read as absent */
	bool is_signed;	  /* a real number that may be negative */
	size_t offset;
	uint64_t max; /* greatest number, longest string in bytes, most items */
	const char *const *words;
	const struct json_row *rows;
	size_t item_size;
	/*
	 * JSON_NO_COUNT: an object that always exists; JSON_BY_FIRST: one that is absent if its
	 * first field, a whole number, is absent.
	 */
	size_t count_offset;
};

/*
 * Rows. kind: what follows JSON_KIND_, for a single field, whose type is checked at compile time.
 * What else a row has is given by name: .max, .words, .rows, .is_signed.
 */
#define JSON_ROW(struct_, key_, kind_, field_, ...)                                            \
	{                                                                                      \
		.key = (key_), .kind = JSON_KIND_##kind_,                                      \
		.offset = JSON_OFFSET_##kind_(struct_, field_), .count_offset = JSON_NO_COUNT, \
		__VA_ARGS__                                                                    \
	}
#define JSON_REQUIRED(struct_, key_, kind_, field_, ...) \
	JSON_ROW(struct_, key_, kind_, field_, .is_required = true, ##__VA_ARGS__)
/* An object that is absent where the bool presence is false. */
#define JSON_MAYBE(struct_, key_, field_, presence_, rows_)                                   \
	{                                                                                     \
		.key = (key_), .kind = JSON_KIND_OBJECT, .offset = offsetof(struct_, field_), \
		.count_offset = field_offset(struct_, presence_, bool), .rows = (rows_)       \
	}
/* An array of structs, and one of numbers, each with its count. */
#define JSON_LIST(struct_, key_, field_, count_field_, rows_, ...)                             \
	{                                                                                      \
		.key = (key_), .kind = JSON_KIND_OBJECTS, .offset = offsetof(struct_, field_), \
		.count_offset = field_offset(struct_, count_field_, size_t), .rows = (rows_),  \
		.item_size = sizeof(*((struct_ *)0)->field_), __VA_ARGS__                      \
	}
#define JSON_NUMBERS(struct_, key_, field_, count_field_, ...)                           \
	{                                                                                \
		.key = (key_), .kind = JSON_KIND_U64S,                                   \
		.offset = field_offset(struct_, field_, uint64_t *),                     \
		.count_offset = field_offset(struct_, count_field_, size_t), __VA_ARGS__ \
	}
#define JSON_END            \
	{                   \
		.key = NULL \
	}

#define JSON_OFFSET_U64(struct_, field_)     field_offset(struct_, field_, uint64_t)
#define JSON_OFFSET_REAL(struct_, field_)    field_offset(struct_, field_, double)
#define JSON_OFFSET_BOOL(struct_, field_)    field_offset(struct_, field_, int)
#define JSON_OFFSET_WORD(struct_, field_)    field_offset(struct_, field_, int)
#define JSON_OFFSET_STRINGS(struct_, field_) field_offset(struct_, field_, struct strings)
#define JSON_OFFSET_OBJECT(struct_, field_)  offsetof(struct_, field_)
/* A string that is only written may be const. */
#define JSON_OFFSET_STRING(type, at) \
	_Generic(((type *)0)->at, char * : offsetof(type, at), const char * : offsetof(type, at))

static inline void *json_field(const struct json_row *row, void *object)
{
	return (char *)object + row->offset;
}

static inline size_t *json_count(const struct json_row *row, void *object)
{
	return (size_t *)(void *)((char *)object + row->count_offset);
}

static inline bool *json_presence(const struct json_row *row, void *object)
{
	return (bool *)object + row->count_offset;
}

static inline bool json_has_presence(const struct json_row *row)
{
	return row->count_offset != JSON_NO_COUNT && row->count_offset != JSON_BY_FIRST;
}

/*
 * Reads an object of text into *object, whose fields are absent (json_clear). Keys that no row
 * names are refused by name: a result of a later schema must not be half understood. On failure one
 * line on stderr, "NAME: cells[3].latency.min: …", -EINVAL (or -ENOMEM), and *object is cleared.
 */
int json_read(const char *text, size_t length, const char *name, const struct json_row *rows,
	      void *object);

/*
 * Indented two spaces, keys in the order of rows, arrays of numbers on one line; *text is the
 * caller's. What is not UTF-8 in a string is escaped (printable_escape). -ENOMEM, reported, and
 * *text is NULL: a document exists whole or not at all.
 */
int json_write(const struct json_row *rows, const void *object, char **text, size_t *length);

/* The same on one line. */
int json_write_line(const struct json_row *rows, const void *object, char **text, size_t *length);

/* Sets all fields absent; json_clear frees what they own first. */
void json_init(const struct json_row *rows, void *object);
void json_clear(const struct json_row *rows, void *object);

/*
 * The string at a top-level key of text, to identify a schema first. -EINVAL after one line on
 * stderr if text is not JSON, -ENOENT silently if there is no such string.
 */
int json_peek_string(const char *text, size_t length, const char *name, const char *key,
		     char *value, size_t size);

#endif
