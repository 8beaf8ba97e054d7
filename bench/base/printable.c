// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/printable.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/unicode.h"

/* Without a locale: 0 for combining marks, 2 for the blocks of East Asia and the pictographs. */
static size_t columns_of(uint32_t code)
{
	if ((code >= 0x300 && code < 0x370) || (code >= 0xfe00 && code < 0xfe10))
		return 0;
	if ((code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
	    (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
	    (code >= 0xfe30 && code < 0xfe70) || (code >= 0xff00 && code < 0xff61) ||
	    (code >= 0x1f300 && code < 0x1fb00) || (code >= 0x20000 && code < 0x40000))
		return 2;
	return 1;
}

const char *printable(const char *text, size_t columns, char *buffer, size_t size)
{
	static const char ellipsis[] = "…";
	const char *s = text ? text : "";
	size_t used = 0, shown = 0, cut = 0;

	while (*s) {
		uint32_t code = '?';
		size_t length = unicode_decode(s, &code);
		bool is_kept = length && !unicode_is_hidden(code);
		size_t bytes = is_kept ? length : 1, wide = is_kept ? columns_of(code) : 1;

		/* cut: where "…" would still fit after what was copied. */
		if (shown + 1 <= columns && used + sizeof(ellipsis) <= size)
			cut = used;
		if (shown + wide > columns || used + bytes >= size) {
			memcpy(buffer + cut, ellipsis, sizeof(ellipsis));
			return buffer;
		}
		memcpy(buffer + used, is_kept ? s : "?", bytes);
		used += bytes;
		shown += wide;
		s += length ? length : 1;
	}
	buffer[used] = '\0';
	return buffer;
}

char *printable_escape(const char *text)
{
	const char *s = text;
	char *copy = malloc(4 * strlen(text) + 1), *out = copy;

	while (copy && *s) {
		uint32_t code;
		size_t length = unicode_decode(s, &code);

		if (length)
			out = mempcpy(out, s, length);
		else
			out += sprintf(out, "\\x%02x", (unsigned char)*s);
		s += length ? length : 1;
	}
	if (copy)
		*out = '\0';
	return copy;
}

size_t printable_columns(const char *text)
{
	const char *s = text;
	size_t columns = 0;

	while (*s) {
		uint32_t code = '?';
		size_t length = unicode_decode(s, &code);

		columns += columns_of(code);
		s += length ? length : 1;
	}
	return columns;
}

/* Copies digits with a comma before every third one from the end of the whole part. */
static void group_thousands(const char *digits, char *buffer)
{
	size_t whole = strspn(digits, "0123456789");

	for (size_t i = 0; digits[i]; i++) {
		if (i > 0 && i < whole && (whole - i) % 3 == 0)
			*buffer++ = ',';
		*buffer++ = digits[i];
	}
	*buffer = '\0';
}

const char *printable_count(uint64_t value, char *buffer)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	group_thousands(digits, buffer);
	return buffer;
}

const char *printable_us(double ns, int decimals, char *buffer)
{
	char digits[32];

	if (isnan(ns))
		return strcpy(buffer, "-");
	/* Beyond 2^64 ns nothing was measured; such a number must not overrun the buffer either. */
	snprintf(digits, sizeof(digits), "%.*f", decimals, fmin(fmax(ns, 0), 0x1p64) / 1000);
	group_thousands(digits, buffer);
	return buffer;
}
