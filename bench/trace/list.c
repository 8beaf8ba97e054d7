// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/list.h"

#include "base/printable.h"
#include "base/text_table.h"

void trace_list_add(struct trace_list *list, const char *item)
{
	size_t length = printable_columns(item) + 2; /* with what may follow it */

	if (list->count++)
		fprintf(list->out, ",");
	if (list->used && list->used + length > TEXT_TABLE_WIDTH - (size_t)list->indent) {
		fprintf(list->out, "\n%*s", list->indent, "");
		list->used = 0;
	} else if (list->count > 1) {
		fprintf(list->out, " ");
	}
	fprintf(list->out, "%s", item);
	list->used += length;
}
