# SPDX-License-Identifier: GPL-2.0-or-later
# The slowest faults: a row for each state, load and sync, a column for each file system; each fault a
# bar of the stages that it was in, with a line of text above. Bars are placed by pixels from the top.

legend_height = LEGEND_LINE * legend_lines(legend_count) + 20
W = fs_count > 2 ? 780 * fs_count : 1600
LEFT = 55
TOP = TOP - 10
BOTTOM = 104 + legend_height
PITCH = 56
BAR = 24
GAP = 76
px_height = PITCH * worst_count + 6
high_of(row, sync) = worst_high[(row_load[row] * STATES + row_state[row]) * SYNCS + sync + 1]
shown = 0
do for [row = 1 : row_count] { shown = shown + (high_of(row, 0) > 0) + (high_of(row, 1) > 0) }
H = TOP + BOTTOM + shown * px_height + (shown - 1) * GAP
headline = 'The slowest page faults, stage after stage'
how_to_read = 'Above each bar: how long, how much of it off the CPU, the commit waited for and who had ' . \
	'filled it, where it waited longest.' . \
	(run_count > 1 ? sprintf(' The slowest of %d runs.', run_count) : '')
eval sprintf(begin, W, H)
set output output
set multiplot
eval put_titles

set style fill solid 1 border rgb 'white'
set grid noytics xtics
unset ytics
axis_name = (is_count ? 'thousands of instructions' : 'microseconds') . ' since the fault began'
bar_y(rank) = PITCH * (rank + 1) - 0.6 * BAR
text_at(block, rank) = rank < probed[block + 1] ? worst_text[block * WORST + rank + 1] : ''
without_numbers(block) = probed[block + 1] ? '' : missing_at(block) eq '' ? \
	(status[block + 1] eq '' ? '' : 'without probes') : missing_at(block)

px_top = TOP
panel = 0
do for [row = 1 : row_count] {
	do for [sync = 0 : 1] {
		if (!(high_of(row, sync) > 0)) { continue }
		panel = panel + 1
		set xrange [0 : high_of(row, sync)]
		set yrange [px_height : 0]
		x_step = high_125(high_of(row, sync) / 6)
		do for [fs = 1 : fs_count] {
			px_left = panel_left(fs, fs_count); px_width = panel_width(fs_count)
			eval place
			block = plot_block(fs - 1, row_load[row], row_state[row], sync)
			# Nothing where the cell was not asked for.
			is_asked = status[block + 1] ne ''
			set border is_asked
			set xtics nomirror scale 0.6 textcolor rgb INK
			set xtics ()
			if (!is_asked) { unset xtics }
			do for [i = 0 : 6] {
				if (is_asked && i * x_step <= high_of(row, sync)) {
					set xtics add (thousands(i * x_step) i * x_step)
				}
			}
			set xlabel is_asked && panel == shown ? axis_name : ''
			set label 11 is_asked ? row_name[row] . (sync ? ', MAP_SYNC' : ', no MAP_SYNC') : '' \
				at graph 0, screen y_at(px_top - 12) tc rgb INK
			set label 12 (panel == 1 ? fs_name[fs] : '') at graph 0, screen y_at(px_top - 46) \
				font medium tc rgb INK
			set label 14 without_numbers(block) at graph 0, first bar_y(0) left offset 1, 0 font small tc rgb GREY
			do for [rank = 0 : WORST - 1] {
				set label rank + 20 text_at(block, rank) at graph 0, first bar_y(rank) - 0.5 * BAR - 13 \
					left font small tc rgb INK
			}
			plot for [rank = 0 : WORST - 1] $data index block * WORST + rank \
					using 1:(bar_y(rank)):1:2:(bar_y(rank) - BAR / 2):(bar_y(rank) + BAR / 2):3 \
					with boxxyerror lc rgb variable, \
				for [rank = 0 : WORST - 1] $data index block * WORST + rank \
					using (($1 + $2) / 2):(bar_y(rank)):5:4 with labels center font small tc rgb variable
			eval drop_titles
		}
		px_top = px_top + px_height + GAP
	}
}

eval legend
set key off
eval stage_legend
plot NaN
unset multiplot
