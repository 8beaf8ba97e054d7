#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In one boot, on persistent memory: memory that fails under the mapping, a CPU that goes offline, a
# device that turns read-only, a clock source that changes. A cell fails and says why, the next is ok.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT
"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -static -o "$work/poison" tests/guest/poison.c || exit 1
# FS_IOC_SHUTDOWN in a few lines: xfs_io would bring its libraries.
cat >"$work/shut-down.c" <<'CODE'
#include <fcntl.h>
#include <linux/types.h>
#include <sys/ioctl.h>
int main(int argc, char **argv)
{
	__u32 without_log = 2;

	return argc != 2 || ioctl(open(argv[1], O_RDONLY), _IOR('X', 125, __u32), &without_log);
}
CODE
"${CC:-gcc}" -O2 -static -o "$work/shut-down" "$work/shut-down.c" || exit 1

# Runs in the guest. during NAME COMMAND ARGUMENT…: COMMAND once the first cell is timed.
cat >"$work/job.sh" <<'END'
run() { name=$1; shift; build/syncfault run -o "/out/$name.json" "$@" >/dev/null 2>"/out/$name.err"; echo $? >"/out/$name.rc"; }
during() {
	name=$1 meddle=$2
	shift 2
	build/syncfault run -o "/out/$name.json" --scheduler other --pause 20000 "$@" >/dev/null 2>"/out/$name.err" &
	pid=$!
	while [ -d /proc/$pid ] && [ "$(ls /proc/$pid/task | wc -l)" -lt 2 ]; do sleep 0.02; done
	sleep 0.1
	kill -STOP $pid
	$meddle >"/out/$name.txt" 2>&1
	echo "meddled $?" >>"/out/$name.txt"
	kill -CONT $pid
	wait $pid
	echo $? >"/out/$name.rc"
}
folder() { for fd in /proc/$pid/fd/*; do [ -d $fd/. ] && readlink $fd | grep -q '^/$' && echo $fd && return; done; }
data() { for fd in /proc/$pid/fd/*; do case $(readlink $fd) in */faults-0*) echo $fd && return ;; esac; done; }
cells='--load none --pages 40,1'
poison_first() { poison "$(data)" 0; }
during poisoned-ext4 poison_first --device /dev/pmem0 --fs ext4 $cells --state written --sync map_sync
during poisoned-xfs poison_first --device /dev/pmem1 --fs xfs $cells --state written --sync none
tmpfs_data() { for fd in /proc/$pid/fd/*; do case $(readlink $fd) in /memory/*) echo $fd && return ;; esac; done; }
poison_ahead() { poison "$(tmpfs_data)" $((30 * 4096)); }
mkdir /memory && mount -t tmpfs none /memory
during poisoned-ahead poison_ahead --dir /memory --load none --pages 40 --state written --sync none
offline() { echo 0 >/sys/devices/system/cpu/cpu1/online; }
during offline offline --device /dev/pmem0 --fs ext4 $cells --state hole --sync none
run offline-before --device /dev/pmem0 --fs ext4 $cells --state hole --sync none --cpus 1
echo 1 >/sys/devices/system/cpu/cpu1/online
read_only() { blockdev --setro /dev/pmem0; }
during read-only read_only --device /dev/pmem0 --fs ext4 $cells --state hole --sync map_sync
blockdev --setrw /dev/pmem0
shut() { shut-down "$(folder)"; }
during shut-ext4 shut --device /dev/pmem0 --force --fs ext4 $cells --state hole --sync map_sync
during shut-xfs shut --device /dev/pmem1 --force --fs xfs $cells --state hole --sync map_sync
ext4_error() { echo 1 >/sys/fs/ext4/pmem0/trigger_fs_error; }
during ext4-error ext4_error --device /dev/pmem0 --fs ext4::errors=remount-ro $cells --state hole --sync none
loop_read_only() { blockdev --setro /dev/loop0; }
modprobe loop
truncate -s 64M /memory/image
during loop loop_read_only --device /memory/image --fs ext4 $cells --state hole --sync none
run loop-again --device /memory/image --force --fs ext4 --load none --pages 1 --state hole --sync none
acpi_pm() { echo acpi_pm >/sys/devices/system/clocksource/clocksource0/current_clocksource; }
during clock acpi_pm --device /dev/pmem0 --fs ext4 $cells --state hole --sync none
build/syncfault doctor >/out/doctor 2>&1
grep -E 'pmem|loop' /proc/self/mountinfo >/out/mounts
cat /sys/block/loop*/loop/backing_file >>/out/mounts 2>/dev/null
exit 0
END
if ! scripts/guest --cpus 2 --pmem 256M,512M --out "$work/out" --with "$work/job.sh:/job.sh" \
	--with "$work/poison:/bin/poison" --with "$work/shut-down:/bin/shut-down" \
	-- sh /job.sh >"$work/stdout" 2>"$work/err"; then
	echo "not ok the guest ran: $(tail -n 3 "$work/err" | tr '\n' ' ')"
	exit 1
fi

told() { # NAME FILE CODE FILTER: the exit code, and what holds of the cells
	local out=$work/out/$2
	check "$1" "exit $(cat "$out.rc") $(head -c 300 "$out.err") $(tail -n 1 "$out.txt" 2>&1) $(jq -c '.cells | map([.status, .reason, .warnings])' "$out.json" 2>&1)" \
		test "$(cat "$out.rc")" = "$3" -a "$(jq ".cells | $4" "$out.json" 2>&1)" = true
}
failed_for() { # NAME FILE REASON [LAST]: the first cell; LAST holds of the last
	told "$1" "$2" 1 'length == 2 and (.[0] | .status == "failed" and .latency == null and (.reason | test("'"$3"'"))) and
		(.[1] | '"${4:-.status == \"ok\"}"')'
}

dead='SIGBUS at page [0-9]+ of 40, offset [0-9]+ of the file: the file system (is read-only|could not .*)'
for fs in ext4 xfs; do
	failed_for "$fs: memory fails under a DAX mapping" poisoned-$fs \
		'^the memory at offset 0 of the file has failed while it was mapped \\(BUS_MCEERR_AO\\)$'
	failed_for "$fs shuts down" shut-$fs "^$dead\$"
done
told 'memory has failed before the access: its offset' poisoned-ahead 1 '.[0].reason ==
	"SIGBUS at page 30 of 40, offset 122880 of the file: the memory there has failed (BUS_MCEERR_AR)"'
failed_for 'the CPU goes offline' offline '^CPU 1 was taken away: the thread that was pinned to it ran elsewhere' \
	'.status == "failed" and (.reason | test("^put a thread on CPU 1, without capabilities: Invalid argument"))'
check 'a CPU that is offline is refused' "$(cat "$work/out/offline-before.rc" "$work/out/offline-before.err")" \
	test "$(cat "$work/out/offline-before.rc" "$work/out/offline-before.err")" = \
	"2
syncfault: --cpus: CPU 1 is not there, or not allowed to this process"
failed_for 'the device turns read-only' read-only "^$dead\$" \
	'.status == "failed" and (.reason | test("^mkfs.ext4 .*Operation not permitted"))'
check 'a device that cannot be wiped is told' "$(head -c 300 "$work/out/read-only.err")" \
	grep -qx 'syncfault: wipe /dev/pmem0 to give it back empty: Operation not permitted' "$work/out/read-only.err"
failed_for 'ext4 finds an error and turns read-only' ext4-error "^($dead|the file system no longer takes changes: .*)\$"
told 'a loop device that was read-only is writable again' loop-again 0 '.[0].status == "ok"'
told 'the clock source changes' clock 0 'all(.status == "ok") and .[1].warnings == [] and
	(.[0].warnings | index("the kernel'"'"'s clock source was tsc and is acpi_pm since the faults were timed") != null)'
check 'doctor tells of the clock source' "$(grep -A 2 clock: "$work/out/doctor")" \
	grep -qE "^partly  clock: tsc, counts instructions.*the kernel's clock source: acpi_pm" "$work/out/doctor"
check 'nothing stays mounted, no loop device' "$(cat "$work/out/mounts")" test ! -s "$work/out/mounts"
exit "$failed"
