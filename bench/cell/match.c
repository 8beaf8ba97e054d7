// SPDX-License-Identifier: GPL-2.0-or-later
#include "cell/match.h"

#include <fnmatch.h>
#include <string.h>

bool cell_match(const char *pattern, const char *key)
{
	if (!pattern)
		return true;
	return strpbrk(pattern, "*?[") ? !fnmatch(pattern, key, 0) : strstr(key, pattern) != NULL;
}
