// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/phrases.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"

/* Columns that a string of a result may take inside a heading. */
#define FS_COLUMNS	24
#define OPTIONS_COLUMNS 40

const char *phrase_state(int state)
{
	static const char *const words[] = {
		[STATE_HOLE] = "empty",
		[STATE_UNWRITTEN] = "fallocated (unwritten)",
		[STATE_WRITTEN] = "preallocated",
	};

	return words[state];
}

const char *phrase_sync(int sync)
{
	return sync == SYNC_NONE ? "no MAP_SYNC" : "MAP_SYNC";
}

const char *phrase_clock(int domain)
{
	return domain == DOMAIN_INSTRUCTIONS
		       ? "instruction clock: 1 us = 1,000 guest instructions; a count, not a time"
		       : "real time";
}

__attribute__((format(printf, 2, 3))) static void append(char *buffer, const char *fmt, ...)
{
	size_t used = strlen(buffer);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buffer + used, PHRASE_SIZE - used, fmt, args);
	va_end(args);
}

static void append_option(char *buffer, const char *what, const char *options)
{
	char text[OPTIONS_COLUMNS * 4 + 4];

	if (options && *options)
		append(buffer, "%s%s %s", strchr(buffer, '(') ? "; " : " (", what,
		       printable(options, OPTIONS_COLUMNS, text, sizeof(text)));
}

const char *phrase_load(int load, char buffer[PHRASE_SIZE])
{
	*buffer = '\0';
	append(buffer, "%s", load == LOAD_NONE ? "no background load" : "background load");
	if (load != LOAD_NONE && load != LOAD_COPY)
		append(buffer, " %s", load_words[load]);
	return buffer;
}

const char *phrase_fs(const struct cell_config *config, char buffer[PHRASE_SIZE])
{
	static const char *const dax[] = {
		[DAX_ALWAYS] = NULL, [DAX_INODE] = "by inode flag", [DAX_NEVER] = "never"
	};
	char options[PHRASE_SIZE] = "", name[FS_COLUMNS * 4 + 4];

	append_option(options, "mkfs", config->mkfs_options);
	append_option(options, "mount", config->mount_options);
	append_option(options, "DAX", dax[config->dax]);
	*buffer = '\0';
	append(buffer, "%s%s%s", printable(config->fs, FS_COLUMNS, name, sizeof(name)), options,
	       *options ? ")" : "");
	return buffer;
}

static const char *page_words_of(const struct cell_config *config)
{
	return config->page == PAGE_2M ? "2 MiB" : "4 KiB";
}

static const char *access_words_of(const struct cell_config *config)
{
	static const char *const words[] = {
		[ACCESS_WRITE] = "write",
		[ACCESS_READ] = "read",
		[ACCESS_READ_THEN_WRITE] = "write-after-read",
	};

	return words[config->access];
}

/* A pwrite comes in place of a store, and a fault; the others follow one. */
static const char *const commit_phrases[] = {
	[COMMIT_NONE] = "",
	[COMMIT_FLUSH] = ", each flushed",
	[COMMIT_MSYNC] = ", msync after each",
	[COMMIT_FDATASYNC] = ", fdatasync after each",
	[COMMIT_PWRITE_DSYNC] = ", each a pwrite with O_DSYNC instead",
};

static const char *const remap_phrases[] = {
	[REMAP_NONE] = "",
	[REMAP_REFLINK] = ", after the file was cloned (reflink)",
	[REMAP_PUNCH] = ", after its blocks were punched out",
	[REMAP_COLLAPSE] = ", after a range was collapsed before them",
	[REMAP_INSERT] = ", after a range was inserted before them",
	[REMAP_EXCHANGE] = ", after its blocks were exchanged for others",
	[REMAP_WRITE] = ", while another thread writes to the file",
};

const char *phrase_variant(const struct cell_config *config, char buffer[PHRASE_SIZE])
{
	return phrase_variant_to(config, config->pages, buffer);
}

