#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run --probes on this machine's page cache, and the probes under load: every fault is counted once,
# known delays are found again, and nothing is left behind. tests/guest has the same on DAX.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT
result=$work/result.json
built=$(dirname "$program")

refused() { # NAME ARGUMENT…
	local name=$1
	shift
	run run "$@"
	check "$name" "exit $code: $(said)" is_refusal 2
}
refused rung-without-probes --dir "$work" --rung tracepoint
refused rung-of-unknown-word --dir "$work" --probes --rung x
refused rung-of-no-word --dir "$work" --probes --rung ''

if ! is_root; then
	skip run-probes "not root"
	exit "$failed"
fi

# measured NAME ARGUMENT…: the result has probes in each cell that is ok
measured() {
	local name=$1
	shift
	run run -o "$result" --dir "$work" --load none --sync none --probes "$@"
	if [ "$code" != 0 ]; then
		not_ok "$name" "exit $code: $(said)"
	elif holds "$result" '[.cells[].probes] | all(. == null)' && [ -s "$work/err" ]; then
		skip "$name" "$(said)"
		exit "$failed"
	else
		check "$name: $(jq -r '[.cells[].probes.counts.faults] | add' "$result") faults, cost $(jq -c '[.cells[].probes.cost]' "$result") ns" \
			"$(jq -c '[.cells[] | [.key, .status, .reason, .warnings]]' "$result")" \
			holds "$result" '.cells | length > 0 and all(.status == "ok" and .probes != null and
				(.warnings | map(select(test("stood still") | not))) == [])'
	fi
}
# What holds in any result with probes, whatever the rung.
identities() { # NAME
	check "$1-each-fault-once" "$(jq -c '[.cells[] | [.probes.counts.faults, .proof.faults_observed]]' "$result")" \
		holds "$result" '.cells | all(.probes.counts.faults == .proof.faults_observed and .proof.faults_observed == .proof.faults_expected and
			.probes.total.count == .probes.counts.faults and .probes.latency.count == .probes.counts.faults)'
	check "$1-nothing-dropped" "$(jq -c '[.cells[].probes.drops]' "$result")" \
		holds "$result" '[.cells[].probes.drops[]] | all(. == 0)'
	check "$1-stages-add-up" "$(jq -c '[.cells[].probes | [.total.mean, ([.stages[1:][].mean] | add)]]' "$result")" \
		holds "$result" '[.cells[].probes | (([.stages[1:][].mean] | add) - .total.mean) | fabs < 0.01] | all'
	check "$1-outside-is-the-rest" "$(jq -c '[.cells[].probes | [.latency.mean, .total.mean, .stages[0]]]' "$result")" \
		holds "$result" '[.cells[].probes | .stages[0].stage == "outside" and .stages[0].mean > 0 and
			((.latency.mean - .total.mean - .stages[0].mean) | fabs < 0.01)] | all'
	check "$1-histograms-are-whole" "they are not" \
		holds "$result" '[.cells[].probes | .total, (.stages[].latency | values) | ([.hist_ns[].count] | add) == .count] | all'
	check "$1-worst-are-the-slowest" "$(jq -c '[.cells[].probes | [.total.max, [.worst[].total]]]' "$result")" \
		holds "$result" '[.cells[].probes | (.worst | length >= 8) and .worst[0].total == .total.max and ([.worst[].total] | . == (sort | reverse))] | all'
	check "$1-worst-add-up" "they do not" \
		holds "$result" '[.cells[].probes.worst[] | ([.stages[]] | add) == .total and .blocked + .runnable <= .total and
			.timeline[0].from == 0 and .timeline[-1].to <= .total] | all'
	check "$1-no-flush-on-the-page-cache" "$(jq -c '[.cells[].probes.counts]' "$result")" \
		holds "$result" '[.cells[].probes.counts | .needdsync + .insert_pfn_mkwrite + .fsyncs] | all(. == 0)'
}

measured states --pages 500
identities states
if command -v jsonschema >/dev/null; then
	check states-keep-to-the-schema "$(jsonschema -i "$result" "$root/results/schema.json" 2>&1 | tail -c 400)" \
		jsonschema -i "$result" "$root/results/schema.json"
else
	skip states-keep-to-the-schema "no jsonschema"
fi
measured many-threads --pages 200 --state hole --threads 16 --files one,each
identities many-threads
measured by-tracepoints --pages 500 --state hole --rung tracepoint
identities by-tracepoints
check by-tracepoints-only "$(jq -c '[.cells[].probes.stages[].rung] | unique' "$result")" \
	holds "$result" '[.cells[].probes.stages[].rung] | unique == ["none", "tracepoint"]'
measured reads --pages 500 --state written --access read,read-then-write
identities reads

# A millisecond burned where a write fault makes its page dirty is in each of these faults.
burned() {
	local least calls
	as=("$built/burn" tracepoint:writeback_dirty_folio 1000000 --)
	run run -o "$result" --dir "$work" --load none --sync none --state hole --pages 50 --probes
	as=()
	read -r calls least < <(sed -nE 's/^burn: .*: ([0-9]+) calls.* min ([0-9]+),.*/\1 \2/p' "$work/err")
	if [ "$code" = 0 ] && [ "${calls:-0}" -lt 100 ]; then
		skip known-delay "no such tracepoint in faults on $(stat -f -c %T "$work")"
	else
		check "known-delay: burned $least ns at least, fastest fault $(jq '.cells[0].probes.total.min' "$result") ns" "exit $code: $(said)" \
			holds "$result" ".cells[0].probes | .total.min >= ${least:-null} and .total.p50 < 20 * ${least:-null} and .counts.faults == 50"
	fi
}
if [ -x "$built/burn" ]; then burned; else not_ok known-delay "no $built/burn: make tests builds it"; fi

# instrument NAME ARGUMENT…: programs that print a line for each check
instrument() {
	local name=$1 status=0
	shift
	if [ ! -x "$built/$name" ]; then
		not_ok "$name" "no $built/$name: make tests builds it"
		return
	fi
	# What was freed is otherwise kept for a while, and would look like a leak.
	ASAN_OPTIONS=quarantine_size_mb=1 "$built/$name" "$@" 2>"$work/err" || status=$?
	case $status in
	0) ;;
	77) skip "$name" "$(said)" ;;
	*) failed=1 && not_ok "$name" "exit $status: $(said)" ;;
	esac
}
instrument probe-storm "$work"
instrument probe-waits
instrument probe-leaks "$(is_sanitized && echo 10 || echo 100)"
for name in probe-storm probe-waits probe-leaks; do
	code=0
	"$built/$name" "$work" x y >"$work/out" 2>"$work/err" || code=$?
	check "$name-usage" "exit $code: $(said)" test "$code" = 2 -a "$(wc -l <"$work/err")" = 1
done
exit $failed
