# SPDX-License-Identifier: GPL-2.0-or-later
# What all pictures share. Comes after the variables that plot/page.h lists, before the picture's
# own script. Panels are placed by pixels, counted from the upper left corner.

# Okabe and Ito's colours: told apart with any kind of colour vision. Each has its own dash and point.
BLUE = '#0072B2'
VERMILION = '#D55E00'
GREEN = '#009E73'
PURPLE = '#CC79A7'
ORANGE = '#E69F00'
SKY = '#56B4E9'
INK = '#222222'
GREY = '#666666'
PALE = '#D9D9D9'

W = 1600
H = 1000
LEFT = 170
RIGHT = 55
TOP = 265
BOTTOM = 190
GAP_X = 110
GAP_Y = 40

x_at(px) = px / real(W)
y_at(px) = 1 - px / real(H)
panel_width(columns) = (W - LEFT - RIGHT - GAP_X * (columns - 1)) / real(columns)
panel_height(rows) = (H - TOP - BOTTOM - GAP_Y * (rows - 1)) / real(rows)
panel_left(column, columns) = LEFT + (column - 1) * (panel_width(columns) + GAP_X)
panel_top(row, rows) = TOP + (row - 1) * (panel_height(rows) + GAP_Y)

unit = is_count ? 'microseconds of guest time = thousands of instructions' : 'microseconds'
unit_of_axis = is_count ? "microseconds of guest time\n= thousands of instructions" : unit

# Index of a cell in $data and $letter; note of a cell in a row of a picture.
plot_block(fs, load, state, sync) = ((fs * LOADS + load) * STATES + state) * SYNCS + sync
note_index(row, fs, sync) = ((row - 1) * fs_count + fs - 1) * SYNCS + sync + 1
note_at(row, fs, sync) = note[note_index(row, fs, sync)] eq '' ? '' : \
	note[note_index(row, fs, sync)] . "\n" . reason[note_index(row, fs, sync)]

# Which cells were asked for: their status is '' where they were not.
missing_at(block) = status[block + 1] eq 'ok' ? '' : status[block + 1]
array has_kind[STATES * SYNCS]
has_kind_at(state, sync) = has_kind[state * SYNCS + sync + 1]
has_sync(sync) = sum [s = 0 : STATES - 1] has_kind_at(s, sync)
do for [i = 1 : STATES * SYNCS] { has_kind[i] = 0 }
do for [i = 0 : fs_count * LOADS * STATES * SYNCS - 1] {
	if (status[i + 1] ne '') { has_kind[i % (STATES * SYNCS) + 1] = 1 }
}

# 10, 100, 1,000; below 1 as they are.
thousands(v) = v < 1000 ? sprintf('%g', v) : \
	v < 1e6 ? sprintf('%d,%03d', int(v / 1000), int(v) % 1000) : \
	sprintf('%d,%03d,%03d', int(v / 1e6), int(v / 1000) % 1000, int(v) % 1000)
floor_10(v) = 10.0 ** floor(log10(v) + 1e-9)
ceil_10(v) = 10.0 ** ceil(log10(v) - 1e-9)

# Marks of a logarithmic axis: at 1, 2 and 5 where it spans few decades.
set_ticks(axis, low, high) = sprintf('set %stics (); do for [e=-4:9] { do for [m in "%s"] ', axis, \
	high / low < 300 ? '1 2 5' : '1') . \
	sprintf('{ set %stics add (thousands(m * 10.0 ** e) m * 10.0 ** e) } }', axis)
# The greatest 1, 2 or 5 below, the least above.
low_125(v) = floor_10(v) * (v / floor_10(v) >= 5 ? 5 : v / floor_10(v) >= 2 ? 2 : 1)
high_125(v) = floor_10(v) * (v / floor_10(v) > 5 ? 10 : v / floor_10(v) > 2 ? 5 : \
	v / floor_10(v) > 1 ? 2 : 1)

# The terminals count differently: fonts in points at 96 dpi or in pixels, and so the size of points.
POINT = terminal eq 'svg' ? 0.45 : 1
FONT = terminal eq 'svg' ? 20 : 15
begin = sprintf("set terminal %s size %%d,%%d font 'DejaVu Sans,%d' noenhanced%s", terminal, FONT, \
	terminal eq 'svg' ? " background '#ffffff'" : '')
small = sprintf('DejaVu Sans,%g', FONT * 0.85)
medium = sprintf('DejaVu Sans Bold,%g', FONT)
large = sprintf('DejaVu Sans,%g', FONT * 1.35)

set encoding utf8
set pointintervalbox 0.8 * POINT
set border 3 lc rgb GREY lw 1
set tics nomirror scale 0.6 textcolor rgb INK
set grid lc rgb PALE lw 1 lt 1
set key off

# headline and how_to_read are each picture's own.
put_titles = "set label 1 (title eq '' ? headline : title . ': ' . headline) " . \
	"at screen x_at(30), y_at(38) font large tc rgb INK;" . \
	"set label 2 what at screen x_at(30), y_at(80) tc rgb INK;" . \
	"set label 3 subtitle at screen x_at(30), y_at(108) tc rgb INK;" . \
	"set label 4 clock at screen x_at(30), y_at(136) tc rgb INK;" . \
	"set label 5 how_to_read at screen x_at(30), y_at(170) tc rgb GREY;"
drop_titles = 'do for [i=1:5] { unset label i }'

# Above a column its file system, above each panel its row, and one name for all y axes of a row.
set_names = "set label 11 panel_name at graph 0, screen y_at(px_top - 16) tc rgb INK;" . \
	"set label 12 (row == 1 ? fs_name[fs] : '') at graph 0, screen y_at(px_top - 48) " . \
	"font medium tc rgb INK;" . \
	"set label 13 (fs == 1 ? y_name : '') at screen x_at(42), screen y_at(px_top + px_height / 2) " . \
	"center rotate tc rgb INK;"
place = "set lmargin at screen x_at(px_left); set rmargin at screen x_at(px_left + px_width);" . \
	"set tmargin at screen y_at(px_top); set bmargin at screen y_at(px_top + px_height);"

# The legend: a panel of its own below all others.
legend = "unset xtics; unset ytics; unset border; unset grid; unset xlabel; unset ylabel;" . \
	"unset label; unset title; unset logscale; unset arrow; set xrange [0:1]; set yrange [0:1];" . \
	"px_left = 30; px_width = W - 60; px_top = H - legend_height; px_height = legend_height - 10;" . \
	place . "set key center center horizontal samplen 2.5 width 1 textcolor rgb INK"

# The stages of a fault: a legend of two columns that says what each is. To be drawn as a panel.
LEGEND_LINE = 26
legend_lines(count) = (count + 1) / 2
legend_x(i) = (i - 1) / legend_lines(legend_count) == 0 ? 30 : W / 2
legend_y(i) = H - legend_height + 4 + LEGEND_LINE * ((i - 1) % legend_lines(legend_count))
stage_legend = "do for [i = 1 : legend_count] { " . \
	"set object 100 + i rectangle from screen x_at(legend_x(i)), screen y_at(legend_y(i)) " . \
	"to screen x_at(legend_x(i) + 34), screen y_at(legend_y(i) + 18) " . \
	"fc rgb legend_colour[i] fs solid border lc rgb GREY;" . \
	"set label 100 + i legend_name[i] . ': ' . legend_meaning[i] " . \
	"at screen x_at(legend_x(i) + 46), screen y_at(legend_y(i) + 9) left font small tc rgb INK }"
