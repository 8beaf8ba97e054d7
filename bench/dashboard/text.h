/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text and numbers as they are put into a page. Strings of results were written by others: in a
 * page and in its data, all of them go through page_text or page_json_string.
 */
#ifndef SYNCFAULT_DASHBOARD_TEXT_H
#define SYNCFAULT_DASHBOARD_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Columns of a name from a result, before it is cut with "…". */
#define PAGE_NAME_COLUMNS 160
#define PAGE_NAME_SIZE	  (PAGE_NAME_COLUMNS * 4 + 4)

/* text as the content of an element or of a double-quoted attribute; NULL prints nothing. */
void page_escape(FILE *out, const char *text);

/* The same for a string from a result: cut, and without invisible characters (printable.h). */
void page_text(FILE *out, const char *text);

/* A JSON string without '<' and '&', safe inside a script element. */
void page_json_string(FILE *out, const char *text);

/* A JSON number, exact to a thousandth; NAN: null. */
void page_json_number(FILE *out, double value);

/* Nanoseconds in thousands, to three digits: "5.23", "92.5", "3,263"; NAN: "–".
 */
#define PAGE_VALUE_SIZE 48
const char *page_value(double ns, char buffer[PAGE_VALUE_SIZE]);

/* RFC 4648, with padding. */
void page_base64(FILE *out, const unsigned char *bytes, size_t length);

/* "sha256-…", as a content security policy names a script. */
void page_digest(FILE *out, const char *text, size_t length);

#endif
