#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Garbage as results: one line, exit 1, in bounded time and memory; and nothing in them steers a terminal.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT
letter=$root/results/reference/cover-letter-2017.json
file=$work/hostile.json
size=100000000

# Sanitizers take ten times the time, and memory of their own.
limit_s=10 limit_kb=1048576
is_sanitized && limit_s=100 limit_kb=8388608

judge() { # NAME
	if ! is_refusal 1; then
		not_ok "$1" "exit $code, $(wc -l <"$work/err") lines, $(wc -c <"$work/out") bytes on stdout: $(said)"
	elif [ "$(wc -c <"$work/err")" -gt 1000 ]; then
		not_ok "$1" "a line of $(wc -c <"$work/err") bytes"
	elif [ "$seconds" -gt $limit_s ] || [ "$rss_kb" -gt $limit_kb ]; then
		not_ok "$1" "took $seconds s and $rss_kb KiB"
	else
		ok "$1"
	fi
}
# garbage NAME COMMAND…: what the command prints, cut at 100 MB (it may fail of that)
garbage() {
	local name=$1
	shift
	"$@" 2>/dev/null | head -c $size >"$file"
	run_measured show "$file"
	judge "$name"
}
repeated() { # TEXT: over and over, on one line
	/usr/bin/python3 -c 'import sys; sys.stdout.write(sys.argv[1] * (int(sys.argv[2]) // len(sys.argv[1]) + 1))' "$1" $size
}
behind() { # PREFIX COMMAND…
	printf '%s' "$1"
	shift
	"$@"
}
keys() { seq -f '"k%.0f":0,' -s '' 1 8000000; }

garbage random-bytes cat /dev/urandom
garbage open-brackets repeated '['
garbage open-objects repeated '{"a":'
garbage many-numbers behind '[1' repeated ',1'
garbage many-empty-lists behind '[[]' repeated ',[]'
garbage many-short-strings behind '[' repeated '"aaaaaaaaaaaaaa",'
garbage many-keys behind '{' keys
garbage one-long-string behind '"' repeated a
garbage long-string-in-a-result behind '{"schema":"syncfault-result/1","suite":"' repeated a
garbage escapes-in-a-string behind '{"schema":"' repeated '\u001b'
garbage prefix-then-random behind "$(head -c 4000 "$letter")" cat /dev/urandom
garbage result-then-random behind "$(cat "$letter")" cat /dev/urandom
garbage many-cells behind '{"schema":"syncfault-result/1","cells":[{}' repeated ',{}'
rm -f "$file"

# Big, and nearly results: the message says where, and no memory is allocated for what is only claimed.
size=200000000
garbage result-of-200-MB behind '{"schema":"syncfault-result/1","suite":"x","command":["' repeated 'b","'
size=100000000
nested() { /usr/bin/python3 -c 'import sys; sys.stdout.write("[" * 100000 + "]" * 100000)'; }
garbage nested-100000-deep behind '{"schema":"syncfault-result/1","cells":' nested
digits() { head -c 1000000 /dev/zero | tr '\0' 9; }
# In the place of a number of the letter: 1 MB of digits, and more slots and faults than anybody has.
claims() { # NAME FILTER
	jq -c "$2" "$letter" >"$file"
	run_measured show "$file"
	judge "$1"
}
put_digits() { # NAME SUFFIX
	jq -c '.cells[0].latency.max = "DIGITS"' "$letter" >"$work/digits"
	{
		sed 's/"DIGITS".*//' "$work/digits" | tr -d '\n'
		digits
		printf '%s' "$2"
		sed 's/.*"DIGITS"//' "$work/digits"
	} >"$file"
	run_measured show "$file"
	judge "$1"
}
put_digits number-of-1-MB-digits ''
put_digits real-of-1-MB-digits .5
put_digits exponent-beyond-all e999999
claims a-billion-slots '.cells[0].latency.hist_ns =
	[{from: 0, to: 999999999, count: 1000000000}, {from: 1000000000, to: 9007199254740991, count: 1}]'
jq -c '.cells[0].latency |= (.hist_ns = [{from: 0, to: 1, count: "HALF"}, {from: 2, to: 3, count: "HALF"},
	{from: 4, to: 5, count: (2 + .count)}])' "$letter" | sed 's/"HALF"/9223372036854775807/g' >"$file"
