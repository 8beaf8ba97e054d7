/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of where the time of faults goes, from results with probes. Data blocks and variables as
 * plot/page.h has them, and for both pictures:
 *
 *	probed[1 + plot_block()]	runs of the cell that have what the picture shows
 *	legend_count, legend_name[], legend_meaning[], legend_colour[]
 *					the stages that are in the picture
 *
 * Colours are 0xRRGGBB. Labels inside a bar are cut to what fits, or ''. Each returns whether there
 * is anything to draw: results without probes have nothing.
 */
#ifndef SYNCFAULT_PLOT_PROBES_H
#define SYNCFAULT_PLOT_PROBES_H

#include "base/printable.h"
#include "plot/page.h"
#include "result/stages.h"

/* The room that the scripts leave: columns of small text in a panel, and along its longest bar. */
#define PLOT_PANEL_COLUMNS 140
#define PLOT_BAR_COLUMNS   110

/*
 * The mean fault of each cell as a bar of its stages; for several runs the mean. The bar is as long
 * as the mean latency with probes.
 *	$data	"from to colour ink label", a line for each stage, in the order of the enum; us
 *	$ends	"total plain text": length of the bar, mean without probes; us
 *	row_high[1 + load * STATES + state]	the longest bar of that row; 0 where there is none
 *	unseen	the stages that have no probe in any of these cells, or ''
 */
bool plot_stages(const struct plot_page *page, FILE *out);

/*
 * The slowest faults of each cell over all its runs, slowest first: each a bar of the stages that
 * it was in, one after another. Index of $data: plot_block() * WORST + rank, rank from 0.
 *	$data			"from to colour ink label"; us since the fault began
 *	worst_text[1 + index]	what a line can say about the fault
 *	worst_high[1 + (load * STATES + state) * SYNCS + sync]	the slowest of that row; 0: none
 *	worst_count		the most bars that a cell has, at most WORST
 */
#define PLOT_WORST 3
bool plot_worst(const struct plot_page *page, FILE *out);

/* The part of a fault that came after the stages that are kept in order. */
#define PLOT_NOT_KEPT STAGE_COUNT
#define PLOT_PARTS    (STAGE_COUNT + 1)

/*
 * A colour for each stage, the same in all pictures, and black or white to write on it. With any
 * kind of colour vision they can be told apart at least as well as the colours of plots/style.gp.
 */
uint32_t plot_probes_colour(int part);
uint32_t plot_probes_ink(int part);

/* One line of $data. columns: how many columns of small text fit into high_ns. */
struct plot_part {
	int part;
	double from_ns, to_ns;
};
void plot_probes_part(FILE *out, const struct plot_part *part, double high_ns, size_t columns);

/* Whether not even a number fits. */
bool plot_probes_is_blank(const struct plot_part *part, double high_ns, size_t columns);

/* Microseconds, "12.3"; the greatest number in the picture's row decides the decimals. */
const char *plot_probes_us(double ns, double high_ns, char number[PRINTABLE_NUMBER]);

/* Name and microseconds: "map 12.3". */
#define PLOT_LABEL_SIZE 80
const char *plot_probes_label(int part, double ns, double high_ns, char label[PLOT_LABEL_SIZE]);

/* gnuplot does not count a data block without lines. */
void plot_probes_end_block(FILE *out, bool is_empty);

void plot_probes_legend(FILE *out, const bool is_used[PLOT_PARTS]);

#endif
