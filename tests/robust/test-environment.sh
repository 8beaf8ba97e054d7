#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong around a running measurement: a cell fails and says why, the others are measured,
# and nothing hangs, dies or stays behind.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
clean_up() {
	local device
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	for device in $(loops_on "$work/image"); do losetup -d "$device"; done
	umount "$work/small" 2>/dev/null
	rm -rf "$work" "$shm"
}
shm=$(mktemp -d /dev/shm/syncfault-test-XXXXXX)
pid=
trap clean_up EXIT
cd "$work" || exit 1
result=$work/result.json
# One cell that is slow enough to meddle with, and one after it.
cells=(--state hole --load none --sync none --pages '400,1' --pause 20000 --scheduler other)
jail=()

is_timing() { [ ! -d "/proc/$1" ] || [ "$(find "/proc/$1/task" -mindepth 1 -maxdepth 1 | wc -l)" -gt 1 ]; }
# during COMMAND ARGUMENT…: runs the program; COMMAND PID once its first cell is timed
during() {
	local meddle=$1
	shift
	rm -f "$result"
	${jail[@]+"${jail[@]}"} "$program" run -o "$result" "$@" >"$work/out" 2>"$work/err" </dev/null &
	pid=$! code=0
	poll 60 is_timing $pid
	kill -STOP $pid 2>/dev/null # what meddles has gone when the program meets what it did
	"$meddle" $pid
	kill -CONT $pid 2>/dev/null
	wait $pid || code=$?
	pid=
}
# Without one cell that is ok the reasons are on stderr, where a table would be empty.
is_quiet() { [ ! -s "$work/err" ] || ! holds "$result" 'any(.cells[]; .status == "ok")'; }
is_told() { [ "$code" = "$1" ] && is_quiet && holds "$result" ".cells | $2"; }
# told NAME CODE FILTER: that exit code, nothing else on stderr, and the result's cells are so
told() {
	check "$1" "exit $code: $(said) $(jq -c '.cells | map([.status, .reason, .warnings])' "$result" 2>&1)" \
		is_told "$2" "$3"
}
# The first cell failed for that reason, the last one is as said (ok where nothing is), no figures.
failed_for() { # NAME REASON [LAST]
	told "$1" 1 'length == 2 and (.[0] | .status == "failed" and .latency == null and (.reason | test("'"$2"'"))) and
		(.[1] | '"${3:-.status == \"ok\"}"')'
}
# A folder that process PID has open on the file system it measures: it is mounted nowhere.
place() {
	local fd
	for fd in "/proc/$1/fd"/*; do
		[ -d "$fd/." ] && [ "$(stat -Lc %d "$fd")" != "$(stat -c %d "$work")" ] && echo "$fd" && return
	done
}

# ---- the CPU ------------------------------------------------------------------------------------

allowed=$(nproc)
last=$(taskset -cp $$ | grep -oE '[0-9]+$')
run run --dir "$shm" "${cells[@]}" --cpus 1023 -o "$result"
check cpu-that-is-not-there "exit $code: $(said)" is_refusal 2
if [ "$allowed" -gt 1 ]; then
	# As the kernel does where the CPU goes offline: the thread may run everywhere.
	lose_cpu() { taskset -acp "$(taskset -cp $$ | sed 's/.*: //')" "$1" >/dev/null; }
	during lose_cpu --dir "$shm" "${cells[@]}" --pages 40,1
	failed_for pin-is-lost "^CPU $last was taken away: the thread that was pinned to it ran elsewhere"
	lose_load() { pgrep -P "$1" | while read -r child; do taskset -cp "$last" "$child" >/dev/null; done; }
	during lose_load --dir "$shm" "${cells[@]}" --pages 40,1 --load copy
	failed_for load-is-off-its-cpus "^the load ran on other CPUs than its own"
else
	skip pin-is-lost "one CPU"
fi

# ---- the clock ----------------------------------------------------------------------------------

if ! is_root; then
	skip clocks-disks-and-mounts "needs root"
	exit "$failed"
fi
clocks=$work/clocks real=/sys/devices/system/clocksource/clocksource0
in_jail=(unshare --mount sh -c "mount --bind '$clocks' $real && exec \"\$@\"" sh)
set_clocks() { echo "$1" >"$clocks/current_clocksource" && echo "$2" >"$clocks/available_clocksource"; }
mkdir "$clocks" && set_clocks tsc 'tsc acpi_pm'
as=("${in_jail[@]}")
run run --dir "$shm" "${cells[@]}" --pages 1 -o "$result"
if [ "$code" = 0 ] && holds "$result" '.clock.source == "tsc" and .host.clocksource == "tsc"'; then
	as=() jail=("${in_jail[@]}")
	unstable() { set_clocks acpi_pm acpi_pm; }
	during unstable --dir "$shm" "${cells[@]}" --pages 40,1
	failed_for tsc-found-unstable '^the kernel found the TSC unstable while it timed the faults: its clock source was tsc and is acpi_pm$'
	set_clocks tsc 'tsc acpi_pm'
	other() { set_clocks acpi_pm 'tsc acpi_pm'; }
	during other --dir "$shm" "${cells[@]}" --pages 40,1
	told clock-source-changed 0 'all(.status == "ok") and ((.[1].warnings | map(select(test("stood still") | not))) == []) and
		(.[0].warnings | map(select(test("stood still") | not))) ==
		["the kernel'"'"'s clock source was tsc and is acpi_pm since the faults were timed"]'
	jail=() as=("${in_jail[@]}")
	set_clocks acpi_pm acpi_pm
	run run --dir "$shm" "${cells[@]}" --pages 1 -o "$result"
	check unstable-tsc-is-not-taken "exit $code: $(jq -c .clock "$result")" \
		holds "$result" '.clock.source == "CLOCK_MONOTONIC_RAW" and .cells[0].status == "ok"'
	run doctor
	check doctor-warns-of-the-clock "$(grep -A3 clock "$work/out")" \
		grep -qE "the kernel's clock source: acpi_pm" "$work/out"
	check doctor-says-why "$(grep -A3 clock "$work/out")" grep -q 'the kernel found the TSC unstable' "$work/out"
else
	skip tsc-found-unstable "the clock here is $(jq -c .clock.source "$result" 2>&1)"
fi
as=()

# ---- the folder ---------------------------------------------------------------------------------

mkdir "$work/small" && mount -t tmpfs -o size=8m none "$work/small" || exit 1
fill() { head -c 1G /dev/zero >"$work/small/filler" 2>/dev/null; }
during fill --dir "$work/small" "${cells[@]}"
failed_for no-space-in-a-hole-cell \
	'^SIGBUS at page [0-9]+ of 400, offset [0-9]+ of the file: the file system is full$'
check the-offset-is-the-page "$(jq -c '.cells[0].reason' "$result")" holds "$result" \
	'.cells[0].reason | capture("page (?<page>[0-9]+) .* offset (?<offset>[0-9]+)") |
	(.page | tonumber) * 4096 == (.offset | tonumber)'
rm "$work/small/filler"
during fill --dir "$work/small" "${cells[@]}" --load copy
failed_for no-space-beside-a-load '^(SIGBUS at page [0-9]+ .* full|the load ended: No space left on device)$' '.status == "failed"'
rm "$work/small/filler"
run run --dir "$work/small" "${cells[@]}" --state unwritten,written,hole --pages 4000,1 --pause 0 -o "$result"
told no-space-in-preparing 1 'map([.config.state, .config.pages, .status]) |
	(map(select(.[1] == 4000)) | all(.[2] == "failed")) and (map(select(.[1] == 1)) | length == 3 and all(.[2] == "ok"))'
check no-space-in-preparing-is-told "$(jq -c '[.cells[].reason]' "$result")" holds "$result" '
	[.cells[] | select(.config.state != "hole" and .config.pages == 4000) | .reason] | length == 2 and
	all(test("^fallocate 16384000 bytes: No space left on device$"))'
unmount() { umount -l "$work/small"; }
during unmount --dir "$work/small" "${cells[@]}" --pages 40,1
told folder-is-unmounted-lazily 0 'length == 2 and all(.status == "ok")'
check folder-is-unmounted-lazily "it is still there" sh -c "! grep -qF '$work/small' /proc/self/mountinfo"
mkdir "$shm/gone"
remove() { rmdir "$shm/gone"; }
during remove --dir "$shm/gone" "${cells[@]}" --pages 40,1
# Its files have no names, and tmpfs makes such in a folder that has none any more either.
told folder-is-removed 0 'length == 2 and all(.status == "ok")'

# ---- the scheduler ------------------------------------------------------------------------------

# refuse_fifo AT: to the thread of that number, of three
refuse_fifo() {
	as=(env "LD_PRELOAD=$work/no-fifo.so" "NO_FIFO_AT=$1")
	run run --dir "$shm" "${cells[@]}" --pages 4 --threads 3 --scheduler fifo -o "$result"
	as=()
}
if is_sanitized; then
	skip fifo-of-each-thread "the sanitizers want to be preloaded first"
else
	"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -shared -fPIC -o "$work/no-fifo.so" \
		"$root/tests/robust/no-fifo.c" || exit 1
	refuse_fifo 0
	told fifo-of-all-threads 0 '.[0] | .config.scheduler == "fifo" and
		(.warnings | map(select(test("stood still") | not))) == []'
	for at in 1 2 3; do
		refuse_fifo $at
		told fifo-refused-to-thread-$at 0 '.[0] | .config.scheduler == "other" and
			(.warnings | any(test("SCHED_FIFO was refused to 1 of 3 threads")))'
	done
fi

# ---- the device ---------------------------------------------------------------------------------

if ! can_loop; then
	skip devices "no /dev/loop-control"
	exit "$failed"
fi
# FS_IOC_SHUTDOWN, without a last flush of the log
shut_down() {
	/usr/bin/python3 -c 'import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))' "$(place "$1")"
}
fill_device() { head -c 1G /dev/zero >"$(place "$1")/filler" 2>/dev/null; }
truncate -s 320M "$work/image"
for fs in ext4 xfs; do
	if ! command -v mkfs.$fs >/dev/null || ! { modprobe -q $fs 2>/dev/null || grep -qw $fs /proc/filesystems; }; then
		skip "device-$fs" "no mkfs.$fs, or the kernel has no $fs"
		continue
	fi
	during shut_down --device "$work/image" --fs $fs "${cells[@]}" --pages 100,1
	failed_for $fs-shuts-down '^(the file system no longer takes changes: Input/output error|SIGBUS at page [0-9]+ of 100, offset [0-9]+ of the file: the file system could not .*)$'
	during shut_down --device "$work/image" --fs $fs "${cells[@]}" --pages 100,1 --load copy
	failed_for $fs-shuts-down-under-a-load '^(the load ended: Input/output error|the file system no longer takes changes: .*|SIGBUS .*)$'
	during fill_device --device "$work/image" --fs $fs "${cells[@]}"
	failed_for $fs-no-space '^SIGBUS at page [0-9]+ of 400, offset [0-9]+ of the file: the file system is full$'
done
# Somebody who looks into the file system holds it: what was measured is kept all the same.
hold() { exec 9<"$(place "$1")"; }
during hold --device "$work/image" --fs ext4 "${cells[@]}" --pages 40,1
exec 9<&-
check device-that-is-held-at-the-end "exit $code: $(said)" test "$code" = 1 -a \
	"$(grep -cx 'syncfault: open /dev/loop[0-9]* to give it back empty: Device or resource busy' "$work/err")" = 1
check what-was-measured-is-kept "$(jq -c '[.cells[] | [.status, .reason]]' "$result" 2>&1)" \
	holds "$result" '.cells[0].status == "ok" and (.cells[1].reason | test("Device or resource busy|in use by the system"))'
poll 10 has_no_loop "$work/image"
during true --device "$work/image" --force --fs ext4 "${cells[@]}" --pages 1
check nothing-stays-mounted "$(mounts_on "$work/image")" test -z "$(mounts_on "$work/image")"
check no-loop-device-stays "$(losetup -a)" poll 10 has_no_loop "$work/image"
check device-is-given-back-empty "$(blkid -p "$work/image")" test -z "$(blkid -p "$work/image")"
exit "$failed"
