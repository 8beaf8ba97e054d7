#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/kernel-history: what fails is recorded, what is there is not measured again, and what is
# killed leaves nothing half.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT

kernel=$(basename "$("$root/scripts/kernel" fetch debian:6.12 2>/dev/null)" -amd64)
if [ -z "$kernel" ] || ! command -v qemu-system-x86_64 >/dev/null; then
	skip kernel-history 'no kernel or no QEMU here'
	exit 0
fi
folder=$work/kernels/$kernel-amd64
name=ext4-cover-letter-none-seed-0
export SYNCFAULT=$program
script=("$root/scripts/kernel-history" --kernels "$kernel" --fs ext4 --load none -o "$work/kernels")
measure() {
	code=0
	"${script[@]}" "$@" >"$work/out" 2>"$work/err" || code=$?
}
# The '+' of a release is not an operator.
is_up() { pgrep -f -- "--out /[^ ]*/${kernel//+/.}-amd64-ext4-0 " >/dev/null; }
is_gone() { ! is_up; }
parts() { find "$work/kernels" -type f ! -name '*-seed-[0-9].json' ! -name '*.failed'; }

measure --time-limit 1
check failure-exits-1 "exit $code" test "$code" = 1
check failure-is-recorded "$(ls "$folder")" grep -q 'exit status 125' "$folder/$name.failed"
check failure-has-no-result "$(ls "$folder")" test ! -e "$folder/$name.json"

"${script[@]}" >/dev/null 2>&1 &
child=$!
check starts-a-guest 'it does not' poll 20 is_up
sleep 2
kill "$child"
wait "$child" 2>/dev/null
check killed-ends-its-guest 'it runs on' poll 10 is_gone
check killed-leaves-nothing-half "$(parts)" test -z "$(parts)"

measure
check goes-on "exit $code: $(said)" test "$code" = 0
check result-is-there 'none' holds "$folder/$name.json" \
	'(.cells | length) == 6 and all(.cells[]; .status == "ok" and (.latency | has("samples") | not))'
check failure-is-forgotten 'it is not' test ! -e "$folder/$name.failed"
before=$(stat -c %i.%Y "$folder/$name.json")
measure
check is-not-measured-again "exit $code" test "$(stat -c %i.%Y "$folder/$name.json")" = "$before"
run history "$work/kernels"
check history-of-one-kernel "exit $code: $(said)" test "$code" = 0
measure --jobs 0
check refuses-no-jobs "exit $code" test "$code" = 2
measure --kernels 1.2.3
check refuses-unknown-kernels "exit $code: $(said)" test "$code" = 2

exit $failed
