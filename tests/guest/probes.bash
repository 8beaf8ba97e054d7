# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For tests of run --probes in a guest: one boot for each job, and results checked with jq filters.
# What must hold is checked on counts, identities and the instruction clock, which repeat exactly.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
built=${BUILD:-build}
program=${SYNCFAULT:-$built/syncfault}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# boot NAME KERNEL [INSTRUMENT…] [-- ARGUMENT…]: runs $work/job.sh with the arguments; its files go to
# $work/NAME. $cpus of them, or 1.
boot() {
	local name=$1 kernel=debian:$2 with=(--with "$program:/t/syncfault")
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		with+=(--with "$built/$1:/t/$1")
		shift
	done
	shift $(($# > 0))
	scripts/guest --kernel "$kernel" --cpus "${cpus:-1}" --pmem 768M,256M --memory 2G --time-limit 600 --out "$work/$name" --with "$work/job.sh:/job.sh" "${with[@]}" \
		-- sh /job.sh "$@" >"$work/$name.stdout" 2>"$work/$name.err"
	echo $? >"$work/$name.rc"
}

# booted NAME…: whether the guests got to their ends
booted() {
	local name
	for name; do
		[ "$(cat "$work/$name.rc")" = 0 ] && continue
		echo "not ok guest $name ran: $(tail -n 3 "$work/$name.err" | tr '\n' ' ')"
		failed=1
	done
	return $failed
}

# A cell's probes by file system, state and sync; the mean of a stage; all means but outside's.
# shellcheck disable=SC2016
definitions='
def probes($fs; $state; $sync): .cells[] | select(.config.fs == $fs and .config.state == $state and .config.sync == $sync) | .probes;
def synced($fs): probes($fs; "hole"; "map_sync");
def mean($stage): [.stages[] | select(.stage == $stage) | .mean // 0][0];
def means: [.stages[1:][] | .mean // 0];
def used: means | map(select(. > 0)) | length;
def near($a; $b; $room): ($a - $b) | fabs <= $room;
def rounded: . * 10 | round / 10;
'

# holds NAME FILE FILTER [PRINT [JQ-ARGUMENT…]]: ok where the filter gives true; PRINT's text is added
holds() {
	local name=$1 file=$work/$2.json filter=$3 print=${4:-empty} said verdict
	shift $(($# < 4 ? $# : 4))
	said=$(jq -rc "$@" "$definitions $print" "$file" 2>&1 | tr '\n' ' ')
	verdict=$(jq -r "$@" "$definitions $filter" "$file" 2>&1)
	if [ "$verdict" = true ]; then
		echo "ok $name${said:+: ${said% }}"
	else
		echo "not ok $name: ${verdict:0:300} ${said:0:500} $(tail -n 1 "${file%.json}.err" 2>/dev/null)"
		failed=1
	fi
}
