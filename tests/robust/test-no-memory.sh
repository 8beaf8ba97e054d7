#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No memory, from any allocation on: one line that says so, exit 1 (125 of compare, whose 1 is a
# verdict), and nothing left behind; or, where a single one fails that is not needed, the same output
# as ever.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
shm=$(mktemp -d /dev/shm/syncfault-test-XXXXXX)
trap 'rm -rf "$work" "$shm"' EXIT
cd "$root/tests/cli/data" || exit 1
if is_sanitized; then
	skip no-memory "the sanitizers have an allocator of their own"
	exit 0
fi
"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -shared -fPIC -o "$work/no-memory.so" "$root/tests/robust/no-memory.c" || exit 1

count() { as=(env LD_PRELOAD="$work/no-memory.so" NO_MEMORY_COUNT="$work/count") && run "$@" && read -r total <"$work/count"; }
is_told() { [ "$code" = "$failure" ] && is_one_line && grep -qE 'Cannot allocate memory|no memory|[Oo]ut of memory' "$work/err"; }
failure=1
# starve NAME MOMENTS ARGUMENT…: that many moments over the whole of the command
starve() {
	local name=$1 moments=$2 i at once why=
	shift 2
	count "$@"
	cp "$work/out" "$work/expected"
	for ((i = 0; i < moments; i++)); do
		at=$((i < moments / 4 ? i + 1 : i * total / moments + 1))
		for once in '' NO_MEMORY_ONCE=1; do
			rm -f "$work/result.json" "$work/page.html"
			as=(env LD_PRELOAD="$work/no-memory.so" "NO_MEMORY_AT=$at" ${once:+"$once"})
			run "$@"
			[ -z "$once" ] || [ "$code" != 0 ] || ! cmp -s "$work/out" "$work/expected" || continue
			# The result is written, and only its table could not be printed.
			if holds "$work/result.json" '.cells[0].status == "ok"' && is_one_line; then continue; fi
			is_told && [ ! -e "$work/result.json" ] && [ ! -e "$work/page.html" ] && [ -z "$(ls -A "$shm")" ] ||
				why+="at $at of $total${once:+, once}: exit $code: $(said); "
		done
	done
	as=()
	check "$name" "$why" test -z "$why"
}
starve no-memory-for-show 24 show guest.json
starve no-memory-for-show-json 24 show --json guest.json
starve no-memory-for-export 24 export --format tsv guest.json
starve no-memory-for-run 24 run --dir "$shm" --state hole --load none --sync none --pages 8 -o "$work/result.json"
# Each allocation of a run, from the options to the result, once: none is taken for granted.
once() { # AT
	local folder code=0
	folder=$(mktemp -d "$work/once-XXXXXX")
	mkdir "$shm/$1"
	NO_MEMORY_AT=$1 NO_MEMORY_ONCE=1 LD_PRELOAD=$work/no-memory.so "$program" run --dir "$shm/$1" \
		--state hole --load none --sync none --pages 8 -o "$folder/result.json" \
		>"$folder/out" 2>"$folder/err" </dev/null || code=$?
	[ "$code" = 0 ] || { [ "$code" = 1 ] && [ "$(wc -l <"$folder/err")" = 1 ] &&
		grep -qE 'Cannot allocate memory|no memory|start 1 threads: Resource' "$folder/err"; } ||
		echo "at $1: exit $code: $(head -c 200 "$folder/err")"
	rmdir "$shm/$1"
}
export -f once
export work shm program
seq 1 600 | xargs -P 8 -I{} bash -c 'once {}' >"$work/once" 2>&1
check no-memory-once-for-run "$(sort "$work/once")" test ! -s "$work/once"
starve no-memory-for-plot 12 plot guest.json --format svg -o "$work/pictures"
mkdir "$work/folder" && cp guest.json guest-seed1.json "$work/folder/"
starve no-memory-for-history 16 history "$work/folder"
starve no-memory-for-dashboard 16 dashboard "$work/folder" -o "$work/page.html"
failure=125
starve no-memory-for-compare 16 compare compare-6.1 compare-6.12

# Addresses run out for what a cell maps: of some sizes the cell fails, and the small one is ok.
limited() { (ulimit -v "$1" && shift && exec "$@"); }
as=(limited 200000)
run run --dir "$shm" --state hole --load none --sync none --pages 8,100000 --repeat 2 -o "$work/result.json"
check no-addresses-for-a-cell "exit $code: $(said) $(jq -c '[.cells[] | [.status, .reason]]' "$work/result.json" 2>&1)" \
	test "$code" = 1 -a ! -s "$work/err" -a "$(jq '[.cells[] | .status] == ["ok", "failed", "ok", "failed"] and
	(.cells[1].reason | test("^(reserve|mmap|start) .*: Cannot allocate memory$"))' "$work/result.json" 2>&1)" = true
check nothing-is-left-in-the-target "$(ls -A "$shm")" test -z "$(ls -A "$shm")"
exit "$failed"
