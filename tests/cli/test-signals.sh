#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGINT, SIGTERM and SIGKILL at random moments: afterwards no process, no mount, no loop device, no
# file but a whole result, and the old result as it was. SYNCFAULT_TEST_SEED=N repeats the moments.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
mark="syncfault-mark-$$-$(date +%s%N)"
shm=$(mktemp -d /dev/shm/syncfault-test-XXXXXX)
clean_up() {
	local image device
	kill_marked "$mark-"
	for image in "$work"/*.image; do
		for device in $(loops_on "$image"); do losetup -d "$device"; done
	done
	rm -rf "$work" "$shm"
}
trap clean_up EXIT

seed=${SYNCFAULT_TEST_SEED:-$((RANDOM * 32768 + RANDOM))}
echo "# seed $seed"
declare -A number=([HUP]=1 [INT]=2 [KILL]=9 [TERM]=15)

no_process() { [ -z "$(marked "$mark-$1")" ]; }
no_loop() { [ ! -e "$1" ] || [ -z "$(loops_on "$1")" ]; }
no_mount() { ! grep -qF "$work" /proc/self/mountinfo; }

# What is wrong after a run that was sent a signal; nothing where all is well.
wrong() { # TAG SIGNAL STATUS DELAY-MS FOLDER IMAGE
	local tag=$1 signal=$2 status=$3 delay=$4 folder=$5 image=$6 lines said
	lines=$(grep -vc '^syncfault: warning: ' "$work/$tag.err")
	said=$(head -c 300 "$work/$tag.err")
	[ "$status" = $((128 + number[$signal])) ] || echo "exit $status: $said"
	if [ "$signal" = KILL ]; then
		[ "$lines" = 0 ] || echo "said $said"
	elif [ "$lines" -gt 1 ] || { [ "$lines" = 0 ] && [ "$delay" -gt 300 ]; }; then
		echo "$lines lines on stderr: $said" # none: it came before the handlers
	fi
	[ ! -s "$work/$tag.out" ] || echo "on stdout: $(head -c 100 "$work/$tag.out")"
	poll 5 no_process "$tag" || echo "left processes: $(marked "$mark-$tag" | tr '\n' ' ')"
	poll 5 no_loop "$image" || echo "left loop devices: $(loops_on "$image")"
	no_mount || echo "left mounts: $(grep -F "$work" /proc/self/mountinfo)"
	[ "$(ls -A "$folder")" = result.json ] || echo "left files: $(find "$folder" -mindepth 1 -printf "%f ")"
	grep -qx old "$folder/result.json" || echo "the old result is gone: $(head -c 80 "$folder/result.json")"
	[ -z "$(ls -A "$shm/$tag")" ] || echo "left files in the target: $(ls -A "$shm/$tag")"
	[ ! -e "$image" ] || [ "$signal" = KILL ] || [ -z "$(blkid -p "$image")" ] || echo "image not given back empty"
}

is_program() { [ "$(readlink "/proc/$1/exe")" = "$program" ]; }

# strike TAG SIGNAL COUNT ARGUMENT…: one result line for all moments
strike() {
	local tag=$1 signal=$2 count=$3 image=$work/$1.image folder=$work/$1 i pid delay status why whom
	shift 3
	mkdir "$folder" "$shm/$tag" && echo old >"$folder/result.json"
	for ((i = 0; i < count; i++)); do
		delay=$((RANDOM % 1200))
		SYNCFAULT_TEST_MARK=$mark-$tag setsid env --default-signal=HUP,INT,TERM \
			"$program" run "$@" -o "$folder/result.json" \
			</dev/null >"$work/$tag.out" 2>"$work/$tag.err" &
		pid=$! status=0
		# Until env has undone it, bash lets its background children ignore SIGINT.
		poll 5 is_program "$pid"
		sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
		# To the program alone, or as a terminal does, to all that it started.
		whom=$pid
		[ $((i % 2)) = 0 ] || [ "$signal" = KILL ] || [ "$delay" -lt 50 ] || whom=-$pid
		kill -"$signal" -- "$whom" 2>/dev/null
		wait "$pid" 2>/dev/null || status=$?
		why=$(wrong "$tag" "$signal" $status $delay "$folder" "$image")
		[ -z "$why" ] || { not_ok "$tag" "SIG$signal after $delay ms (seed $seed): $why"; return 1; }
	done
	ok "$tag"
}

pids=() k=0
start() { # in a process of its own, with random numbers of its own
	k=$((k + 1))
	(RANDOM=$(((seed + k) % 32768)) && strike "$@") &
	pids+=($!)
}
finish() {
	local pid
	for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
	pids=()
}

many=(--load copy --sync none --pages 3000 --repeat 1000)
for signal in INT TERM KILL HUP; do
	start "dir-SIG$signal" $signal 4 --dir "$shm/dir-SIG$signal" "${many[@]}"
done
finish

if can_loop && command -v mkfs.ext4 >/dev/null; then
	for signal in INT TERM KILL; do
		truncate -s 64M "$work/loop-SIG$signal.image"
		force=()
		[ $signal != KILL ] || force=(--force)
		start "loop-SIG$signal" $signal 12 --device "$work/loop-SIG$signal.image" \
			${force[@]+"${force[@]}"} --fs ext4 "${many[@]}"
	done
	finish
elif is_root; then
	skip loop-signals "no /dev/loop-control or no mkfs.ext4"
else
	skip loop-signals "needs root"
fi
exit "$failed"
