// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/channel.h"
#include "base/unicode.h"

#define SIZE 256

static const char *put_cut(enum channel channel, const char *text, size_t max)
{
	static char buffer[SIZE];
	FILE *out = fmemopen(buffer, SIZE, "w");

	memset(buffer, 0, SIZE);
	channel_put(out, channel, text, max);
	fclose(out);
	return buffer;
}

static const char *put(enum channel channel, const char *text)
{
	return put_cut(channel, text, CHANNEL_WHOLE);
}

/* Of each range the first and the last, and beside them what is seen. */
static void what_nobody_sees(void **state)
{
	static const uint32_t hidden[] = { 0x1,	    0x1f,    0x7f,    0x85,    0xad,	0x34f,
					   0x600,   0x605,   0x61c,   0x180e,  0x200b,	0x200f,
					   0x2028,  0x2029,  0x202a,  0x202e,  0x2060,	0x2066,
					   0x2069,  0x206f,  0x3164,  0xe000,  0xfdd0,	0xfdef,
					   0xfeff,  0xfff9,  0xfffb,  0xfffe,  0x1ffff, 0x1d173,
					   0x1d17a, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0x10ffff };
	static const uint32_t seen[] = { 0x20,	  0x7e,	   0xa0,    0xe9,    0x34e,  0x606,
					 0x200a,  0x2010,  0x2027,  0x202f,  0x2070, 0x3042,
					 0x4e2d,  0xac00,  0xfe0f,  0xff1d,  0xfffd, 0x10000,
					 0x1d172, 0x1d17b, 0x1f600, 0x20000, 0xdfffd };

	(void)state;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		assert_true(unicode_is_hidden(hidden[i]));
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		assert_false(unicode_is_hidden(seen[i]));
}

static void hidden_characters_are_spelled(void **state)
{
	static const char text[] = "a\u202e\u2028\U000e0041\xff";

	(void)state;
	assert_string_equal(put(CHANNEL_TSV, text), "a\\u202e\\u2028\\U000e0041\\xff");
	assert_string_equal(put(CHANNEL_LINE, text), "a\\u202e\\u2028\\U000e0041\\xff");
	assert_string_equal(put(CHANNEL_LABEL, text), "a\\\\u202e\\\\u2028\\\\U000e0041\\\\xff");
	assert_string_equal(put(CHANNEL_EXCERPT, text), "a\\u202e\\u2028\\U000e0041\\xff");
	assert_string_equal(put(CHANNEL_CODE, text), "a\\u202e\\u2028\\U000e0041\\xff");
	assert_string_equal(put(CHANNEL_HTML, text), "a????");
	assert_string_equal(put(CHANNEL_SCRIPT, text), "a????");
}

static void each_has_its_own_special_characters(void **state)
{
	(void)state;
	assert_string_equal(put(CHANNEL_LINE, "=a\tb\nc\\d\"\033\x7f\xc2\x9b"),
			    "=a\\tb\\nc\\\\d\"\\x1b\\x7f\\u009b");
	assert_string_equal(put(CHANNEL_LABEL, "a\tb\nc\\d\""), "a\tb\\nc\\\\d\\\"");
	assert_string_equal(put(CHANNEL_EXCERPT, "a\tb\nc\\d\""), "a\tb\nc\\d\"");
	assert_string_equal(put(CHANNEL_CODE, "a`b|c\\"), "a\\x60b\\x7cc\\\\");
	assert_string_equal(put(CHANNEL_HTML, "<a href='\"'>&"),
			    "&lt;a href=&#39;&quot;&#39;&gt;&amp;");
	assert_string_equal(put(CHANNEL_SCRIPT, "</a>&\"\\"),
			    "\\u003c/a\\u003e\\u0026\\u0022\\u005c");
	assert_string_equal(put(CHANNEL_PERCENT, "-O a/b%\té=1"), "-O%20a%2Fb%25%09%C3%A9=1");
	assert_string_equal(put(CHANNEL_TSV, NULL), "");
}

static void ordinary_text_stays(void **state)
{
	static const char *const texts[] = {
		"",	     "ext4", "é 中文 😀",	  "#1 SMP 6.1.0-47 (2026)",
		"a-b=c+d@e", "-",    "noatime,dax=inode", "it's \"so\""
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(put(CHANNEL_TSV, texts[i]), texts[i]);
}

/* The beginning of a field, for all that reads tables. */
static void no_field_is_a_formula(void **state)
{
	static const char *const formulas[] = { "=cmd|' /C calc'!A0",
						"+1+1",
						"-O x",
						"@SUM(1)",
						"\"=1\"",
						"'=1",
						"\"",
						"＝1",
						"＋1",
						"－1",
						"＠x",
						"\u22121",
						"--",
						"\ufe66" };
	static const char *const leads[] = { "", " ", "  ", "\u00a0", "\u3000 ", "a,", "a; " };

	(void)state;
	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++)
		for (size_t j = 0; j < sizeof(leads) / sizeof(leads[0]); j++) {
			char text[SIZE], wanted[SIZE];

			snprintf(text, SIZE, "%s%s", leads[j], formulas[i]);
			snprintf(wanted, SIZE, "%s\\%s", leads[j], formulas[i]);
			assert_string_equal(put(CHANNEL_TSV, text), wanted);
		}
	assert_string_equal(put(CHANNEL_TSV, "\t=1"), "\\t=1");
	assert_string_equal(put(CHANNEL_TSV, "\r=1"), "\\x0d=1");
	assert_string_equal(put(CHANNEL_TSV, "\u200b=1"), "\\u200b=1");
	assert_string_equal(put(CHANNEL_TSV, "\\=1"), "\\\\=1");
}

