// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/index.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"

#ifdef HAS_SQLITE

#include <sha256.h>
#include <sqlite3.h>

#include "base/json.h"
#include "result/rows.h"

#define FORMAT	     1 /* an index of another one is rebuilt */
#define SETTLED_NS   2000000000
#define BUSY_TIME_MS 2000

enum statement { FIND_FILE, FIND_CELLS, PUT_FILE, PUT_CONFIG, PUT_CELL, LIST, FORGET, STATEMENTS };

static const char *const texts[STATEMENTS] = {
	[FIND_FILE] = "SELECT id, release, version, build_id, suite, machine, domain, cells "
		      "FROM file WHERE path = ? AND mtime_ns = ? AND size = ?",
	[FIND_CELLS] = "SELECT key, config.text, is_measured, p50, p90, p99, p999 FROM cell "
		       "JOIN config ON config.id = cell.config WHERE file = ? ORDER BY place",
	[PUT_FILE] = "INSERT OR REPLACE INTO file (path, mtime_ns, size, release, version, "
		     "build_id, suite, machine, domain, cells) VALUES (?,?,?,?,?,?,?,?,?,?)",
	[PUT_CONFIG] = "INSERT OR IGNORE INTO config (text) VALUES (?)",
	[PUT_CELL] = "INSERT INTO cell VALUES (?,?,?,(SELECT id FROM config WHERE text = ?),"
		     "?,?,?,?,?)",
	[LIST] = "SELECT id, path FROM file",
	[FORGET] = "DELETE FROM file WHERE id = ?",
};

/* Deleting a file deletes its cells. */
static const char schema[] =
	"PRAGMA foreign_keys = ON; BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS file (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, "
	"mtime_ns INTEGER, size INTEGER, release TEXT, version TEXT, build_id TEXT, suite TEXT, "
	"machine TEXT, domain INTEGER, cells INTEGER);"
	"CREATE TABLE IF NOT EXISTS config (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
	"CREATE TABLE IF NOT EXISTS cell (file INTEGER NOT NULL REFERENCES file (id) ON DELETE "
	"CASCADE, place INTEGER, key TEXT NOT NULL, config INTEGER NOT NULL REFERENCES config (id),"
	" is_measured INTEGER, p50 REAL, p90 REAL, p99 REAL, p999 REAL, "
	"PRIMARY KEY (file, place)) WITHOUT ROWID;";

struct index {
	char *path, *folder;
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENTS];
	bool is_dead;  /* told; nothing is read from it or written to it any more */
	bool is_fixed; /* cannot be written: read all the same */
};

/* Warns once, and is not used again. */
static void refuse(struct index *index, const char *why)
{
	if (!index->is_dead)
		diag_warning("index %s: %s: the results are read without it", index->path, why);
	index->is_dead = true;
}

static void give_up(struct index *index)
{
	char why[512];

	snprintf(why, sizeof(why), "%s (it can be deleted)", sqlite3_errmsg(index->database));
	refuse(index, why);
}

/* A link, say, which would have us write to what it leads to. */
static bool is_no_file(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static void free_index(struct index *index)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(index->statements[i]);
	sqlite3_close(index->database);
	free(index->path);
	free(index->folder);
	free(index);
}

static char *cache_folder(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int length = -1;

	if (cache && *cache == '/')
		length = asprintf(&path, "%s/syncfault", cache);
	else if (home && *home == '/')
		length = asprintf(&path, "%s/.cache/syncfault", home);
	return length < 0 ? NULL : path;
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	mkdir(path, 0700);
}

/* The cache is shared by folders: the file's name is of the folder's. */
static char *path_in_cache(const char *folder)
{
	auto_free char *cache = cache_folder(), *real = realpath(folder, NULL);
	char digest[SHA256_DIGEST_STRING_LENGTH], *path;

	if (!cache || !real)
		return NULL;
	make_folders(cache);
	SHA256Data((const uint8_t *)real, strlen(real), digest);
	return asprintf(&path, "%s/index-%.16s.sqlite", cache, digest) < 0 ? NULL : path;
}

/*
 * Takes path and returns it with a folder without symbolic links, because SQLite must not follow
 * any: whoever else can write to the folder could lead it anywhere.
 */
static char *resolve_folder(char *path)
{
	auto_free char *folder = NULL;
	char *slash = path ? strrchr(path, '/') : NULL, *real;

	if (!slash)
		return path;
	*slash = '\0';
	folder = realpath(path, NULL);
	*slash = '/';
	if (!folder || asprintf(&real, "%s%s", folder, slash) < 0)
		return path;
	free(path);
	return real;
}

static char *choose_path(const char *folder)
{
	char *path;

	if (access(folder, W_OK))
		return resolve_folder(path_in_cache(folder));
	return asprintf(&path, "%s/" INDEX_NAME, folder) < 0 ? NULL : resolve_folder(path);
}

static int run_text(struct index *index, const char *text)
{
	return sqlite3_exec(index->database, text, NULL, NULL, NULL);
}

