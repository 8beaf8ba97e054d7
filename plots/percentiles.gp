# SPDX-License-Identifier: GPL-2.0-or-later
# How slow the slowest faults are: a row for each load, a column for each file system, a curve for each
# state and sync. Both axes are logarithmic.

legend_height = 110
W = fs_count > 2 ? 700 * fs_count + 200 : fs_count == 1 ? 1300 : 1600
BOTTOM = 220
GAP_Y = 50
load_rows = 0
do for [load = 1 : LOADS] { load_rows = load_rows + has_load[load] }
H = TOP + BOTTOM + load_rows * 380 + (load_rows - 1) * GAP_Y
headline = 'How slow the slowest page faults are'
how_to_read = 'Each curve: which share of the faults (across) was faster than that (up), to the slowest.' . \
	(run_count > 1 ? sprintf(' Median of %d runs.', run_count) : '')
eval sprintf(begin, W, H)
set output output
set multiplot
eval put_titles

set logscale xy
set xrange [1 : ceil_10(x_high)]
set yrange [low_125(us_low * 0.9) : high_125(us_high * 1.1)]
eval set_ticks('y', low_125(us_low * 0.9), high_125(us_high * 1.1))
array colour[3] = [BLUE, GREEN, VERMILION]
array open[3] = [4, 6, 8]
style_of(state, sync) = 10 + 2 * state + sync
do for [state = 0 : STATES - 1] {
	set style line style_of(state, 0) lc rgb colour[state % 3 + 1] lw 3 dt (6, 4) \
		pt open[state % 3 + 1]
	set style line style_of(state, 1) lc rgb colour[state % 3 + 1] lw 3 pt open[state % 3 + 1] + 1
}
missing_in(fs, load) = sum [i = plot_block(fs - 1, load - 1, 0, 0) : \
	plot_block(fs - 1, load - 1, STATES - 1, 1)] (missing_at(i) ne '')
y_name = unit_of_axis

row = 0
do for [load = 1 : LOADS] {
	if (!has_load[load]) { continue }
	row = row + 1
	set xtics ()
	if (row == load_rows) {
		set xtics add ('0 %%' 1, '50 %%' 2, '90 %%' 10, '99 %%' 100, '99.9 %%' 1000, \
			'99.99 %%' 1e4, '99.999 %%' 1e5, '99.9999 %%' 1e6)
	} else {
		set xtics add ('' 1, '' 2, '' 10, '' 100, '' 1000, '' 1e4, '' 1e5, '' 1e6)
	}
	do for [fs = 1 : fs_count] {
		px_left = panel_left(fs, fs_count); px_width = panel_width(fs_count)
		px_top = panel_top(row, load_rows); px_height = panel_height(load_rows)
		eval place
		panel_name = load_name[load]
		eval set_names
		set xlabel row == load_rows ? 'share of faults that were faster' : ''
		set label 14 missing_in(fs, load) ? 'not measured: ' . missing_in(fs, load) . \
			(missing_in(fs, load) == 1 ? ' curve' : ' curves') : '' \
			at graph 1, screen y_at(px_top - 16) right font small tc rgb GREY
		plot for [state = 0 : STATES - 1] for [sync = 0 : 1] $data \
			index plot_block(fs - 1, load - 1, state, sync) using 1:2 \
			with linespoints ls style_of(state, sync) ps 1.1 * POINT pi -6
		eval drop_titles
	}
}

eval legend
set key maxrows 3
plot for [state = 0 : STATES - 1] for [sync = 0 : 1] NaN \
	with linespoints ls style_of(state, sync) ps 1.4 * POINT \
	title (has_kind_at(state, sync) ? state_name[state + 1] . (sync ? ', MAP_SYNC' : ', no MAP_SYNC') : '')
unset multiplot
