#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A run that is stopped or frozen while it times faults says so, wherever in them that was; one that
# only waits for a CPU does not.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
shm=$(mktemp -d /dev/shm/syncfault-test-XXXXXX)
group=''
busy=()
clean_up() {
	umount "$work/mount" 2>/dev/null
	[ ${#busy[@]} = 0 ] || kill "${busy[@]}" 2>/dev/null
	[ -z "$group" ] || rmdir "$group"
	rm -rf "$work" "$shm"
}
trap clean_up EXIT
result=$work/result.json
cell=(--dir "$shm" --state hole --load none --sync none --scheduler other)
short=(--pages 32768 --pause 0) # so short that it is most likely in a fault
long=(--pages 100 --pause 20000) # and here it is most likely not
seconds=0.5

# A cgroup that can be frozen, or nothing: the folder, and what to write where.
make_group() {
	local root name=syncfault-test-$$
	for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		[ -e "$root/cgroup.procs" ] || continue
		mkdir "$root/$name" 2>/dev/null || continue
		[ -w "$root/$name/cgroup.freeze" ] && group=$root/$name && return
		rmdir "$root/$name"
	done
	root=/sys/fs/cgroup/freezer
	[ -d $root ] && mkdir "$root/$name" 2>/dev/null && group=$root/$name
}

# halt HOW ARGUMENT…: runs a cell, and halts it once its faults are under way, by a signal or $group.
# Exit 3: it was over before that.
cat >"$work/halt.py" <<'END'
import os, signal, subprocess, sys, time
how, seconds, group, *command = sys.argv[1:]
def write(name, text):
    with open(group + "/" + name, "w") as file:
        file.write(text)
def read(name):
    with open(group + "/" + name) as file:
        return file.read()
def halt(on):
    if how == "stop":
        os.kill(child.pid, signal.SIGSTOP if on else signal.SIGCONT)
    elif how == "block":
        subprocess.run(["fsfreeze", "-f" if on else "-u", group], check=True)
    elif os.path.exists(group + "/cgroup.freeze"):
        write("cgroup.freeze", str(int(on)))
        while on and "frozen 1" not in read("cgroup.events"):
            time.sleep(0.001)
    else:
        write("freezer.state", "FROZEN" if on else "THAWED")
        while on and read("freezer.state").strip() != "FROZEN":
            time.sleep(0.001)
def faults_of(thread):
    with open(thread + "/stat") as file:
        return int(file.read().rpartition(")")[2].split()[7])
def wait_for_faults(count):
    tasks = f"/proc/{child.pid}/task"
    while child.poll() is None:
        for thread in os.listdir(tasks):
            if thread != str(child.pid):
                try:
                    if faults_of(tasks + "/" + thread) >= count:
                        return tasks + "/" + thread
                except OSError:
                    pass
child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
try:
    if how == "freeze":
        write("cgroup.procs", str(child.pid))
    thread = wait_for_faults(10)
    was_timed = False
    if thread:
        halt(True)
        time.sleep(float(seconds))
        was_timed = os.path.exists(thread)
        halt(False)
finally:
    code = child.wait(60)
sys.exit(code if was_timed else 3)
END
halt() {
	local how=$1 tries
	shift
	for ((tries = 0; tries < 20; tries++)); do
		code=0
		/usr/bin/python3 "$work/halt.py" "$how" $seconds "$group" \
			"$program" run "${cell[@]}" "$@" -o "$result" >"$work/out" 2>"$work/err" || code=$?
		[ "$code" = 3 ] || return
	done
}
warnings() { jq -c '.cells | map([.status, .latency.max, .warnings])' "$result" 2>&1; }
# One warning, and it tells from the slowest fault where it was.
is_told() {
	# shellcheck disable=SC2016 # jq's
	[ "$code" = 0 ] && holds "$result" '.cells[0] | .latency.max as $max | .status == "ok" and
		([.warnings[] | select(test("^the process stood still .*about [0-9]{3,} ms while"))] |
		length == 1 and (.[0] | test("between two faults")) == ($max < 400000000))'
}
is_silent() { [ "$code" = 0 ] && holds "$result" '.cells | all(.status == "ok" and .warnings == [])'; }
tell() { # NAME HOW ARGUMENT…
	halt "${@:2}"
	check "$1" "exit $code: $(said) $(warnings)" is_told
}
silent() { # NAME ARGUMENT…
	run run "${cell[@]}" "${@:2}" -o "$result"
	check "$1" "exit $code: $(said) $(warnings)" is_silent
}

if ! awk '{ exit $3 == 0 }' /proc/thread-self/schedstat 2>/dev/null; then
	skip stopped 'this kernel does not say how long a thread waits for a CPU'
	exit
fi
tell stopped-between-faults stop "${long[@]}"
check between-faults-is-told "$(warnings)" holds "$result" '.cells[0].warnings[] | test("between two faults")'
tell stopped-without-pause stop "${short[@]}"
tell stopped-with-two-threads stop "${short[@]}" --threads 2 --files each
make_group
if [ -z "$group" ]; then
	skip frozen 'no cgroup can be made here'
else
	tell frozen-between-faults freeze "${long[@]}"
	tell frozen-without-pause freeze "${short[@]}"
	tell frozen-with-two-threads freeze "${long[@]}" --threads 2 --files each
fi
# A file system that takes no changes: one fault is as slow as that, and the process runs on.
image=$work/image
if can_loop && truncate -s 64M "$image" && mkfs.ext4 -q "$image" && mkdir "$work/mount" &&
	mount -o loop "$image" "$work/mount"; then
	group_before=$group group=$work/mount
	halt block "${long[@]}" --dir "$work/mount"
	group=$group_before
	check slow-fault-is-no-stop "exit $code: $(said) $(warnings)" is_silent
	check slow-fault-is-slow "$(warnings)" holds "$result" '.cells[0].latency.max > 300000000'
	umount "$work/mount"
else
	skip slow-fault-is-no-stop 'needs root and a loop device'
fi
silent not-stopped "${long[@]}" --pages 100,200
silent not-stopped-without-pause "${short[@]}" --threads 1,2 --files each
for _ in 1 2 3 4; do
	(while :; do :; done) &
	busy+=($!)
done
silent only-busy "${long[@]}" --pages 100,200
silent only-busy-without-pause "${short[@]}" --threads 1,2 --files each
tell stopped-while-busy stop "${long[@]}"
as=(chrt --idle 0) # it waits longer than any stop here
silent only-starved "${long[@]}" --pages 10
exit "$failed"
