// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/index.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/diag.h"

#ifdef HAS_SQLITE

#include <sha2.h>

#include "base/json.h"
#include "history/private.h"
#include "result/rows.h"

#define SETTLED_NS 2000000000
#define MOST_ROWS  1000000 /* of files; as many as a walk looks at */

/* Of a file below the folder: what holds where the folder is named in another way. */
static const char *relative(const struct index *index, const char *path)
{
	path += strlen(index->folder);
	return path + strspn(path, "/");
}

/*
 * The seal: a digest of all that the rows of a file say, each value with its kind and length. It is
 * against damage: whoever can write to the index can also seal it.
 */
static void seal_bytes(SHA2_CTX *seal, char kind, const void *bytes, size_t length)
{
	const uint64_t size = length;

	SHA256Update(seal, (const uint8_t *)&kind, 1);
	SHA256Update(seal, (const uint8_t *)&size, sizeof(size));
	SHA256Update(seal, bytes, length);
}

static void seal_text(SHA2_CTX *seal, const char *text)
{
	seal_bytes(seal, text ? 't' : '-', text ? text : "", text ? strlen(text) : 0);
}

static void seal_number(SHA2_CTX *seal, int64_t number)
{
	seal_bytes(seal, 'i', &number, sizeof(number));
}

static void seal_figure(SHA2_CTX *seal, double figure)
{
	seal_bytes(seal, isnan(figure) ? '-' : 'r', &figure, isnan(figure) ? 0 : sizeof(figure));
}

static void seal_file(SHA2_CTX *seal, const struct index *index, const char *path,
		      const struct file_state *state, const struct history_run *run)
{
	SHA256Init(seal);
	seal_text(seal, index->real);
	seal_text(seal, relative(index, path));
	seal_number(seal, (int64_t)state->inode);
	seal_number(seal, (int64_t)state->size);
	seal_number(seal, (int64_t)state->mtime_ns);
	seal_number(seal, (int64_t)state->ctime_ns);
	seal_bytes(seal, 'b', run->digest, sizeof(run->digest));
	seal_text(seal, run->release);
	seal_text(seal, run->version);
	seal_text(seal, run->build_id);
	seal_text(seal, run->suite);
	seal_text(seal, run->machine);
	seal_number(seal, run->domain);
	seal_number(seal, (int64_t)run->cell_count);
}

/* config is the text of the cell's. */
static void seal_cell(SHA2_CTX *seal, int64_t place, const struct run_cell *cell,
		      const char *config)
{
	seal_number(seal, place);
	seal_text(seal, cell->key);
	seal_text(seal, config);
	seal_number(seal, cell->is_measured);
	for (int i = 0; i < FIGURES_WITH_HISTORY; i++)
		seal_figure(seal, cell->figures[i]);
}

/* What has a NUL in it was not written by us. */
static const char *column_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text && strlen(text) == (size_t)sqlite3_column_bytes(statement, column) ? text
										       : NULL;
}

static char *copy_text(sqlite3_stmt *statement, int column)
{
	const char *text = column_text(statement, column);

	return text ? strdup(text) : NULL;
}

static double column_figure(sqlite3_stmt *statement, int column)
{
	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return NAN;
	return sqlite3_column_double(statement, column);
}

static bool take_digest(sqlite3_stmt *statement, int column, uint8_t *digest)
{
	const void *bytes = sqlite3_column_blob(statement, column);

	if (!bytes || sqlite3_column_bytes(statement, column) != RESULT_DIGEST_SIZE)
		return false;
	memcpy(digest, bytes, RESULT_DIGEST_SIZE);
	return true;
}

static uint64_t column_u64(sqlite3_stmt *statement, int column)
{
	return (uint64_t)sqlite3_column_int64(statement, column);
}

/* The row of a file, as it is: nothing in it has been checked but the digests' sizes. */
struct row {
	sqlite3_int64 id;
	struct file_state state;
	uint8_t seal[RESULT_DIGEST_SIZE];
};

