// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/channel.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/unicode.h"

#define DIGITS	"0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

struct rules {
	const char *lead; /* of "x1b" and "u202e"; NULL: '?' in their place */
	struct {
		char c;
		const char *as;
	} spelled[8];
};

static const struct rules channels[] = {
	[CHANNEL_TSV] = { "\\", { { '\n', "\\n" }, { '\t', "\\t" }, { '\\', "\\\\" } } },
	[CHANNEL_LINE] = { "\\", { { '\n', "\\n" }, { '\t', "\\t" }, { '\\', "\\\\" } } },
	[CHANNEL_LABEL] = { "\\\\",
			    { { '\n', "\\n" },
			      { '\t', "\t" },
			      { '"', "\\\"" },
			      { '\\', "\\\\" } } },
	[CHANNEL_EXCERPT] = { "\\", { { '\n', "\n" }, { '\t', "\t" } } },
	[CHANNEL_CODE] = { "\\",
			   { { '\n', "\\n" },
			     { '\t', "\\t" },
			     { '\\', "\\\\" },
			     { '`', "\\x60" },
			     { '|', "\\x7c" } } },
	[CHANNEL_HTML] = { NULL,
			   { { '\n', "\n" },
			     { '\t', "\t" },
			     { '&', "&amp;" },
			     { '<', "&lt;" },
			     { '>', "&gt;" },
			     { '"', "&quot;" },
			     { '\'', "&#39;" } } },
	[CHANNEL_SCRIPT] = { NULL,
			     { { '<', "\\u003c" },
			       { '>', "\\u003e" },
			       { '&', "\\u0026" },
			       { '"', "\\u0022" },
			       { '\\', "\\u005c" } } },
};

/* Bytes of text up to max, without the beginning of a character that ends beyond it. */
static size_t cut(const char *text, size_t max)
{
	size_t length = strnlen(text, max + 1);

	if (length <= max)
		return length;
	for (length = max; length && ((unsigned char)text[length] & 0xc0) == 0x80; length--)
		;
	return length;
}

static const char *spelling(const struct rules *rules, uint32_t code)
{
	for (size_t i = 0; code && rules->spelled[i].as; i++)
		if ((uint32_t)rules->spelled[i].c == code)
			return rules->spelled[i].as;
	return NULL;
}

static void put_hidden(FILE *out, const char *lead, bool is_byte, uint32_t code)
{
	if (!lead)
		fputc('?', out);
	else if (is_byte)
		fprintf(out, "%sx%02x", lead, code);
	else
		fprintf(out, code < 0x10000 ? "%su%04x" : "%sU%08x", lead, code);
}

/* Writes the character at text, and returns its length. */
static size_t put_character(FILE *out, const struct rules *rules, const char *text)
{
	uint32_t code = (unsigned char)*text;
	size_t length = unicode_decode(text, &code);
	const char *spelled = spelling(rules, code);

	if (length && spelled)
		fputs(spelled, out);
	else if (!length || unicode_is_hidden(code))
		put_hidden(out, rules->lead, !length || code < 0x80, code);
	else
		fwrite(text, 1, length, out);
	return length ? length : 1;
}

/* What begins a formula or a quotation in some spreadsheet, in all widths. */
static bool is_sign(uint32_t code)
{
	static const uint32_t signs[] = { '=',	  '+',	  '-',	  '@',	  '"',
					  '\'',	  0x2212, 0xfe62, 0xfe63, 0xfe66,
					  0xfe6b, 0xff0b, 0xff0d, 0xff1d, 0xff20 };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (signs[i] == code)
			return true;
	return false;
}

/* Blanks may precede the beginning of a field, and other tables divide at these two. */
static void put_field(FILE *out, const char *text, const char *end)
{
	bool is_start = true, is_bare = text + 1 == end && strchr("=+-@", *text);

	while (text < end) {
		uint32_t code = 0;

		if (unicode_decode(text, &code) && is_start && is_sign(code) && !is_bare)
			fputc('\\', out);
		is_start = (is_start && unicode_is_blank(code)) || code == ',' || code == ';';
		text += put_character(out, &channels[CHANNEL_TSV], text);
	}
}

static bool is_alphanumeric(char c)
{
	return c && strchr(DIGITS LETTERS, c);
}

/* ":+1:" at text. */
static bool is_shortcode(const char *text)
{
	size_t length = strspn(text + 1, DIGITS LETTERS "_+-");

	return *text == ':' && length && text[1 + length] == ':';
}

/* What GitHub, GitLab and others like them look for in text; at is a place in word. */
static bool is_reference_at(const char *word, const char *at)
{
	bool is_first = at == word || !is_alphanumeric(at[-1]);

	if (strchr("@$", *at) || is_shortcode(at))
		return true;
	if (*at == '#' || (is_first && strchr("!%~&", *at)))
		return is_alphanumeric(at[1]) || at[1] == '"';
	if (is_first && !strncasecmp(at, "gh-", 3))
		return at[3] && strchr(DIGITS, at[3]);
	return !strncmp(at, "://", 3) || !strncasecmp(at, "www.", 4) ||
	       !strncasecmp(at, "mailto:", 7) || !strncasecmp(at, "xmpp:", 5);
}

static bool has_reference(const char *word, const char *end)
{
	for (const char *at = word; at < end; at++)
		if (is_reference_at(word, at))
			return true;
	return false;
}

/* Of Markdown: what is special in it is dealt with before. */
static const struct rules as_is;

/* Code has no escapes: what could end it, or a cell of a table, divides it in two. */
static void put_code(FILE *out, const char *word, const char *end)
{
	bool is_open = false;

	while (word < end) {
		bool is_apart = strchr("`|\\", *word);

		if (is_open == is_apart)
			fputc('`', out);
		is_open = !is_apart;
		if (is_apart)
			fprintf(out, "&#%d;", *word++);
		else
			word += put_character(out, &as_is, word);
	}
	if (is_open)
		fputc('`', out);
}

static void put_markdown(FILE *out, const char *text, const char *end)
{
	while (text < end) {
		const char *word = text;

		text = memchr(word, ' ', (size_t)(end - word)) ?: end;
		if (has_reference(word, text))
			put_code(out, word, text);
		else
			while (word < text) {
				if (strchr("\\`*_[]<>#|~&", *word))
					fputc('\\', out);
				word += put_character(out, &as_is, word);
			}
		while (text < end && *text == ' ')
			fputc(*text++, out);
	}
}

static void put_percent(FILE *out, const char *text, const char *end)
{
	for (; text < end; text++)
		if (is_alphanumeric(*text) || strchr("_.:,=@+-", *text))
			fputc(*text, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*text);
}

void channel_put(FILE *out, enum channel channel, const char *text, size_t max)
{
	const char *end = text ? text + cut(text, max) : NULL;

	if (!text)
		return;
	if (channel == CHANNEL_TSV)
		put_field(out, text, end);
	else if (channel == CHANNEL_MARKDOWN)
		put_markdown(out, text, end);
	else if (channel == CHANNEL_PERCENT)
		put_percent(out, text, end);
	else
		for (const char *at = text; at < end;)
			at += put_character(out, &channels[channel], at);
	if (*end)
		fputs("…", out);
}
