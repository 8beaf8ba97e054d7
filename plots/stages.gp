# SPDX-License-Identifier: GPL-2.0-or-later
# Where the time of the mean fault goes: a panel for each state and load, in it a pair of bars for
# each file system, without and with MAP_SYNC. Bars are placed by pixels from the panel's top.

legend_height = LEGEND_LINE * legend_lines(legend_count) + 20
W = 1600
TOP = TOP - (unseen eq '' ? 40 : 12)
BOTTOM = 104 + legend_height
HEAD = 36
PITCH = 38
BAR = 28
GAP = 80
block_at(row, fs, sync) = plot_block(fs - 1, row_load[row], row_state[row], sync)
is_asked(row, fs, sync) = status[block_at(row, fs, sync) + 1] ne ''
high_of(row) = row_high[row_load[row] * STATES + row_state[row] + 1]
bars_of(row, fs) = is_asked(row, fs, 0) + is_asked(row, fs, 1)
group_height(row, fs) = bars_of(row, fs) ? HEAD + PITCH * bars_of(row, fs) : 0
group_top(row, fs) = fs == 1 ? 0 : sum [i = 1 : fs - 1] group_height(row, i)
bar_y(row, fs, sync) = group_top(row, fs) + HEAD + PITCH * (sync * is_asked(row, fs, 0) + 0.4)
row_height(row) = 8 + sum [i = 1 : fs_count] group_height(row, i)
H = TOP + BOTTOM - GAP
do for [row = 1 : row_count] {
	if (high_of(row) > 0) { H = H + GAP + row_height(row); last_row = row }
}
headline = 'Where the time of the mean page fault goes'
how_to_read = 'A bar is the mean fault with probes, stage by stage; its length at its end. ' . \
	'Black marks: the mean without probes. Each panel has its own scale.' . \
	(run_count > 1 ? sprintf(' Mean of %d runs.', run_count) : '')
eval sprintf(begin, W, H)
set output output
set multiplot
eval put_titles
set label 6 unseen eq '' ? '' : 'Not probed, and so a part of other stages: ' . unseen . '.' \
	at screen x_at(30), y_at(198) font small tc rgb GREY

set style fill solid 1 border rgb 'white'
set grid noytics xtics
set border 1
unset ytics
without_numbers(block) = probed[block + 1] ? '' : missing_at(block) eq '' ? 'without probes' : missing_at(block)

px_top = TOP
do for [row = 1 : row_count] {
	if (!(high_of(row) > 0)) { continue }
	px_left = LEFT; px_width = W - LEFT - RIGHT; px_height = row_height(row)
	eval place
	set xrange [0 : high_of(row) * PANEL_COLUMNS / BAR_COLUMNS]
	set yrange [px_height : 0]
	x_step = high_125(high_of(row) / 10)
	set xtics ()
	do for [i = 0 : 10] {
		if (i * x_step <= high_of(row) * 1.05) { set xtics add (thousands(i * x_step) i * x_step) }
	}
	set xlabel row == last_row ? unit : ''
	set label 11 row_name[row] at graph 0, screen y_at(px_top - 16) font medium tc rgb INK
	do for [fs = 1 : fs_count] {
		set label fs + 20 (bars_of(row, fs) ? fs_name[fs] : '') \
			at graph 0, first group_top(row, fs) + HEAD * 0.5 tc rgb INK
		do for [sync = 0 : 1] {
			set label 2 * fs + sync + 40 (!is_asked(row, fs, sync) ? '' : sync ? 'MAP_SYNC' : 'no MAP_SYNC') \
				at graph 0, first bar_y(row, fs, sync) right offset -1, 0 font small tc rgb INK
			set label 2 * fs + sync + 60 (is_asked(row, fs, sync) ? without_numbers(block_at(row, fs, sync)) : '') \
				at graph 0, first bar_y(row, fs, sync) left offset 1, 0 font small tc rgb GREY
		}
	}
	plot for [fs = 1 : fs_count] for [sync = 0 : 1] $data index block_at(row, fs, sync) \
			using 1:(bar_y(row, fs, sync)):1:2:(bar_y(row, fs, sync) - BAR / 2):(bar_y(row, fs, sync) + BAR / 2):3 \
			with boxxyerror lc rgb variable, \
		for [fs = 1 : fs_count] for [sync = 0 : 1] $ends index block_at(row, fs, sync) \
			using ($2 > $1 ? $2 : $1):(bar_y(row, fs, sync)):3 \
			with labels left offset 1, 0 font small tc rgb INK, \
		for [fs = 1 : fs_count] for [sync = 0 : 1] for [side = -1 : 1 : 2] $ends \
			index block_at(row, fs, sync) \
			using 2:(bar_y(row, fs, sync) + side * (0.5 * BAR - 4)):(0):(side * 9) \
			with vectors nohead lw 3 lc rgb INK, \
		for [fs = 1 : fs_count] for [sync = 0 : 1] $data index block_at(row, fs, sync) \
			using (($1 + $2) / 2):(bar_y(row, fs, sync)):5:4 with labels center font small tc rgb variable
	eval drop_titles
	unset label 6
	px_top = px_top + px_height + GAP
}

eval legend
set key off
eval stage_legend
plot NaN
unset multiplot
