#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault plot: which pictures it makes, that they are pictures, and that nothing in a result is
# taken for a command. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

here=$(cd "$(dirname "$0")" && pwd)
reference=$here/../../results/reference/cover-letter-2017.json
trap 'rm -rf "$work"' EXIT
cd "$here/data" || exit 1

is_png() { [[ $(head -c 8 "$1" | od -An -tx1 | tr -d ' \n') == 89504e470d0a1a0a ]]; }
# Width and height, from the header.
is_wide() { (($(od -An -tu1 -j16 -N4 "$1" | awk '{ print $3 * 256 + $4 }') >= 1300)); }
is_xml() { python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])' "$1"; }
names() { [[ $(cd "$1" && printf '%s ' *) == "$2" ]]; }
has_text() { grep -qF -- "$2" "$1"; }

# What must be refused before gnuplot is asked for anything.
run plot guest.json
check plot-wants-a-folder "exit $code" is_refusal 2
run plot -o "$work/none" --format gif guest.json
check plot-unknown-format "exit $code" is_refusal 2
run plot -o "$work/none" skipped.json
check plot-nothing-measured "exit $code" is_refusal 1
run plot -o "$work/out/below/a/file" guest.json
check plot-folder-cannot-be "exit $code" is_refusal 1
code=0
PATH=/nonexistent "$program" plot -o "$work/none" guest.json >"$work/out" 2>"$work/err" || code=$?
if [[ -x /usr/sbin/gnuplot || -x /usr/local/sbin/gnuplot || -x /sbin/gnuplot ]]; then
	echo "skip plot-without-gnuplot: gnuplot is in a folder that is always searched"
else
	check plot-without-gnuplot "exit $code" is_refusal 77
	check plot-without-gnuplot-names-package "$(cat "$work/err")" has_text "$work/err" gnuplot-nox
fi
if ! command -v gnuplot >/dev/null; then
	echo "skip plot-pictures: no gnuplot (gnuplot-nox)"
	exit "$failed"
fi

all='filesystems.png filesystems.svg histograms.png histograms.svg percentiles.png percentiles.svg timeline.png timeline.svg '
run plot guest.json -o "$work/a" --title "Honza's \`test\`"
check plot-exits-0 "exit $code, $(cat "$work/err")" test "$code$(cat "$work/err")" = 0
check plot-makes-all "$(ls "$work/a")" names "$work/a" "$all"
check plot-prints-names "$(head -1 "$work/out")" test "$(wc -l <"$work/out")" = 8
for name in filesystems histograms percentiles timeline; do
	check "plot-$name-png" "no PNG" is_png "$work/a/$name.png"
	check "plot-$name-wide" "under 1,300 pixels" is_wide "$work/a/$name.png"
	check "plot-$name-svg" "no XML" is_xml "$work/a/$name.svg"
	for text in Honza 'kernel 6.12.107+deb12-amd64' 'a count, not a time' 'thousands of instructions'; do
		check "plot-$name-says-${text//[^a-zA-Z0-9]/-}" "not in it" has_text "$work/a/$name.svg" "$text"
	done
done
check plot-says-why-not "no reason" has_text "$work/a/histograms.svg" 'the load moved 0 bytes'
check plot-marks-missing "not marked" has_text "$work/a/filesystems.svg" skipped
run plot guest.json -o "$work/b" --title "Honza's \`test\`"
check plot-same-again "pictures of the same result differ" diff -r "$work/a" "$work/b"

run plot guest.json guest-seed1.json time.json -o "$work/c" --format png
check plot-clocks-apart "$(ls "$work/c")" test -e "$work/c/timeline-2.png" -a ! -e "$work/c/timeline-3.png"
run plot "$reference" -o "$work/d" --format svg
check plot-letter-alone "exit $code" test "$code" = 0
check plot-letter-histograms "$(ls "$work/d")" names "$work/d" 'histograms.svg '

run plot hostile.json -o "$work/e"
check plot-hostile-exits-0 "exit $code, $(cat "$work/err")" test "$code" = 0
check plot-hostile-runs-nothing "a command ran" test ! -e PWNED
for name in filesystems histograms percentiles timeline; do
	check "plot-hostile-$name-svg" "no XML" is_xml "$work/e/$name.svg"
done

cp "$work/a/timeline.png" "$work/before"
mkdir "$work/f"
cp "$work/before" "$work/f/histograms.png"
mkdir "$work/bin"
printf '#!/bin/sh\necho "line 1: no such terminal" >&2\nexit 1\n' >"$work/bin/gnuplot"
chmod +x "$work/bin/gnuplot"
code=0
PATH=$work/bin:$PATH "$program" plot guest.json -o "$work/f" --format png >"$work/out" 2>"$work/err" || code=$?
check plot-gnuplot-fails "exit $code" is_refusal 1
check plot-gnuplot-fails-keeps-old "the old picture is gone" cmp "$work/before" "$work/f/histograms.png"
check plot-gnuplot-fails-leaves-nothing "$(ls -A "$work/f")" test "$(ls -A "$work/f")" = histograms.png
exit "$failed"
