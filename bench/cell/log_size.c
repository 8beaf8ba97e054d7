// SPDX-License-Identifier: GPL-2.0-or-later
#include "cell/log_size.h"

#include <stdio.h>
#include <string.h>

/* A bare number is in MiB for mkfs.ext4, in bytes for mkfs.xfs; both take k, m and g. */
static uint64_t scale(uint64_t number, char unit, bool is_ext4)
{
	switch (unit) {
	case 'k':
		return number << 10;
	case 'm':
		return number << 20;
	case 'g':
		return number << 30;
	default:
		return is_ext4 ? number << 20 : number;
	}
}

static uint64_t read_size(const char *options, const char *before, bool is_ext4, bool *is_all)
{
	const char *at = strstr(options, before);
	unsigned long long number;
	char unit = '\0';
	int length = 0;

	if (!at || sscanf(at + strlen(before), "%12llu%n", &number, &length) != 1)
		return 0;
	unit = at[strlen(before) + (size_t)length];
	if (unit && strchr("kmg", unit))
		length++;
	*is_all = at == options && !at[strlen(before) + (size_t)length];
	return scale(number, unit, is_ext4);
}

uint64_t log_size_bytes(const char *mkfs_options, bool *is_all)
{
	uint64_t bytes;

	*is_all = !mkfs_options[0];
	bytes = read_size(mkfs_options, "-J size=", true, is_all);
	return bytes ? bytes : read_size(mkfs_options, "-l size=", false, is_all);
}

const char *log_size_name(uint64_t bytes, char buffer[LOG_SIZE_NAME])
{
	bool is_whole = bytes % (1 << 20) == 0;

	if (bytes)
		snprintf(buffer, LOG_SIZE_NAME, "%llu %s",
			 (unsigned long long)(bytes >> (is_whole ? 20 : 10)),
			 is_whole ? "MiB" : "KiB");
	else
		snprintf(buffer, LOG_SIZE_NAME, "default");
	return buffer;
}
