// SPDX-License-Identifier: GPL-2.0-or-later
#include "result/result.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

#include "base/assets.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "result/check.h"
#include "result/rows.h"

void result_init(struct result *result)
{
	json_init(result_rows, result);
}

void result_free(struct result *result)
{
	json_clear(result_rows, result);
}

void cell_result_init(struct cell_result *cell)
{
	json_init(cell_rows, cell);
}

void cell_result_free(struct cell_result *cell)
{
	json_clear(cell_rows, cell);
}

static int check_schema(const char *text, size_t length, const char *name)
{
	char schema[128];
	int ret = json_peek_string(text, length, name, "schema", schema, sizeof(schema));

	if (ret == -EINVAL || ret == -ENOMEM)
		return ret;
	if (ret)
		diag_error("%s: no result of syncfault: it has no \"schema\"", name);
	else if (strcmp(schema, RESULT_SCHEMA) != 0)
		diag_error("%s: schema '%s' is not known here: this syncfault reads %s", name,
			   schema, RESULT_SCHEMA);
	else
		return 0;
	return -EINVAL;
}

int result_parse(const char *text, size_t length, const char *name, struct result *result)
{
	int ret = check_schema(text, length, name);

	if (ret)
		return ret;
	result_init(result);
	ret = json_read(text, length, name, result_rows, result);
	if (ret)
		return ret;
	ret = result_check(result, name);
	if (ret)
		result_free(result);
	return ret;
}

int result_read_text(int fd, const char *path, char **text, size_t *length)
{
	auto_free char *buffer = NULL;
	size_t used = 0, size = 1 << 16;

	for (;;) {
		ssize_t n;

		if (used == 0 || used == size) {
			char *grown = realloc(buffer, used ? size *= 2 : size);

			if (!grown)
				return diag_errno(ENOMEM, "read %s", path);
			buffer = grown;
		}
		n = read(fd, buffer + used, size - used);
		if (n < 0)
			return diag_errno(errno, "read %s", path);
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > RESULT_MAX_BYTES) {
			diag_error("%s: more than %u MiB: no result of syncfault", path,
				   RESULT_MAX_BYTES >> 20);
			return -EFBIG;
		}
	}
	*text = no_free(buffer);
	*length = used;
	return 0;
}

static int read_file(const char *path, char **text, size_t *length)
{
	auto_close int fd = -1;

	if (strcmp(path, "-") == 0)
		return result_read_text(STDIN_FILENO, "standard input", text, length);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return diag_errno(errno, "open %s", path);
	return result_read_text(fd, path, text, length);
}

int result_read(const char *path, struct result *result)
{
	auto_free char *text = NULL;
	size_t length;
	int ret = read_file(path, &text, &length);

	if (ret)
		return ret;
	return result_parse(text, length, strcmp(path, "-") ? path : "standard input", result);
}

int guest_read(const char *path, struct guest *guest)
{
	auto_free char *text = NULL;
	size_t length;
	int ret = read_file(path, &text, &length);

	if (ret)
		return ret;
	json_init(guest_rows, guest);
	return json_read(text, length, path, guest_rows, guest);
}

int result_read_letter(struct result *result)
{
	const struct asset *asset = asset_find("reference/cover-letter-2017");

	if (!asset) {
		diag_error("the letter's figures are not in this build");
		return -ENOENT;
	}
	return result_parse(asset->text, asset->length, asset->name, result);
}

int result_format(const struct result *result, char **text, size_t *length)
{
	int ret = result_check(result, "this result");

	return ret ? ret : json_write(result_rows, result, text, length);
}
