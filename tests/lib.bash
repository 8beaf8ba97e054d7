# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For shell tests: a folder of their own, results in one line each, and what a command left behind.
# shellcheck disable=SC2034 # code, seconds and rss_kb are for the tests

root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
program=$(realpath "${SYNCFAULT:-$root/build/syncfault}")
work=$(mktemp -d "${TMPDIR:-/tmp}/syncfault-test-XXXXXX")
failed=0
code=0

ok() { echo "ok $1"; }
not_ok() { # NAME WHY
	echo "not ok $1: $(printf '%s' "$2" | tr '\n' ' ' | head -c 600)"
	failed=1
}
skip() { echo "skip $1: $2"; }

check() { # NAME WHY COMMAND…: ok where the command succeeds
	local name=$1 why=$2
	shift 2
	if "$@" >/dev/null 2>&1; then ok "$name"; else not_ok "$name" "$why"; fi
}

check_that() { # NAME COMMAND…: ok where it succeeds; else what it prints says why
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "${output:-$*}"; fi
}
check_json() { # NAME RESULT JQ-FILTER: ok where the filter gives true; RESULT.err may say why not
	local output
	output=$(jq -r "$3" "$2" 2>&1)
	if [ "$output" = true ]; then ok "$1"; else not_ok "$1" "${output:0:300} $(cat "${2%.json}.err" 2>/dev/null)"; fi
}

# Runs the program, or what $as prefixes: $code, $work/out, $work/err.
as=()
run() {
	code=0
	${as[@]+"${as[@]}"} "$program" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
}
# The same, with $rss_kb (its greatest resident size) and $seconds (of CPU: others may be busy).
run_measured() {
	code=0
	/usr/bin/python3 - "$program" "$@" >"$work/usage" <<-'END' || code=$?
		import os, subprocess, sys
		work = os.environ["TEST_WORK"]
		child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL,
		                         stdout=open(work + "/out", "wb"), stderr=open(work + "/err", "wb"))
		_, status, usage = os.wait4(child.pid, 0)
		print(usage.ru_maxrss, int(usage.ru_utime + usage.ru_stime))
		sys.exit(os.waitstatus_to_exitcode(status) % 256)
	END
	read -r rss_kb seconds <"$work/usage"
}
export TEST_WORK=$work

said() { head -c 300 "$work/err"; }
# One line on stderr, of ours, with nothing in it that steers a terminal; nothing on stdout.
is_one_line() {
	[ "$(wc -l <"$work/err")" = 1 ] && grep -q '^syncfault: ' "$work/err" && ! has_controls "$work/err"
}
is_refusal() { [ "$code" = "$1" ] && is_one_line && [ ! -s "$work/out" ]; }
# And what ends lines, turns the direction of writing or is seen by nobody: U+061C, U+200B to U+200F,
# U+2028 to U+202E, U+2060 to U+206F, U+FEFF and tags.
has_controls() {
	tr -d '\n' <"$1" | LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f\xad]|\xd8\x9c|'`
		`'\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf|\xf3\xa0[\x80-\x81]'
}

# jq on the result: holds FILE FILTER
holds() { jq -e "$2" "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" = 0 ]; }
is_sanitized() { grep -qa __asan_init "$program"; }
can_loop() { is_root && [ -e /dev/loop-control ]; }
loops_on() { losetup -nO NAME -j "$1" 2>/dev/null; }
has_no_loop() { [ -z "$(loops_on "$1")" ]; }
# mounts_on IMAGE: mounts of its loop devices or in $work; others mount theirs meanwhile
mounts_on() {
	local loops
	loops=$(loops_on "$1")
	awk -v loops="$loops" -v work="$work/" '
		BEGIN { n = split(loops, names, "\n"); for (i = 1; i <= n; i++) ours[names[i]] }
		{ for (i = 7; $i != "-"; i++); }
		$(i + 2) in ours || index($5, work) == 1 { print $(i + 2), "on", $5 }' /proc/self/mountinfo
}
# marked MARK: the environment files of processes that have it in there; kill_marked MARK ends them
marked() { grep -lsF "$1" /proc/[0-9]*/environ; }
kill_marked() {
	local environ pid
	for environ in $(marked "$1"); do
		pid=${environ#/proc/}
		kill -KILL "${pid%/environ}" 2>/dev/null
	done
}
# poll SECONDS COMMAND…: until it succeeds
poll() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
