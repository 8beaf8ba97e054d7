# The file systems side by side: a row for each load; for each state and sync the p50, p99 and maximum
# of every file system, and the letter's average.

legend_height = 60
W = 1600
BOTTOM = 180
GAP_Y = 60
load_rows = 0
do for [load = 1 : LOADS] { load_rows = load_rows + has_load[load] }
H = TOP + BOTTOM + load_rows * 380 + (load_rows - 1) * GAP_Y
headline = fs_count == 1 ? 'Median, 99th percentile and slowest page fault' : \
	'The file systems side by side: median, 99th percentile and slowest page fault'
how_to_read = 'Filled: p50, with its value. Bar: p99. Open: the slowest. The line joins them.' . \
	(has_letter ? ' Cross: the letter of 2017, average, ext4.' : '')
eval sprintf(begin, W, H)
set output output
set multiplot
eval put_titles

set logscale y
y_low = low_125(us_low * 0.75)
y_high = high_125(us_high * 1.2)
set yrange [y_low : y_high]
eval set_ticks('y', y_low, y_high)
set grid noxtics
array colour[8] = [BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, INK, GREY]
array filled[8] = [7, 5, 9, 13, 11, 15, 7, 5]
array open[8] = [6, 4, 8, 12, 10, 14, 6, 4]

# Where a file system stands in the group of a state and sync.
state_count = 0
array column[STATES]
do for [state = 1 : STATES] {
	column[state] = state_count
	state_count = state_count + has_state[state]
}
spread = fs_count == 1 ? 0 : 0.56 / (fs_count - 1)
x_of(state, sync, fs) = 2 * column[state + 1] + sync + (fs_count == 1 ? 0 : -0.28 + spread * (fs - 1))
value(us) = us < 10 ? sprintf('%.1f', us) : us < 1000 ? sprintf('%.0f', us) : thousands(int(us + 0.5))
set xrange [-0.6 : 2 * state_count - 0.4]

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
			set xtics add (state_name[state] . "\nno MAP_SYNC" 2 * column[state])
			set xtics add (state_name[state] . "\nMAP_SYNC" 2 * column[state] + 1)
		}
	}
	set label 5 load_name[load] at graph 0, screen y_at(px_top - 16) tc rgb INK
	set ylabel unit_of_axis
	plot for [fs = 1 : fs_count] for [state = 0 : STATES - 1] for [sync = 0 : 1] $data \
			index plot_block(fs - 1, load - 1, state, sync) \
			using (x_of(state, sync, fs)):1:1:3 with yerrorbars pt 0 lw 2 lc rgb colour[fs], \
		for [fs = 1 : fs_count] for [state = 0 : STATES - 1] for [sync = 0 : 1] $data \
			index plot_block(fs - 1, load - 1, state, sync) \
			using (x_of(state, sync, fs)):1 with points pt filled[fs] ps 2 lc rgb colour[fs]
	eval drop_titles
}

eval legend
set key maxrows 1
plot for [fs = 1 : fs_count] NaN with points pt filled[fs] ps 2 lc rgb colour[fs] title fs_name[fs], \
	for [i = 1 : has_letter] NaN with points pt 2 ps 2 lw 3 lc rgb INK title 'letter 2017, ext4, average'
unset multiplot
