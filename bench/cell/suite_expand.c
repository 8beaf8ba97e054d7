// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "cell/suite.h"

#define DEFAULT_PAGES 512

static const struct word_list *pick_words(const struct word_list *over, const struct word_list *own,
					  const struct word_list *otherwise)
{
	return over->count ? over : own->count ? own : otherwise;
}

static const struct number_list *pick_numbers(const struct number_list *over,
					      const struct number_list *own,
					      const struct number_list *otherwise)
{
	return over->count ? over : own->count ? own : otherwise;
}

/* The block with overrides and defaults applied; fs still belongs to where it came from. */
static struct cell_axes resolve(const struct cell_axes *own, const struct cell_axes *over)
{
	static const struct word_list unknown = { 1, { -1 } }, hole = { 1, { STATE_HOLE } };
	static const struct word_list first = { 1, { 0 } };
	static const struct number_list pages = { 1, { DEFAULT_PAGES } }, one = { 1, { 1 } };
	static const struct number_list zero = { 1, { 0 } };

	return (struct cell_axes){
		.fs = over->fs.count ? over->fs : own->fs,
		.dax = *pick_words(&over->dax, &own->dax, &unknown),
		.state = *pick_words(&over->state, &own->state, &hole),
		.load = *pick_words(&over->load, &own->load, &first),
		.sync = *pick_words(&over->sync, &own->sync, &first),
		.commit = *pick_words(&over->commit, &own->commit, &first),
		.dirty_kind = *pick_words(&over->dirty_kind, &own->dirty_kind, &first),
		.remap = *pick_words(&over->remap, &own->remap, &first),
		.attribute = *pick_words(&over->attribute, &own->attribute, &first),
		.interface = *pick_words(&over->interface, &own->interface, &first),
		.dirty = *pick_numbers(&over->dirty, &own->dirty, &zero),
		.access = *pick_words(&over->access, &own->access, &first),
		.page = *pick_words(&over->page, &own->page, &first),
		.files = *pick_words(&over->files, &own->files, &first),
		.pages = *pick_numbers(&over->pages, &own->pages, &pages),
		.threads = *pick_numbers(&over->threads, &own->threads, &one),
		.pause_us = over->pause_us != U64_ABSENT ? over->pause_us : own->pause_us,
		.sched = over->sched >= 0 ? over->sched : own->sched,
	};
}

/* Takes the lowest digit of *index in the mixed radix of the axes. */
static size_t take_digit(size_t *index, size_t radix)
{
	size_t digit = *index % radix;

	*index /= radix;
	return digit;
}

static int make_cell(const struct cell_axes *axes, size_t index, struct cell_config *cell)
{
	*cell = (struct cell_config){ .pause_us = axes->pause_us, .sched = axes->sched };
	cell->sync = axes->sync.words[take_digit(&index, axes->sync.count)];
	cell->commit = axes->commit.words[take_digit(&index, axes->commit.count)];
	cell->load = axes->load.words[take_digit(&index, axes->load.count)];
	cell->state = axes->state.words[take_digit(&index, axes->state.count)];
	cell->access = axes->access.words[take_digit(&index, axes->access.count)];
	cell->files = axes->files.words[take_digit(&index, axes->files.count)];
	cell->threads = axes->threads.numbers[take_digit(&index, axes->threads.count)];
	cell->pages = axes->pages.numbers[take_digit(&index, axes->pages.count)];
	cell->dirty = axes->dirty.numbers[take_digit(&index, axes->dirty.count)];
	cell->dirty_kind = axes->dirty_kind.words[take_digit(&index, axes->dirty_kind.count)];
	cell->remap = axes->remap.words[take_digit(&index, axes->remap.count)];
	cell->attribute = axes->attribute.words[take_digit(&index, axes->attribute.count)];
	cell->interface = axes->interface.words[take_digit(&index, axes->interface.count)];
	cell->page = axes->page.words[take_digit(&index, axes->page.count)];
	cell->dax = axes->dax.words[take_digit(&index, axes->dax.count)];
	return cell_set_fs(cell, axes->fs.items[index]);
}

static size_t count_cells(const struct cell_axes *axes)
{
	size_t factors[] = { axes->fs.count,	     axes->dax.count,	 axes->state.count,
			     axes->load.count,	     axes->sync.count,	 axes->access.count,
			     axes->page.count,	     axes->files.count,	 axes->pages.count,
			     axes->threads.count,    axes->commit.count, axes->dirty.count,
			     axes->dirty_kind.count, axes->remap.count,	 axes->attribute.count,
			     axes->interface.count };
	size_t product = 1;

	for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
		product *= factors[i];
		if (product > SUITE_MAX_CELLS)
			return SUITE_MAX_CELLS + 1;
	}
	return product;
}

static void free_cells(struct cell_config *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cell_free(&cells[i]);
	free(cells);
}

