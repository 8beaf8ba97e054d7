/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `syncfault trace` prints for people. Times are microseconds. */
#ifndef SYNCFAULT_TRACE_TEXT_H
#define SYNCFAULT_TRACE_TEXT_H

#include <stdio.h>

#include "trace/fault.h"
#include "trace/span.h"

/* "14:03:07, 1.0 s: 12,345 faults" and tables; one line if nothing was counted. -ENOMEM, reported.
 */
int trace_text_span(FILE *out, const char *title, const struct trace_span *span);

/* One fault in one line, as it happens; when: "14:03:07.123456". */
void trace_text_event(FILE *out, const char *when, const struct trace_fault *fault);

/* One of the slowest, over several lines. */
void trace_text_worst(FILE *out, size_t rank, const char *when, const struct trace_fault *fault);

#endif
