/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A result's document with one value of it changed, and that it is then refused in one line. The
 * test fills whole_text with a good document first.
 */
#ifndef SYNCFAULT_TEST_DAMAGE_H
#define SYNCFAULT_TEST_DAMAGE_H

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "capture.h"
#include "result/result.h"

static char *whole_text;
static size_t whole_length;

/* Parses; returns what was printed, with the return value in *ret. */
static inline const char *parse(const char *text, size_t length, int *ret)
{
	static struct capture capture;
	struct result result;

	capture_begin(&capture, STDERR_FILENO);
	*ret = result_parse(text, length, "f.json", &result);
	if (*ret == 0)
		result_free(&result);
	return capture_end(&capture);
}

static inline void assert_refused(const char *text, size_t length, const char *what,
				  const char *message)
{
	int ret;
	const char *printed = parse(text, length, &ret);

	if (ret != -EINVAL || !is_one_line(printed) || !strstr(printed, message))
		fail_msg("%s: gives %d and says '%s', not '%s'", what, ret, printed, message);
}

static inline json_t *load_whole(void)
{
	json_t *root = json_loadb(whole_text, whole_length, 0, NULL);

	assert_non_null(root);
	return root;
}

/* The value at "cells/0/latency/min", and what holds it. */
static inline json_t *find(json_t *root, const char *path, json_t **holder, char last[64])
{
	json_t *at = root;

	*holder = NULL;
	for (;;) {
		size_t length = strcspn(path, "/");

		snprintf(last, 64, "%.*s", (int)length, path);
		*holder = at;
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(last))
				       : json_object_get(at, last);
		if (!path[length])
			return at;
		path += length + 1;
	}
}

/* The document with the value at path replaced, or removed if json is NULL; the caller frees it. */
static inline char *change(const char *path, const char *json)
{
	json_t *root = load_whole(), *holder;
	char last[64], *text;

	find(root, path, &holder, last);
	assert_non_null(holder);
	if (!json && json_is_array(holder))
		assert_int_equal(json_array_remove(holder, (size_t)atoi(last)), 0);
	else if (!json)
		assert_int_equal(json_object_del(holder, last), 0);
	else if (json_is_array(holder))
		assert_int_equal(json_array_set_new(holder, (size_t)atoi(last),
						    json_loads(json, JSON_DECODE_ANY, NULL)),
				 0);
	else
		assert_int_equal(
			json_object_set_new(holder, last, json_loads(json, JSON_DECODE_ANY, NULL)),
			0);
	text = json_dumps(root, 0);
	json_decref(root);
	return text;
}

static inline void assert_change_refused(const char *path, const char *json, const char *message)
{
	char *text = change(path, json), what[256];

	snprintf(what, sizeof(what), "%s = %s", path, json ? json : "(none)");
	assert_refused(text, strlen(text), what, message);
	free(text);
}

#endif
