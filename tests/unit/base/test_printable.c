// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"

/* One code point as UTF-8, of at most four bytes. */
static const char *encode(uint32_t code, char text[5])
{
	int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char first[] = { 0, 0xc0, 0xe0, 0xf0 };

	memset(text, 0, 5);
	text[0] = (char)(first[more] | code >> (6 * more));
	for (int i = 1; i <= more; i++)
		text[i] = (char)(0x80 | (code >> (6 * (more - i)) & 0x3f));
	return text;
}

static void assert_printed(const char *text, size_t columns, const char *expected)
{
	char buffer[64];

	assert_string_equal(printable(text, columns, buffer, sizeof(buffer)), expected);
}

/* The first and the last of each range, and what is beside them. */
static void what_moves_the_cursor_or_hides(void **state)
{
	static const uint32_t hostile[] = { 0x1,     0x1b,    0x1f,   0x7f,   0x80,    0x9b,
					    0x9f,    0xad,    0x61c,  0x200b, 0x200f,  0x2028,
					    0x202e,  0x2060,  0x206f, 0xe000, 0xf8ff,  0xfeff,
					    0xfff9,  0xfffb,  0xfffe, 0xffff, 0x1fffe, 0xe0000,
					    0xe0001, 0x10ffff };
	static const uint32_t shown[] = { ' ',	  '~',	  0xa0,	  0xac,	  0xae,	  0x61b,  0x61d,
					  0x200a, 0x2010, 0x2027, 0x202f, 0x205f, 0x2070, 0xd7ff,
					  0xf900, 0xfefe, 0xff00, 0xffef, 0xfffc, 0xdfffd };
	char text[5];

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		assert_printed(encode(hostile[i], text), 9, "?");
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		assert_printed(encode(shown[i], text), 9, text);
}

/* Overlong forms, surrogates, what is beyond Unicode, and sequences that end early. */
static void what_is_not_utf_8(void **state)
{
	(void)state;
	assert_printed("a\xffz", 9, "a?z");
	assert_printed("\x80", 9, "?");
	assert_printed("\xc1\x81", 9, "??");
	assert_printed("\xe0\x9f\xbf", 9, "???");
	assert_printed("\xed\xa0\x80", 9, "???");
	assert_printed("\xf4\x90\x80\x80", 9, "????");
	assert_printed("\xf5\x80\x80\x80", 9, "????");
	assert_printed("\xe2\x82", 9, "??");
	assert_printed("\xc3(", 9, "?(");
	assert_printed(NULL, 9, "");
}

static void columns_are_those_of_a_terminal(void **state)
{
	(void)state;
	assert_printed("abcd", 4, "abcd");
	assert_printed("abcde", 4, "abc…");
	assert_printed("e\u0301e\u0301", 2, "e\u0301e\u0301");
	assert_printed("日本", 4, "日本");
	assert_printed("日本", 3, "日…");
	assert_printed("日本", 1, "…");
	assert_int_equal(printable_columns("e\u0301日a"), 4);
	assert_int_equal(printable_columns("\xff\xff"), 2);
}

/* For each size of a buffer the text is whole, or ends in "…", and nothing follows it. */
static void no_buffer_is_overrun(void **state)
{
	static const char *const texts[] = { "abcdefgh", "äöüäöü", "日本語日", "a日\xff\x1b日" };
	char buffer[64];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t size = sizeof("…"); size < 32; size++) {
			size_t length;

			memset(buffer, '#', sizeof(buffer));
			printable(texts[i], 100, buffer, size);
			length = strlen(buffer);
			assert_true(length < size);
			assert_int_equal(buffer[size], '#');
			if (size > strlen(texts[i]))
				assert_null(strstr(buffer, "…"));
			else
				assert_string_equal(buffer + length - strlen("…"), "…");
		}
}

static void bytes_that_are_escaped(void **state)
{
	char *text = printable_escape("ä\xff\xc0z");

	(void)state;
	assert_string_equal(text, "ä\\xff\\xc0z");
	free(text);
}

static void numbers_have_commas(void **state)
{
	char buffer[PRINTABLE_NUMBER];

	(void)state;
	assert_string_equal(printable_count(0, buffer), "0");
	assert_string_equal(printable_count(999, buffer), "999");
	assert_string_equal(printable_count(1000, buffer), "1,000");
	assert_string_equal(printable_count(UINT64_MAX, buffer), "18,446,744,073,709,551,615");
	assert_string_equal(printable_us(1234567, 1, buffer), "1,234.6");
	assert_string_equal(printable_us(999, 3, buffer), "0.999");
	assert_string_equal(printable_us(NAN, 1, buffer), "-");
	assert_string_equal(printable_us(-5, 0, buffer), "0");
	assert_string_equal(printable_us(1e300, 2, buffer), "18,446,744,073,709,552.00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_moves_the_cursor_or_hides),
		cmocka_unit_test(what_is_not_utf_8),
		cmocka_unit_test(columns_are_those_of_a_terminal),
		cmocka_unit_test(no_buffer_is_overrun),
		cmocka_unit_test(bytes_that_are_escaped),
		cmocka_unit_test(numbers_have_commas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
