// SPDX-License-Identifier: GPL-2.0-or-later
#include "dashboard/files.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/diag.h"

/* Reads one more; 1: left out, as the file is another one than the history was made from. */
static int read_again(const struct history *history, const struct history_result *place,
		      struct results *results)
{
	auto_result_text struct result_text text;
	int ret = result_text_read(place->path, history->root, &text);

	if (!ret && memcmp(text.digest, place->digest, sizeof(text.digest)) != 0) {
		diag_warning("%s: left out, it changed while the folder was read", place->path);
		return 1;
	}
	if (!ret)
		ret = results_add_text(results, place->path, &text);
	if (ret)
		return ret;
	ret = history_has_place(history, place->build, place->track,
				&results->items[results->count - 1]);
	if (ret < 0)
		return diag_errno(-ret, "%s", place->path);
	if (!ret)
		results_drop(results, results->count - 1);
	return !ret;
}

/* Only these are read, which keeps it fast in a large folder. 1: some could not be used. */
static int read_all(const struct history *history, size_t build, size_t track,
		    struct results *results)
{
	bool is_partial = false;

	for (size_t i = 0; i < history->files; i++) {
		const struct history_result *place = &history->results[i];
		int ret;

		if (place->build != build || place->track != track)
			continue;
		ret = read_again(history, place, results);
		if (ret == -ENOMEM)
			return ret;
		is_partial |= ret != 0;
	}
	if (results->count)
		return is_partial;
	diag_error("dashboard: the results of %s have gone while they were read",
		   history->builds[build].release);
	return -ENODATA;
}

/* Keeps those that form a set with the result that has the most cells; returns how many do not. */
static size_t keep_one_set(struct results *results)
{
	struct result leader = results->items[0]; /* its pointers are not its own */
	size_t dropped = 0;

	for (size_t i = 1; i < results->count; i++)
		if (results->items[i].cell_count > leader.cell_count)
			leader = results->items[i];
	for (size_t i = results->count; i-- > 0;)
		if (result_set_difference(&leader, &results->items[i])) {
			results_drop(results, i);
			dropped++;
		}
	return dropped;
}

int page_read_build(const struct history *history, size_t build, size_t track,
		    struct result_set *set, size_t *set_aside)
{
	auto_results struct results results = { 0 };
	int partial = read_all(history, build, track, &results), ret;

	if (partial < 0)
		return partial;
	*set_aside = keep_one_set(&results);
	ret = result_set_take(history->builds[build].release, &results, set);
	return ret ? ret : partial;
}
