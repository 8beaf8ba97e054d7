#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel compared with itself, and with a probe of some 420 instructions in one stage of the fault
# (0.5 % of it): compare calls the first the same, and names the cells of the second.
# shellcheck disable=SC2016
set -u
# shellcheck source=tests/guest/probes.bash
. "$(dirname "$0")/probes.bash"

cat >"$work/job.sh" <<'EOT'
measure='/t/syncfault run --device /dev/pmem0 --fs ext4 --load none --sync none,map_sync'
states='--state hole,unwritten,written'
$measure $states -o /out/base.json >/dev/null 2>/out/base.err
$measure $states -o /out/again.json >/dev/null 2>/out/again.err
/t/burn dax_finish_sync_fault 190 -- $measure $states -o /out/slower.json >/dev/null 2>/out/slower.err
exit 0
EOT

compared() { # NAME EXIT
	local code=0
	"$program" compare --json --figures p50 "$work/guest/base.json" "$work/guest/$1.json" \
		>"$work/$1.json" 2>"$work/$1.err" || code=$?
	if [ $code = "$2" ]; then
		echo "ok $1: compare ends with $2"
	else
		echo "not ok $1: compare ends with $code: $(head -c 300 "$work/$1.err")"
		failed=1
	fi
}

boot guest 6.12 burn
booted guest || exit 1
compared again 0
holds 'a kernel and itself are the same in every cell' again \
	'.counts == {worse: 0, better: 0, unknown: 0, same: 6, none: 0}' \
	'[.cells[].figures[0].ratio | (. - 1) * 1e4 | round | "\(. / 100) %"] | join(" ")'
compared slower 1
holds 'the delay is named in the cells that have it, and in no other' slower \
	'[.cells[] | select(.figures[0].verdict == "worse") | .words] == ["ext4 hole, MAP_SYNC", "ext4 unwritten, MAP_SYNC"] and .counts.same == 4' \
	'[.cells[] | "\(.words): \(.figures[0].verdict) \((.figures[0].ratio - 1) * 1e4 | round / 100) %"] | join("; ")'
exit $failed
