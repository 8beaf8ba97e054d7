#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/soak, for seconds: nothing is left and nothing grows; and each thing that is left on
# purpose, by a program that stands for ours, is named. `make soak` is the long one.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work
unset MINUTES STARTS SEED KERNEL
soak() {
	code=0
	"$root/scripts/soak" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
}
is_refused() { [ "$code" = 2 ] && [ "$(wc -l <"$work/err")" = 1 ] && [ ! -s "$work/out" ]; }
refused() { # NAME PATTERN ARGUMENT…
	local name=$1 pattern=$2
	shift 2
	soak "$@"
	check "$name" "exit $code: $(said)" is_refused
	check "$name-says-why" "said: $(said)" grep -q -- "$pattern" "$work/err"
}
refused nothing-to-do 'expected one of the two' --minutes 0 --starts 0
refused minutes-of-no-number 'expected minutes' --minutes x
refused starts-of-no-number 'expected a whole number' --minutes 0 --starts -1
refused json-nowhere 'its folder' --json "$work/none/x.json"
SYNCFAULT=$work/none refused no-program 'make builds it' --starts 1

if is_sanitized; then
	skip soak "memory of a sanitized program is not the program's"
	exit "$failed"
fi
if is_root && ! unshare --mount --ipc true 2>/dev/null; then
	skip soak "no namespaces here"
	exit "$failed"
fi
export SYNCFAULT=$program

# On a busy machine a short run takes as long as its samples need; one that became busy in between
# has another try.
soak_enough() { # PART OPTION…
	local minutes part=$1
	shift
	for minutes in 0.1 0.4; do
		soak --minutes $minutes "$@"
		grep -q "^$part .*too few samples" "$work/out" || break
	done
}
soak_enough '.*' --starts 14 --json "$work/soak.json"
# What comes and goes within a cell is noise in so few samples; a leak shows in four times as many, too.
[ "$code" = 0 ] || soak --minutes 0.4 --starts 14 --json "$work/soak.json"
check nothing-left "exit $code: $(tail -n 4 "$work/err")" [ "$code" = 0 ]
check all-is-judged "$(grep -vE 'flat|told' "$work/out")" holds "$work/soak.json" \
	'(.rows | length > 20 and all(.verdict != "GREW")) and .left == [] and .unexpected == [] and
	([.rows[] | select(.part == "run" and .what == "descriptors") | .before] | .[0] > 2) and
	([.rows[] | select(.part == "starts" and .what == "mounts") | .before] | .[0] > 5)'
check table-has-a-line-for-each "$(wc -l <"$work/out") lines" \
	[ "$(wc -l <"$work/out")" = $(($(jq '.rows | length' "$work/soak.json") + 2)) ]
check nothing-of-its-own "$(ls "$work")" [ -z "$(find "$work" -name 'syncfault-soak*')" ]

# A program that does what ours does, and then what $LEAK says.
cat >"$work/leaky" <<'SCRIPT'
#!/bin/bash
"$REAL" "$@" || code=$?
[[ "$*" != *--dir*--pages* || "$*" == *--repeat* ]] || eval "$LEAK" >/dev/null 2>&1
exit "${code:-0}"
SCRIPT
chmod +x "$work/leaky"
export REAL=$program
names_leak() { # WHAT PATTERN SHELL-COMMAND: of the first start, where --dir is used
	LEAK=$3 SYNCFAULT=$work/leaky soak --minutes 0 --starts 1 --patience 2
	check "finds-$1" "exit $code: $(said)" [ "$code" = 1 ]
	check "names-$1" "said: $(said)" grep -qE "^soak: left by start 1 .*: $2" "$work/err"
}
# shellcheck disable=SC2016 # for the program that leaks
names_leak process 'processes: .*sleep 98' 'sleep 98 & disown'
# shellcheck disable=SC2016
names_leak file 'files: .*/tmp/left' 'touch "$TMPDIR/left"'
# shellcheck disable=SC2016
if is_root; then
	names_leak mount 'mounts: .*/home tmpfs' 'mount -t tmpfs tmpfs "$HOME"'
	names_leak ipc 'IPC objects: shm' 'ipcmk -M 4096'
	names_leak shared-memory 'files: /dev/shm/left' 'touch /dev/shm/left'
	if command -v bpftool >/dev/null && bpftool prog show >/dev/null 2>&1; then
		names_leak bpf-map 'BPF maps: [0-9]+ left_over' \
			'mount -t bpf bpf "$HOME" && bpftool map create "$HOME/x" type array key 4 value 4 entries 1 name left_over'
	else
		skip finds-bpf-map "no bpftool that this kernel answers"
	fi
fi
# shellcheck disable=SC2016
if can_loop; then
	names_leak loop 'loop devices: /dev/loop[0-9]+ .*/keep/full.image' \
		'losetup -f "$TMPDIR/../keep/full.image"'
	check no-loop-of-ours "$(losetup -a)" [ -z "$(losetup -nO BACK-FILE -a | grep -F "$work/")" ]
else
	skip finds-loop "needs root and /dev/loop-control"
fi
LEAK='code=3' SYNCFAULT=$work/leaky soak --minutes 0 --starts 1
check names-other-status "exit $code: $(said)" grep -q 'start 1 (folder): exit status 3, expected 0' "$work/err"

# One that grows while it runs. It is not the one with BPF objects: there are no samples with probes.
cat >"$work/growing" <<'SCRIPT'
#!/usr/bin/python3
import os, subprocess, sys, time
if sys.argv[1] != "run":
    os.execv(os.environ["REAL"], [os.environ["REAL"], *sys.argv[1:]])
child = subprocess.Popen([os.environ["REAL"], *sys.argv[1:]])
kept = []
while child.poll() is None:
    kept += [open("/dev/null"), b"x" * (64 << 10)]
    time.sleep(0.02)
sys.exit(child.returncode)
SCRIPT
chmod +x "$work/growing"
SYNCFAULT=$work/growing soak_enough "run " --starts 0
check finds-growth "exit $code: $(said)" [ "$code" = 1 ]
for what in descriptors RssAnon; do
	check "names-growth-of-$what" "said: $(tail -n 5 "$work/err")" grep -qE "^soak: run.*: $what grew from" "$work/err"
done
exit "$failed"
