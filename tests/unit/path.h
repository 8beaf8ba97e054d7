/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SYNCFAULT_TEST_PATH_H
#define SYNCFAULT_TEST_PATH_H

#include <stdio.h>

/* The path of name in a folder: good until the fourth call after this one. */
static const char *path_in(const char *folder, const char *name)
{
	static char path[4][512];
	static unsigned next;
	char *to = path[next++ % 4];

	snprintf(to, sizeof(path[0]), "%s/%s", folder, name);
	return to;
}

#endif
