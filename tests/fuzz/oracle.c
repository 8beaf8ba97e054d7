// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/assets.h"
#include "base/diag.h"
#include "fuzz.h"

/* diag.c cuts at 2,000 columns of at most four bytes, and has a prefix. */
#define LINE_MAX_BYTES 8300

/* One character; its length, and 0 where it is not UTF-8. The program has another decoder. */
static size_t decode(const char *text, uint32_t *code)
{
	unsigned char first = (unsigned char)*text;
	size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	*code = first & (length == 1 ? 0x7f : 0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	return (first & 0xc0) == 0x80 ? 0 : length;
}

/* Controls, ends of lines, what turns the direction of writing, what nobody sees. */
static bool is_steering(uint32_t code)
{
	if (code < 0xa0)
		return (code < ' ' && code != '\n' && code != '\t') || code >= 0x7f;
	return code == 0xad || code == 0x61c || code == 0x180e ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || (code >= 0xe000 && code < 0xf900) ||
	       code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) || (code & 0xfffe) == 0xfffe ||
	       code >= 0xe0000;
}

void oracle_text(const char *text, size_t length)
{
	uint32_t code;

	for (size_t i = 0, n; i < length; i += n) {
		n = decode(text + i, &code);
		if (!n || is_steering(code))
			fuzz_fail("text that steers a terminal", text + (i > 100 ? i - 100 : 0),
				  length - i < 100 ? length - (i > 100 ? i - 100 : 0) : 200);
	}
}

/* A number, or nothing that a spreadsheet takes for a formula or a quotation. */
static bool is_field(const char *field, size_t length)
{
	bool is_start = true;

	if (strspn(field, "0123456789.e+-") == length &&
	    strpbrk(field, "0123456789") < field + length)
		return length == 0 || *field != '+';
	for (size_t i = 0; i < length; i++) {
		if (is_start && strchr("\"'", field[i]))
			return false;
		if (is_start && strchr("=+-@", field[i]) && length > 1)
			return false;
		if (is_start && (!strncmp(field + i, "＝", 3) || !strncmp(field + i, "＋", 3) ||
				 !strncmp(field + i, "－", 3) || !strncmp(field + i, "＠", 3)))
			return false;
		is_start = (is_start && field[i] == ' ') || field[i] == ',' || field[i] == ';';
	}
	return true;
}

void oracle_tsv(const char *text, size_t length)
{
	size_t columns = 0, column = 0;

	oracle_text(text, length);
	for (const char *field = text; *field; field++) {
		size_t n = strcspn(field, "\t\n");

		if (!is_field(field, n))
			fuzz_fail("a formula", field, n);
		field += n;
		column++;
		if (*field == '\t')
			continue;
		if (columns && column != columns)
			fuzz_fail("a row that has other columns", field - n, n);
		columns = column;
		column = 0;
	}
}

/* A line of Markdown as it is rendered, with a control in place of code; NULL: it has markup. */
static char *render(const char *line, const char *end)
{
	char *text = calloc(1, (size_t)(end - line) + 1), *out = text;

	while (text && line < end) {
		const char *code =
			*line == '`' ? memchr(line + 1, '`', (size_t)(end - line - 1)) : NULL;

		if (*line == '\\' && line + 1 < end && ispunct(line[1])) {
			*out++ = line[1];
			line += 2;
		} else if (*line == '&' && line[1] == '#') {
			*out++ = (char)strtoul(line + 2, NULL, 10);
			line = strchr(line, ';') + 1;
		} else if (code && code > line + 1 && !memchr(line, '|', (size_t)(code - line))) {
			*out++ = 1;
			line = code + 1;
		} else if (strchr("`*_[]<>~&", *line)) {
			free(text);
			return NULL;
		} else {
			*out++ = *line++;
		}
	}
	return text;
}

static bool has_reference(const char *text)
{
	static const char *const links[] = { "://", "www.", "mailto:", "xmpp:", "@", "$" };

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (strcasestr(text, links[i]))
			return true;
	for (const char *c = text; *c; c++) {
		bool is_first = c == text || !isalnum(c[-1]);

		if (*c == '#' && isalnum(c[1]))
			return true;
		if (is_first && strchr("!%~&", *c) && isalnum(c[1]))
			return true;
		if (is_first && !strncasecmp(c, "gh-", 3) && isdigit(c[3]))
			return true;
	}
	return false;
}

/* What is between the marks that the report itself has. */
static void check_markdown(const char *from, const char *end)
{
	char *text = render(from, end);

	if (!text)
		fuzz_fail("markup that is not ours", from, (size_t)(end - from));
	if (has_reference(text))
		fuzz_fail("a link or a reference", from, (size_t)(end - from));
	free(text);
}

/* A row: as many cells as each other row has. */
static void check_row(const char *line, const char *end)
{
	static size_t columns;
	size_t count = 0;

	for (const char *cell = line + 1, *bar; cell < end; cell = bar + 1) {
		for (bar = cell; bar < end && *bar != '|'; bar++)
			bar += *bar == '\\';
		if (bar >= end)
			fuzz_fail("half a cell", line, (size_t)(end - line));
		check_markdown(cell, bar);
		count++;
	}
	if (!strncmp(line, "| verdict | figure", 18))
		columns = count;
	if (count != columns)
		fuzz_fail("a row of other cells", line, (size_t)(end - line));
}

