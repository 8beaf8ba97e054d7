#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In one boot, on persistent memory: memory that fails under the mapping, a CPU that goes offline, a
# device that turns read-only, a clock source that changes. A cell fails and says why, the next is ok.
set -u
cd "$(dirname "$0")/../.." || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -static -o "$work/poison" tests/guest/poison.c || exit 1
# FS_IOC_SHUTDOWN in a few lines: xfs_io would bring its libraries.
cat >"$work/shut-down.c" <<'END'
#include <fcntl.h>
#include <linux/types.h>
#include <sys/ioctl.h>
int main(int argc, char **argv)
{
	__u32 without_log = 2;

	return argc != 2 || ioctl(open(argv[1], O_RDONLY), _IOR('X', 125, __u32), &without_log);
}
END
"${CC:-gcc}" -O2 -static -o "$work/shut-down" "$work/shut-down.c" || exit 1

# Runs in the guest. during NAME COMMAND ARGUMENT…: COMMAND once the first cell is timed.
cat >"$work/job.sh" <<'EOF'
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
poison_first() { poison $(data) 0; }
poison_later() { poison $(data) $((30 * 4096)); }
during poisoned-dax poison_first --device /dev/pmem0 --fs ext4 $cells --state written
during poisoned-xfs poison_first --device /dev/pmem1 --fs xfs $cells --state written --sync none
tmpfs_data() { ls -l /proc/$pid/fd >&2; for fd in /proc/$pid/fd/*; do case $(readlink $fd) in */memory/*) echo $fd && return ;; esac; done; }
poison_memory() { poison $(tmpfs_data) $((30 * 4096)); }
mkdir /memory && mount -t tmpfs none /memory
during poisoned-memory poison_memory --dir /memory $cells --state written --sync none --access read --pages 4,1
during poisoned-write poison_memory --dir /memory $cells --state written --sync none
offline() { echo 0 >/sys/devices/system/cpu/cpu1/online; }
during offline offline --device /dev/pmem0 --fs ext4 $cells --state hole --sync none
run offline-before --device /dev/pmem0 --fs ext4 $cells --state hole --sync none --cpus 1
echo 1 >/sys/devices/system/cpu/cpu1/online
read_only() { blockdev --setro /dev/pmem0; }
during read-only read_only --device /dev/pmem0 --fs ext4 $cells --state hole --sync map_sync
blockdev --setrw /dev/pmem0
shut() { shut-down $(folder); }
during shut-ext4 shut --device /dev/pmem0 --force --fs ext4 $cells --state hole --sync map_sync
during shut-xfs shut --device /dev/pmem0 --force --fs xfs $cells --state hole --sync map_sync
ext4_error() { echo 1 >/sys/fs/ext4/pmem0/trigger_fs_error; }
during ext4-error ext4_error --device /dev/pmem0 --fs ext4::errors=remount-ro $cells --state hole --sync map_sync
acpi_pm() { echo acpi_pm >/sys/devices/system/clocksource/clocksource0/current_clocksource; }
cat /sys/devices/system/clocksource/clocksource0/*_clocksource >/out/clocks
during clock acpi_pm --device /dev/pmem0 --fs ext4 $cells --state hole --sync none
build/syncfault doctor >/out/doctor 2>&1
dmesg | tail -60 >/out/dmesg
EOF
scripts/guest --cpus 2 --pmem 256M,512M --out "$work/out" --with "$work/job.sh:/job.sh" \
	--with "$work/poison:/bin/poison" --with "$work/shut-down:/bin/shut-down" \
	-- sh /job.sh >"$work/stdout" 2>"$work/err" || echo "guest: $(tail -5 "$work/err")"
rm -rf /tmp/env-out; cp -r "$work/out" /tmp/env-out
