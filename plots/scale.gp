# SPDX-License-Identifier: GPL-2.0-or-later
# How the cost of a fault grows: above against threads, below against pages and by page size; a
# colour for each file system, state and mapping.

row_count = (thread_lines > 0) + (page_lines > 0)
legend_height = 30 * ((kind_count + 2) / 3) + 24
W = 1800
PANEL = 470
GAP_Y = 130
TOP = 290
BOTTOM = 110 + legend_height
H = TOP + BOTTOM + row_count * PANEL + (row_count - 1) * GAP_Y
GAP_X = 150
headline = 'How the cost of a fault grows'
what = 'One access to each page, no load; percentiles are medians over the runs of a cell.'
how_to_read = 'Solid, filled: one file for all threads; 4 KiB pages. Dashed, hollow: a file for each ' . \
	'thread; 2 MiB pages. Small: struct pages on the device.'
eval sprintf(begin, W, H)
set output output
set multiplot
eval put_titles

array colour[8] = [BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, INK, GREY]
array filled[8] = [7, 5, 9, 13, 11, 15, 7, 5]
array open[8] = [6, 4, 8, 12, 10, 14, 6, 4]
at(k) = int((k - 1) % 8) + 1
point_of(k, is_alt) = is_alt ? open[at(k)] : filled[at(k)]
dash_of(is_alt) = is_alt ? 2 : 1
size_of(is_dev) = (is_dev ? 0.8 : 1.5) * POINT
set logscale xy

# A panel: range of y, its name, that of x; its lines are drawn afterwards.
start = "px_left = panel_left(col, 2); px_width = panel_width(2);" . \
	"px_top = panel_top(row, row_count); px_height = panel_height(row_count);" . place . \
	"y_low = low_125(low * 0.8); y_high = high_125(high * 1.2); set yrange [y_low : y_high];" . \
	"eval set_ticks('y', y_low, y_high);" . \
	"set xrange [x_low * 0.9 : x_high * 1.1]; set xtics ();" . \
	"do for [e = 0 : x_marks] { set xtics add (thousands(x_low * x_step ** e) x_low * x_step ** e) };" . \
	"set xlabel x_name tc rgb INK;" . \
	"set label 11 panel_name at graph 0, screen y_at(px_top - 16) font medium tc rgb INK;" . \
	"set label 13 (col == 1 ? unit_of_axis : '') at screen x_at(42), " . \
	"screen y_at(px_top + px_height / 2) center rotate tc rgb INK"
marks = "x_marks = int(ceil(log(x_high / x_low) / log(x_step) - 1e-9))"

row = 1
if (thread_lines > 0) {
	x_low = threads_low; x_high = threads_high; x_step = 2.0
	eval marks
	x_name = 'threads'
	do for [col = 1 : 2] {
		low = col == 1 || share_high == 0 ? p50_low : share_low
		high = col == 1 || share_high == 0 ? p50_high : share_high
		panel_name = col == 1 ? 'one fault, p50' : 'time for each fault of all threads'
		eval start
		plot for [i = 1 : thread_lines] $threads index i - 1 using 1:(column(col + 1)) \
			with linespoints lw 2 dt dash_of(thread_is_alt[i]) lc rgb colour[at(thread_kind[i])] \
			pt point_of(thread_kind[i], thread_is_alt[i]) ps size_of(thread_is_dev[i])
		eval drop_titles
	}
	row = 2
}
if (page_lines > 0) {
	do for [col = 1 : 2] {
		x_column = col == 1 ? 1 : 3
		x_low = col == 1 ? pages_low : file_low
		x_high = col == 1 ? pages_high : file_high
		x_step = 8.0
		eval marks
		x_name = col == 1 ? 'pages, of 4 KiB or 2 MiB' : 'MiB of the file'
		low = col == 1 ? mean_low : mib_low
		high = col == 1 ? mean_high : mib_high
		panel_name = col == 1 ? 'one fault, mean' : 'all faults of a MiB, mean'
		eval start
		plot for [i = 1 : page_lines] $pages index i - 1 using x_column:(column(2 * col)) \
			with linespoints lw 2 dt dash_of(page_is_alt[i]) lc rgb colour[at(page_kind[i])] \
			pt point_of(page_kind[i], page_is_alt[i]) ps size_of(page_is_dev[i])
		eval drop_titles
	}
}

eval legend
set key maxrows (kind_count + 2) / 3
plot for [k = 1 : kind_count] NaN with linespoints lw 2 lc rgb colour[at(k)] pt filled[at(k)] \
	ps 1.5 * POINT title kind_name[k]
unset multiplot
