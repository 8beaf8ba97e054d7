// SPDX-License-Identifier: GPL-2.0-or-later
#include "cell/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assets.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "base/json.h"

/* A block as it stands in the file; words are looked up afterwards. */
struct block_text {
	struct strings fs, dax, state, load, sync, commit, access, page, files;
	struct strings dirty_kind, remap, attribute, interface;
	uint64_t *dirty;
	size_t dirty_count;
	uint64_t *pages;
	size_t page_count;
	uint64_t *threads;
	size_t thread_count;
	uint64_t pause_us;
	char *sched;
};

struct suite_text {
	char *schema, *name, *summary;
	struct block_text *blocks;
	size_t block_count;
};

#define WORDS(key_, field_) JSON_ROW(struct block_text, key_, STRINGS, field_, .max = LIST_MAX)
#define NUMBERS(key_, field_, count_) \
	JSON_NUMBERS(struct block_text, key_, field_, count_, .max = LIST_MAX)

static const struct json_row block_rows[] = {
	WORDS("fs", fs),
	WORDS("dax", dax),
	WORDS("state", state),
	WORDS("load", load),
	WORDS("sync", sync),
	WORDS("commit", commit),
	WORDS("dirty_kind", dirty_kind),
	WORDS("remap", remap),
	WORDS("attribute", attribute),
	WORDS("interface", interface),
	NUMBERS("dirty", dirty, dirty_count),
	WORDS("access", access),
	WORDS("page_size", page),
	WORDS("files", files),
	NUMBERS("pages", pages, page_count),
	NUMBERS("threads", threads, thread_count),
	JSON_ROW(struct block_text, "pause_us", U64, pause_us, .max = 60000000),
	JSON_ROW(struct block_text, "scheduler", STRING, sched, .max = 16),
	JSON_END,
};

static const struct json_row suite_rows[] = {
	JSON_REQUIRED(struct suite_text, "schema", STRING, schema, .max = 64),
	JSON_REQUIRED(struct suite_text, "name", STRING, name, .max = 256),
	JSON_ROW(struct suite_text, "summary", STRING, summary, .max = 4096),
	JSON_LIST(struct suite_text, "cells", blocks, block_count, block_rows, .is_required = true,
		  .max = SUITE_MAX_CELLS),
	JSON_END,
};

void cell_axes_init(struct cell_axes *axes)
{
	*axes = (struct cell_axes){ .pause_us = U64_ABSENT, .sched = -1 };
}

static int take_words(const char *name, const char *key, const struct strings *strings,
		      const char *const *words, struct word_list *list)
{
	char accepted[256];

	for (size_t i = 0; i < strings->count; i++) {
		int word = words_find(words, strings->items[i]);

		if (word < 0) {
			diag_error("%s: %s '%s': wants %s", name, key, strings->items[i],
				   words_join(words, accepted, sizeof(accepted)));
			return -EINVAL;
		}
		word_list_add(list, word);
	}
	return 0;
}

static int take_numbers(const char *name, const char *key, const uint64_t *numbers, size_t count,
			uint64_t min, uint64_t max, struct number_list *list)
{
	for (size_t i = 0; i < count; i++) {
		if (numbers[i] < min || numbers[i] > max) {
			diag_error("%s: %s %llu: wants %llu to %llu", name, key,
				   (unsigned long long)numbers[i], (unsigned long long)min,
				   (unsigned long long)max);
			return -EINVAL;
		}
		list->numbers[list->count++] = numbers[i];
	}
	return 0;
}

