#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault doctor: its form, its exit codes, and that it changes nothing. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

trap 'rm -rf "$work"' EXIT

all_items_are_lines() { ! grep -qvE '^((yes|no|partly) +[^:]+: .|            [^ ])' "$work/out"; }
each_no_has_advice() {
	awk '/^no / { if (want) exit 1; want = 1; next } want && !/^            / { exit 1 } { want = 0 } END { exit want }' "$work/out"
}

run doctor
check doctor-exits-0 "exit $code, $(cat "$work/err")" test "$code" = 0
check doctor-is-silent-on-stderr "$(head -1 "$work/err")" test ! -s "$work/err"
check doctor-one-line-per-item "$(grep -vE '^((yes|no|partly) +[^:]+: .| {12}[^ ])' "$work/out" | head -1)" all_items_are_lines
check doctor-each-no-has-advice "an item with 'no' says not what to do" each_no_has_advice
for item in kernel clock "page cache" "persistent memory" "perf events" BPF kprobes KVM QEMU mkfs.ext4; do
	check "doctor-knows-${item// /-}" "no such item" grep -qE "^(yes|no|partly) +$item: " "$work/out"
done

run doctor "$work"
check doctor-folder "exit $code" grep -q '^yes *file system: ' "$work/out"
check doctor-tries-map-sync "no such item" grep -qE '^(yes|no) +MAP_SYNC: ' "$work/out"
check doctor-leaves-folder-empty "$(ls -A "$work")" test "$(ls -A "$work")" = "$(printf 'err\nout')"

truncate -s 8M "$work/empty"
cp "$work/empty" "$work/full"
printf x | dd of="$work/full" conv=notrunc status=none
before=$(sha256sum "$work/full")
run doctor "$work/empty"
check doctor-empty-image "$(cat "$work/out" "$work/err" | head -3)" grep -q '^yes *run: would take ' "$work/out"
run doctor "$work/full"
check doctor-full-image "exit $code" grep -q '^partly *run: would refuse .*data of an unknown kind' "$work/out"
check doctor-changes-nothing "the image differs" test "$before" = "$(sha256sum "$work/full")"
: >"$work/small"
run doctor "$work/small"
check doctor-small-image "exit $code" grep -q '^no *run: would refuse .*smaller than 1 MiB' "$work/out"

run doctor "$work/nowhere"
check doctor-bad-path "exit $code: $(cat "$work/err")" is_refusal 1
run doctor /dev/null
check doctor-no-target "exit $code: $(cat "$work/err")" is_refusal 1
run doctor "$work" extra
check doctor-too-many-operands "exit $code: $(cat "$work/err")" is_refusal 2
run doctor --nonsense
check doctor-unknown-option "exit $code: $(cat "$work/err")" is_refusal 2
run doctor --help
check doctor-help "exit $code" grep -q '^usage: syncfault doctor' "$work/out"

run doctor --json "$work/empty"
if command -v jq >/dev/null; then
	check doctor-json "exit $code" jq -e '.items | length > 10 and all(.verdict | IN("yes", "no", "partly"))' "$work/out"
	# Each stage of a fault is on one rung or not seen; or none could be tried, which is
	# reported.
	stages=$(sed -n '/stage_words\[\]/,/NULL/p' "$root/bench/result/stages.c" | grep -oE '"[a-z_]+"' | grep -v outside | jq -s sort)
	# shellcheck disable=SC2016 # jq's
	check doctor-each-stage-once "$(jq -c '[.items[] | select(.item | IN("fentry", "kprobe", "tracepoint", "not seen", "probes"))]' "$work/out")" \
		jq -e --argjson stages "$stages" '[.items[] | select((.item == "fentry" and .verdict == "yes") or (.item | IN("kprobe", "tracepoint", "not seen"))) |
			.found | split(": ")[0] | split(", ")[]] | sort == $stages or length == 0' "$work/out"
	check doctor-tried-probes "no item of it" jq -e '[.items[].item] | (index("fentry") == null) == (index("probes") != null)' "$work/out"
else
	echo "skip doctor-json: no jq"
fi
if [[ -w /dev/full ]]; then
	code=0
	"$program" doctor >/dev/full 2>"$work/err" || code=$?
	check doctor-full-disk "exit $code: $(cat "$work/err")" test "$code" = 1
fi

if [[ $EUID != 0 ]]; then
	echo "skip doctor-as-nobody: not root, so all of this ran without root"
elif ! setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$program"; then
	echo "skip doctor-as-nobody: user nobody may not run $program"
else
	code=0
	setpriv --reuid=65534 --regid=65534 --clear-groups "$program" doctor >"$work/out" 2>"$work/err" || code=$?
	check doctor-as-nobody "exit $code: $(cat "$work/err")" test "$code" = 0
	check doctor-as-nobody-tries-no-probes "$(grep probes "$work/out")" grep -q '^no *probes: not root' "$work/out"
	check doctor-as-nobody-has-advice "an item with 'no' says not what to do" each_no_has_advice
fi
exit $failed
