/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Items in a row with commas between, on several lines if one is not enough. */
#ifndef SYNCFAULT_TRACE_LIST_H
#define SYNCFAULT_TRACE_LIST_H

#include <stddef.h>
#include <stdio.h>

struct trace_list {
	FILE *out;
	int indent; /* columns before the first item; later lines are indented by them */
	size_t used, count;
};

/* item must be printable. No line feed comes after the last one. */
void trace_list_add(struct trace_list *list, const char *item);

#endif