run_measured show "$file"
judge counts-beyond-all
claims a-billion-faults '.cells[0] |= (.config.pages = 1000000000 | .latency.count = 1000000000)'
run_measured show /dev/zero
judge endless-file
check endless-file-is-told "said: $(said)" grep -q 'more than 256 MiB' "$work/err"
code=0 seconds=0 rss_kb=0
repeated '[' | "$program" show - >"$work/out" 2>"$work/err" || code=$?
judge standard-input

for command in show plot; do
	for bad in "$work/nonexistent" "$work" /dev/null; do
		run "$command" "$bad" ${plot[@]+"${plot[@]}"}
		check "$command-of-${bad##*/}" "exit $code: $(said)" is_refusal 1
	done
	plot=(-o "$work/plots")
done

# ---- what steers a terminal ----------------------------------------------------------------------

# Clear the screen; a title; C1's CSI and NEL; overrides, isolates, marks; ends of lines and paragraphs; a byte
# order mark; tags; DEL; lines and tabs.
evil=$'\033[2J\033]0;evil\007\xc2\x9b31m\u0085\u202e\u2066\u061c\u200f\u2028\u2029\ufeff\U000e0041\x7f\r\n\tX'
jq --arg e "$evil" '.suite = $e | .tool.version = $e | .tool.commit = $e | .started = $e |
	.command = [$e] | .host.kernel = $e | .host.version = $e | .host.cpu = $e | .host.governor = $e |
	.host.machine = $e | .host.virtualisation = $e | .host.clocksource = $e | .host.libc = $e |
	.clock.source = $e | .provenance.source = $e | .provenance.author = $e | .provenance.date = $e |
	.provenance.url = $e | .provenance.notes = [$e] |
	.guest = {qemu: $e, accelerator: $e, kernel_package: $e, command_line: $e, image_digest: $e,
		clock: "time", started: $e} |
	.cells |= map(.config.fs = $e | .config.mkfs_options = $e | .config.mount_options = $e |
		.key = "\($e):\($e):\($e)" + (.key | ltrimstr("ext4")) | .warnings = [$e] |
		.placement = {target: $e}) |
	.cells[5] |= (.status = "failed" | .reason = $e | .latency = null)' "$letter" >"$work/evil.json"

run show "$work/evil.json"
check evil-result-is-read "exit $code: $(said)" test "$code" = 0
for layout in --letter --table --tsv --json ''; do
	run show ${layout:+"$layout"} "$work/evil.json"
	# JSON has DEL as it is, and terminals take no notice of it.
	harmless=''
	[ "$layout" != --json ] || harmless='\177'
	name=evil-result-shown${layout:+-as-${layout#--}}
	if [ "$code" != 0 ] || [ ! -s "$work/out" ]; then
		not_ok "$name" "exit $code: $(said)"
	elif has_controls <(tr -d "$harmless" <"$work/out") || has_controls "$work/err"; then
		not_ok "$name" "control characters: $(tr -d '\n' <"$work/out" |
			grep -aoP '.{0,20}([\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]).{0,10}' | head -2 | cat -v)"
	else
		ok "$name"
	fi
done
run show --tsv "$work/evil.json"
check tsv-keeps-its-columns "$(awk -F '\t' '{ print NF }' "$work/out" | sort | uniq -c | tr '\n' ' ')" \
	test "$(awk -F '\t' '{ print NF }' "$work/out" | sort -u | wc -l)" = 1 -a "$(wc -l <"$work/out")" = 7

# In refusals: a key, a word, a schema, a file's name.
refused_quietly() { # NAME FILTER
	jq --arg e "$evil" "$2" "$letter" >"$work/bad.json"
	run show "$work/bad.json"
	check "$1" "exit $code: $(cat -v "$work/err" | head -3)" is_refusal 1
}
# shellcheck disable=SC2016 # the variable is one of jq
refused_all_quietly() {
	refused_quietly evil-key '.[$e] = 1'
	refused_quietly evil-key-in-a-cell '.cells[0][$e] = 1'
	refused_quietly evil-schema '.schema = $e'
	refused_quietly evil-status '.cells[0].status = $e'
	refused_quietly evil-unit '.clock.unit = $e'
}
refused_all_quietly
run show "$work/$evil"
check evil-file-name "exit $code: $(cat -v "$work/err" | head -3)" is_refusal 1
run run --dir "$work/$evil"
check evil-folder "exit $code: $(cat -v "$work/err" | head -3)" is_refusal 1
run run --dir "$work" --suite "$work/$evil"
check evil-suite "exit $code: $(cat -v "$work/err" | head -3)" is_refusal 2
exit "$failed"
