/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8, and which of its characters nobody sees. */
#ifndef SYNCFAULT_BASE_UNICODE_H
#define SYNCFAULT_BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length in bytes of the character at text. 0, and *code as it was: it is not UTF-8. */
size_t unicode_decode(const char *text, uint32_t *code);

/*
 * What moves a cursor, ends a line, turns the direction of writing, or has no shape of its own:
 * Unicode's Cc, Cf, Zl, Zp and Co, what it calls default ignorable, and noncharacters. The
 * selectors U+FE00 to U+FE0F are not among them: ordinary text has them behind pictographs.
 */
bool unicode_is_hidden(uint32_t code);

/* A space of any width, but no tab and no end of a line. */
bool unicode_is_blank(uint32_t code);

#endif