void oracle_markdown(const char *text, size_t length)
{
	oracle_text(text, length);
	for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		if (*line == '|')
			check_row(line, end);
		else if (line == text && end - line > 4 && !strncmp(line, "**", 2) &&
			 !strncmp(end - 2, "**", 2))
			check_markdown(line + 2, end - 2);
		else if (!strncmp(line, "- ", 2) || line == end)
			check_markdown(line == end ? line : line + 2, end);
		else
			fuzz_fail("a line that is not ours", line, (size_t)(end - line));
	}
}

void oracle_diagnostics(const struct fuzz_output *output)
{
	const char *line = output->err, *end;

	oracle_text(output->err, output->err_length);
	for (; (end = strchr(line, '\n')); line = end + 1)
		if (strncmp(line, "syncfault: ", 11) != 0 || end - line > LINE_MAX_BYTES)
			fuzz_fail("a line that is not one of ours", line, (size_t)(end - line));
	if (*line)
		fuzz_fail("half a line", line, strlen(line));
	if (!output->err_length && output->code == EXIT_FAILED && !output->out_length)
		fuzz_fail("failed, and did not say of what", "", 0);
	if (!output->err_length && output->code == EXIT_USAGE)
		fuzz_fail("refused, and did not say why", output->out, output->out_length);
}

void oracle_json(const char *text, size_t length)
{
	json_error_t error;
	json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fuzz_fail(error.text, text, length);
	json_decref(json);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strcasestr(text, what)); text++)
		n++;
	return n;
}

void oracle_html(const char *text, size_t length)
{
	static size_t scripts = SIZE_MAX;
	static const char *const none[] = { "<iframe", "<object", "<embed", "<base",
					    "<img",    "<form",	  "<svg/" };
	size_t found = count(text, "<script");

	oracle_text(text, length);
	if (strlen(text) != length)
		fuzz_fail("a page with a NUL", text, length);
	if (scripts == SIZE_MAX)
		scripts = found;
	if (found != scripts)
		fuzz_fail("a script that is not ours", text, length);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (count(text, none[i]))
			fuzz_fail("an element that is not ours", none[i], strlen(none[i]));
}

/* Words after "NAME = ": a number, or text in quotes of one kind, without such quotes in it. */
static bool is_value(const char *c, const char *end)
{
	if (*c != '\'')
		return c + strspn(c, "0123456789.eE+-") == end || !strncmp(c, "NaN\n", 4);
	return end - c > 1 && end[-1] == '\'' && !memchr(c + 1, '\'', (size_t)(end - c - 2)) &&
	       !memchr(c, '`', (size_t)(end - c));
}

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"

static bool is_statement(const char *line, const char *end)
{
	const char *c = line + (*line == '$') + strspn(line + (*line == '$'), NAME_CHARS);

	if (!strncmp(line, "array ", 6))
		return memchr(line, ']', (size_t)(end - line)) == end - 1 &&
		       !memchr(line, '\'', (size_t)(end - line));
	if (*line == '$')
		return !strncmp(c, " << EOD\n", 8);
	if (*c == '[')
		c += 1 + strspn(c + 1, "0123456789") + 1;
	return c > line && !strncmp(c, " = ", 3) && is_value(c + 3, end);
}

static bool is_data(const char *line, const char *end)
{
	const char *c = line + strspn(line, "0123456789.eE+- Nanif");
	const char *quoted = *c == '"' ? memchr(c + 1, '"', (size_t)(end - c - 1)) : NULL;

	if (c == end)
		return true;
	return quoted == end - 1 && !memchr(c, '`', (size_t)(end - c)) &&
	       !memchr(c, '\\', (size_t)(end - c)) && !memchr(c, '$', (size_t)(end - c));
}

/* Unlike in single quotes, a backslash, a backquote or a dollar means something in double ones. */
void oracle_gnuplot(const char *script, size_t length)
{
	const struct asset *style = asset_find("plots/style.gp");
	const char *own = memmem(script, length, style->text, style->length);
	bool in_data = false;
	const char *end;

	if (!own)
		return;
	oracle_text(script, (size_t)(own - script));
	for (const char *line = script; line < own; line = end + 1) {
		end = memchr(line, '\n', (size_t)(own - line));
		if (!end || !(in_data ? is_data(line, end) || !strncmp(line, "EOD\n", 4)
				      : is_statement(line, end)))
			fuzz_fail("gnuplot would do something else", line, strcspn(line, "\n"));
		in_data = in_data ? strncmp(line, "EOD\n", 4) != 0 : *line == '$';
	}
}

/* Lines end where a name, a label and a number end; the last one says that it is the last. */
void oracle_openmetrics(const char *text, size_t length)
{
	const char *end;

	oracle_text(text, length);
	if (length < 6 || strcmp(text + length - 6, "# EOF\n") != 0)
		fuzz_fail("no end of OpenMetrics", text, length);
	for (const char *line = text; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (strncmp(line, "# ", 2) != 0 && strncmp(line, "syncfault_", 10) != 0)
			fuzz_fail("a line that is no metric of ours", line, (size_t)(end - line));
		if (!strncmp(line, "# EOF", 5) && end[1])
			fuzz_fail("an end in the middle", line, (size_t)(end - line));
	}
}
