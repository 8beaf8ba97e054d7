#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGKILL after each system call of a run that changes something: afterwards no process, no mount,
# no loop device, no lock, the old result or the new one, at most one file more, which says whose it
# is; and the next run works. Random moments, and other signals: test-signals.sh.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
mark="syncfault-mark-$$-$(date +%s%N)"
shm=$(mktemp -d /dev/shm/syncfault-test-XXXXXX)
clean_up() {
	local device
	kill_marked "$mark"
	for device in $(loops_on "$work/device/image"); do losetup -d "$device"; done
	rm -rf "$work" "$shm"
}
trap clean_up EXIT

# Each sweep has a tag, a folder and an image of its own.
no_process() { [ -z "$(marked "$mark")" ]; }
no_loop() { [ -z "$(loops_on "$image")" ]; }
# A loop device or a detached mount that lives on would hold the image's lock.
no_lock() { flock -n "$image" true && flock -n "$shm" true; }
no_mount() { ! grep -qF -e "$image" -e "$shm" /proc/self/mountinfo; }
is_old() { [ "$(cat "$results/result.json")" = old ]; }
is_whole() { holds "$results/result.json" '.cells | length == 1'; }
named_is_whole() {
	local file
	for file in "$results"/.syncfault-*; do
		[ ! -e "$file" ] || holds "$file" '.cells | length == 1' || return
	done
}
strangers() { # what is there beside the result, except for one file of a name of ours
	find "$results" "$shm" -mindepth 1 ! -name result.json \
		! -name '.syncfault-????????-result.json' -printf '%p '
	find "$results" -name '.syncfault-*' | tail -n +2
}

# What is wrong after a run was killed; nothing if all is well.
wrong() {
	poll 5 no_process || echo "left processes: $(marked "$mark" | tr '\n' ' ')"
	poll 5 no_loop || echo "left loop devices: $(loops_on "$image")"
	poll 5 no_lock || echo "left a lock"
	no_mount || echo "left mounts"
	is_old || is_whole || echo "neither the old nor the new result: $(head -c 80 "$results/result.json")"
	named_is_whole || echo "left half a result: $(ls -lA "$results")"
	[ -z "$(strangers)" ] || echo "left files: $(strangers)"
	grep -v '^syncfault: warning: ' "$own/err"
}

killer() { # CALL NUMBER, or list FILE, then what run is given
	local call=$1 number=$2
	shift 2
	echo old >"$results/result.json"
	rm -f "$results"/.syncfault-*
	code=0
	SYNCFAULT_TEST_MARK=$mark "$work/kill-at" "$call" "$number" "$program" run "$@" \
		--load copy --sync none --state written --pages 20 --pause 500 --suite cover-letter \
		-o "$results/result.json" </dev/null >"$own/out" 2>"$own/err" || code=$?
}

# Calls after the first lock; of a row of the same, the first and the last.
choose() {
	awk '$1 == "flock" { on = 1 } !on { next }
		$1 == name { last = $1 ~ /^(openat|mmap|munmap)$/ ? "" : $0; next }
		{ if (last) print last; print; name = $1; last = "" } END { if (last) print last }' "$own/calls"
}

begin() { # NAME: a sweep of that name, in a shell of its own
	own=$work/$1 image=$work/$1/image results=$work/$1/results shm=$shm/$1 mark=$mark-$1-
	mkdir -p "$results" "$shm"
	truncate -s 64M "$image"
}
sweep() { # NAME LEAST ARGUMENT…: a run, killed after each of its calls
	local name=$1 least=$2 call number count=0 kept=0 new=0 why
	shift 2
	killer list "$own/calls" "$@"
	if [ $code = 77 ]; then
		skip "kill-$name" "processes cannot be traced here"
		return
	fi
	check "kill-$name-runs" "exit $code: $(head -1 "$own/err")" is_whole
	choose >"$own/chosen"
	while read -r call number <&3; do
		killer "$call" "$number" "$@"
		# The last ones of a row vary with the machine's speed.
		[ $code = 0 ] || continue
		count=$((count + 1))
		[ -z "$(find "$results" -name '.syncfault-*')" ] || kept=$((kept + 1))
		is_old || new=$((new + 1))
		why=$(wrong)
		[ -z "$why" ] || { not_ok "kill-$name" "behind $call number $number: $why"; return; }
	done 3<"$own/chosen"
	check "kill-$name" "only $count moments" test $count -ge "$least"
	echo "# $name: killed behind $count calls; $kept left a named file, $new the new result"
	check "kill-$name-between-link-and-rename" "a named file was seen $kept times" test $kept = 1
	check "kill-$name-behind-rename" "never seen: $new" test $new -ge 1
	killer list "$own/calls" "$@"
	check "kill-$name-next-run-works" "exit $code: $(head -1 "$own/err")" is_whole
}

if is_sanitized; then
	skip kill "the plain build is killed"
	exit 0
fi
if ! command -v jq >/dev/null || ! "${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror \
	-o "$work/kill-at" "$root/tests/robust/kill-at.c" 2>"$work/err"; then
	skip kill "no jq, or kill-at.c cannot be built: $(said)"
	exit 0
fi
(begin dir && sweep dir 20 --dir "$shm"; exit "$failed") &
pids=($!)
if can_loop && command -v mkfs.ext4 >/dev/null; then
	# What a killed run left on the image is overwritten with --force alone: test-guard.sh.
	(begin device && sweep device 40 --device "$image" --force --fs ext4 --dirty 5; exit "$failed") &
	pids+=($!)
else
	skip kill-device "not root, no loop devices, or no mkfs.ext4"
fi
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
exit "$failed"
