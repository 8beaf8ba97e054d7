# SPDX-License-Identifier: GPL-2.0-or-later
# Each fault in its order: a row for each state and load, a column for each file system. What comes
# back at regular distances (a commit, the end of an extent) makes lines above the rest.

legend_height = 72
W = fs_count > 2 ? 700 * fs_count + 200 : fs_count == 1 ? 1300 : 1600
BOTTOM = 175
H = TOP + BOTTOM + row_count * 190 + (row_count - 1) * GAP_Y
headline = 'How long each page fault took, in their order'
how_to_read = (is_thinned ? 'More faults than points: each stretch shows its fastest and its slowest.' : \
	'A point is a fault. What the file system does every so many faults stands out in rows.') . \
	(run_count > 1 ? sprintf(' The first of %d runs.', run_count) : '')
eval sprintf(begin, W, H)
set output output
set multiplot
eval put_titles

set logscale y
set xrange [0 : x_high * 1.01 + 1]
set yrange [low_125(us_low * 0.8) : high_125(us_high * 1.25)]
eval set_ticks('y', low_125(us_low * 0.8), high_125(us_high * 1.25) * 10)
mark = x_high > 2048 ? 0.25 : 0.45
y_name = ''

do for [row = 1 : row_count] {
	# Five marks or so, at 1, 2 or 5.
	set xtics ()
	x_step = high_125(x_high / 6.0)
	do for [i = 0 : 12] {
		set xtics add ((row == row_count ? thousands(i * x_step) : '') i * x_step)
	}
	do for [fs = 1 : fs_count] {
		px_left = panel_left(fs, fs_count); px_width = panel_width(fs_count)
		px_top = panel_top(row, row_count); px_height = panel_height(row_count)
		eval place
		panel_name = row_name[row]
		eval set_names
		set label 14 note_at(row, fs, 0) at graph 0.98, 0.92 right font small tc rgb GREY
		set label 15 note_at(row, fs, 1) at graph 0.98, note_at(row, fs, 0) eq '' ? 0.92 : 0.45 \
			right font small tc rgb GREY
		set xlabel row == row_count ? 'number of the fault' : ''
		b0 = plot_block(fs - 1, row_load[row], row_state[row], 0)
		plot $data index b0 using 1:2 with points pt 7 ps mark * POINT lc rgb SKY, \
			$data index b0 + 1 using 1:2 with points pt 9 ps 1.3 * mark * POINT lc rgb VERMILION
		eval drop_titles
	}
}

eval legend
set label 13 unit_of_axis at screen x_at(42), screen 0.5 * (y_at(TOP) + y_at(H - BOTTOM)) rotate center
set key maxrows 1
plot for [i = 1 : has_sync(0) > 0] NaN with points pt 7 ps 1.6 * POINT lc rgb SKY \
		title 'no MAP_SYNC', \
	for [i = 1 : has_sync(1) > 0] NaN with points pt 9 ps 1.8 * POINT lc rgb VERMILION title 'MAP_SYNC'
unset multiplot
