#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The probes against a known delay, against other people's tools, and against their own bounds.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.bash
source tests/lib.bash
trap 'rm -rf "$work"' EXIT
build=${BUILD:-build}
# So long that what a timer tick or a first cell moves in the stages (some 600) is far below 1 % of it.
delay=200000

refused() { # COMMAND…: exit 2 and one line
	local status=0
	"$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" = 2 ] && [ "$(wc -l <"$work/err")" = 1 ] && [ ! -s "$work/out" ]
}

test_usage() {
	local why='it was not, or not in one line'
	check "crosscheck: an unknown option is refused" "$why" refused scripts/crosscheck --frob
	check "crosscheck: another file system is refused" "$why" refused scripts/crosscheck --fs vfat
	check "bench-probes: an unknown option is refused" "$why" refused scripts/bench-probes --frob
	check "burn: no command is refused" "$why" refused "$build/burn" do_exit 1000 --
	check "burn: no number is refused" "$why" refused "$build/burn" do_exit 1e3 -- true
	check "probe-cost: no command is refused" "$why" refused "$build/probe-cost" hist
}

# ---- known delay in, known figure out ------------------------------------------------------------

write_job() {
	cat >"$work/job.sh" <<-END
		run() {
			name=\$1 fs=\$2
			shift 2
			"\$@" /syncfault run --device /dev/pmem0 --fs \$fs --state hole --sync map_sync \\
				--load none --pages 256 --probes -o /out/\$name.json >/dev/null 2>/out/\$name.err
		}
		for fs in ext4 xfs; do
			run \$fs-warm-up \$fs
			run \$fs-alone \$fs
			run \$fs-finish \$fs /burn dax_finish_sync_fault $delay --
			run \$fs-fsync \$fs /burn vfs_fsync_range $delay --
		done
		run xfs-outside xfs /burn tracepoint:page_fault_user $delay --
		exit 0
	END
}

# FS STAGE: what burn said it burned in a fault is what the total and that stage are longer by, to
# 1 %, and no other stage is.
moved_by_the_delay() {
	local burned
	burned=$(sed -n 's/^burn: .* burned mean \([0-9.]*\),.*/\1/p' "$work/guest/$1-$2.err")
	jq -n -e --argjson delay $delay --argjson burned "${burned:-0}" --arg stage "$2" \
		--slurpfile alone "$work/guest/$1-alone.json" --slurpfile with "$work/guest/$1-$2.json" '
		def probes: .[0].cells[0].probes;
		def means: probes.stages | map({ key: .stage, value: (.mean // 0) }) | from_entries;
		($alone | means) as $before
		| ($with | means | to_entries | map({ key, value: (.value - $before[.key]) }) |
			from_entries) as $more
		| ($with[0].cells[0].probes.latency.mean - $alone[0].cells[0].probes.latency.mean) as $total
		| { $burned, $total, $more }
		| if $burned >= 0.98 * $delay and ($total - $burned | fabs) <= $burned / 100
			and $more[$stage] >= 0.99 * $total
			and ($more | del(.[$stage]) | map(fabs) | max) <= $burned / 100
		then . else (tojson | halt_error(1)) end'
}

test_delay() {
	local stage fs
	write_job
	if ! scripts/guest --pmem 512M --time-limit 900 --out "$work/guest" --with "$build/burn:/burn" \
		--with "$build/syncfault:/syncfault" --with "$work/job.sh:/job.sh" \
		-- sh /job.sh >"$work/out" 2>"$work/err"; then
		not_ok "a guest with a known delay" "$(tail -n 3 "$work/err")"
		return
	fi
	for fs in ext4 xfs; do
		for stage in finish fsync; do
			check "$fs: a delay in $stage is found there, and nowhere else" \
				"$(moved_by_the_delay $fs $stage 2>&1)" moved_by_the_delay $fs $stage
		done
	done
	check "a delay before the kernel's fault handler is found outside" \
		"$(moved_by_the_delay xfs outside 2>&1)" moved_by_the_delay xfs outside
}

# ---- other people's tools ------------------------------------------------------------------------

test_tools() { # FS
	local status=0
	scripts/crosscheck --fs "$1" --keep "$work/$1" >"$work/$1.out" 2>"$work/$1.err" || status=$?
	case $status in
	0) ok "$1: bcc, libbpf-tools and bpftrace count what our probes count" ;;
	77) skip "$1: other people's tools" "$(tail -n 1 "$work/$1.err")" ;;
	*) not_ok "$1: bcc, libbpf-tools and bpftrace count what our probes count" \
		"$(cat "$work/$1.out" "$work/$1.err")" ;;
	esac
}

# CHANGE: of the lines that our probes printed, in jq; the comparison must see it.
is_seen() {
	mkdir -p "$work/changed"
	cp "$work/ext4"/* "$work/changed/"
	jq -c "$1" <(grep '^{' "$work/ext4/ours") >"$work/changed/ours"
	! scripts/lib/crosscheck-compare "$work/changed" ext4 512 >"$work/out" 2>&1
}

test_comparison() {
	if [ ! -s "$work/ext4/ours" ]; then
		skip "the comparison sees differences" "there is nothing to compare"
		return
	fi
	check "as it is, the comparison finds nothing" "$(cat "$work/out")" \
		scripts/lib/crosscheck-compare "$work/ext4" ext4 512
	check "a fault that was not counted is seen" "no difference" \
		is_seen 'select(.type != "fault" or .fault.total % 7 != 0)'
	check "a total that is not of the faults is seen" "no difference" \
		is_seen 'if .type == "total" then .faults.hist_ns[0].count += 1 else . end'
	check "a stage that is 8 % longer is seen" "no difference" is_seen '
		def longer: if .stage == "finish" then .to = (.to * 1.08 | floor) else . end;
		if .type == "fault" then .fault.timeline |= map(longer) else . end'
	check "faults that were dropped are seen" "no difference" \
		is_seen 'if .type == "total" then .drops.slots = 1 else . end'
}

test_cost() {
	local status=0
	scripts/bench-probes --ours >"$work/out" 2>"$work/err" || status=$?
	check "our probes cost a fault no more than they may" "$(cat "$work/out" "$work/err")" \
		test "$status" = 0
}

test_usage
test_delay
test_tools ext4
test_comparison
test_tools xfs
test_cost
exit "$failed"
