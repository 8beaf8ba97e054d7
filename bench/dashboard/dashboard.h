/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page of `syncfault dashboard`: one HTML file of a folder of results, with all that it needs
 * inside. docs/dashboard.md says what is on it.
 */
#ifndef SYNCFAULT_DASHBOARD_DASHBOARD_H
#define SYNCFAULT_DASHBOARD_DASHBOARD_H

#include <stdbool.h>
#include <stddef.h>

struct dashboard_options {
	const char *folder;
	const char *output; /* where the page will be: no file of the folder, and shown */
	const char *base;  /* build to compare with, by release, version or tag; NULL: the oldest */
	const char *new;   /* build that is judged; NULL: the newest */
	const char *order; /* as history_options.order */
	bool follows_links; /* out of the folder */
};

/*
 * Makes the page; the caller frees *html. Errors are reported on stderr. -EINVAL: base or new is
 * not a build in the folder, or the order is not valid. -EEXIST: output is a file of the folder.
 * -ENODATA: the folder holds no result with numbers. -ENOMEM, or what the system said. 1: the page
 * is whole, but some file of the folder could not be used.
 */
int dashboard_make(const struct dashboard_options *options, char **html, size_t *length);

#endif
