#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Crashes: stores with MAP_SYNC survive, without it they do not, the same moment leaves the same
# bytes, a finding is not hidden, and the writer flushes what it says.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

build=${BUILD:-build}
trap 'rm -rf "$work"' EXIT

holds() { jq -e "$2" "$1" || cat "$work/err"; }
refused() { # COMMAND…: one line on stderr, exit 2
	local code=0
	"$@" >"$work/out" 2>"$work/refused" || code=$?
	cat "$work/out" "$work/refused"
	[ "$code" = 2 ] && [ "$(wc -l <"$work/refused")" = 1 ] && [ ! -s "$work/out" ]
}

truncate -s 128M "$work/dimm"
truncate -s 100M "$work/odd"
for words in '--row none' '--trials x' '--controls -1' '--crash-at soon' '--crash-at 0' \
	'--crash-at 1@nowhere' '--seed' '--frobnicate' 'operand'; do
	# shellcheck disable=SC2086 # words
	check_that "verify-guarantee $words is refused" refused scripts/verify-guarantee $words
done
for words in '--crash-at 0' '--crash-at 1+2s' "--nvdimm $work/none" "--nvdimm $work/odd" \
	"--nvdimm $work/dimm --pmem 256M" '--clock time --count-flushes'; do
	# shellcheck disable=SC2086 # words
	check_that "guest ${words//$work/}: is refused" refused scripts/guest $words -- true
done

# What verdicts and exit status come of, without a guest.
verdict() { # LOST FSCK CONTROL-LOST
	PYTHONPATH=scripts/lib/guarantee PYTHONDONTWRITEBYTECODE=1 python3 -c '
import sys, guarantee_table as t
lost, fsck, control = sys.argv[1:]
def trial(is_sync, lost, fsck="clean"):
    return {"row": "xfs/hole", "is_sync": is_sync, "failure": None, "reported": 9, "lost": int(lost),
            "fsck": fsck}
summary = t.summarize([trial(True, 0), trial(True, lost, fsck), trial(False, control)])
print(summary[0]["verdict"], t.exit_status(summary))' "$@"
}
says() { [ "$(verdict "${@:2}")" = "$1" ] || { verdict "${@:2}" && false; }; }
check_that 'all there, and the control lost: kept' says 'kept 0' 0 clean 9
check_that 'a store lost with MAP_SYNC: a finding' says 'FINDING 3' 1 clean 9
check_that 'a file system with errors: a finding' says 'FINDING 3' 0 4 9
check_that 'a control that lost nothing: proves nothing' says 'proves nothing 1' 0 clean 0

# One moment twice, inside a fault, and the same without MAP_SYNC: four guests and one that looks.
code=0
scripts/verify-guarantee --row ext4/hole --trials 2 --controls 1 --writer-seed 1 --crash-at 81+40000 \
	--out "$work/found" --json "$work/json" >"$work/table" 2>"$work/err" || code=$?
check_that 'it ends well' test "$code" = 0
check_that 'with MAP_SYNC what was reported is there' holds "$work/json" \
	'.rows[0] | .verdict == "kept" and .map_sync.trials == 2 and .map_sync.reported == 80 and
		.map_sync.lost == 0 and .map_sync.fsck_clean == 2'
check_that 'without it, it is lost' holds "$work/json" '.rows[0].control | .trials == 1 and .lost > 0'
check_that 'the crash is where it was wanted' holds "$work/json" \
	'all(.trials[]; .crash | startswith("mark 81, instruction "))'
check_that 'the same moment leaves the same bytes' holds "$work/json" \
	'.trials[0:2] | (map(.sha256) | unique | length) == 1 and (map(.crash) | unique | length) == 1'
check_that 'the control leaves others' holds "$work/json" '.trials[0].sha256 != .trials[2].sha256'
check_that 'there is a table' grep -qE '^ext4 +hole +2 +80 +0 +2 of 2 +1 +[0-9]+ +[1-9][0-9]* +kept$' "$work/table"
check_that 'nothing is kept' test ! -e "$work/found"

# What emulation can show of the flush: a CLWB for each 64 bytes stored, and a fence at least.
code=0
scripts/guest --pmem 256M --count-flushes --crash-at 1000 --with "$build/crash-writer:/bin/crash-writer" -- \
	sh -c 'mkfs.ext4 -q -b 4096 /dev/pmem0 && mkdir /mnt && mount -o dax=always /dev/pmem0 /mnt &&
		exec crash-writer store --port --sync --stores 20 /mnt' >"$work/stores" 2>"$work/flushes" ||
	code=$?
check_that 'a crash that never comes is told' grep -q 'the command ended before that, with status 0' \
	"$work/flushes"
check_that 'and is a failure' test "$code" = 1
check_that 'all stores are reported' test "$(grep -c '^s ' "$work/stores")" = 20
check_that 'each store is flushed, line by line, and fenced' \
	grep -qx 'guest: flushes: marks 40, clwb 1280, sfence 20' "$work/flushes"
exit "$failed"
