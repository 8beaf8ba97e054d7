#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Output that finds no room: one line, an exit code, and the file that was there before as it was.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
clean_up() {
	umount "$work/disk" 2>/dev/null
	rm -rf "$work" "$shm"
}
shm=$(mktemp -d /dev/shm/syncfault-test-XXXXXX)
trap clean_up EXIT
cd "$root/tests/cli/data" || exit 1
cells=(--dir "$shm" --state hole --load none --sync none --pages 512)

# to_full CODE ARGUMENT…: with standard output on /dev/full
to_full() {
	local expected=$1
	shift
	code=0
	"$program" "$@" >/dev/full 2>"$work/err" </dev/null || code=$?
	check "full-stdout-of-$1${2:+-$2}" "exit $code: $(said)" is_unwritten "$expected" 'standard output'
}
is_unwritten() { # CODE WHAT
	[ "$code" = "$1" ] && is_one_line && grep -qx "syncfault: write $2: No space left on device" "$work/err"
}

if [ -w /dev/full ]; then
	to_full 1 show guest.json
	to_full 1 show --table guest.json
	# For git bisect 1 would be a verdict, and so would 0.
	to_full 125 compare compare-6.1 compare-6.12
	to_full 125 compare --json compare-6.1 compare-6.12
	to_full 125 compare --markdown compare-6.1 compare-6.12
	for format in openmetrics benchstat github-action-benchmark kcidb tsv; do
		to_full 1 export --format=$format guest.json
	done
	to_full 1 doctor --json
	to_full 1 history .
	to_full 1 history --json .
	to_full 1 run -o - "${cells[@]}"
	to_full 1 dashboard -o - .
else
	skip full-stdout "no /dev/full"
fi

if ! is_root; then
	skip full-disk "needs root, for a small tmpfs"
	exit "$failed"
fi
mkdir "$work/disk" && mount -t tmpfs -o size=64k none "$work/disk" || exit 1
printf 'old' >"$work/disk/old"
mkdir "$work/disk/plots"
head -c 1M /dev/zero >"$work/disk/filler" 2>/dev/null
# onto_full ARGUMENT…: what would have been written over "old"
onto_full() {
	run "$@" -o "$work/disk/old"
	check "full-disk-for-$1" "exit $code: $(said)" is_unwritten 1 "$work/disk/old"
	check "full-disk-for-$1-keeps-the-old-file" "$(ls -A "$work/disk") $(head -c 20 "$work/disk/old")" \
		test "$(ls -A "$work/disk")" = "filler
old
plots" -a "$(cat "$work/disk/old")" = old
}
onto_full run "${cells[@]}"
onto_full export --format tsv guest.json
onto_full dashboard .
if command -v gnuplot >/dev/null; then
	run plot guest.json -o "$work/disk/plots"
	check full-disk-for-plot "exit $code: $(said)" is_unwritten 1 "$work/disk/plots/histograms.png"
	check full-disk-for-plot-leaves-no-part "$(ls -A "$work/disk/plots")" \
		test -z "$(ls -A "$work/disk/plots")"
else
	skip full-disk-for-plot "no gnuplot"
fi
check nothing-is-left-in-the-target "$(ls -A "$shm")" test -z "$(ls -A "$shm")"
exit "$failed"
