#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Wrong words on the command line: exit 2, one line on stderr, nothing on stdout, nothing made.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
self=$(realpath "$0")
trap 'rm -rf "$work"' EXIT
mkdir "$work/cwd" "$work/target"
cd "$work/cwd" || exit 1

target=(run --dir "$work/target")
is_untouched() { [ -z "$(find "$work/cwd" "$work/target" -mindepth 1)" ]; }

refused() { # NAME PATTERN ARGUMENT…
	local name=$1 pattern=$2
	shift 2
	run "$@"
	if ! is_refusal 2; then
		not_ok "$name" "exit $code, stdout $(wc -c <"$work/out") bytes, said: $(said)"
	elif ! grep -qE -- "$pattern" "$work/err"; then
		not_ok "$name" "said: $(said)"
	elif ! is_untouched; then
		not_ok "$name" "left files: $(ls -A "$work/cwd" "$work/target")"
	else
		ok "$name"
	fi
}

run
check no-command "exit $code: $(said)" test "$code" = 2
check no-command-prints-usage "$(said)" grep -q '^usage: syncfault' "$work/err"
refused unknown-command 'no such command: fly' fly
refused unknown-command-escaped 'no such command: .\[2Jx' $'\033[2Jx'
refused unknown-option 'no such option: --flyaway' "${target[@]}" --flyaway
refused unknown-letter 'no such option' "${target[@]}" -z
refused option-without-value '--pages wants a value' "${target[@]}" --pages
refused letter-without-value '-o wants a value' "${target[@]}" -o
refused flag-with-value 'no such option: --progress=1' "${target[@]}" --progress=1
refused unexpected-word "unexpected word 'word'" "${target[@]}" word
refused no-target 'wants either --device DEV or --dir DIR' run
refused both-targets 'wants either' run --device /dev/null --dir .
refused fs-with-dir '--fs goes with --device' "${target[@]}" --fs ext4
refused force-with-dir '--force goes with --device' "${target[@]}" --force
refused empty-output 'not an empty word' "${target[@]}" -o ''
refused no-such-suite "no suite 'none'.*cover-letter" "${target[@]}" --suite none
printf '{"schema": "syncfault-suite/9", "name": "x", "cells": []}' >"$work/suite.json"
refused suite-of-another-schema "schema 'syncfault-suite/9' is not known" "${target[@]}" --suite "$work/suite.json"
refused suite-that-is-no-json 'not JSON' "${target[@]}" --suite "$self"

for option in state load sync access page-size files dax scheduler; do
	refused "$option-of-unknown-word" "--$option 'x': wants" "${target[@]}" --$option x
	refused "$option-empty" "--$option ''" "${target[@]}" --$option ''
done
refused state-with-an-empty-item "--state ''" "${target[@]}" --state hole,
for value in 0 -1 1.5 4k '' 1,0 4294967297 99999999999999999999; do
	refused "pages-${value:-empty}" '--pages .*wants a whole number from 1' "${target[@]}" --pages "$value"
done
refused threads-0 '--threads' "${target[@]}" --threads 0
refused threads-1025 '--threads' "${target[@]}" --threads 1025
refused repeat-0 '--repeat' "${target[@]}" --repeat 0
refused repeat-10001 '--repeat' "${target[@]}" -r 10001
refused pause-too-long '--pause' "${target[@]}" --pause 60000001
for value in '' x 99999 1- 3-1 -1 '0,'; do
	refused "cpus-${value:-empty}" '--cpus' "${target[@]}" --cpus "$value"
done
refused pages-given-twice 'two cells have the key' "${target[@]}" --pages 7,7
many=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16
refused too-many-items 'more than 16 items' "${target[@]}" --pages $many,17
refused too-many-cells 'more than 10000 cells' "${target[@]}" --pages $many --threads $many \
	--access read,write,read-then-write --page-size 4k,2m
for command in history compare dashboard; do
	refused "$command-follow-links-with-value" 'no such option: --follow-links=1' $command --follow-links=1 x
	run $command --help
	check "$command-follow-links-in-help" "not there" grep -q -- '--follow-links' "$work/out"
done
refused show-without-file 'usage: syncfault show' show
refused show-json-and-tsv 'exclude each other' show --json --tsv x

truncate -s 16M "$work/image"
if can_loop; then
	refused hostile-file-system "file system '../x'" run --device "$work/image" --fs ../x
	refused empty-file-system "file system ''" run --device "$work/image" --fs ''
	refused file-system-as-option "file system '-o'" run --device "$work/image" --fs=-o
	refused file-systems-with-a-gap "file system ''" run --device "$work/image" --fs ext4,,xfs
	check image-not-written "it holds data" cmp -s -n 16777216 "$work/image" /dev/zero
elif is_root; then
	skip hostile-file-systems "no /dev/loop-control"
else
	skip hostile-file-systems "needs root, as --device does"
	run run --device "$work/image" --fs ext4
	check device-without-root "exit $code: $(said)" is_refusal 77
fi

# A target that is not there is no usage error: exit 1, one line.
for name in nonexistent ../usage; do
	run run --dir "$work/$name/none"
	check "dir-that-is-not-there-${name//[.\/]/}" "exit $code: $(said)" is_refusal 1
done
run run --dir "$self"
check dir-that-is-a-file "exit $code: $(said)" is_refusal 1
run "${target[@]}" -o "$work/nonexistent/result.json"
check output-in-no-folder "exit $code: $(said)" is_refusal 1
run "${target[@]}" -o "$work/target"
check output-that-is-a-folder "exit $code: $(said)" is_refusal 1

for command in run show plot doctor; do
	run $command --help
	check "$command-help" "exit $code: $(said)" test "$code" = 0 -a ! -s "$work/err" -a -s "$work/out"
	check "$command-help-begins-with-usage" "$(head -1 "$work/out")" grep -q "^usage: syncfault $command" "$work/out"
done
run --help
check help "exit $code: $(said)" test "$code" = 0 -a ! -s "$work/err"
run --version
check version "exit $code: $(cat "$work/out")" grep -qE '^syncfault [0-9.]+ \(.+\)$' "$work/out"
code=0
"$program" --help >/dev/full 2>"$work/err" || code=$?
: >"$work/out"
check help-on-a-full-disk "exit $code: $(said)" is_refusal 1
check nothing-was-made "left: $(ls -A "$work/cwd" "$work/target")" is_untouched
refused too-many-cells '49152 cells with' "${target[@]}" --repeat 4096 --pages 1
refused too-many-samples 'one result holds' "${target[@]}" --repeat 100 --pages 65536
mkfifo "$work/fifo"
refused suite-is-a-fifo 'no suite' "${target[@]}" --suite "$work/fifo"

scripts=$(dirname "$self")/../../scripts
code=0
"$scripts/baselines" --suite cover >"$work/out" 2>"$work/err" || code=$?
check a-suite-that-baselines-has-not "exit $code: $(said)" test "$code" = 2 -a ! -s "$work/out"
check suites-of-baselines-are-named "$(said)" grep -q "cover'*: expected some of cover-letter," "$work/err"
exit "$failed"