static int take_row(sqlite3_stmt *statement, struct row *row, struct history_run *run)
{
	row->id = sqlite3_column_int64(statement, 0);
	row->state = (struct file_state){ .inode = column_u64(statement, 1),
					  .size = column_u64(statement, 2),
					  .mtime_ns = column_u64(statement, 3),
					  .ctime_ns = column_u64(statement, 4) };
	run->release = copy_text(statement, 6);
	run->version = copy_text(statement, 7);
	run->build_id = copy_text(statement, 8);
	run->suite = copy_text(statement, 9);
	run->machine = copy_text(statement, 10);
	run->domain = sqlite3_column_int(statement, 11);
	run->cell_count = 0;
	if (!take_digest(statement, 5, run->digest) || !take_digest(statement, 13, row->seal))
		return -EINVAL;
	return 0;
}

/* The texts of configs are read only when the seal has been found whole. */
static int take_cell(sqlite3_stmt *statement, SHA2_CTX *seal, struct run_cell *cell, char **config)
{
	cell->key = copy_text(statement, 1);
	*config = copy_text(statement, 2);
	cell->is_measured = sqlite3_column_int(statement, 3) != 0;
	for (int i = 0; i < FIGURES_WITH_HISTORY; i++)
		cell->figures[i] = column_figure(statement, 4 + i);
	if (!cell->key || !*config)
		return -EINVAL;
	seal_cell(seal, sqlite3_column_int64(statement, 0), cell, *config);
	return 0;
}

static int take_cells(struct index *index, const struct row *row, SHA2_CTX *seal, size_t count,
		      struct history_run *run, struct strings *configs)
{
	sqlite3_stmt *statement = index->statements[INDEX_FIND_CELLS];
	int ret = 0, step;

	sqlite3_bind_int64(statement, 1, row->id);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW && !ret) {
		if (run->cell_count == count)
			ret = -EINVAL;
		else
			ret = take_cell(statement, seal, &run->cells[run->cell_count],
					&configs->items[run->cell_count]);
		run->cell_count += run->cell_count < count;
	}
	configs->count = run->cell_count;
	sqlite3_reset(statement);
	if (step != SQLITE_DONE && !ret)
		index_give_up(index);
	return ret || step != SQLITE_DONE || run->cell_count != count ? -EINVAL : 0;
}

static int read_configs(struct index *index, const struct strings *configs, struct history_run *run)
{
	for (size_t i = 0; i < run->cell_count; i++)
		if (json_read(configs->items[i], strlen(configs->items[i]), index->path,
			      config_rows, &run->cells[i].config))
			return -EINVAL;
	return history_run_check(run) ? -EINVAL : 0;
}

static int take_file(struct index *index, const char *path, const struct row *row, size_t count,
		     struct history_run *run)
{
	auto_release(strings_free) struct strings configs = { 0 };
	uint8_t digest[RESULT_DIGEST_SIZE];
	SHA2_CTX seal;

	if (count > RESULT_MAX_CELLS)
		return -EINVAL;
	run->cells = calloc(count + 1, sizeof(*run->cells));
	configs.items = calloc(count + 1, sizeof(*configs.items));
	if (!run->cells || !configs.items)
		return -ENOMEM;
	run->cell_count = count;
	seal_file(&seal, index, path, &row->state, run);
	run->cell_count = 0;
	if (take_cells(index, row, &seal, count, run, &configs))
		return -EINVAL;
	SHA256Final(digest, &seal);
	if (memcmp(digest, row->seal, sizeof(digest)) != 0)
		return -EINVAL;
	return read_configs(index, &configs, run);
}

/* The file is read instead, and put again. */
static void report_damage(struct index *index)
{
	if (!index->is_damaged && !index->is_dead)
		diag_warning("index %s: a row is damaged: the results of such rows are read again",
			     index->path);
	index->is_damaged = true;
}

