// SPDX-License-Identifier: GPL-2.0-or-later
#include "dashboard/text.h"

#include <math.h>
#include <sha2.h>
#include <string.h>

#include "base/channel.h"
#include "base/printable.h"

void page_escape(FILE *out, const char *text)
{
	channel_put(out, CHANNEL_HTML, text, CHANNEL_WHOLE);
}

void page_text(FILE *out, const char *text)
{
	char name[PAGE_NAME_SIZE];

	page_escape(out, printable(text, PAGE_NAME_COLUMNS, name, sizeof(name)));
}

void page_json_string(FILE *out, const char *text)
{
	char name[PAGE_NAME_SIZE];

	fputc('"', out);
	channel_put(out, CHANNEL_SCRIPT, printable(text, PAGE_NAME_COLUMNS, name, sizeof(name)),
		    CHANNEL_WHOLE);
	fputc('"', out);
}

void page_json_number(FILE *out, double value)
{
	if (!isfinite(value))
		fputs("null", out);
	else if (value == round(value))
		fprintf(out, "%.0f", value);
	else
		fprintf(out, "%.3f", value);
}

const char *page_value(double ns, char buffer[PAGE_VALUE_SIZE])
{
	if (!isfinite(ns))
		return strcpy(buffer, "–");
	return printable_us(ns, ns < 9995 ? 2 : ns < 999500 ? 1 : 0, buffer);
}

void page_base64(FILE *out, const unsigned char *bytes, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		unsigned group = bytes[i] << 16 | (left > 1 ? bytes[i + 1] << 8 : 0) |
				 (left > 2 ? bytes[i + 2] : 0);

		fputc(digits[group >> 18], out);
		fputc(digits[group >> 12 & 63], out);
		fputc(left > 1 ? digits[group >> 6 & 63] : '=', out);
		fputc(left > 2 ? digits[group & 63] : '=', out);
	}
}

void page_digest(FILE *out, const char *text, size_t length)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, (const uint8_t *)text, length);
	SHA256Final(digest, &context);
	fputs("sha256-", out);
	page_base64(out, digest, sizeof(digest));
}
