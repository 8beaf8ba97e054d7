// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/index.h"

#ifdef HAS_SQLITE

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache.h"
#include "base/diag.h"
#include "base/order.h"
#include "base/strings.h"
#include "history/private.h"

#define FORMAT	     2 /* an index of another one is rebuilt */
#define BUSY_TIME_MS 2000
#define MOST_KEPT    64	       /* indexes in the cache */
#define MAX_BYTES    (1 << 20) /* of a row: a result's texts and what they grow to */
#define MAX_PAGES    "262144"
#define STEP	     10000
#define MOST_STEPS   10000 /* a second or two */

static const char *const texts[INDEX_STATEMENTS] = {
	[INDEX_FIND_FILE] = ("SELECT id, inode, size, mtime_ns, ctime_ns, text, release, version, "
			     "build_id, suite, machine, domain, cells, seal FROM file "
			     "WHERE path = ?"),
	[INDEX_FIND_CELLS] = ("SELECT place, key, config.text, is_measured, p50, p90, p99, p999 "
			      "FROM cell JOIN config ON config.id = cell.config WHERE file = ? "
			      "ORDER BY place"),
	[INDEX_FORGET_CELLS] = ("DELETE FROM cell WHERE file IN "
				"(SELECT id FROM file WHERE path = ?)"),
	[INDEX_FORGET_FILE] = "DELETE FROM file WHERE path = ?",
	[INDEX_PUT_FILE] = ("INSERT INTO file (path, inode, size, mtime_ns, ctime_ns, text, "
			    "release, version, build_id, suite, machine, domain, cells) "
			    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"),
	[INDEX_PUT_CONFIG] = "INSERT OR IGNORE INTO config (text) VALUES (?)",
	[INDEX_PUT_CELL] = ("INSERT OR REPLACE INTO cell VALUES "
			    "(?,?,?,(SELECT id FROM config WHERE text = ?),"
			    "?,?,?,?,?)"),
	[INDEX_SEAL] = "UPDATE file SET seal = ? WHERE id = ?",
	[INDEX_LIST] = "SELECT path FROM file",
};

/* text: digest of the file's; seal: of the rows. */
static const char schema[] =
	"CREATE TABLE IF NOT EXISTS folder (path TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS file (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, "
	"inode INTEGER, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, text BLOB, "
	"release TEXT, version TEXT, build_id TEXT, suite TEXT, machine TEXT, domain INTEGER, "
	"cells INTEGER, seal BLOB);"
	"CREATE TABLE IF NOT EXISTS config (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
	"CREATE TABLE IF NOT EXISTS cell (file INTEGER NOT NULL, place INTEGER, key TEXT NOT NULL, "
	"config INTEGER NOT NULL, is_measured INTEGER, p50 REAL, p90 REAL, p99 REAL, p999 REAL, "
	"PRIMARY KEY (file, place)) WITHOUT ROWID;";

static const char *const tables[] = { "folder (", "file (", "config (", "cell (" };
#define TABLES	   (sizeof(tables) / sizeof(tables[0]))
#define OLD_TABLES 3 /* at least, of other formats */

void index_refuse(struct index *index, const char *why)
{
	if (!index->is_dead && !index->is_damaged)
		diag_warning("index %s: %s: the results are read without it", index->path, why);
	index->is_dead = true;
}

void index_give_up(struct index *index)
{
	char why[512];

	snprintf(why, sizeof(why), "%s (it can be deleted)", sqlite3_errmsg(index->database));
	index_refuse(index, why);
}

void index_free(struct index *index)
{
	for (size_t i = 0; i < INDEX_STATEMENTS; i++)
		sqlite3_finalize(index->statements[i]);
	sqlite3_close(index->database);
	free(index->path);
	free(index->folder);
	free(index->real);
	free(index);
}

struct kept {
	char *name;
	struct timespec used;
};

static int compare_kept(const void *left, const void *right)
{
	const struct kept *a = left, *b = right;
	int order = order_u64((uint64_t)b->used.tv_sec, (uint64_t)a->used.tv_sec);

	return order ? order : order_u64((uint64_t)b->used.tv_nsec, (uint64_t)a->used.tv_nsec);
}

/* Of an index and what SQLite keeps beside it. */
static const char *const ends[] = { "-journal", "-wal", "-shm", "" };
#define ENDS (sizeof(ends) / sizeof(ends[0]))

static void delete_index(int cache, const char *name)
{
	char path[NAME_MAX + 16];

	for (size_t i = 0; i < ENDS; i++) {
		snprintf(path, sizeof(path), "%s%s", name, ends[i]);
		unlinkat(cache, path, 0);
	}
}

static bool is_index_name(const char *name)
{
	size_t length = strlen(name);

	return !strncmp(name, "index-", 6) && length > 13 && !strcmp(name + length - 7, ".sqlite");
}

/* Those that were not used for longest make room: the cache has no other end to its growth. */
static void prune(int cache)
{
	int again = openat(cache, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_closedir DIR *dir = again < 0 ? NULL : fdopendir(again);
	auto_free struct kept *kept = NULL;
	auto_release(strings_free) struct strings names = { 0 };
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (is_index_name(entry->d_name) && strings_add(&names, entry->d_name))
			return;
	kept = calloc(names.count + 1, sizeof(*kept));
	for (size_t i = 0; kept && i < names.count; i++) {
		struct stat st;

		kept[i].name = names.items[i];
		if (!fstatat(cache, names.items[i], &st, AT_SYMLINK_NOFOLLOW))
			kept[i].used = st.st_mtim;
	}
	if (kept && names.count)
		qsort(kept, names.count, sizeof(*kept), compare_kept);
	for (size_t i = MOST_KEPT; kept && i < names.count; i++)
		delete_index(cache, kept[i].name);
}

/* NULL, or why none of the files can be one of the index's. */
static const char *check_kind(int cache, const char *name)
{
	char path[NAME_MAX + 16];

	for (size_t i = 0; i < ENDS; i++) {
		struct stat st;

		snprintf(path, sizeof(path), "%s%s", name, ends[i]);
		if (fstatat(cache, path, &st, AT_SYMLINK_NOFOLLOW)) {
			if (errno != ENOENT)
				return strerror(errno);
			continue;
		}
		if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
			return "it is not a file of its own, or what is beside it is not";
		if (st.st_uid != geteuid() || (st.st_mode & 022))
			return "others can write to it, or to what is beside it";
	}
	return NULL;
}

/* NULL, or why the file cannot be the index. A new one is made, for the user alone. */
static const char *check_file(int cache, const char *name)
{
	auto_close int fd =
		openat(cache, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	const char *wrong;

	if (fd < 0 && errno != EEXIST)
		return strerror(errno);
	wrong = check_kind(cache, name);
	if (fd >= 0)
		prune(cache);
	else if (!wrong)
		utimensat(cache, name, NULL, AT_SYMLINK_NOFOLLOW);
	return wrong;
}

/* Names the file of the folder in the cache. -errno, reported. */
static int choose_file(struct index *index, const char *folder)
{
	char digest[SHA256_DIGEST_STRING_LENGTH], name[64], why[512];
	auto_free char *cache = NULL;
	auto_close int fd = -1;
	const char *wrong;

	index->folder = strdup(folder);
	index->real = realpath(folder, NULL);
	if (!index->folder || !index->real)
		return diag_errno(errno, "%s", folder);
	fd = cache_open(&cache, why, sizeof(why));
	if (fd < 0) {
		diag_warning("no place for an index: %s: the results are read without one", why);
		return fd;
	}
	SHA256Data((const uint8_t *)index->real, strlen(index->real), digest);
	snprintf(name, sizeof(name), "index-%.32s.sqlite", digest);
	if (asprintf(&index->path, "%s/%s", cache, name) < 0) {
		index->path = NULL;
		return diag_errno(ENOMEM, "%s", folder);
	}
	wrong = check_file(fd, name);
	if (!wrong)
		return 0;
	index_refuse(index, wrong);
	return -EPERM;
}

int index_run_text(struct index *index, const char *text)
{
	return sqlite3_exec(index->database, text, NULL, NULL, NULL);
}

static int is_too_long(void *pointer)
{
	struct index *index = pointer;

	return ++index->steps > MOST_STEPS;
}

/* Against a database that was made to do harm, though only the user could have put one there. */
static int harden(struct index *index)
{
	static const struct {
		int what, value;
	} switches[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
#ifdef SQLITE_DBCONFIG_ENABLE_VIEW
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
#endif
#ifdef SQLITE_DBCONFIG_TRUSTED_SCHEMA
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
#endif
	}, limits[] = {
		{ SQLITE_LIMIT_LENGTH, MAX_BYTES },	{ SQLITE_LIMIT_SQL_LENGTH, 4096 },
		{ SQLITE_LIMIT_COLUMN, 32 },		{ SQLITE_LIMIT_EXPR_DEPTH, 16 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 2 },	{ SQLITE_LIMIT_FUNCTION_ARG, 4 },
		{ SQLITE_LIMIT_ATTACHED, 0 },		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};
	int ret = sqlite3_busy_timeout(index->database, BUSY_TIME_MS);

	for (size_t i = 0; !ret && i < sizeof(switches) / sizeof(switches[0]); i++)
		ret = sqlite3_db_config(index->database, switches[i].what, switches[i].value, NULL);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(index->database, limits[i].what, limits[i].value);
	sqlite3_progress_handler(index->database, STEP, is_too_long, index);
	return ret ? ret
		   : index_run_text(index, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
					   "PRAGMA max_page_count = " MAX_PAGES);
}

/* The first column of the first row, an integer. */
static int read_number(struct index *index, const char *text, int *number)
{
	sqlite3_stmt *statement;
	int ret = sqlite3_prepare_v2(index->database, text, -1, &statement, NULL);

	if (ret)
		return ret;
	ret = sqlite3_step(statement);
	*number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return ret == SQLITE_ROW ? SQLITE_OK : ret;
}

/* "NAME (…": as a whole, or of another format the name alone. */
static bool is_table(const char *text, bool is_whole)
{
	for (size_t i = 0; i < TABLES; i++)
		if (!strncmp(text, tables[i], strlen(tables[i])))
			return !is_whole || strstr(schema, text);
	return false;
}

/*
 * Whether it is empty, or all there is was made from the text above. Another program's database is
 * not changed; and a view or a trigger, which might never end, is not queried.
 */
static bool is_ours(struct index *index, int format)
{
	sqlite3_stmt *statement;
	size_t known = 0, others = 0;
	int step;

	if (sqlite3_prepare_v2(index->database, "SELECT sql FROM sqlite_master WHERE sql NOT NULL",
			       -1, &statement, NULL))
		return false;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *sql = (const char *)sqlite3_column_text(statement, 0);
		bool is_known = sql && !strncmp(sql, "CREATE TABLE ", 13) &&
				is_table(sql + 13, format == FORMAT);

		known += is_known;
		others += !is_known;
	}
	sqlite3_finalize(statement);
	if (step != SQLITE_DONE || others)
		return false;
	return format == FORMAT ? known == TABLES : format ? known >= OLD_TABLES : !known;
}

/* The folder that the index is of; in a new one. */
static int claim(struct index *index)
{
	sqlite3_stmt *statement;
	int ret = sqlite3_prepare_v2(index->database,
				     "INSERT INTO folder SELECT ? WHERE NOT EXISTS "
				     "(SELECT 1 FROM folder)",
				     -1, &statement, NULL);

	if (ret)
		return ret;
	sqlite3_bind_text(statement, 1, index->real, -1, SQLITE_STATIC);
	ret = sqlite3_step(statement);
	sqlite3_finalize(statement);
	return ret == SQLITE_DONE ? SQLITE_OK : ret;
}

static int make_tables(struct index *index, int format)
{
	char version[64];
	int ret = index_run_text(index, "BEGIN IMMEDIATE");

	if (!ret && format && format != FORMAT)
		ret = index_run_text(index,
				     "DROP TABLE IF EXISTS cell; DROP TABLE IF EXISTS config; "
				     "DROP TABLE IF EXISTS file; DROP TABLE IF EXISTS folder");
	if (!ret)
		ret = index_run_text(index, schema);
	snprintf(version, sizeof(version), "PRAGMA user_version = %d", FORMAT);
	if (!ret)
		ret = index_run_text(index, version);
	return ret ? ret : claim(index);
}

static int check_folder(struct index *index)
{
	sqlite3_stmt *statement;
	const char *path;
	int ret = sqlite3_prepare_v2(index->database, "SELECT path FROM folder", -1, &statement,
				     NULL);

	if (ret)
		return ret;
	ret = sqlite3_step(statement);
	path = ret == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	if (!path || strcmp(path, index->real) != 0) {
		index_refuse(index, "it is of another folder (it can be deleted)");
		ret = SQLITE_MISUSE;
	}
	sqlite3_finalize(statement);
	return ret == SQLITE_ROW ? SQLITE_OK : ret;
}

/* A new one is empty, so one that cannot be written is only useful if it has FORMAT. */
static int prepare(struct index *index)
{
	int format = 0, ret = read_number(index, "PRAGMA user_version", &format);

	if (ret)
		return ret;
	if (!is_ours(index, format)) {
		index_refuse(index, "it was not made by syncfault (it can be deleted)");
		return SQLITE_MISUSE;
	}
	index->is_fixed = sqlite3_db_readonly(index->database, "main") == 1;
	if (!index->is_fixed)
		ret = make_tables(index, format);
	if (!ret)
		ret = check_folder(index);
	for (size_t i = 0; !ret && i < INDEX_STATEMENTS; i++)
		ret = sqlite3_prepare_v2(index->database, texts[i], -1, &index->statements[i],
					 NULL);
	return ret;
}

struct index *index_open(const char *folder)
{
	struct index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	if (choose_file(index, folder)) {
		index_free(index);
		return NULL;
	}
	if (sqlite3_open_v2(index->path, &index->database,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE,
			    NULL) ||
	    harden(index) || prepare(index)) {
		index_give_up(index);
		index_free(index);
		return NULL;
	}
	return index;
}

#endif
