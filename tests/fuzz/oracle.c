// SPDX-License-Identifier: GPL-2.0-or-later
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/assets.h"
#include "base/diag.h"
#include "fuzz.h"

/* diag.c cuts at 2,000 columns of at most four bytes, and has a prefix. */
#define LINE_MAX_BYTES 8300

/* C1 controls and, of U+200E to U+2069, what turns the direction of writing. */
static bool is_steering(const unsigned char *c)
{
	if (c[0] == 0xc2)
		return c[1] >= 0x80 && c[1] < 0xa0;
	if (c[0] != 0xe2)
		return false;
	return (c[1] == 0x80 && ((c[2] >= 0xaa && c[2] <= 0xae) || c[2] == 0x8e || c[2] == 0x8f)) ||
	       (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9);
}

void oracle_text(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const unsigned char *c = (const unsigned char *)text + i;

		if ((*c < ' ' && *c != '\n' && *c != '\t') || *c == 0x7f || is_steering(c))
			fuzz_fail("text that steers a terminal", text + (i > 100 ? i - 100 : 0),
				  length - i < 200 ? length - i : 200);
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
