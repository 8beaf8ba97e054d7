# SPDX-License-Identifier: GPL-2.0-or-later
# The first synchronous fault by what is dirty in the log: in bytes to the left, in percent of the log
# to the right; a line for each file system and log size. Dashed: the median of the next faults.

legend_height = 30 * ((line_count + 1) / 2) + 24
W = 1600
H = 900 + legend_height
BOTTOM = 130 + legend_height
headline = 'The first synchronous fault, by what is dirty in the log'
how_to_read = 'Solid: the first fault after metadata operations that nobody has synced. Dashed: the ' . \
	'median of the faults after it. Read back, not assumed.'
eval sprintf(begin, W, H)
set output output
set multiplot
eval put_titles

array line_colour[12]
array line_point[12]
array ext4_colour[6] = [BLUE, SKY, GREEN, INK, '#004C73', '#7A9E00']
array xfs_colour[6] = [VERMILION, ORANGE, PURPLE, GREY, '#8B1A1A', '#B8860B']
ext4_seen = 0
other_seen = 0
do for [i = 1 : line_count] {
	if (line_is_ext4[i]) {
		line_colour[i] = ext4_colour[ext4_seen % 6 + 1]; line_point[i] = 5 + 2 * (ext4_seen % 4)
		ext4_seen = ext4_seen + 1
	} else {
		line_colour[i] = xfs_colour[other_seen % 6 + 1]; line_point[i] = 4 + 2 * (other_seen % 4)
		other_seen = other_seen + 1
	}
}

set logscale xy
y_low = low_125(us_low * 0.8)
y_high = high_125(us_high * 1.2)
set yrange [y_low : y_high]
px_top = panel_top(1, 1); px_height = panel_height(1)
do for [panel = 1 : 2] {
	px_left = panel_left(panel, 2); px_width = panel_width(2)
	eval place
	eval set_ticks('y', y_low, y_high)
	x_low = low_125((panel == 1 ? kib_low : percent_low) * 0.8)
	x_high = high_125((panel == 1 ? kib_high : percent_high) * 1.2)
	set xrange [x_low : x_high]
	eval set_ticks('x', x_low, x_high)
	set xlabel (panel == 1 ? 'log dirty, KiB' : 'log dirty, percent of the log') tc rgb INK
	set label 13 (panel == 1 ? unit_of_axis : '') at screen x_at(42), screen y_at(px_top + px_height / 2) \
		center rotate tc rgb INK
	plot for [i = 1 : line_count] $log index i - 1 using panel:3 with linespoints lw 2.5 \
			lc rgb line_colour[i] pt line_point[i] ps 1.6 * POINT, \
		for [i = 1 : line_count] $log index i - 1 using panel:4 with lines lw 1.5 dt 2 lc rgb line_colour[i]
	eval drop_titles
}

eval legend
set key maxrows (line_count + 1) / 2
plot for [i = 1 : line_count] NaN with linespoints lw 2.5 lc rgb line_colour[i] pt line_point[i] \
	ps 1.6 * POINT title line_name[i]
unset multiplot