/* -ENOENT: another state, or another text. */
static int take(struct index *index, sqlite3_stmt *statement, const char *path,
		const struct file_state *state, const uint8_t *digest, struct history_run *run)
{
	struct row row;
	size_t count = (size_t)sqlite3_column_int64(statement, 12);
	int ret = take_row(statement, &row, run);

	if (state && !file_state_is_same(state, &row.state))
		return -ENOENT;
	if (!ret && digest && memcmp(digest, run->digest, sizeof(run->digest)) != 0)
		return -ENOENT;
	if (!ret)
		ret = take_file(index, path, &row, count, run);
	if (ret == -EINVAL)
		report_damage(index);
	return ret;
}

int index_find(struct index *index, const char *path, const struct file_state *state,
	       const uint8_t *digest, struct history_run *run)
{
	sqlite3_stmt *statement;
	int ret = -ENOENT, step;

	*run = (struct history_run){ 0 };
	if (!index || index->is_dead)
		return -ENOENT;
	index_begin(index);
	statement = index->statements[INDEX_FIND_FILE];
	sqlite3_bind_text(statement, 1, relative(index, path), -1, SQLITE_STATIC);
	step = sqlite3_step(statement);
	if (step == SQLITE_ROW)
		ret = take(index, statement, path, state, digest, run);
	else if (step != SQLITE_DONE)
		index_give_up(index);
	sqlite3_reset(statement);
	if (!ret)
		return 0;
	history_run_free(run);
	return -ENOENT;
}

static int step_once(sqlite3_stmt *statement)
{
	int ret = sqlite3_step(statement);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return ret == SQLITE_DONE || ret == SQLITE_ROW ? SQLITE_OK : ret;
}

static int forget(struct index *index, const char *path)
{
	static const enum index_statement both[] = { INDEX_FORGET_CELLS, INDEX_FORGET_FILE };
	int ret = SQLITE_OK;

	for (size_t i = 0; !ret && i < 2; i++) {
		sqlite3_bind_text(index->statements[both[i]], 1, path, -1, SQLITE_STATIC);
		ret = step_once(index->statements[both[i]]);
	}
	return ret;
}

static int put_file(struct index *index, const char *path, const struct file_state *state,
		    const struct history_run *run)
{
	sqlite3_stmt *statement = index->statements[INDEX_PUT_FILE];
	const char *const strings[] = { run->release, run->version, run->build_id, run->suite,
					run->machine };

	sqlite3_bind_text(statement, 1, relative(index, path), -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)state->inode);
	sqlite3_bind_int64(statement, 3, (sqlite3_int64)state->size);
	sqlite3_bind_int64(statement, 4, (sqlite3_int64)state->mtime_ns);
	sqlite3_bind_int64(statement, 5, (sqlite3_int64)state->ctime_ns);
	sqlite3_bind_blob(statement, 6, run->digest, sizeof(run->digest), SQLITE_STATIC);
	for (int i = 0; i < 5; i++)
		if (strings[i])
			sqlite3_bind_text(statement, 7 + i, strings[i], -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 12, run->domain);
	sqlite3_bind_int64(statement, 13, (sqlite3_int64)run->cell_count);
	return step_once(statement);
}

static int put_cell(struct index *index, sqlite3_int64 file, int place, const struct run_cell *cell,
		    SHA2_CTX *seal)
{
	sqlite3_stmt *config = index->statements[INDEX_PUT_CONFIG];
	sqlite3_stmt *statement = index->statements[INDEX_PUT_CELL];
	auto_free char *text = NULL;
	size_t length;
	int ret;

	if (json_write_line(config_rows, &cell->config, &text, &length))
		return SQLITE_NOMEM;
	seal_cell(seal, place, cell, text);
	sqlite3_bind_text(config, 1, text, -1, SQLITE_STATIC);
	ret = step_once(config);
	sqlite3_bind_int64(statement, 1, file);
	sqlite3_bind_int(statement, 2, place);
	sqlite3_bind_text(statement, 3, cell->key, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, text, -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 5, cell->is_measured);
	for (int i = 0; i < FIGURES_WITH_HISTORY; i++)
		if (!isnan(cell->figures[i]))
			sqlite3_bind_double(statement, 6 + i, cell->figures[i]);
	return ret ? ret : step_once(statement);
}

