/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text and numbers in a form that is safe to show to a person. Strings in a result were written by
 * others: file names, labels and reasons of any length, with any bytes in them.
 */
#ifndef SYNCFAULT_BASE_PRINTABLE_H
#define SYNCFAULT_BASE_PRINTABLE_H

#include <stddef.h>
#include <stdint.h>

/* Enough for any number below. */
#define PRINTABLE_NUMBER 48

/*
 * Copies text to buffer as one line of at most columns terminal columns, with "…" at the end if it
 * was cut. What is hidden (base/unicode.h) and what is not UTF-8 become '?'.
 * NULL is copied as "". size must hold 4 bytes a column and the terminator, or the copy ends
 * earlier. Returns buffer.
 */
const char *printable(const char *text, size_t columns, char *buffer, size_t size);

/*
 * A copy in which every byte that is not part of valid UTF-8 is written as \xNN; the caller frees
 * it. NULL without memory.
 */
char *printable_escape(const char *text);

/* Terminal columns of a text that printable() returned. */
size_t printable_columns(const char *text);

/* "65,536"; buffer holds PRINTABLE_NUMBER bytes. Both return buffer. */
const char *printable_count(uint64_t value, char *buffer);

/* Nanoseconds as microseconds with this number of decimals: "3,372.0"; NAN: "-". */
const char *printable_us(double ns, int decimals, char *buffer);

#endif
