# SPDX-License-Identifier: GPL-2.0-or-later
# The worst synchronous fault: a panel for each log size, a place for each load, and at the end all
# loads together; the file systems side by side.

legend_height = 60
W = panel_count == 1 ? 1600 : 1300 * panel_count
H = 900
BOTTOM = 210
GAP_X = 110
headline = 'The worst synchronous page fault, by log size and load'
how_to_read = 'Open: the slowest fault, with its value. Bar: p99.9, of 1,000 faults and more. ' . \
	'Filled: p50. "any": all loads together.'
eval sprintf(begin, W, H)
set output output
set multiplot
eval put_titles

set logscale y
y_low = low_125(us_low * 0.7)
y_high = high_125(us_high * 1.6)
set yrange [y_low : y_high]
set xrange [0.4 : case_count + 0.6]
set grid noxtics
array colour[8] = [BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, INK, GREY]
array filled[8] = [7, 5, 9, 13, 11, 15, 7, 5]
array open[8] = [6, 4, 8, 12, 10, 14, 6, 4]
spread = 0.44
bar = 0.1
kind_of(k) = int((k - 1) % 8) + 1
x_of(load, kind) = load + (kind_count == 1 ? 0 : spread * ((kind - 1) / (kind_count - 1.0) - 0.5))
figure(us) = us < 10 ? sprintf('%.1f', us) : thousands(int(us + 0.5))
is_here(p, k, column_p, column_k) = column_p == p && column_k == k

do for [p = 1 : panel_count] {
	px_left = panel_left(p, panel_count); px_width = panel_width(panel_count)
	px_top = panel_top(1, 1); px_height = panel_height(1)
	eval place
	eval set_ticks('y', y_low, y_high)
	set xtics () scale 0 rotate by -30 left
	do for [i = 1 : case_count] { set xtics add (case_name[i] i) }
	set label 11 'log: ' . panel_name[p] at graph 0, screen y_at(px_top - 16) font medium tc rgb INK
	set label 13 (p == 1 ? unit_of_axis : '') at screen x_at(42), screen y_at(px_top + px_height / 2) \
		center rotate tc rgb INK
	set arrow 1 from first case_count - 0.5, graph 0 to first case_count - 0.5, graph 1 nohead \
		lc rgb GREY dt 3
	plot for [k = 1 : kind_count] $worst using (is_here(p, k, $1, $3) ? x_of($2, $3) : NaN):6:(0):($4 - $6) \
			with vectors nohead lw 3 lc rgb colour[kind_of(k)], \
		for [k = 1 : kind_count] $worst using (is_here(p, k, $1, $3) ? x_of($2, $3) - bar : NaN):5:(2 * bar):(0) \
			with vectors nohead lw 5 lc rgb colour[kind_of(k)], \
		for [k = 1 : kind_count] $worst using (is_here(p, k, $1, $3) ? x_of($2, $3) : NaN):4 \
			with points pt open[kind_of(k)] ps 1.8 * POINT lw 3 lc rgb colour[kind_of(k)], \
		for [k = 1 : kind_count] $worst using (is_here(p, k, $1, $3) ? x_of($2, $3) : NaN):6 \
			with points pt filled[kind_of(k)] ps 2 * POINT lc rgb colour[kind_of(k)], \
		for [k = 1 : kind_count] $worst using (is_here(p, k, $1, $3) ? x_of($2, $3) : NaN):4:(figure($4)) \
			with labels font small tc rgb INK offset 0, 1
	eval drop_titles
}

eval legend
set key maxrows 1
plot for [k = 1 : kind_count] NaN with points pt filled[kind_of(k)] ps 2 * POINT \
	lc rgb colour[kind_of(k)] title kind_name[k]
unset multiplot