static int put_seal(struct index *index, sqlite3_int64 file, SHA2_CTX *seal)
{
	sqlite3_stmt *statement = index->statements[INDEX_SEAL];
	uint8_t digest[RESULT_DIGEST_SIZE];

	SHA256Final(digest, seal);
	sqlite3_bind_blob(statement, 1, digest, sizeof(digest), SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, file);
	return step_once(statement);
}

static bool has_settled(const struct file_state *state)
{
	uint64_t last = state->mtime_ns > state->ctime_ns ? state->mtime_ns : state->ctime_ns;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return state->inode &&
	       (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec > last + SETTLED_NS;
}

void index_put(struct index *index, const char *path, const struct file_state *state,
	       const struct history_run *run)
{
	sqlite3_int64 id;
	SHA2_CTX seal;
	int ret;

	if (!index || index->is_dead || index->is_fixed || !run->release || !has_settled(state) ||
	    history_run_check(run))
		return;
	index_begin(index);
	ret = forget(index, relative(index, path));
	if (!ret)
		ret = put_file(index, path, state, run);
	id = sqlite3_last_insert_rowid(index->database);
	seal_file(&seal, index, path, state, run);
	for (size_t i = 0; !ret && i < run->cell_count; i++)
		ret = put_cell(index, id, (int)i, &run->cells[i], &seal);
	if (!ret)
		ret = put_seal(index, id, &seal);
	if (ret)
		index_give_up(index);
}

static bool is_there(const struct index *index, const struct result_files *files, const char *path)
{
	size_t low = 0, high = files->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, relative(index, files->items[middle].path));

		if (!order)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* What is in the index, and not in files. */
static int list_gone(struct index *index, const struct result_files *files, struct strings *gone)
{
	sqlite3_stmt *list = index->statements[INDEX_LIST];
	size_t rows = 0;
	int ret = SQLITE_OK, step;

	while ((step = sqlite3_step(list)) == SQLITE_ROW && !ret) {
		const char *path = column_text(list, 0);

		if (++rows > MOST_ROWS)
			ret = SQLITE_CORRUPT;
		else if (path && !is_there(index, files, path) && strings_add(gone, path))
			ret = SQLITE_NOMEM;
	}
	sqlite3_reset(list);
	return ret || step == SQLITE_DONE ? ret : step;
}

/* Those that are gone: their rows would never be asked for again, nor configs that were theirs. */
static int forget_gone(struct index *index, const struct result_files *files)
{
	auto_release(strings_free) struct strings gone = { 0 };
	int ret = list_gone(index, files, &gone);

	for (size_t i = 0; !ret && i < gone.count; i++) {
		index_begin(index);
		ret = forget(index, gone.items[i]);
	}
	if (ret || !gone.count)
		return ret;
	return index_run_text(index,
			      "DELETE FROM config WHERE id NOT IN (SELECT config FROM cell)");
}

void index_close(struct index *index, const struct result_files *files)
{
	if (!index)
		return;
	index_begin(index);
	if (!index->is_dead && !index->is_fixed &&
	    (forget_gone(index, files) || index_run_text(index, "COMMIT")))
		index_give_up(index);
	index_free(index); /* what was not committed is undone */
}

#else /* what uses it then reads the files, each time */

struct index *index_open(const char *folder)
{
	(void)folder;
	return NULL;
}

int index_find(struct index *index, const char *path, const struct file_state *state,
	       const uint8_t *digest, struct history_run *run)
{
	(void)index;
	(void)path;
	(void)state;
	(void)digest;
	*run = (struct history_run){ 0 };
	return -ENOENT;
}

void index_put(struct index *index, const char *path, const struct file_state *state,
	       const struct history_run *run)
{
	(void)index;
	(void)path;
	(void)state;
	(void)run;
}

void index_close(struct index *index, const struct result_files *files)
{
	(void)index;
	(void)files;
}

#endif
