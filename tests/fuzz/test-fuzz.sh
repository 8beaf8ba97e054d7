#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The corpus, and so many executions beyond it, the same each time: nothing is found. A planted error is.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT
runs=1200

fuzz() { nice "$root/scripts/fuzz" --out "$work/$1" --seed 1 "${@:2}" >"$work/$1.out" 2>&1; }

targets=("$root"/tests/fuzz/fuzz_*.c)
targets=("${targets[@]##*/fuzz_}")
for target in "${targets[@]%.c}"; do
	[ "$target" != planted ] || continue
	fuzz "$target" --runs $runs "$target"
	code=$?
	read -r executions corpus edges _ < <(sed -n "s/^$target  *//p" "$work/$target.out")
	if [ $code != 0 ]; then
		cp "$work/$target/findings/"* "${BUILD:-$root/build}/" 2>/dev/null
		not_ok "fuzz-$target" "exit $code: $(tail -n 4 "$work/$target.out") $(
			tail -n 5 "$work/$target/logs/$target.log")"
	elif [ "${executions:-0}" -lt $runs ] || [ "${corpus:-0}" -lt 5 ] || [ "${edges:-0}" -lt 200 ]; then
		not_ok "fuzz-$target" "of $runs executions: $(tail -n 1 "$work/$target.out")"
	else
		ok "fuzz-$target"
	fi
done

fuzz planted --runs 20000 planted
check planted-error-is-found "$(tail -n 3 "$work/planted.out")" \
	grep -q 'AddressSanitizer: global-buffer-overflow' "$work/planted.out"
check its-input-is-kept "$(ls "$work/planted/findings")" \
	test "$(find "$work/planted/findings" -name 'planted-crash-*' | wc -l)" = 1
exit "$failed"
