#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In one boot with three CPUs: a CPU goes offline in the middle of a run in a folder, under one thread of
# several, under the load, under trace, and many times under a run with probes. What it touched fails and says
# why, the rest is measured, nothing hangs.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

# Runs in the guest. during NAME COMMAND ARGUMENT…: COMMAND once the first cell is timed.
cat >"$work/job.sh" <<'END'
online() { echo "$2" >/sys/devices/system/cpu/cpu"$1"/online; }
during() {
	name=$1 meddle=$2
	shift 2
	build/syncfault run -o "/out/$name.json" --scheduler other --pause 20000 "$@" >/dev/null 2>"/out/$name.err" &
	pid=$!
	while [ -d /proc/$pid ] && [ "$(ls /proc/$pid/task | wc -l)" -lt 2 ]; do sleep 0.02; done
	sleep 0.1
	kill -STOP $pid
	$meddle
	echo "meddled $?" >"/out/$name.txt"
	kill -CONT $pid
	wait $pid
	echo $? >"/out/$name.rc"
	online 1 1
	online 2 1
}
mkdir /memory && mount -t tmpfs none /memory
folder='--dir /memory --load none --pages 40,1 --state hole --sync none'
off_1() { online 1 0; }
off_2() { online 2 0; }
# A thread that is stopped would not notice: it goes on meanwhile.
blink() { online "$1" 0 && kill -CONT $pid && sleep 0.2 && online "$1" 1; }
blink_1() { blink 1; }
blink_2() { blink 2; }
stopped() { online 2 0 && online 2 1; }
during folder off_2 $folder
during folder-blink blink_2 $folder
during folder-other-cpu blink_1 $folder
during folder-stopped stopped $folder
during threads-first off_2 $folder --threads 2
during threads-second blink_1 $folder --threads 2
during load off_1 $folder --load copy --cpus 0,2 --threads 2
during load-blink blink_1 $folder --load copy --cpus 0,2 --threads 2
during load-has-another off_1 $folder --load copy --cpus 0
during device blink_2 --device /dev/pmem0 --fs ext4 --load none --pages 40,1 --state hole --sync map_sync

# Faults all the time, on whatever CPU there is.
mkfs.ext4 -q /dev/pmem1 && mkdir /data && mount -o dax=always /dev/pmem1 /data
(while :; do build/syncfault run --dir /data --load none --pages 64 --state hole --sync map_sync >/dev/null 2>&1; done) &
busy=$!
build/syncfault trace --all --for 5 --json >/out/trace.json 2>/out/trace.err &
pid=$!
sleep 1
for cpu in 1 2; do
	online $cpu 0
	sleep 0.5
	online $cpu 1
	sleep 0.5
done
wait $pid
echo $? >/out/trace.rc
kill $busy

# As often as it goes, through preparing, timing, proving and the pass with probes.
(while :; do online 2 0; online 1 0; online 2 1; online 1 1; sleep 0.05; done) &
storm=$!
build/syncfault run --device /dev/pmem0 --force --fs ext4 --load none,copy --pages 64 --threads 1,2 --state hole \
	--sync map_sync -o /out/storm.json >/dev/null 2>/out/storm.err
echo $? >/out/storm.rc
kill $storm
online 1 1
online 2 1
build/syncfault run --dir /memory --load none --pages 4 --state hole --sync none -o /out/later.json >/dev/null 2>&1
echo $? >/out/later.rc
exit 0
END
if ! scripts/guest --cpus 3 --pmem 256M,256M --time-limit 590 --out "$work/out" --with "$work/job.sh:/job.sh" \
	-- sh /job.sh >"$work/stdout" 2>"$work/err"; then
	echo "not ok the guest ran: $(tail -n 3 "$work/err" | tr '\n' ' ')"
	exit 1
fi

told() { # NAME FILE CODE FILTER: the exit code, and what holds of the cells
	local out=$work/out/$2
	check "$1" "exit $(cat "$out.rc") $(head -c 300 "$out.err" 2>&1) $(cat "$out.txt" 2>&1) $(jq -c '.cells | map([.status, .reason, .warnings])' "$out.json" 2>&1)" \
		test "$(cat "$out.rc")" = "$3" -a "$(jq ".cells | $4" "$out.json" 2>&1)" = true
}
failed_for() { # NAME FILE REASON [LAST]: the first cell; LAST holds of the last
	told "$1" "$2" 1 'length == 2 and (.[0] | .status == "failed" and .latency == null and (.reason | test("'"$3"'"))) and
		(.[1] | '"${4:-.status == \"ok\"}"')'
}
taken() { echo "^CPU $1 was taken away: the thread that was pinned to it ran elsewhere"; }
no_cpu() { echo '.status == "failed" and (.reason | test("^put a thread on CPU '"$1"', without capabilities: Invalid argument"))'; }
off_cpus='^the load ran on other CPUs than its own: one of them was taken away'

failed_for 'a folder: the CPU goes offline' folder "$(taken 2)" "$(no_cpu 2)"
failed_for 'a folder: the CPU goes and comes back' folder-blink "$(taken 2)"
told 'a folder: the CPU is away only while the thread is stopped' folder-stopped 0 \
	'length == 2 and all(.status == "ok")'
told 'a folder: another CPU goes and comes back' folder-other-cpu 0 'length == 2 and all(.status == "ok")'
failed_for 'threads: the CPU of the first one' threads-first "$(taken 2)" "$(no_cpu 2)"
failed_for 'threads: the CPU of the second one' threads-second "$(taken 1)"
failed_for 'the only CPU of the load' load "$off_cpus" '.status == "failed"'
failed_for 'the only CPU of the load comes back' load-blink "$off_cpus"
told 'one of two CPUs of the load' load-has-another 0 'length == 2 and all(.status == "ok")'
failed_for 'a device: the CPU goes and comes back' device "$(taken 2)"
check 'trace: CPUs go and come back' "exit $(cat "$work/out/trace.rc"): $(head -c 300 "$work/out/trace.err") $(
	tail -n 1 "$work/out/trace.json" | head -c 300)" test "$(cat "$work/out/trace.rc")" = 0 -a ! -s "$work/out/trace.err" -a \
	"$(jq -s 'map(.. | .count? // empty | numbers) | max > 100' "$work/out/trace.json" 2>&1)" = true
check 'CPUs go and come back all the time: each cell is ok, or says why' "$(jq -c '.cells | map([.status, .reason])' \
	"$work/out/storm.json" 2>&1) $(head -c 300 "$work/out/storm.err")" test "$(jq '.cells | length == 4 and
	all(.status == "ok" or (.reason | test("CPU|the load ran")))' "$work/out/storm.json" 2>&1)" = true
told 'and the next run is as any' later 0 '.[0].status == "ok"'
exit "$failed"