static int read_format(struct index *index, int *format)
{
	sqlite3_stmt *statement;
	int ret = sqlite3_prepare_v2(index->database, "PRAGMA user_version", -1, &statement, NULL);

	if (ret)
		return ret;
	ret = sqlite3_step(statement);
	*format = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return ret == SQLITE_ROW ? SQLITE_OK : ret;
}

/* "NAME (…": as a whole, or of another format the name alone. */
static bool is_table(const char *text, bool is_whole)
{
	static const char *const names[] = { "file (", "config (", "cell (" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(text, names[i], strlen(names[i])))
			return !is_whole || strstr(schema, text);
	return false;
}

/*
 * Whether it is empty, or all there is was made from the text above. Another program's database,
 * which a link of our name may lead to, is not changed; and a view or a trigger, which might never
 * end, is not queried.
 */
static bool is_ours(struct index *index, int format)
{
	sqlite3_stmt *statement;
	int step, tables = 0, others = 0;

	if (sqlite3_prepare_v2(index->database, "SELECT sql FROM sqlite_master WHERE sql NOT NULL",
			       -1, &statement, NULL))
		return false;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *sql = (const char *)sqlite3_column_text(statement, 0);
		bool is_known = sql && !strncmp(sql, "CREATE TABLE ", 13) &&
				is_table(sql + 13, format == FORMAT);

		tables += is_known;
		others += !is_known;
	}
	sqlite3_finalize(statement);
	return step == SQLITE_DONE && !others && tables == (format ? 3 : 0);
}

static int make_tables(struct index *index, int format)
{
	char version[64];
	int ret = SQLITE_OK;

	if (format && format != FORMAT)
		ret = run_text(index, "DROP TABLE IF EXISTS cell; DROP TABLE IF EXISTS config; "
				      "DROP TABLE IF EXISTS file");
	if (!ret)
		ret = run_text(index, schema);
	snprintf(version, sizeof(version), "PRAGMA user_version = %d", FORMAT);
	return ret ? ret : run_text(index, version);
}

/* A new one is empty, so one that cannot be written is only useful if it has FORMAT. */
static int prepare(struct index *index)
{
	int format = 0, ret = read_format(index, &format);

	if (ret)
		return ret;
	if (!is_ours(index, format)) {
		refuse(index, "it was not made by syncfault");
		return SQLITE_MISUSE;
	}
	index->is_fixed = sqlite3_db_readonly(index->database, "main") == 1;
	if (!index->is_fixed)
		ret = make_tables(index, format);
	for (size_t i = 0; !ret && i < STATEMENTS; i++)
		ret = sqlite3_prepare_v2(index->database, texts[i], -1, &index->statements[i],
					 NULL);
	return ret;
}

struct index *index_open(const char *folder)
{
	struct index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	index->folder = strdup(folder);
	index->path = choose_path(folder);
	if (!index->path || !index->folder) {
		free_index(index);
		return NULL;
	}
	if (is_no_file(index->path)) {
		refuse(index, "it is no file");
		free_index(index);
		return NULL;
	}
	if (sqlite3_open_v2(index->path, &index->database,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
			    NULL) ||
	    sqlite3_busy_timeout(index->database, BUSY_TIME_MS) || prepare(index)) {
		give_up(index);
		free_index(index);
		return NULL;
	}
	return index;
}

/* Of a file below the folder: what holds where the folder is moved. */
static const char *relative(const struct index *index, const char *path)
{
	path += strlen(index->folder);
	return path + strspn(path, "/");
}

static char *column_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text ? strdup((const char *)text) : NULL;
}

static double column_figure(sqlite3_stmt *statement, int column)
{
	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return NAN;
	return sqlite3_column_double(statement, column);
}

/* Values that make no sense were not written by us: -EINVAL, and the file is read instead. */
static int take_cell(struct index *index, sqlite3_stmt *statement, struct run_cell *cell)
{
	const char *config = (const char *)sqlite3_column_text(statement, 1);

	cell->key = column_text(statement, 0);
	if (!cell->key || !config ||
	    json_read(config, strlen(config), index->path, config_rows, &cell->config))
		return -EINVAL;
	cell->is_measured = sqlite3_column_int(statement, 2);
	for (int i = 0; i < FIGURES_WITH_HISTORY; i++)
		cell->figures[i] = column_figure(statement, 3 + i);
	return 0;
}

static int take_cells(struct index *index, sqlite3_int64 file, size_t count,
		      struct history_run *run)
{
	sqlite3_stmt *statement = index->statements[FIND_CELLS];
	int ret = 0, step;

	run->cells = count <= RESULT_MAX_CELLS ? calloc(count + 1, sizeof(*run->cells)) : NULL;
	if (!run->cells)
		return -EINVAL;
	sqlite3_bind_int64(statement, 1, file);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW && !ret)
		ret = run->cell_count < count
			      ? take_cell(index, statement, &run->cells[run->cell_count++])
			      : -EINVAL;
	sqlite3_reset(statement);
	if (step != SQLITE_DONE && !ret)
		give_up(index);
	return ret || step != SQLITE_DONE || run->cell_count != count ? -EINVAL : 0;
}

