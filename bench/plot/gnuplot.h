/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only module that knows gnuplot: how it is run, and how text is written for it. */
#ifndef SYNCFAULT_PLOT_GNUPLOT_H
#define SYNCFAULT_PLOT_GNUPLOT_H

#include <stddef.h>
#include <stdio.h>

/*
 * Runs script through gnuplot, which writes one picture to the file named by its string variable
 * `output`, set before the script. Nothing is written to any file system. On success the caller
 * frees *image. -ENOENT: gnuplot is missing, reported in one line that names the package; -EINTR: a
 * stop was asked for; else -errno, reported with gnuplot's last words.
 */
int gnuplot_draw(const char *script, size_t script_length, char **image, size_t *image_length);

/*
 * Writes text as a gnuplot string that means nothing but itself: single-quoted, printable, cut
 * to columns. Apostrophes would end it, and gnuplot 5.4 mistakes a row of escaped ones for the end;
 * backquotes start a shell in other strings. Both become the typographic apostrophe, U+2019.
 */
void gnuplot_string(FILE *out, const char *text, size_t columns);

#endif