const char *phrase_variant_to(const struct cell_config *config, uint64_t most_pages,
			      char buffer[PHRASE_SIZE])
{
	char number[PRINTABLE_NUMBER];

	*buffer = '\0';
	if (config->interface) {
		append(buffer, "what the kernel says to flags of mmap; nothing is faulted");
		return buffer;
	}
	append(buffer, "%s", printable_count(config->pages, number));
	if (most_pages > config->pages)
		append(buffer, " to %s", printable_count(most_pages, number));
	append(buffer, " %s faults of %s", access_words_of(config), page_words_of(config));
	if (config->threads > 1)
		append(buffer, " by each of %s threads%s", printable_count(config->threads, number),
		       config->files == FILES_EACH ? ", each on a file of its own" : "");
	append(buffer, "%s", commit_phrases[config->commit]);
	append(buffer, "%s", remap_phrases[config->remap]);
	if (config->attribute == ATTRIBUTE_SYNC)
		append(buffer, ", chattr +S");
	if (config->pause_us && config->pause_us != U64_ABSENT)
		append(buffer, ", paused %s us between two",
		       printable_count(config->pause_us, number));
	if (config->sched == SCHED_WORD_FIFO)
		append(buffer, ", SCHED_FIFO");
	return buffer;
}

/* Of a cell among many, what the heading above a table may have said is named too. */
static void append_unlike(char *buffer, const struct cell_config *config, bool is_among_many)
{
	char number[PRINTABLE_NUMBER];

	if (config->access != ACCESS_WRITE)
		append(buffer, ", %s", access_words_of(config));
	if (config->page != PAGE_4K)
		append(buffer, ", %s pages", page_words_of(config));
	if (config->pages != 512)
		append(buffer, ", %s pages", printable_count(config->pages, number));
	if (config->threads > 1)
		append(buffer, ", %s threads", printable_count(config->threads, number));
	if (is_among_many && config->threads > 1 && config->files == FILES_EACH)
		append(buffer, " on files of their own");
	if (config->commit != COMMIT_NONE)
		append(buffer, ", %s", commit_words[config->commit]);
	if (is_among_many && config->remap != REMAP_NONE)
		append(buffer, ", %s", remap_words[config->remap]);
	if (is_among_many && config->attribute == ATTRIBUTE_SYNC)
		append(buffer, ", chattr +S");
	if (is_among_many && table_has_unsynced(config))
		append(buffer, ", after %s %s unsynced", printable_count(config->dirty, number),
		       dirty_kind_words[config->dirty_kind]);
}

const char *phrase_unlike_letter(const struct cell_config *config, char buffer[PHRASE_SIZE])
{
	*buffer = '\0';
	append_unlike(buffer, config, false);
	return buffer;
}

static void append_state_and_load(char *buffer, const struct cell_config *config)
{
	append(buffer, "%s", state_words[config->state]);
	if (config->load != LOAD_NONE)
		append(buffer, ", load %s", load_words[config->load]);
}

const char *phrase_cell(const struct cell_config *config, char buffer[PHRASE_SIZE])
{
	phrase_fs(config, buffer);
	append(buffer, " ");
	append_state_and_load(buffer, config);
	if (config->sync == SYNC_MAP_SYNC)
		append(buffer, ", MAP_SYNC");
	append_unlike(buffer, config, true);
	return buffer;
}

const char *phrase_row(const struct cell_config *config, char buffer[PHRASE_SIZE])
{
	*buffer = '\0';
	append_state_and_load(buffer, config);
	append_unlike(buffer, config, true);
	return buffer;
}

const char *phrase_point(const struct cell_config *config, char buffer[PHRASE_SIZE])
{
	*buffer = '\0';
	if (config->interface)
		append(buffer, "%s", interface_words[config->interface]);
	else
		append(buffer, "%s, load %s, sync %s", state_words[config->state],
		       load_words[config->load], sync_words[config->sync]);
	return buffer;
}
