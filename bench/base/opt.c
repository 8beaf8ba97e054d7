// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/opt.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

#define MAX_ROWS 48
/* getopt_long's values for rows: above every letter. */
#define ROW_BASE 1000

int opt_flag(const struct opt_row *row, const char *text, void *field)
{
	(void)row;
	(void)text;
	*(bool *)field = true;
	return 0;
}

int opt_string(const struct opt_row *row, const char *text, void *field)
{
	if (!*text) {
		diag_error("--%s wants a %s, not an empty word", row->name, row->argument);
		return -EINVAL;
	}
	*(const char **)field = text;
	return 0;
}

int opt_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned long long parsed;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	parsed = strtoull(text, &end, 10);
	if (errno || *end || parsed < min || parsed > max)
		return -EINVAL;
	*value = parsed;
	return 0;
}

int opt_u64(const struct opt_row *row, const char *text, void *field)
{
	if (opt_parse_u64(text, row->min, row->max, field) == 0)
		return 0;
	diag_error("--%s '%s': wants a whole number from %llu to %llu", row->name, text,
		   (unsigned long long)row->min, (unsigned long long)row->max);
	return -EINVAL;
}

static int find_word(const struct opt_row *row, const char *text)
{
	int word = words_find(row->words, text);
	char accepted[256];

	if (word < 0)
		diag_error("--%s '%s': wants %s", row->name, text,
			   words_join(row->words, accepted, sizeof(accepted)));
	return word;
}

int opt_word(const struct opt_row *row, const char *text, void *field)
{
	int word = find_word(row, text);

	if (word < 0)
		return word;
	*(int *)field = word;
	return 0;
}

/* Copies the next item of a comma-separated list; false at its end. */
static bool next_item(const char **list, char *item, size_t size)
{
	size_t length;

	if (!*list)
		return false;
	length = strcspn(*list, ",");
	snprintf(item, size, "%.*s", (int)length, *list);
	*list = (*list)[length] ? *list + length + 1 : NULL;
	return true;
}

static int refuse_length(const struct opt_row *row)
{
	diag_error("--%s: more than %d items", row->name, LIST_MAX);
	return -EINVAL;
}

int opt_u64s(const struct opt_row *row, const char *text, void *field)
{
	struct number_list list = { 0 };
	char item[64];

	while (next_item(&text, item, sizeof(item))) {
		if (list.count == LIST_MAX)
			return refuse_length(row);
		if (opt_u64(row, item, &list.numbers[list.count++]))
			return -EINVAL;
	}
	*(struct number_list *)field = list;
	return 0;
}

int opt_words(const struct opt_row *row, const char *text, void *field)
{
	struct word_list list = { 0 };
	char item[64];

	while (next_item(&text, item, sizeof(item))) {
		int word = find_word(row, item);

		if (word < 0)
			return word;
		if (word_list_add(&list, word))
			return refuse_length(row);
	}
	*(struct word_list *)field = list;
	return 0;
}

int opt_append(const struct opt_row *row, const char *text, void *field)
{
	struct opt_strings *strings = field;

	if (strings->count == LIST_MAX) {
		diag_error("--%s: more than %d times", row->name, LIST_MAX);
		return -EINVAL;
	}
	strings->items[strings->count++] = text;
	return 0;
}

static void print_row(const struct opt_row *row)
{
	char left[64], accepted[256];

	snprintf(left, sizeof(left), "%s%c%c --%s%s%s", row->letter ? "-" : " ",
		 row->letter ? row->letter : ' ', row->letter ? ',' : ' ', row->name,
		 row->argument ? " " : "", row->argument ? row->argument : "");
	printf("  %-26s %s", left, row->help);
	if (row->words)
		printf(" (%s)", words_join(row->words, accepted, sizeof(accepted)));
	printf("\n");
}

static void print_help(const struct opt_command *command)
{
	printf("usage: syncfault %s %s\n\n%s\n\n", command->name, command->synopsis,
	       command->summary);
	for (const struct opt_row *row = command->rows; row->name; row++)
		print_row(row);
	printf("  -h, --help                 this text\n");
	if (command->details)
		printf("\n%s", command->details);
}

static size_t build_getopt(const struct opt_row *rows, struct option *longs, char *shorts)
{
	size_t n = 0;

	*shorts++ = ':';
	for (; rows[n].name && n < MAX_ROWS; n++) {
		longs[n] = (struct option){ rows[n].name, rows[n].argument ? 1 : 0, NULL,
					    ROW_BASE + (int)n };
		if (!rows[n].letter)
			continue;
		*shorts++ = rows[n].letter;
		if (rows[n].argument)
			*shorts++ = ':';
	}
	*shorts++ = 'h';
	*shorts = '\0';
	longs[n] = (struct option){ "help", 0, NULL, 'h' };
	return n;
}

static const struct opt_row *find_row(const struct opt_row *rows, int code)
{
	if (code >= ROW_BASE)
		return &rows[code - ROW_BASE];
	while (rows->name && rows->letter != code)
		rows++;
	return rows->name ? rows : NULL;
}

static int refuse(const struct opt_command *command, int code, char **argv)
{
	const char *what = argv[optind - 1];

	if (code == ':')
		diag_error("%s: %s wants a value (see 'syncfault %s --help')", command->name, what,
			   command->name);
	else
		diag_error("%s: no such option: %s (see 'syncfault %s --help')", command->name,
			   what, command->name);
	return -EINVAL;
}

static int check_operands(const struct opt_command *command, int count, char **operands)
{
	if (command->max_operands >= 0 && count > command->max_operands) {
		diag_error("%s: unexpected word '%s' (usage: syncfault %s %s)", command->name,
			   operands[command->max_operands], command->name, command->synopsis);
		return -EINVAL;
	}
	if (count < command->min_operands) {
		diag_error("usage: syncfault %s %s", command->name, command->synopsis);
		return -EINVAL;
	}
	return 0;
}

int opt_parse(const struct opt_command *command, int argc, char **argv, void *params)
{
	struct option longs[MAX_ROWS + 2] = { 0 };
	char shorts[2 * MAX_ROWS + 4];
	int code;

	build_getopt(command->rows, longs, shorts);
	optind = 0; /* glibc: start again */
	opterr = 0;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct opt_row *row;

		if (code == 'h') {
			print_help(command);
			return -ECANCELED;
		}
		row = code == '?' || code == ':' ? NULL : find_row(command->rows, code);
		if (!row)
			return refuse(command, code, argv);
		if (row->parse(row, optarg, (char *)params + row->offset))
			return -EINVAL;
	}
	if (check_operands(command, argc - optind, argv + optind))
		return -EINVAL;
	return optind;
}
