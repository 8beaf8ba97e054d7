/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small JSON objects whose keys vary: what is absent has no key, where the tables of base/json.h
 * would write null. Those tables write them all the same.
 */
#ifndef SYNCFAULT_EXPORT_JSON_H
#define SYNCFAULT_EXPORT_JSON_H

#include "base/json.h"
#include "export/label.h"

#define EXPORT_JSON_MAX 64

/* Zeroed before use. Keys and texts belong to the caller and outlive it. */
struct export_json {
	struct json_row rows[EXPORT_JSON_MAX + 1];
	size_t count;
	struct export_values *values;
};

/* Those of an object and of all objects in it. */
struct export_values {
	union {
		const char *text;
		double real;
		uint64_t number;
	} items[2 * EXPORT_JSON_MAX];
	size_t count;
};

/* Adds nothing if the value is NULL or NAN, or the inner object is empty. */
void export_json_text(struct export_json *json, const char *key, const char *text);
void export_json_real(struct export_json *json, const char *key, double real);
void export_json_number(struct export_json *json, const char *key, uint64_t number);
void export_json_object(struct export_json *json, const char *key, const struct export_json *inner);

/* All labels that are not empty. */
void export_json_labels(struct export_json *json, const struct export_labels *labels);

/* Writes it on one line, without a newline. -ENOMEM after a message. */
int export_json_write(FILE *out, const struct export_json *json);

#endif
