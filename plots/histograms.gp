# SPDX-License-Identifier: GPL-2.0-or-later
# The letter's histograms: a row for each state and load, a column for each file system. Counts are on
# a logarithmic axis, so that one slow fault among 512 is seen.

legend_height = 72
W = fs_count > 2 ? 700 * fs_count + 200 : fs_count == 1 ? 1300 : 1600
BOTTOM = 175
H = TOP + BOTTOM + row_count * 190 + (row_count - 1) * GAP_Y
headline = 'How many page faults took how long'
how_to_read = 'Each pair of bars counts the faults from one mark to the next, as the letter does. ' . \
	'Log scale.' . (run_count > 1 ? sprintf(' Mean of %d runs.', run_count) : '')
eval sprintf(begin, W, H)
set output output
set multiplot
eval put_titles

# A bucket is the space from one mark to the next. Marks too many for their labels: every other one.
edge(bucket) = bucket < 1 ? '0' : thousands(2.0 ** (bucket - 1))
step = bucket_high - bucket_low > panel_width(fs_count) / 80 ? 2 : 1
set xrange [bucket_low - 0.2 : bucket_high + 1.2]
set yrange [0.5 / run_count : 2 * count_high]
set logscale y
set ytics ()
do for [e = -3 : 9] { set ytics add (thousands(10.0 ** e) 10.0 ** e) }
set style fill solid 1 noborder
half = 0.38
y_name = 'faults'

do for [row = 1 : row_count] {
	set xtics ()
	do for [b = bucket_low : bucket_high + 1] {
		set xtics add ((row == row_count && (b - bucket_low) % step == 0 ? edge(b) : '') b)
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
		set xlabel row == row_count ? unit : ''
		b0 = plot_block(fs - 1, row_load[row], row_state[row], 0)
		l0 = plot_block(0, row_load[row], row_state[row], 0)
		with_letter = has_letter && fs_is_ext4[fs]
		plot $data index b0 using ($1 + 0.30):2:(half) with boxes lc rgb SKY, \
			$data index b0 + 1 using ($1 + 0.70):2:(half) with boxes lc rgb VERMILION, \
			$letter index l0 using ($1 + 0.30):(with_letter ? $2 : NaN) \
				with points pt 6 ps 1.6 * POINT lw 2.5 lc rgb INK, \
			$letter index l0 + 1 using ($1 + 0.70):(with_letter ? $2 : NaN) \
				with points pt 8 ps 1.8 * POINT lw 2.5 lc rgb INK
		eval drop_titles
	}
}

eval legend
set key maxrows 2
plot for [i = 1 : has_sync(0) > 0] NaN with boxes lc rgb SKY title 'no MAP_SYNC (left)', \
	for [i = 1 : has_sync(1) > 0] NaN with boxes lc rgb VERMILION title 'MAP_SYNC (right)', \
	for [i = 1 : has_letter] NaN with points pt 6 ps 1.6 * POINT lw 2.5 lc rgb INK \
		title 'letter 2017, ext4, no MAP_SYNC', \
	for [i = 1 : has_letter] NaN with points pt 8 ps 1.8 * POINT lw 2.5 lc rgb INK \
		title 'letter 2017, ext4, MAP_SYNC'
unset multiplot