/* What docs/export.md says to a reader; text is changed in its place. */
static void read_back(char *text)
{
	char *out = text;

	while (*text) {
		size_t digits = 0;
		uint32_t code = 0;

		if (*text != '\\') {
			*out++ = *text++;
			continue;
		}
		digits = text[1] == 'x' ? 2 : text[1] == 'u' ? 4 : text[1] == 'U' ? 8 : 0;
		if (digits) {
			char number[9] = "";

			memcpy(number, text + 2, digits);
			code = (uint32_t)strtoul(number, NULL, 16);
		}
		if (digits == 2)
			*out++ = (char)code;
		else if (!digits)
			*out++ = text[1] == 't' ? '\t' : text[1] == 'n' ? '\n' : text[1];
		else if (code < 0x800)
			out += sprintf(out, "%c%c", 0xc0 | code >> 6, 0x80 | (code & 0x3f));
		else if (code < 0x10000)
			out += sprintf(out, "%c%c%c", 0xe0 | code >> 12, 0x80 | (code >> 6 & 0x3f),
				       0x80 | (code & 0x3f));
		else
			out += sprintf(out, "%c%c%c%c", 0xf0 | code >> 18,
				       0x80 | (code >> 12 & 0x3f), 0x80 | (code >> 6 & 0x3f),
				       0x80 | (code & 0x3f));
		text += 2 + digits;
	}
	*out = '\0';
}

/* Strings of pieces that an escape could mistake for its own, and of any bytes. */
static void what_is_spelled_can_be_read_back(void **state)
{
	static const char *const pieces[] = { "=",	    "-",     "'",      "\"",   "\\",
					      "\\x41",	    "u202e", "\u202e", "x",    "n",
					      "\n",	    "\t",    "\r",     " ",    ",",
					      "é",	    "＝",    "\xff",   "\xc3", "\xc2\x9b",
					      "\U000e0041", "t",     "`|" };
	static const enum channel channels[] = { CHANNEL_TSV, CHANNEL_LINE, CHANNEL_CODE };
	uint64_t random = 1;

	(void)state;
	for (size_t i = 0; i < 30000; i++) {
		char text[SIZE] = "", read[SIZE];

		for (size_t n = i % 7; n; n--) {
			random = random * 6364136223846793005 + 1442695040888963407;
			strcat(text, pieces[(random >> 33) % (sizeof(pieces) / sizeof(pieces[0]))]);
		}
		strcpy(read, put(channels[i % 3], text));
		assert_null(strpbrk(read, "\t\n\r\x7f\xff"));
		read_back(read);
		assert_string_equal(read, text);
	}
}

static void markdown_has_no_links(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "ext4 MAP_SYNC, 2 of 3", "ext4 MAP\\_SYNC, 2 of 3" },
		{ "see https://e.com/a_b now", "see `https://e.com/a_b` now" },
		{ "HTTP://e.com", "`HTTP://e.com`" },
		{ "www.e.com", "`www.e.com`" },
		{ "(@you)", "`(@you)`" },
		{ "a@b.de", "`a@b.de`" },
		{ "#1 SMP", "`#1` SMP" },
		{ "you/repo#1", "`you/repo#1`" },
		{ "gh-12 GH-1 gh-x high-1", "`gh-12` `GH-1` gh-x high-1" },
		{ "!3 x!3", "`!3` x!3" },
		{ "6.12-1~deb12u1 50 % 5%", "6.12-1\\~deb12u1 50 % 5%" },
		{ ":tada: a:b", "`:tada:` a:b" },
		{ "$x$", "`$x$`" },
		{ "<b>![i](x)|", "\\<b\\>!\\[i\\](x)\\|" },
		{ "@a`b|c\\", "`@a`&#96;`b`&#124;`c`&#92;" },
		{ "``@|", "&#96;&#96;`@`&#124;" },
		{ "mailto:a xmpp:b", "`mailto:a` `xmpp:b`" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(put(CHANNEL_MARKDOWN, cases[i].text), cases[i].wanted);
}

static void text_is_cut_between_characters(void **state)
{
	(void)state;
	assert_string_equal(put_cut(CHANNEL_LINE, "abc", 3), "abc");
	assert_string_equal(put_cut(CHANNEL_LINE, "abc", 2), "ab…");
	assert_string_equal(put_cut(CHANNEL_LINE, "aé", 2), "a…");
	assert_string_equal(put_cut(CHANNEL_TSV, "=é", 3), "\\=é");
	assert_string_equal(put_cut(CHANNEL_MARKDOWN, "#1 é", 4), "`#1` …");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_sees),
		cmocka_unit_test(hidden_characters_are_spelled),
		cmocka_unit_test(each_has_its_own_special_characters),
		cmocka_unit_test(ordinary_text_stays),
		cmocka_unit_test(no_field_is_a_formula),
		cmocka_unit_test(what_is_spelled_can_be_read_back),
		cmocka_unit_test(markdown_has_no_links),
		cmocka_unit_test(text_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
