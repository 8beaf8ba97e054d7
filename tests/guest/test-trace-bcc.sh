#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/trace-bcc in a guest whose kernel shows no BTF, beside syncfault trace, which was started
# while it did: both see the same faults, by the same rules.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

if ! /usr/bin/python3 -c 'import bcc' 2>"$work/err"; then
	skip trace-bcc "$(tail -n 1 "$work/err"): apt-get install python3-bpfcc"
	exit 0
fi
if ! kernel=$(scripts/kernel fetch debian:6.12 2>"$work/err") ||
	! headers=$(scripts/headers "$(basename "$kernel")" 2>"$work/err"); then
	skip trace-bcc "$(tail -n 1 "$work/err")"
	exit 0
fi

# 24 threads: more than kretprobes have room for by themselves.
cat >"$work/job.sh" <<'END'
program=$1
export BCC_KERNEL_SOURCE=$2
modprobe ext4
modprobe xfs
begin() { # NAME COMMAND…: once it counts
	local name=$1
	shift
	"$@" >"/out/$name.json" 2>"/out/$name.err" &
	pids+=($!)
	while kill -0 $! && ! grep -q '"start"' "/out/$name.json"; do
		sleep 0.2
	done
}
pids=()
begin own "$program" trace --json
mount --bind /dev/null /sys/kernel/btf/vmlinux
begin bcc scripts/trace-bcc --json
run() { "$program" run --state hole --sync map_sync --load none "$@" >/dev/null; }
run --device /dev/pmem0 --fs ext4 --pages 256 --threads 24 -o /out/ext4.json
run --device /dev/pmem1 --fs xfs --pages 512 -o /out/xfs.json
kill -TERM "${pids[@]}"
for pid in "${pids[@]}"; do
	wait "$pid"
	echo $? >>/out/codes
done
wc -l </sys/kernel/tracing/kprobe_events >/out/left
"$program" trace --for 1 >/out/refused.out 2>/out/refused.err
echo $? >>/out/codes
"$program" doctor >/out/doctor
sleep 60 &
sleeper=$!
begin ended scripts/trace-bcc --json --interval 1 -p "$sleeper"
kill "$sleeper"
wait "${pids[2]}"
echo $? >>/out/codes
END
scripts/guest --host-root --kernel debian:6.12 --time-limit 1200 --out "$work/out" -- \
	bash "$work/job.sh" "$program" "$headers" >"$work/log" 2>&1
code=$?
check trace-bcc-guest "exit $code: $(tail -n 5 "$work/log")" test "$code" = 0
[ "$code" = 0 ] || exit 1
cd "$work/out" || exit 1

# A line of one of the two, by its type.
line() { jq -c "select(.type == \"$2\")" "$1.json"; }
line bcc total >bcc.total
line own total >own.total
line bcc start >bcc.start
holds_of() { holds "$work/out/$1" "$2"; }
keys() { jq -S 'if type == "array" then [.[0]] else . end | [paths | map(select(type == "string")) | join(".")] | unique' "$1"; }

check trace-bcc-exits "$(tr '\n' ' ' <codes)" cmp codes <(printf '%s\n' 0 0 77 0)
check trace-bcc-leaves-no-probes "$(cat left) left" test "$(cat left)" = 0
check trace-bcc-is-quiet "$(cat bcc.err)" test ! -s bcc.err
check trace-names-trace-bcc "$(cat refused.err)" grep -q 'scripts/trace-bcc' refused.err
check trace-refuses-in-one-line "$(cat refused.err refused.out)" \
	test "$(cat refused.err refused.out | wc -l)" = 1
check doctor-names-trace-bcc "$(grep probes doctor)" grep -q 'scripts/trace-bcc' doctor
check trace-bcc-sees-all-stages "$(jq -c '.stages[] | select(.rung != "bcc")' bcc.start)" \
	holds_of bcc.start '.stages | length == 18 and all(.rung == "bcc" and .probes != null)'
for kind in start total; do
	line own "$kind" | jq 'del(.commits)' >own.line
	line bcc "$kind" | jq 'del(.commits)' >bcc.line
	check "trace-bcc-keys-of-$kind" "$(diff <(keys own.line) <(keys bcc.line) | head -4)" \
		cmp <(keys own.line) <(keys bcc.line)
done

faults=$(jq -s 'map(.cells[0].proof.faults_observed) | add' ext4.json xfs.json)
check trace-bcc-workload "$faults faults" test "$faults" = $((24 * 256 + 512))
stage() { echo "(.faults.stages[] | select(.stage == \"$1\") | .count)"; }
check trace-bcc-counts-all-faults "$(jq -c .counts bcc.total)" holds_of bcc.total \
	"$(stage finish) == $faults and .counts.needdsync == $faults and
	 .counts.insert_pfn_mkwrite == $faults and .counts.fsyncs == $faults"
check trace-bcc-drops-nothing "$(jq -c .drops bcc.total)" \
	holds_of bcc.total '.drops | del(.events) | all(. == 0)'
check trace-bcc-stages-add-up "$(jq -c '.faults | [.count, .mean]' bcc.total)" holds_of bcc.total \
	'.faults | (.stages | map(.count * .mean) | add) / (.count * .mean) - 1 | fabs < 1e-9'
check trace-bcc-histograms-are-whole "a histogram with other counts" holds_of bcc.total \
	'[.faults, .faults.stages[]] | all((.hist_ns | map(.count) | add) == .count)'
for name in map insert finish fsync writeback journal_wait fast_commit log_force cil_push \
	iclog_wait; do
	wanted=$(jq "$(stage $name)" own.total)
	check "trace-bcc-as-trace-$name" "$(jq "$(stage $name)" bcc.total), not $wanted" \
		holds_of bcc.total "$(stage $name) == ${wanted:-null}"
done
check trace-bcc-ends-with-its-process "$(jq -c .type ended.json | tr '\n' ' ')" \
	test "$(jq -r .type ended.json | tail -n 1)" = total
check trace-bcc-intervals-add-up "$(jq -c '[.type, .from, .to, .faults.count]' ended.json | tr '\n' ' ')" \
	jq -se '.[-1].faults.count == (map(select(.type == "interval").faults.count) | add) and
	        .[1].from == 0 and .[-2].to == .[-1].to' ended.json
exit $failed