static int append_block(const struct cell_axes *axes, struct cell_config **cells, size_t *count)
{
	size_t more = count_cells(axes);
	struct cell_config *grown;

	if (more + *count > SUITE_MAX_CELLS) {
		diag_error("more than %d cells", SUITE_MAX_CELLS);
		return -EINVAL;
	}
	grown = reallocarray(*cells, *count + more + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*cells = grown;
	for (size_t i = 0; i < more; i++, (*count)++) {
		int ret = make_cell(axes, i, &grown[*count]);

		if (ret == -EINVAL)
			diag_error("file system '%s': wants NAME[:MKFS-OPTIONS[:MOUNT-OPTIONS]]",
				   axes->fs.items[i * axes->fs.count / more]);
		if (ret)
			return ret;
	}
	return 0;
}

struct keyed {
	char *key;
	size_t index; /* of the cell */
};

static int compare_keys(const void *left, const void *right)
{
	const struct keyed *a = left, *b = right;
	int order = strcmp(a->key, b->key);

	return order ? order : (a->index > b->index) - (a->index < b->index);
}

static void free_keys(struct keyed *keys, size_t count)
{
	for (size_t i = 0; keys && i < count; i++)
		free(keys[i].key);
	free(keys);
}

/* The DAX mode may not be known yet; that is the same for all cells of one such block. */
static int make_key(const struct cell_config *config, char **key)
{
	struct cell_config cell = *config;
	int ret;

	cell.dax = cell.dax < 0 ? 0 : cell.dax;
	*key = malloc(CELL_KEY_SIZE);
	ret = *key ? cell_key(&cell, *key, CELL_KEY_SIZE) : -ENOMEM;
	if (ret == -ENAMETOOLONG)
		diag_error("a cell's key is longer than %d bytes", CELL_KEY_SIZE - 1);
	return ret;
}

/* Sorted by key, then by place; the caller frees *keys with free_keys. */
static int make_keys(const struct cell_config *cells, size_t count, struct keyed **keys)
{
	struct keyed *made = calloc(count + 1, sizeof(*made));
	int ret = made ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !ret; i++) {
		made[i].index = i;
		ret = make_key(&cells[i], &made[i].key);
	}
	if (ret) {
		free_keys(made, count);
		return ret;
	}
	qsort(made, count, sizeof(*made), compare_keys);
	*keys = made;
	return 0;
}

static int refuse_duplicates(const struct cell_config *cells, size_t count)
{
	struct keyed *keys;
	int ret = make_keys(cells, count, &keys);

	if (ret)
		return ret;
	for (size_t i = 1; i < count && !ret; i++)
		if (strcmp(keys[i - 1].key, keys[i].key) == 0) {
			diag_error("two cells have the key %s", keys[i].key);
			ret = -EINVAL;
		}
	free_keys(keys, count);
	return ret;
}

/* What a key leaves out: cells with the same key that differ in it cannot replace each other. */
static bool is_same_cell(const struct cell_config *a, const struct cell_config *b)
{
	return a->dax == b->dax && a->pause_us == b->pause_us && a->sched == b->sched;
}

/* Marks what repeats an earlier cell. */
static int find_repeated(const struct cell_config *cells, const struct keyed *keys, size_t count,
			 bool *is_repeated)
{
	for (size_t i = 1, first = 0; i < count; i++) {
		if (strcmp(keys[first].key, keys[i].key) != 0) {
			first = i;
			continue;
		}
		if (!is_same_cell(&cells[keys[first].index], &cells[keys[i].index])) {
			diag_error("two cells have the key %s, and another DAX mode, pause or "
				   "scheduler each",
				   keys[i].key);
			return -EINVAL;
		}
		is_repeated[keys[i].index] = true;
	}
	return 0;
}

/* The first of each stays where it was. */
static void drop_cells(struct cell_config *cells, size_t *count, const bool *is_dropped)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++) {
		if (is_dropped[i])
			cell_free(&cells[i]);
		else
			cells[kept++] = cells[i];
	}
	*count = kept;
}

static int drop_repeated(struct cell_config *cells, size_t *count)
{
	bool *is_repeated = calloc(*count + 1, sizeof(*is_repeated));
	struct keyed *keys = NULL;
	int ret = is_repeated ? make_keys(cells, *count, &keys) : -ENOMEM;
	size_t key_count = *count;

	if (!ret)
		ret = find_repeated(cells, keys, *count, is_repeated);
	if (!ret)
		drop_cells(cells, count, is_repeated);
	free_keys(keys, key_count);
	free(is_repeated);
	return ret;
}

/* Blocks that the overrides made equal are one; a block that repeats itself is refused. */
static int expand_blocks(const struct suite *suite, const struct cell_axes *overrides,
			 struct cell_config **cells, size_t *count)
{
	int ret = 0;

	for (size_t i = 0; i < suite->block_count && !ret; i++) {
		struct cell_axes axes = resolve(&suite->blocks[i], overrides);
		size_t before = *count;

		ret = append_block(&axes, cells, count);
		if (!ret)
			ret = refuse_duplicates(*cells + before, *count - before);
	}
	return ret ? ret : drop_repeated(*cells, count);
}

/* The file's own blocks must differ, whatever overrides turn them into. */
static int check_file(const struct suite *suite, const struct cell_axes *overrides)
{
	struct cell_config *cells = NULL;
	struct cell_axes nothing;
	size_t count = 0;
	int ret = 0;

	cell_axes_init(&nothing);
	for (size_t i = 0; i < suite->block_count && !ret; i++) {
		struct cell_axes axes = resolve(&suite->blocks[i], &nothing);

		if (!axes.fs.count)
			axes.fs = overrides->fs;
		ret = append_block(&axes, &cells, &count);
	}
	if (!ret)
		ret = refuse_duplicates(cells, count);
	free_cells(cells, count);
	return ret;
}

int suite_expand(const struct suite *suite, const struct cell_axes *overrides,
		 struct cell_config **cells, size_t *count)
{
	int ret;

	*cells = NULL;
	*count = 0;
	ret = check_file(suite, overrides);
	if (!ret)
		ret = expand_blocks(suite, overrides, cells, count);
	if (!ret && *count == 0) {
		diag_error("suite %s: no cells (is --fs missing?)", suite->name);
		ret = -EINVAL;
	}
	if (ret)
		free_cells(*cells, *count);
	return ret == -ENOMEM ? diag_errno(ENOMEM, "make the list of cells") : ret;
}
