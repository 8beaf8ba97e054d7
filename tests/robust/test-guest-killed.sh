#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/guest with a stand-in for QEMU: SIGKILL at any moment leaves whole files, and nothing grows.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
# shellcheck source=tests/robust/stand-in.bash
. "$root/tests/robust/stand-in.bash"

# ---- SIGKILL --------------------------------------------------------------------------------------

# Many files of a hundred lines, all of one word.
fill() { # FOLDER WORD
	local i
	mkdir -p "$1"/{a,b}
	yes "$2" | head -n 100 >"$work/$2"
	for i in {1..60}; do
		cp "$work/$2" "$1/$i"
	done
	cp "$1"/[1-9]* "$1/a"
	cp "$1"/[1-9]* "$1/b"
}
whole() { # the files of $into that are neither old nor new, or are not there
	md5sum "$into"/{,a/,b/}{1..60} 2>&1 | grep -vE "^($(md5sum <"$work/old" | tr -d ' -')|$(md5sum <"$work/new" | tr -d ' -')) "
}
rm -rf "$into" "${work:?}/in" 
fill "$work/in" new
fill "$into" old
began=$(date +%s%N)
SECONDS_OF_IT=1 MODE=chatty run_guest --out "$work/timed"
took=$((($(date +%s%N) - began) / 1000000))
check guest-that-is-not-killed "exit $code: $(said)" test "$code" = 0
mine() { [ -n "$(marked "$mark-killed")" ]; }
nobody() { ! mine; }
not_before() { sleep "$(printf '%d.%03d' $((took * $1 / 10000)) $((took * $1 / 10 % 1000)))"; }
unpacks() { poll 60 test -e "$into/.syncfault-guest"; }
has_moved() { poll 60 grep -qs new "$into/a/60" "$into/60" "$into/b/60"; }
strike() { # MOMENT…: sets why
	SYNCFAULT_TEST_MARK=$mark-killed SECONDS_OF_IT=1 MODE=chatty setsid "${guest[@]}" --out "$into" -- true \
		>"$work/out" 2>"$work/err" </dev/null &
	local pid=$!
	"$@"
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	poll 60 nobody || why+="$*: processes are left; "
	[ -z "$(whole)" ] || why+="$*: $(whole | head -n 3); "
	[ "$(left | wc -l)" -le 2 ] || why+="$*: $(left); "
}
why=''
for i in {0..9}; do
	strike not_before "$i"
done
check guest-killed-at-ten-moments "$why" test -z "$why"
why=''
for _ in 1 2; do
	strike unpacks
	rm -rf "$into" && fill "$into" old
	strike has_moved
done
check guest-killed-while-it-unpacks "$why" test -z "$why"
run_guest --out "$into"
check guest-after-kills "exit $code: $(said)" test "$code" = 0
check guest-after-kills-is-new "$(grep -rl old "$into")" test -z "$(whole)$(grep -rl old "$into")"
check guest-kills-leave-nothing "$(left) $(ls -A "$into")" test -z "$(left)" -a ! -e "$into/.syncfault-guest"

# Folders of others are theirs: of a guest that runs, and of what is not ours to judge.
mkdir "$TMPDIR/syncfault-guest.abcdefgh" && echo mine >"$TMPDIR/syncfault-guest.abcdefgh/file"
ln -s "$work/into" "$TMPDIR/syncfault-guest.linklink"
: >"$TEST_BOOTS"
MODE=quiet SECONDS_OF_IT=60 setsid "${guest[@]}" -- true >"$work/first" 2>&1 </dev/null &
pid=$!
poll 60 test -s "$TEST_BOOTS"
running=$(head -n 1 "$TEST_BOOTS")
run_guest --out "$into"
check folder-of-a-guest-that-runs "$(left)" test -e "$running/initrd"
check folder-without-a-lock "$(left)" test -e "$TMPDIR/syncfault-guest.abcdefgh/file" -a -e "$into/1"
kill "$pid"
wait "$pid"
exit "$failed"
