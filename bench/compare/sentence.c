// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/printable.h"
#include "compare/private.h"

#define NAME_COLUMNS 60
#define NAME_SIZE    (NAME_COLUMNS * 4 + 4)
#define SIDE_SIZE    (2 * NAME_SIZE + 4)

const char *compare_change(double ratio, char buffer[COMPARE_CHANGE_SIZE])
{
	if (isnan(ratio))
		snprintf(buffer, COMPARE_CHANGE_SIZE, "-");
	else if (ratio >= 10)
		snprintf(buffer, COMPARE_CHANGE_SIZE, "x %.1f", ratio);
	else if (ratio == 1)
		snprintf(buffer, COMPARE_CHANGE_SIZE, "0");
	else if (fabs(ratio - 1) < 0.0005)
		snprintf(buffer, COMPARE_CHANGE_SIZE, "%+.2f %%", (ratio - 1) * 100);
	else
		snprintf(buffer, COMPARE_CHANGE_SIZE, "%+.1f %%", (ratio - 1) * 100);
	return buffer;
}

/* The kernel; where both sides are of one, the path too. */
static const char *name_side(const struct compare_side *side, bool is_one_kernel,
			     char buffer[SIDE_SIZE])
{
	char kernel[NAME_SIZE], path[NAME_SIZE];

	printable(side->kernel ? side->kernel : "an unknown kernel", NAME_COLUMNS, kernel,
		  sizeof(kernel));
	printable(side->name, NAME_COLUMNS, path, sizeof(path));
	if (is_one_kernel)
		snprintf(buffer, SIDE_SIZE, "%s (%s)", kernel, path);
	else
		snprintf(buffer, SIDE_SIZE, "%s", kernel);
	return buffer;
}

static const struct compare_place *find_first(const struct comparison *comparison, int verdict)
{
	for (size_t i = 0; i < comparison->order_count; i++) {
		const struct compare_place *place = &comparison->order[i];

		if (comparison->cells[place->cell].rows[place->row].verdict == verdict)
			return place;
	}
	return NULL;
}

static uint64_t count_cells(const struct comparison *comparison, int verdict)
{
	uint64_t cells = 0;

	for (size_t i = 0; i < comparison->cell_count; i++)
		for (size_t j = 0; j < comparison->cells[i].row_count; j++)
			if (comparison->cells[i].rows[j].verdict == verdict) {
				cells++;
				break;
			}
	return cells;
}

static void print_count(FILE *out, uint64_t count, const char *what)
{
	char number[PRINTABLE_NUMBER];

	fprintf(out, "%s %s%s", printable_count(count, number), what, count == 1 ? "" : "s");
}

/* "A 23.1 % regression of p50 of ext4 written", and how many others there are. */
static void say_change(const struct comparison *comparison, int verdict, FILE *out)
{
	const struct compare_place *place = find_first(comparison, verdict);
	const struct compare_cell *cell = &comparison->cells[place->cell];
	const struct compare_row *row = &cell->rows[place->row];
	uint64_t others =
		(verdict == COMPARE_WORSE ? comparison->counts.worse : comparison->counts.better) -
		1;

	fprintf(out, "syncfault noticed a %.1f %% %s of %s of %s", fabs(row->ratio - 1) * 100,
		verdict == COMPARE_WORSE ? "regression" : "improvement", figure_names[row->figure],
		cell->words);
	if (!others)
		return;
	fprintf(out, " (and of ");
	print_count(out, others, "more figure");
	fprintf(out, "; ");
	print_count(out, count_cells(comparison, verdict), "cell");
	fprintf(out, " in all)");
}

static uint64_t most_needed(const struct comparison *comparison)
{
	uint64_t most = 0;

	for (size_t i = 0; i < comparison->cell_count; i++)
		for (size_t j = 0; j < comparison->cells[i].row_count; j++) {
			const struct compare_row *row = &comparison->cells[i].rows[j];

			if (row->verdict == COMPARE_UNKNOWN && row->runs_needed != U64_ABSENT &&
			    row->runs_needed > most)
				most = row->runs_needed;
		}
	return most;
}

static void say_unknown(const struct comparison *comparison, FILE *out)
{
	uint64_t more = most_needed(comparison);

	fprintf(out, "syncfault cannot say yet: ");
	print_count(out, comparison->counts.unknown, "figure");
	fprintf(out, " of ");
	print_count(out, count_cells(comparison, COMPARE_UNKNOWN), "cell");
	fprintf(out, "%s unknown", comparison->counts.unknown == 1 ? " is" : " are");
	if (more) {
		fprintf(out, " (up to ");
		print_count(out, more, "more run");
		fprintf(out, " on each side would tell)");
	}
}

static void say_same(const struct comparison *comparison, FILE *out)
{
	fprintf(out, "syncfault noticed no change beyond its floor in ");
	print_count(out, comparison->counts.same, "figure");
	fprintf(out, " of ");
	print_count(out, count_cells(comparison, COMPARE_SAME), "cell");
}

static void say_nothing(FILE *out)
{
	fprintf(out, "syncfault has nothing to compare: no figure of these cells has a verdict");
}

int compare_write_sentence(struct comparison *comparison)
{
	bool is_one_kernel = comparison->base.kernel && comparison->new.kernel &&
			     !strcmp(comparison->base.kernel, comparison->new.kernel);
	char new[SIDE_SIZE], base[SIDE_SIZE];
	size_t length;
	FILE *out = open_memstream(&comparison->sentence, &length);

	if (!out)
		return -ENOMEM;
	if (comparison->verdict == COMPARE_WORSE)
		say_change(comparison, COMPARE_WORSE, out);
	else if (comparison->counts.unknown)
		say_unknown(comparison, out);
	else if (comparison->counts.better)
		say_change(comparison, COMPARE_BETTER, out);
	else if (comparison->counts.same)
		say_same(comparison, out);
	else
		say_nothing(out);
	fprintf(out, ", on %s, against %s.", name_side(&comparison->new, is_one_kernel, new),
		name_side(&comparison->base, is_one_kernel, base));
	return fclose(out) ? -ENOMEM : 0;
}
