#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unsynced metadata before the first fault, on emulated persistent memory: the log's dirty bytes are
# those that the kernel's own commit reports, the fault waits for them, and two boots agree to the bit.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

cat >"$work/job.sh" <<'JOB'
run() { name=$1; shift; /sf run -o "/out/$name.json" --device /dev/pmem0 --state hole --load none --sync map_sync --pages 65 "$@" >/dev/null 2>"/out/$name.err"; echo $? >"/out/$name.rc"; }
run log --log-device /dev/pmem1 --fs 'ext4:-J size=16' --fs 'xfs:-l size=64m' --fs 'ext4:-J device=@log' --fs 'xfs:-l logdev=@log:logdev=@log' --dirty 1,2000
run kinds --fs ext4,xfs --dirty 500 --dirty-kind unlink,rename,chmod,allocate
run without --fs 'ext4:-O ^has_journal' --fs 'ext4:-J device=@log' --dirty 1
run full --fs 'ext4:-J size=4' --dirty 20000
run probed --probes --fs 'ext4:-J size=16' --dirty 2000
mkfs.ext4 -q -F -L mine /dev/pmem1 2>/dev/null
run held --log-device /dev/pmem1 --fs 'ext4:-J device=@log' --dirty 1
run same --log-device /dev/pmem0 --fs 'ext4:-J device=@log' --dirty 1
exit 0
JOB

guest() { # FOLDER
	scripts/guest --pmem 512M,64M --memory 2G --out "$work/$1" --with "$program:/sf" \
		--with "$work/job.sh:/job.sh" -- sh /job.sh >"$work/$1.stdout" 2>"$work/$1.err"
}

check() { check_json "$1" "$work/a/$2.json" "$3"; } # NAME FILE JQ-FILTER

expect() { # NAME FILE WANTED: ok when the file holds what is wanted
	if grep -q -- "$3" "$work/a/$2" 2>/dev/null; then
		echo "ok $1"
	else
		echo "not ok $1: $(head -c 200 "$work/a/$2" 2>&1)"
		failed=1
	fi
}

for boot in a b; do
	if ! guest "$boot"; then
		echo "not ok the guest ran: $(tail -n 3 "$work/$boot.err" | tr '\n' ' ')"
		exit 1
	fi
done

check "the log's dirty bytes are read back, of logs inside and outside" log \
	'[.cells[] | .status == "ok" and .dirt.operations == .config.dirty and .dirt.dirty_bytes > 0 and .dirt.log_bytes > 8388608 and .dirt.source != null] | length == 8 and all'
check "more operations make more of the log dirty" log \
	'[.cells | group_by(.config.fs + .config.mkfs_options)[] | sort_by(.config.dirty) | .[1].dirt.dirty_bytes > 10 * .[0].dirt.dirty_bytes] | length == 4 and all'
check "… and the first fault waits for them" log \
	'[.cells | group_by(.config.fs + .config.mkfs_options)[] | sort_by(.config.dirty) | .[1].latency.samples[0] > 3 * .[0].latency.samples[0]] | length == 4 and all'
check "… but the next 64 do not" log \
	'[.cells | group_by(.config.fs + .config.mkfs_options)[] | sort_by(.config.dirty) | map(.latency.samples[1:] | sort[32]) | .[1] < 1.5 * .[0]] | length == 4 and all'
check "every kind of operation can be made" kinds \
	'[.cells[] | .status == "ok" and .dirt.dirty_bytes > 0] | length == 8 and all'
check "without a journal the reason stands in place of the bytes" without \
	'.cells[] | select(.config.mkfs_options == "-O ^has_journal") | .status == "ok" and .dirt.dirty_bytes == null and (.dirt.reason | contains("no journal"))'
check "a log on a second device is skipped without one" without \
	'.cells[] | select(.config.mkfs_options == "-J device=@log") | .status == "skipped" and (.reason | contains("--log-device"))'
check "more than the journal holds: a fault finds a quarter of it at most" full \
	'.cells[0] | .status == "ok" and .dirt.dirty_percent > 0 and .dirt.dirty_percent < 50'
check "the blocks are those that jbd2 says it logged" probed \
	'.cells[0] | .dirt.dirty_bytes > 0 and .dirt.dirty_bytes == .probes.worst[0].commit.blocks * 4096'
expect "a log device that holds a file system is refused" held.err 'mine'
expect "… with exit 1" held.rc '^1$'
expect "the device itself is no log device" same.err 'is the device of --device'
expect "… with exit 2" same.rc '^2$'

samples() { jq -c '[.cells[] | [.key, .latency.samples, .dirt.dirty_bytes]]' "$1"; }
for name in log kinds full; do
	if [ -s "$work/a/$name.json" ] &&
		[ "$(samples "$work/a/$name.json")" = "$(samples "$work/b/$name.json")" ]; then
		echo "ok two boots agree to the bit: $name"
	else
		echo "not ok two boots agree to the bit: $name"
		failed=1
	fi
done
exit "$failed"