static int take_block(const char *name, struct block_text *text, struct cell_axes *axes)
{
	cell_axes_init(axes);
	if (take_words(name, "dax", &text->dax, dax_words, &axes->dax) ||
	    take_words(name, "state", &text->state, state_words, &axes->state) ||
	    take_words(name, "load", &text->load, load_words, &axes->load) ||
	    take_words(name, "sync", &text->sync, sync_words, &axes->sync) ||
	    take_words(name, "commit", &text->commit, commit_words, &axes->commit) ||
	    take_words(name, "dirty_kind", &text->dirty_kind, dirty_kind_words,
		       &axes->dirty_kind) ||
	    take_words(name, "remap", &text->remap, remap_words, &axes->remap) ||
	    take_words(name, "attribute", &text->attribute, attribute_words, &axes->attribute) ||
	    take_words(name, "interface", &text->interface, interface_words, &axes->interface) ||
	    take_numbers(name, "dirty", text->dirty, text->dirty_count, 0, CELL_MAX_DIRTY,
			 &axes->dirty) ||
	    take_words(name, "access", &text->access, access_words, &axes->access) ||
	    take_words(name, "page_size", &text->page, page_words, &axes->page) ||
	    take_words(name, "files", &text->files, files_words, &axes->files) ||
	    take_numbers(name, "pages", text->pages, text->page_count, 1, CELL_MAX_PAGES,
			 &axes->pages) ||
	    take_numbers(name, "threads", text->threads, text->thread_count, 1, CELL_MAX_THREADS,
			 &axes->threads))
		return -EINVAL;
	axes->pause_us = text->pause_us;
	if (text->sched)
		axes->sched = words_find(sched_words, text->sched);
	if (text->sched && axes->sched < 0) {
		diag_error("%s: scheduler '%s': wants other or fifo", name, text->sched);
		return -EINVAL;
	}
	axes->fs = text->fs;
	text->fs = (struct strings){ 0 };
	return 0;
}

static int take_suite(const char *name, struct suite_text *text, struct suite *suite)
{
	if (strcmp(text->schema, SUITE_SCHEMA) != 0) {
		diag_error("%s: schema '%s' is not known here: this syncfault reads %s", name,
			   text->schema, SUITE_SCHEMA);
		return -EINVAL;
	}
	suite->blocks = calloc(text->block_count + 1, sizeof(*suite->blocks));
	if (!suite->blocks)
		return diag_errno(ENOMEM, "%s", name);
	for (; suite->block_count < text->block_count; suite->block_count++)
		if (take_block(name, &text->blocks[suite->block_count],
			       &suite->blocks[suite->block_count]))
			return -EINVAL;
	suite->name = no_free(text->name);
	suite->summary = no_free(text->summary);
	return 0;
}

static int parse_suite(const char *text, size_t length, const char *name, struct suite *suite)
{
	struct suite_text parsed;
	int ret;

	json_init(suite_rows, &parsed);
	ret = json_read(text, length, name, suite_rows, &parsed);
	if (ret)
		return ret;
	ret = take_suite(name, &parsed, suite);
	json_clear(suite_rows, &parsed);
	if (ret)
		suite_free(suite);
	return ret;
}

static int refuse_name(const char *name)
{
	char names[1024] = "";
	size_t count, used = 0;
	const struct asset *assets = asset_list(&count);

	for (size_t i = 0; i < count && used < sizeof(names); i++)
		if (!strncmp(assets[i].name, "suites/", 7))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 used ? ", " : "", assets[i].name + 7);
	diag_error("no suite '%s': there is no such file, and the suites that come along are %s",
		   name, names);
	return -ENOENT;
}

static int read_suite_file(const char *path, struct suite *suite)
{
	auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	auto_free char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return refuse_name(path);
	if (fd < 0 || fstat(fd, &st))
		return diag_errno(errno, "open %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size > SUITE_MAX_BYTES) {
		diag_error("%s: no suite: it wants a file of at most %d bytes", path,
			   SUITE_MAX_BYTES);
		return -EINVAL;
	}
	text = malloc((size_t)st.st_size + 1);
	n = text ? read(fd, text, (size_t)st.st_size) : -1;
	if (n < 0)
		return diag_errno(errno, "read %s", path);
	return parse_suite(text, (size_t)n, path, suite);
}

int suite_read(const char *name_or_path, struct suite *suite)
{
	const struct asset *asset;
	char name[128];

	*suite = (struct suite){ 0 };
	snprintf(name, sizeof(name), "suites/%s", name_or_path);
	asset = asset_find(name);
	if (asset)
		return parse_suite(asset->text, asset->length, name_or_path, suite);
	return read_suite_file(name_or_path, suite);
}

void suite_free(struct suite *suite)
{
	for (size_t i = 0; i < suite->block_count; i++)
		strings_free(&suite->blocks[i].fs);
	free(suite->blocks);
	free(suite->name);
	free(suite->summary);
	*suite = (struct suite){ 0 };
}
