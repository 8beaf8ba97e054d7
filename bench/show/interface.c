// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "show/show.h"

#define ANSWER_COLUMNS 24

static const char *const heads[] = { "flags", "answer", "sf", "expected", "sf", "verdict" };

enum { COLUMNS = sizeof(heads) / sizeof(heads[0]) };

static const char *word_of(int is_true)
{
	return is_true == BOOL_ABSENT ? "-" : is_true ? "yes" : "no";
}

static int add_text(struct text_table *table, const char *text)
{
	char shown[ANSWER_COLUMNS * 4 + 4];

	return text_table_add(table, printable(text, ANSWER_COLUMNS, shown, sizeof(shown)));
}

static int add_answer(struct text_table *table, const struct cell_result *cell)
{
	const struct answer *answer = &cell->answer;
	int ret = text_table_add(table, interface_flags(cell->config.interface));

	ret |= add_text(table, answer->said);
	ret |= text_table_add(table, word_of(answer->has_map_sync));
	ret |= add_text(table, answer->expected);
	ret |= text_table_add(table, word_of(answer->expected_map_sync));
	return ret | text_table_add(table, cell->status == CELL_OK ? "pass" : "FAIL");
}

static bool is_same_answer(const struct answer *a, const struct answer *b)
{
	return !strcmp(a->said, b->said) && !strcmp(a->expected, b->expected) &&
	       a->has_map_sync == b->has_map_sync && a->expected_map_sync == b->expected_map_sync;
}

/* Runs that agree are one row. */
static int add_runs(struct text_table *table, struct table_span runs)
{
	const struct answer *last = NULL;
	int ret = 0;

	for (size_t i = 0; i < runs.count && !ret; i++) {
		const struct cell_result *cell = runs.entries[i].cell;

		if (!cell->has_answer || !cell->config.interface ||
		    (last && is_same_answer(last, &cell->answer)))
			continue;
		ret = add_answer(table, cell);
		last = &cell->answer;
	}
	return ret;
}

bool show_has_answers(struct table_span span)
{
	for (size_t i = 0; i < span.count; i++)
		if (span.entries[i].cell->has_answer)
			return true;
	return false;
}

int show_interface(const struct show *show, struct table_span span)
{
	auto_text_table struct text_table table = { .heads = heads,
						    .left_columns = COLUMNS,
						    .columns = COLUMNS };

	while (span.count)
		if (add_runs(&table, table_cut(&span, TABLE_CELL)))
			return diag_errno(ENOMEM, "show");
	if (!table.count)
		return 0;
	text_table_print(&table, show->out);
	fprintf(show->out, "\n");
	return 0;
}
