#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The writer of the crash tests: what it reports is there, and what was damaged since is lost.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.bash
. tests/lib.bash
trap 'rm -rf "$work"' EXIT
program=$(realpath "${BUILD:-$root/build}/crash-writer")

looks() { # SEED WANTED: the last line of check
	run check --seed "$1" "$work/data" "$work/reports"
	[ "$code" = 0 ] && [ "$(tail -n 1 "$work/out")" = "$2" ]
}
store() { # OPTION…
	rm -rf "$work/data" && mkdir "$work/data"
	run store --pause 0 --seed 7 "$@" "$work/data" && cp "$work/out" "$work/reports"
	[ "$code" = 0 ] && [ ! -s "$work/err" ]
}
if ! store --stores 1 && grep -q libpmem2 "$work/err"; then
	skip 'the writer' "$(said)"
	exit
fi

for options in '--pattern hole' '--pattern unwritten --threads 4' '--pattern written --files 3' \
	'--pattern grow' '--pattern punch' '--pattern punch --threads 3 --files 2'; do
	# shellcheck disable=SC2086 # words
	check "$options: stores" "$(said)" store --stores 20 $options
	check "$options: each store is found" "$(cat "$work/out")" looks 7 'reported 20 lost 0'
	check "$options: another run's are not taken for them" "$(cat "$work/out")" \
		looks 8 'reported 20 lost 20'
done

store --stores 20 --pattern punch
check 'a punched page is taken back before it is punched' "$(cat "$work/out")" \
	test "$(grep -c '^v ' "$work/reports")" = 20
check 'what is stored after that is another store' "$(cat "$work/reports")" \
	grep -qx 's 0 3 24' "$work/reports"
cp "$work/reports" "$work/all"
sed -i '$d' "$work/reports"
check 'what was taken back need not be there' '' looks 7 'reported 19 lost 0'
{ cat "$work/all" && printf 's 0 3 999'; } >"$work/reports"
check 'a report without its end counts for nothing' '' looks 7 'reported 20 lost 0'
echo >>"$work/reports"
check 'an earlier store than what was reported is a loss' '' looks 7 'reported 20 lost 1'
check 'it is said what is there' "$(cat "$work/out")" \
	grep -qx 'lost 0 3 999: byte 12288: an earlier store' "$work/out"

cp "$work/all" "$work/reports"
cp "$work/data/data-0" "$work/whole"
copy() { # BYTES FROM TO, in units of BYTES: within a file that is whole again
	cp "$work/whole" "$work/data/data-0"
	dd if="$work/whole" of="$work/data/data-0" bs="$1" skip="$2" seek="$3" count=1 conv=notrunc \
		status=none
}
copy 4096 6 5
check 'the page behind is not this one' '' looks 7 'reported 20 lost 1'
copy 64 $((5 * 64 + 3)) $((5 * 64 + 4))
check 'nor is a line of a page the next one' '' looks 7 'reported 20 lost 1'
copy 64 $((5 * 64)) $((5 * 64 + 63))
check 'the last line counts too' '' looks 7 'reported 20 lost 1'
cp "$work/whole" "$work/data/data-0"
truncate -s $((19 * 4096 + 2048)) "$work/data/data-0"
check 'half a page is lost' '' looks 7 'reported 20 lost 1'
check 'it is said that the file ends there' "$(cat "$work/out")" \
	grep -q '^lost 0 19 .*: byte 77824: the end of the file$' "$work/out"
cp "$work/whole" "$work/data/data-0"
printf x | dd of="$work/data/data-0" bs=1 seek=$((5 * 4096 + 64 * 3 + 40)) conv=notrunc status=none
check 'one byte is a loss' '' looks 7 'reported 20 lost 1'
check 'it is said where' "$(cat "$work/out")" grep -q '^lost 0 5 .*: byte 20672: other data$' "$work/out"
truncate -s $((10 * 4096)) "$work/data/data-0"
check 'what is behind the end is lost' '' looks 7 'reported 20 lost 11'
rm "$work/data/data-0"
check 'a file that is gone has lost all' '' looks 7 'reported 20 lost 20'
echo 's 0 nothing 1' >>"$work/reports"
run check "$work/data" "$work/reports"
check 'what is no report is refused' "$(said)" test "$code" = 1
for words in 'store --pattern grow --threads 2 .' 'store' 'store --stores 0 .' 'check .' \
	'store --pattern no .' ''; do
	# shellcheck disable=SC2086 # words
	run $words
	check "'$words' is refused" "$(said)" is_refusal 2
done
run store "$work/none"
check 'a folder that is not there is told' "$(said)" is_refusal 1
exit "$failed"
