# SPDX-License-Identifier: GPL-2.0-or-later
# The file systems side by side: a row for each load; for each state and sync the p50, p99 and maximum
# of every file system, and the letter's average.

legend_height = 60
W = 1600
TOP = TOP - 30
BOTTOM = 180
GAP_Y = 115
load_rows = 0
do for [load = 1 : LOADS] { load_rows = load_rows + has_load[load] }
H = TOP + BOTTOM + load_rows * 380 + (load_rows - 1) * GAP_Y
headline = fs_count == 1 ? 'Median, 99th percentile and slowest page fault' : \
	'The file systems side by side: median, 99th percentile and slowest page fault'
with_values = fs_count <= 3
how_to_read = 'Filled: p50' . (with_values ? ', with its value' : '') . \
	'. Bar: p99. Open: the slowest. The line joins them.' . \
	(has_letter ? ' Cross: the letter of 2017, average, ext4.' : '') . \
	(run_count > 1 ? sprintf(' Median of %d runs.', run_count) : '')
eval sprintf(begin, W, H)
set output output
set multiplot
eval put_titles

set logscale y
y_low = low_125(us_low * 0.55)
y_high = high_125(us_high * 1.2)
set yrange [y_low : y_high]
eval set_ticks('y', y_low, y_high)
set grid noxtics
array colour[8] = [BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, INK, GREY]
array filled[8] = [7, 5, 9, 13, 11, 15, 7, 5]
array open[8] = [6, 4, 8, 12, 10, 14, 6, 4]

# The place of a file system in the group of a state and sync.
state_count = 0
array slot[STATES]
do for [state = 1 : STATES] {
	slot[state] = state_count
	state_count = state_count + has_state[state]
}
spread = fs_count > 3 ? 0.7 : 0.5
x_of(state, sync, fs) = 2 * slot[state + 1] + sync + \
	(fs_count == 1 ? 0 : spread * ((fs - 1) / (fs_count - 1.0) - 0.5))
figure(us) = !(us > 0) ? '' : us < 10 ? sprintf('%.1f', us) : us < 1000 ? sprintf('%.0f', us) : \
	thousands(int(us + 0.5))
set xrange [-0.5 : 2 * state_count - 0.5]
do for [i = 1 : state_count - 1] {
	set arrow i from first 2 * i - 0.5, graph 0 to first 2 * i - 0.5, graph 1 nohead lc rgb GREY dt 3
}
# The letter's average: between two file systems, else in front of the first.
letter_x(state, sync) = fs_count == 2 ? 2 * slot[state + 1] + sync : x_of(state, sync, 1) - 0.06 * state_count
bar = 0.017 * state_count

row = 0
do for [load = 1 : LOADS] {
	if (!has_load[load]) { continue }
	row = row + 1
	px_left = LEFT; px_width = W - LEFT - RIGHT
	px_top = panel_top(row, load_rows); px_height = panel_height(load_rows)
	eval place
	set xtics () scale 0
	do for [state = 1 : STATES] {
		if (has_state[state]) {
			set xtics add ('no MAP_SYNC' 2 * slot[state], 'MAP_SYNC' 2 * slot[state] + 1)
			set xtics add ("\n" . state_name[state] 2 * slot[state] + 0.5)
		}
	}
	set label 11 load_name[load] at graph 0, screen y_at(px_top - 16) tc rgb INK
	set label 13 unit_of_axis at screen x_at(42), screen y_at(px_top + px_height / 2) \
		center rotate tc rgb INK
	b(fs, state, sync) = plot_block(fs - 1, load - 1, state, sync)
	plot for [fs = 1 : fs_count] for [state = 0 : STATES - 1] for [sync = 0 : 1] $data \
			index b(fs, state, sync) using (x_of(state, sync, fs)):1:(0):($3 - $1) \
			with vectors nohead lw 3 lc rgb colour[fs], \
		for [fs = 1 : fs_count] for [state = 0 : STATES - 1] for [sync = 0 : 1] $data \
			index b(fs, state, sync) using (x_of(state, sync, fs) - bar):2:(2 * bar):(0) \
			with vectors nohead lw 5 lc rgb colour[fs], \
		for [fs = 1 : fs_count] for [state = 0 : STATES - 1] for [sync = 0 : 1] $data \
			index b(fs, state, sync) using (x_of(state, sync, fs)):3 \
			with points pt open[fs] ps 1.8 * POINT lw 3 lc rgb colour[fs], \
		for [fs = 1 : fs_count] for [state = 0 : STATES - 1] for [sync = 0 : 1] $data \
			index b(fs, state, sync) using (x_of(state, sync, fs)):1 \
			with points pt filled[fs] ps 2 * POINT lc rgb colour[fs], \
		for [fs = 1 : fs_count * with_values] for [state = 0 : STATES - 1] for [sync = 0 : 1] $data \
			index b(fs, state, sync) using (x_of(state, sync, fs)):1:(figure($1)) \
			with labels font small tc rgb INK offset 0, -1, \
		for [fs = 1 : fs_count] for [state = 0 : STATES - 1] for [sync = 0 : 1] '+' \
			every ::0::0 using (x_of(state, sync, fs)):(y_low):(missing_at(b(fs, state, sync))) \
			with labels left rotate font small tc rgb GREY offset 0, 0.5, \
		for [state = 0 : STATES - 1] for [sync = 0 : 1] $letter index b(1, state, sync) \
			using (has_kind_at(state, sync) ? letter_x(state, sync) : NaN):1 \
			with points pt 2 ps 1.8 * POINT lw 3 lc rgb INK
	eval drop_titles
}

eval legend
set key maxrows 1
plot for [fs = 1 : fs_count] NaN with points pt filled[fs] ps 2 * POINT lc rgb colour[fs] title fs_name[fs], \
	for [i = 1 : has_letter] NaN with points pt 2 ps 2 * POINT lw 3 lc rgb INK title 'letter 2017, ext4, average'
unset multiplot
