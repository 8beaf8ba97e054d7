// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/printable.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decodes one code point; its length in bytes, or 0 where the bytes are not UTF-8. */
static size_t decode(const unsigned char *s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (length == 0 || s[0] > 0xf4)
		return 0;
	*code = length == 1 ? s[0] : s[0] & (0xff >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < least[length] || (*code >= 0xd800 && *code < 0xe000) || *code > 0x10ffff)
		return 0;
	return length;
}

/* Controls, line separators, zero width and bidirectional marks, private use, tags. */
static bool is_hostile(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code & 0xfffe) == 0xfffe ||
	       (code >= 0xe000 && code < 0xf900) || (code >= 0xfff9 && code <= 0xfffb) ||
	       code >= 0xe0000;
}

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
	const unsigned char *s = (const unsigned char *)(text ? text : "");
	size_t used = 0, shown = 0, cut = 0;

	while (*s) {
		uint32_t code = '?';
		size_t length = decode(s, &code);
		bool is_kept = length && !is_hostile(code);
		size_t bytes = is_kept ? length : 1, wide = is_kept ? columns_of(code) : 1;

		/* cut: where "…" would still fit after what was copied. */
		if (shown + 1 <= columns && used + sizeof(ellipsis) <= size)
			cut = used;
		if (shown + wide > columns || used + bytes >= size) {
			memcpy(buffer + cut, ellipsis, sizeof(ellipsis));
			return buffer;
		}
		memcpy(buffer + used, is_kept ? (const char *)s : "?", bytes);
		used += bytes;
		shown += wide;
		s += length ? length : 1;
	}
	buffer[used] = '\0';
	return buffer;
}

char *printable_escape(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	char *copy = malloc(4 * strlen(text) + 1), *out = copy;

	while (copy && *s) {
		uint32_t code;
		size_t length = decode(s, &code);

		if (length)
			out = mempcpy(out, s, length);
		else
			out += sprintf(out, "\\x%02x", *s);
		s += length ? length : 1;
	}
	if (copy)
		*out = '\0';
	return copy;
}

size_t printable_columns(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t columns = 0;

	while (*s) {
		uint32_t code = '?';
		size_t length = decode(s, &code);

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
