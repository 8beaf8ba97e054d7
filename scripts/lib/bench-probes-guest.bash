#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The half of scripts/bench-probes that runs in the guest: bench-probes-guest.bash all|ours
set -euo pipefail

# shellcheck source=scripts/lib/instruments.bash
source "$(dirname "$0")/instruments.bash"
build=${BUILD:-build}
tracing=/sys/kernel/tracing
pages=512
failed=0
# For bpftrace's programs.
begin='{ @begin[tid] = nsecs }'
end='/@begin[tid]/ { @ = hist(nsecs - @begin[tid]); delete(@begin[tid]) }'

die() {
	echo "bench-probes: $1" >&2
	exit 1
}

# NAME COST BOUND WHY: if it was not measured, COST is empty and WHY says why.
row() {
	local verdict=$4
	if [ -n "$2" ] && [ -n "$3" ] && ((${2%.*} > $3)); then
		verdict="more than it may"
		failed=1
	fi
	printf '%-44s %8s %8s  %s\n' "$1" "${2:--}" "${3:--}" "$verdict"
}

# Runs the cell under the command in the arguments, and prints its median.
median() {
	"$@" "$build/syncfault" run --device /dev/pmem0 --fs ext4 --state written --sync none --load none \
		--pages "$pages" -o "$work/cell.json" >/dev/null 2>"$work/err" || return 1
	jq -e '.cells[0].latency.p50' "$work/cell.json"
}

# NAME BOUND SEEN COST: a tool that did not see the faults has no cost.
row_if_seen() {
	if (($3 >= pages)); then
		row "$1" "$4" "$2" ''
	else
		row "$1" '' "$2" "saw $3 of $pages faults: $(tail -n 1 "$work/log" | cut -c 1-60)"
		failed=1
	fi
}

# A tool that prints a histogram when it ends: NAME COMMAND…
measure_tool() {
	local name=$1 with
	shift
	if ! command -v "$1" >/dev/null; then
		row "$name" '' '' "no $1 here"
		return
	fi
	start_tool "$work/log" "$@" || die "$name: $(tail -n 1 "$work/log")"
	with=$(median) || die "$name: $(cat "$work/err")"
	stop_tool "$tool"
	row_if_seen "$name" '' "$(seen_in "$work/log")" $((with - alone))
}

measure_perf() {
	local with
	if ! command -v perf >/dev/null; then
		row 'perf trace -F all --no-syscalls' '' '' 'no perf here'
		return
	fi
	with=$(median perf trace -F all --no-syscalls -a -o "$work/log") || die "perf: $(cat "$work/err")"
	row_if_seen 'perf trace -F all --no-syscalls' '' \
		"$(grep -c 'syncfault/.*m[ai][jn]fault' "$work/log")" $((with - alone))
}

measure_function_graph() {
	local with
	echo handle_mm_fault >"$tracing/set_graph_function"
	echo 65536 >"$tracing/buffer_size_kb"
	echo function_graph >"$tracing/current_tracer"
	with=$(median) || die "function_graph: $(cat "$work/err")"
	echo 0 >"$tracing/tracing_on"
	sed -n 's/entries: //p' "$tracing"/per_cpu/cpu*/stats >"$work/log"
	row_if_seen "ftrace's function_graph" '' "$(cat "$work/log")" $((with - alone))
	echo nop >"$tracing/current_tracer"
	echo >"$tracing/set_graph_function"
	echo 1408 >"$tracing/buffer_size_kb"
}

measure_ours() {
	local with cost
	with=$(median "$build/probe-cost" empty --) || die "empty: $(cat "$work/err")"
	row 'empty fentry and fexit: the floor' $((with - alone)) '' ''
	with=$(median "$build/probe-cost" hist --) || die "hist: $(cat "$work/err")"
	cp "$work/err" "$work/log"
	row_if_seen 'our histogram of faults, on this function' 1000 \
		"$(sed -n 's/^probe-cost: \([0-9]*\) faults.*/\1/p' "$work/err")" $((with - alone))
	"$build/syncfault" run --device /dev/pmem0 --fs ext4 --state written --sync none --load none \
		--pages "$pages" --probes -o "$work/full.json" >/dev/null 2>"$work/log" ||
		die "run --probes: $(cat "$work/log")"
	cost=$(jq '.cells[0].probes.cost' "$work/full.json")
	row_if_seen 'all our stages (run --probes)' 3300 \
		"$(jq '.cells[0].probes.total.count' "$work/full.json")" "$cost"
}

# While all stages are attached for a process that sleeps.
measure_untraced() {
	local sleeper without with
	sleep infinity &
	sleeper=$!
	without=$("$build/probe-cost" faults 1000)
	start_tool "$work/log" "$build/syncfault" trace -p $sleeper --json ||
		die "trace: $(tail -n 1 "$work/log")"
	with=$("$build/probe-cost" faults 1000)
	stop_tool "$tool"
	kill $sleeper
	row "all our stages, another process's fault" $((with - without)) 700 "anonymous: $without alone"
}

work=$(mktemp -dt syncfault-bench-probes.XXXXXXXX)
alone=$(median) || die "the cell alone: $(cat "$work/err")"
again=$(median) || die "the cell alone: $(cat "$work/err")"
[ "$alone" = "$again" ] || die "medians of $alone and $again without any probe"
printf '%-44s %8s %8s\n' "$(uname -r): $alone alone" adds bound
measure_ours
measure_untraced
if [ "$1" = all ]; then
	measure_perf
	measure_tool 'libbpf-tools funclatency' funclatency handle_mm_fault
	measure_tool 'bcc funclatency' funclatency-bpfcc handle_mm_fault
	measure_tool 'bpftrace kfunc, kretfunc' bpftrace -e \
		"kfunc:vmlinux:handle_mm_fault $begin kretfunc:vmlinux:handle_mm_fault $end"
	measure_tool 'bpftrace kprobe, kretprobe' bpftrace -e \
		"kprobe:handle_mm_fault $begin kretprobe:handle_mm_fault $end"
	measure_function_graph
fi
exit $failed