static int take_file(struct index *index, sqlite3_stmt *statement, struct history_run *run)
{
	run->release = column_text(statement, 1);
	run->version = column_text(statement, 2);
	run->build_id = column_text(statement, 3);
	run->suite = column_text(statement, 4);
	run->machine = column_text(statement, 5);
	run->domain = sqlite3_column_int(statement, 6);
	if (!run->release || !run->version || !run->suite || !run->machine ||
	    (run->domain != DOMAIN_TIME && run->domain != DOMAIN_INSTRUCTIONS))
		return -EINVAL;
	return take_cells(index, sqlite3_column_int64(statement, 0),
			  (size_t)sqlite3_column_int64(statement, 7), run);
}

int index_find(struct index *index, const struct result_file *file, struct history_run *run)
{
	sqlite3_stmt *statement;
	int ret = -ENOENT, step;

	*run = (struct history_run){ 0 };
	if (!index || index->is_dead)
		return -ENOENT;
	statement = index->statements[FIND_FILE];
	sqlite3_bind_text(statement, 1, relative(index, file->path), -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)file->state.mtime_ns);
	sqlite3_bind_int64(statement, 3, (sqlite3_int64)file->state.size);
	step = sqlite3_step(statement);
	if (step == SQLITE_ROW)
		ret = take_file(index, statement, run);
	else if (step != SQLITE_DONE)
		give_up(index);
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

static int put_file(struct index *index, const struct result_file *file,
		    const struct history_run *run)
{
	sqlite3_stmt *statement = index->statements[PUT_FILE];
	const char *const strings[] = { run->release, run->version, run->build_id, run->suite,
					run->machine };

	sqlite3_bind_text(statement, 1, relative(index, file->path), -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)file->state.mtime_ns);
	sqlite3_bind_int64(statement, 3, (sqlite3_int64)file->state.size);
	for (int i = 0; i < 5; i++)
		if (strings[i])
			sqlite3_bind_text(statement, 4 + i, strings[i], -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 9, run->domain);
	sqlite3_bind_int64(statement, 10, (sqlite3_int64)run->cell_count);
	return step_once(statement);
}

static int put_cell(struct index *index, sqlite3_int64 file, int place, const struct run_cell *cell)
{
	sqlite3_stmt *config = index->statements[PUT_CONFIG];
	sqlite3_stmt *statement = index->statements[PUT_CELL];
	auto_free char *text = NULL;
	size_t length;
	int ret;

	if (json_write_line(config_rows, &cell->config, &text, &length))
		return SQLITE_NOMEM;
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

static bool has_settled(const struct result_file *file)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec >
	       file->state.mtime_ns + SETTLED_NS;
}

void index_put(struct index *index, const struct result_file *file, const struct history_run *run)
{
	int ret;

	if (!index || index->is_dead || index->is_fixed || !run->release || !has_settled(file))
		return;
	ret = put_file(index, file, run);
	if (!ret) {
		sqlite3_int64 id = sqlite3_last_insert_rowid(index->database);

		for (size_t i = 0; !ret && i < run->cell_count; i++)
			ret = put_cell(index, id, (int)i, &run->cells[i]);
	}
	if (ret)
		give_up(index);
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

/* Those that are gone: their rows would never be asked for again. */
static int forget(struct index *index, const struct result_files *files)
{
	sqlite3_stmt *list = index->statements[LIST];
	int ret = SQLITE_OK, step;

	while (!ret && (step = sqlite3_step(list)) == SQLITE_ROW) {
		const char *path = (const char *)sqlite3_column_text(list, 1);

		if (path && is_there(index, files, path))
			continue;
		sqlite3_bind_int64(index->statements[FORGET], 1, sqlite3_column_int64(list, 0));
		ret = step_once(index->statements[FORGET]);
	}
	sqlite3_reset(list);
	return ret;
}

void index_close(struct index *index, const struct result_files *files)
{
	if (!index)
		return;
	if (!index->is_dead && !index->is_fixed &&
	    (forget(index, files) || run_text(index, "COMMIT")))
		give_up(index);
	free_index(index); /* what was not committed is undone */
}

#else /* what uses it then reads the files, each time */

struct index *index_open(const char *folder)
{
	(void)folder;
	return NULL;
}

int index_find(struct index *index, const struct result_file *file, struct history_run *run)
{
	(void)index;
	(void)file;
	*run = (struct history_run){ 0 };
	return -ENOENT;
}

void index_put(struct index *index, const struct result_file *file, const struct history_run *run)
{
	(void)index;
	(void)file;
	(void)run;
}

void index_close(struct index *index, const struct result_files *files)
{
	(void)index;
	(void)files;
}

#endif
