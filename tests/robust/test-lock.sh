#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A second run on what a first one uses: refused in one line that names the process, by whatever
# name it is given; and free again once the first is killed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
image=$work/image
first=''
partitions=()
clean_up() {
	local device
	[ -z "$first" ] || kill -KILL "$first" 2>/dev/null
	for device in "${partitions[@]}"; do delpart "$device" 1; delpart "$device" 2; done 2>/dev/null
	poll 5 no_own_loop
	for device in $(loops_on "$image"); do losetup -d "$device"; done
	rm -rf "$work"
}
trap clean_up EXIT

cells=(--state hole --load none --sync none --suite cover-letter)
# A loop device of a run's own ends with it.
no_own_loop() { ! losetup -nO AUTOCLEAR -j "$image" 2>/dev/null | grep -q 1; }
is_taken() { ! flock -n "$work/folder" true; }
is_locked() { grep -qE "FLOCK .* $first " /proc/locks; }
start_first() { # TARGET…
	"$program" run "${cells[@]}" --pages 1000 --pause 100000 "$@" -o "$work/first.json" \
		>/dev/null 2>&1 </dev/null &
	first=$!
	poll 20 is_locked || not_ok "first-run" "has no lock: $*"
}
end_first() {
	kill -KILL "$first"
	wait "$first" 2>/dev/null
	first=''
	poll 5 no_own_loop
}
names_holder() { is_one_line && grep -qE "in use by another syncfault run, process $first\$" "$work/err"; }
refused() { # NAME TARGET…
	local name=$1
	shift
	run run "$@" "${cells[@]}" --pages 4 -o "$work/second.json"
	check "$name" "exit $code: $(said)" test "$code" = 1
	check "$name-names-the-process" "not $first: $(said)" names_holder
	check "$name-writes-nothing" "a result" test ! -e "$work/second.json"
}
taken() { # NAME TARGET…
	local name=$1
	shift
	run run "$@" "${cells[@]}" --pages 4 -o "$work/second.json"
	check "$name" "exit $code: $(said)" test "$code" = 0
	rm -f "$work/second.json"
}

mkdir "$work/folder" "$work/folder/below"
ln -s folder "$work/linked"
start_first --dir "$work/folder" --load copy
refused lock-folder --dir "$work/folder"
refused lock-folder-by-a-link --dir "$work/linked"
refused lock-folder-by-another-way --dir "$work/folder/below/.."
taken lock-another-folder --dir "$work/folder/below"
end_first
taken lock-folder-is-free-behind-SIGKILL --dir "$work/folder"
# As a load that outlives its run by an instant: the process that took the lock is gone.
exec 8<"$work/folder"
flock 8 && sleep 0.5 &
exec 8<&-
poll 20 is_taken
taken lock-of-a-process-that-is-gone --dir "$work/folder"
flock -F "$work/folder" sleep 60 &
first=$!
poll 20 is_locked
run run --dir "$work/folder" "${cells[@]}" -o "$work/second.json"
check lock-of-another-program "exit $code: $(said)" \
	grep -qE "folder is in use: process $first \((flock|sleep)\) has locked it\$" "$work/err"
end_first

if ! can_loop || ! command -v mkfs.ext4 >/dev/null; then
	skip lock-device "not root, no loop devices, or no mkfs.ext4"
	exit "$failed"
fi
truncate -s 64M "$image"
ln "$image" "$work/other-name"
start_first --device "$image" --fs ext4
has_loop() { ! has_no_loop "$image"; }
poll 20 has_loop
refused lock-file --device "$image" --force
refused lock-file-by-a-hard-link --device "$work/other-name" --force
refused lock-file-by-its-loop-device --device "$(loops_on "$image" | head -1)" --force
loop=$(losetup -f --show "$image")
refused lock-file-by-another-loop-device --device "$loop" --force
losetup -d "$loop"
end_first
taken lock-file-is-free-behind-SIGKILL --device "$image" --force --fs ext4

loop=$(losetup -f --show "$image")
loop2=$(losetup -f --show "$image")
ln -s "$loop" "$work/by-id"
start_first --device "$loop" --fs ext4
refused lock-device --device "$loop" --force
refused lock-device-by-a-link --device "$work/by-id" --force
refused lock-device-by-its-file --device "$image" --force
refused lock-device-by-another-on-its-file --device "$loop2" --force
end_first
losetup -d "$loop2"
wipefs -aq "$loop"
if addpart "$loop" 1 2048 40960 2>/dev/null && addpart "$loop" 2 45056 40960 2>/dev/null; then
	partitions=("$loop")
	start_first --device "${loop}p1" --force --fs ext4
	refused lock-partition --device "${loop}p1" --force
	refused lock-disk-of-a-partition --device "$loop" --force
	refused lock-file-of-a-partition --device "$image" --force
	taken lock-another-partition --device "${loop}p2" --force --fs ext4
	end_first
else
	skip lock-partition "this kernel has no partitions on loop devices"
fi
exit "$failed"
