#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault trace: refusals, rights, and where this machine can be probed: known faults counted once,
# intervals that add up to the total, and how it ends.
# shellcheck disable=SC2016 # programs of jq
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
touched=''
tracing=''
clean_up() {
	[ -z "$touched" ] || kill -KILL "$touched" 2>/dev/null
	[ -z "$tracing" ] || kill -KILL "$tracing" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT

refused() { # NAME PATTERN ARGUMENT…
	local name=$1 pattern=$2
	shift 2
	run trace "$@"
	if ! is_refusal 2; then
		not_ok "$name" "exit $code, stdout $(wc -c <"$work/out") bytes, said: $(said)"
	else
		check "$name" "said: $(said)" grep -qE -- "$pattern" "$work/err"
	fi
}

mkfifo "$work/fifo"
refused unexpected-word "unexpected word" word
refused unknown-option 'no such option' --flyaway
refused pid-and-path 'exclude each other' -p $$ --path "$work"
refused pid-and-all 'exclude each other' -p $$ --all
refused path-and-all 'exclude each other' --path "$work" --all
refused anonymous-and-path 'not with --path' --anonymous --path "$work"
refused no-such-pid 'no such process' -p 4194304
for value in 0 -1 x '' 4194305 1.5; do
	refused "pid-${value:-empty}" '--pid' -p "$value"
done
refused no-such-path 'No such file' --path "$work/none"
refused hostile-path 'x.\[2J' --path "$work/"$'x\033[2J'
refused empty-path '--path' --path ''
refused path-that-is-a-fifo 'wants a file' --path "$work/fifo"
for option in for interval over worst; do
	refused "$option-0" "--$option '0'" --$option 0
	refused "$option-of-no-number" "--$option 'x'" --$option x
done
refused worst-17 'from 1 to 16' --worst 17
refused rung-of-unknown-word "--rung 'x': wants fentry, kprobe or tracepoint" --rung x
refused rung-none "--rung 'none'" --rung none
thread=$(find /proc/[0-9]*/task -mindepth 1 -maxdepth 1 2>/dev/null |
	awk -F/ '$3 != $5 { print $5; exit }')
if [ -n "$thread" ]; then
	refused pid-of-a-thread 'a thread of process [0-9]+|no such process' -p "$thread"
else
	skip pid-of-a-thread "no process here has two threads"
fi

run trace --help
check help "exit $code: $(said)" test "$code" = 0 -a ! -s "$work/err"
check help-begins-with-usage "$(head -1 "$work/out")" grep -q '^usage: syncfault trace' "$work/out"
grep -oE -- '^ +(-., )?--[a-z-]+' "$work/out" | grep -oE -- '--.*' >"$work/options"
while read -r option; do
	[ "$option" = --help ] || check "manual-has$option" "docs/syncfault.1 does not" \
		grep -qE -- "Fl -${option#--}( |$)" "$root/docs/syncfault.1"
done <"$work/options"

if ! is_root; then
	run trace --for 1
	check without-root "exit $code: $(said)" is_refusal 77
elif setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$program"; then
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	run trace --for 1
	as=()
	check without-root "exit $code: $(said)" is_refusal 77
	check without-root-advice "said: $(said)" grep -q 'run as root' "$work/err"
else
	skip without-root "user nobody may not run $program"
fi

run trace --for 1
if [ "$code" = 77 ]; then
	skip probes "$(said)"
	exit "$failed"
fi
check for-ends "exit $code: $(said)" test "$code" = 0
check total-is-last "$(tail -n 3 "$work/out")" grep -q '^Total, ' "$work/out"
check warnings-are-few "$(said)" test "$(wc -l <"$work/err")" -le 4
check only-warnings "$(said)" test "$(grep -vc '^syncfault: warning: ' "$work/err")" = 0

# Writes to pages of a shared mapping of a new file, 200 in all, one fault each; then it waits.
pages=200
cat >"$work/touch.py" <<'PY'
import mmap, os, sys
path, pages = sys.argv[1], int(sys.argv[2])
with open(path, "w+b") as f:
    f.truncate(pages * 4096)
    memory = mmap.mmap(f.fileno(), pages * 4096)
print("ready", flush=True)
sys.stdin.readline()
for page in range(pages):
    memory[page * 4096] = 1
    if page == pages // 2:
        print("half", flush=True)
        sys.stdin.readline()
print("done", flush=True)
sys.stdin.readline()
PY

toucher_start() { # FOLDER: its mapping is made, nothing touched; go to it by >&7
	rm -f "$work/go" "$work/said"
	mkfifo "$work/go"
	python3 "$work/touch.py" "$1/touched" $pages <"$work/go" >"$work/said" 2>&1 &
	touched=$!
	exec 7>"$work/go"
	poll 10 grep -qs ready "$work/said"
}
toucher_half() { echo >&7; poll 10 grep -qs half "$work/said"; }
toucher_rest() { echo >&7; poll 10 grep -qs "done" "$work/said"; }
toucher_end() {
	exec 7>&-
	wait "$touched"
	touched=''
}
trace_start() { # ARGUMENT…: in the background, counting when this returns
	: >"$work/trace"
	"$program" trace "$@" >"$work/trace" 2>"$work/err" </dev/null 7>&- &
	tracing=$!
	poll 30 test -s "$work/trace"
}
trace_end() { # SIGNAL
	[ -z "$1" ] || kill -"$1" "$tracing"
	code=0
	wait "$tracing" || code=$?
	tracing=''
}
lines() { jq -s "$1" "$work/trace"; }
count_of() { lines '.[-1].faults.count'; }

if ! command -v jq >/dev/null || ! command -v python3 >/dev/null; then
	skip faults-counted "no jq, or no python3"
	exit "$failed"
fi

toucher_start "$work"
trace_start --json --path "$work/touched" --interval 1 --worst 3 --over 1
toucher_half
sleep 1.2
toucher_rest
trace_end TERM
check path-exit "exit $code: $(said)" test "$code" = 0
check path-counts-each-fault-once "$(lines '.[-1] | [.faults.count, .drops]' | tr -d '\n ')" \
	holds "$work/trace" "select(.type == \"total\") | .faults.count == $pages"
check first-line-is-the-start "$(head -c 100 "$work/trace")" test "$(lines '.[0].type')" = '"start"'
check last-line-is-the-total "$(tail -n 1 "$work/trace" | head -c 100)" test "$(lines '.[-1].type')" = '"total"'
check start-names-all-stages "$(lines '.[0].stages | length')" test "$(lines '.[0].stages | length')" = 18
check two-intervals-had-faults "$(lines '[.[] | select(.type == "interval") | .faults.count]' | tr -d '\n ')" \
	test "$(lines '[.[] | select(.type == "interval" and .faults.count > 0)] | length')" = 2
for what in .faults.count .fsyncs.count .counts.retries .drops.unfinished; do
	check "intervals-add-up-to-the-total-$what" "they do not" test "$(lines "
		([.[] | select(.type == \"interval\") | $what // 0] | add) == (.[-1] | $what // 0)")" = true
done
check intervals-join "from is not the to before" test "$(lines '
	[.[] | select(.type == "interval")] | . as $i | [range(1; length) | $i[.].from == $i[. - 1].to] | all')" = true
check stages-add-up "shares: $(lines '.[-1].faults.stages | map(.share) | add')" test "$(lines '
	.[-1].faults | ([.stages[] | .count * .mean] | add) / (.count * .mean) | . > 0.999 and . < 1.001')" = true
check histogram-adds-up "$(lines '[.[-1].faults.hist_ns[].count] | add')" \
	test "$(lines '.[-1].faults | ([.hist_ns[].count] | add) == .count')" = true
check percentiles-rise "$(lines '.[-1].faults | [.p50, .p90, .p99, .p999, .max]' | tr -d '\n ')" \
	test "$(lines '.[-1].faults | [.p50, .p90, .p99, .p999, .max] | . == sort')" = true
told=$(lines '[.[] | select(.type == "fault")] | length')
check every-fault-over-1-us-is-told "$told told, $(lines '.[-1].drops.events') dropped" \
	test $((told + $(lines '.[-1].drops.events'))) = $pages
check faults-name-file-and-process "$(lines '[.[] | select(.type == "fault")][0]' | tr -d '\n ')" \
	test "$(lines "[.[] | select(.type == \"fault\") | .file == \"$work/touched\" and .comm == \"python3\" and .tgid == $touched] | length > 0 and all")" = true
check faults-name-each-page "they do not" test "$(lines '[.[] | select(.type == "fault") | .fault.page] | unique | length')" = "$told"
check worst-are-the-slowest "$(lines '[.[] | select(.type == "worst") | .fault.total]' | tr -d '\n ')" test "$(lines '
	([.[] | select(.type == "worst") | .fault.total]) as $worst | ([.[] | select(.type == "fault") | .fault.total] | sort | reverse) as $all |
	.[-1].drops.events > 0 or $worst == $all[:3]')" = true
check timelines-have-no-gap "they have" test "$(lines '
	[.[] | select(.type == "worst" or .type == "fault") | .fault | .timeline as $t |
		$t[0].from == 0 and $t[-1].to == .total and ([range(1; $t | length) | $t[.].from == $t[. - 1].to] | all)] | length > 3 and all')" = true
toucher_end

rm -f "$work/touched"
toucher_start "$work"
trace_start -p "$touched" --json --worst 1
pid=$touched
toucher_half
toucher_rest
toucher_end
trace_end ''
check pid-ends-with-the-process "exit $code: $(said)" test "$code" = 0
check pid-counts-its-faults "$(count_of)" test "$(count_of)" -ge $pages
check pid-only "$(lines '[.[] | select(.type == "worst") | .tgid]' | tr -d '\n ')" \
	test "$(lines "[.[] | select(.type == \"worst\") | .tgid] == [$pid]")" = true
check without-interval-none "$(lines '[.[].type]' | tr -d '\n ')" test "$(lines '[.[] | select(.type == "interval")] | length')" = 0

rm -f "$work/touched"
toucher_start "$work"
trace_start --path "$work" --worst 1
toucher_half
toucher_rest
code=0
kill -HUP "$tracing"
trace_end ''
check folder-exit "exit $code: $(said)" test "$code" = 0
check folder-is-its-file-system "$(grep '^Total' "$work/trace")" \
	test "$(sed -nE 's/^Total, .*: ([0-9,]+) faults?$/\1/p' "$work/trace" | tr -d ,)" -ge $pages
check no-line-over-100-columns "$(awk 'length > 100' "$work/trace" | head -2)" \
	test -z "$(grep -v '^[0-9]*\. ' "$work/trace" | awk 'length > 100')"
toucher_end

code=0
timeout -k 9 20 "$program" trace --for 1 >/dev/full 2>"$work/err" || code=$?
check full-disk "exit $code: $(said)" test "$code" = 1
check full-disk-said "$(said)" grep -q 'write standard output' "$work/err"
exit "$failed"
