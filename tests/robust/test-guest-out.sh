#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/guest with a stand-in for QEMU: the folder of --out, the time limit, and names that QEMU would
# take for options.
# shellcheck disable=SC2031 # $work is that of the test everywhere but in limits_of()
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
# shellcheck source=tests/robust/stand-in.bash
. "$root/tests/robust/stand-in.bash"

# ---- the folder of --out --------------------------------------------------------------------------

echo new >"$work/in/result.json"
echo file >"$work/file"
run_guest --out "$work/file"
check out-is-a-file "exit $code, $(boots) boots: $(said)" refused_unbooted 2 '^guest: --out .*file: is not a folder$'
run_guest --out "$work/file/below"
check out-below-a-file "exit $code, $(boots) boots: $(said)" refused_unbooted 2 '^guest: --out .*below: '
run_guest --out /proc/nothing/there
check out-that-cannot-be-made "exit $code, $(boots) boots: $(said)" refused_unbooted 2 '^guest: --out .*cannot make'
ln -s /nowhere "$work/dangling"
run_guest --out "$work/dangling"
check out-is-a-link-to-nothing "exit $code, $(boots) boots: $(said)" refused_unbooted 2 '^guest: --out '
run_guest --out $'new\nline'
check out-with-a-newline "exit $code, $(boots) boots: $(said)" refused_unbooted 2 '^guest: --out '
mkdir -m 555 "$work/locked"
if is_root; then
	skip out-not-writable "root may write anywhere"
else
	run_guest --out "$work/locked"
	check out-not-writable "exit $code: $(said)" refused_unbooted 2 'cannot be read and written to$'
fi
run_guest --out -odd-
check out-with-a-dash "exit $code: $(said)" test "$code" = 0 -a -e ./-odd-/result.json
rm -rf ./-odd-
MODE=dies run_guest --out "$work/a/b/c"
check dead-guest-leaves-no-folder "exit $code: $(said)" test "$code" = 125 -a ! -e "$work/a"
mkdir "$work/tools"
# shellcheck disable=SC2016 # for the shell of that script
printf '#!/bin/sh\n%s "$@"\nkill -TERM $PPID\n' "$(command -v mkdir)" >"$work/tools/mkdir"
chmod +x "$work/tools/mkdir"
PATH=$work/tools:$PATH run_guest --out "$work/a/b/c"
check signal-while-folders-are-made "exit $code: $(find "$work/a" 2>&1) $(said)" test "$code" = 143 -a ! -e "$work/a"

run_guest
folder=$(echo results/guest-*)
check default-out "exit $code: $(said)" test "$code" = 0 -a -s "$folder/result.json"
check default-out-is-said "$(said)" grep -qx "guest: the files left in /out are in $folder" "$work/err"
check default-out-says-no-more "$(said)" test "$(wc -l <"$work/err")" = 1
run_guest --repeat 2
check default-out-of-two "$(find results)" test -e "$(echo results/guest-*/seed-1/result.json)"
rm -rf results && mv "$work/in/result.json" "$work/result.json"
run_guest
check default-out-of-no-files "exit $code: $(said)" test "$code" = 0 -a ! -e results -a ! -s "$work/err"
mv "$work/result.json" "$work/in/"
: >results
run_guest
check default-out-that-cannot-be "exit $code: $(said)" test "$(head -n 1 "$work/err" | grep -c '^guest: warning: ')" = 1
check default-out-that-cannot-be-is-kept "$(ls "$TMPDIR") $(said)" test -e "$(sed -n 's/.*: all is in //p' "$work/err")"
rm -f results "${TMPDIR:?}"/*.tar

# Two at once: the second is refused before its boot, whether or not they repeat.
two_at_once() { # NAME FIRST SECOND: their options
	local first pid
	read -ra first <<<"$2"
	: >"$work/first-boots"
	MODE=quiet SECONDS_OF_IT=60 TEST_BOOTS=$work/first-boots setsid "${guest[@]}" --out "$work/shared" "${first[@]}" \
		-- true >"$work/first" 2>&1 </dev/null &
	pid=$!
	poll 60 test -s "$work/first-boots" || not_ok "$1" "the first did not start: $(cat "$work/first")"
	read -ra first <<<"$3"
	run_guest --out "$work/shared/../shared" "${first[@]}"
	check "$1" "exit $code, $(boots) boots: $(said)" refused_unbooted 1 "another guest \(process $pid\) has it"
	kill "$pid"
	wait "$pid"
	run_guest --out "$work/shared" "${first[@]}"
	check "$1-and-then-not" "exit $code: $(said)" test "$code" = 0
}
two_at_once two-with-one-out '' ''
oldest_is_named() { # numbers are given again from the least on once the greatest was
	local pid last=/proc/sys/kernel/ns_last_pid why
	[ -w $last ] || { skip oldest-is-named "numbers of processes cannot be chosen"; return; }
	# shellcheck disable=SC2016 # its own arguments
	why=$(unshare --pid --fork --mount-proc bash -c 'echo 5000 >'$last'; sleep 60 <"$2" & old=$!; sleep 0.1
		echo 100 >'$last'; sleep 60 <"$2" & young=$!
		. "$1"; ((young < old)) && [ "$(holder_of "$2")" = "$old" ] && echo named || echo "$old $young $(holder_of "$2")"
		kill $old $young' _ "$root/scripts/lib/guest/out.bash" "$work/shared" 2>&1)
	check oldest-is-named "$why" test "$why" = named
}
oldest_is_named
two_at_once two-that-repeat '--repeat 3' '--repeat 3 --seed 7'

# Files of that name are replaced, and nothing else.
mkdir -p "$into/deep" "$work/in/deep/er"
echo old | tee "$into"/{result.json,other,deep/kept,deep/x} >/dev/null
ln -s "$into/other" "$into/link"
echo new | tee "$work/in"/{deep/x,deep/er/y,link} >/dev/null
run_guest --out "$into"
state() { (cd "$into" && grep -r . . | sort | tr '\n' ' '); }
expected='./deep/er/y:new ./deep/kept:old ./deep/x:new ./link:new ./other:old ./result.json:new '
check out-with-files "$(state) $(said)" test "$(state)" = "$expected"
rm -rf "$into"/{link,deep/x} && mkdir "$into/deep/x" "$into/link" && echo old >"$into/result.json"
run_guest --out "$into"
check file-where-a-folder-is "exit $code: $(state) $(said)" \
	test "$code" = 1 -a "$(cat "$into/result.json")" = old -a -d "$into/link" -a -d "$into/deep/x"
check file-where-a-folder-is-kept "$(state)" grep -qx new "$into"/guest-*/link
rm -rf "$into" "$work/outside" && mkdir "$into" "$work/outside" && ln -s "$work/outside" "$into/deep"
run_guest --out "$into"
check folder-that-is-a-link "exit $code: $(find "$work/outside") $(said)" \
	test "$code" = 1 -a -z "$(ls -A "$work/outside")" -a -L "$into/deep"
rm -rf "$into" "$work/in/deep" "$work/in/link"
mkdir "$work/in/.syncfault-guest" && echo new >"$work/in/.syncfault-guest/x"
run_guest --out "$into"
check folder-of-our-own-name "exit $code: $(find "$into") $(said)" \
	test "$code" = 1 -a "$(cat "$into"/guest-*/.syncfault-guest/x "$into"/guest-*/result.json | tr '\n' ' ')" = 'new new '
rm -rf "$into" "$work/in/.syncfault-guest"

# Where the folder takes nothing any more, the archive is kept, and stderr has its name.
is_kept() { # PATTERN
	[ "$code" = 1 ] && grep -qE "^guest: .*$1.*: all is in $TMPDIR/syncfault-guest[.].{8}[.]tar$" "$work/err" &&
		[ "$(stat -c %a "$TMPDIR"/*)" = 600 ] && tar -xOf "$TMPDIR"/*.tar ./result.json | grep -qx new
}
swap() { poll 60 test -s "$TEST_BOOTS" && rmdir "$into" && : >"$into"; }
swap &
MODE=quiet SECONDS_OF_IT=5 run_guest --out "$into"
wait $!
check out-becomes-a-file "exit $code: $(ls -l "$TMPDIR") $(said)" is_kept 'has no place in'
rm -rf "$into" "${TMPDIR:?}"/*
if is_root && unshare --mount true 2>/dev/null; then
	mkdir "$into" && head -c 200000 /dev/zero >"$work/in/big"
	(
		# shellcheck disable=SC2016,SC2030 # its own arguments
		guest=(unshare --mount sh -c 'mount -t tmpfs -o size=64k none "$0" && exec "$@"' "$into" "${guest[@]}")
		run_guest --out "$into"
		echo "$code" >"$work/code"
	)
	code=$(<"$work/code")
	check out-is-full "exit $code: $(ls -l "$TMPDIR") $(said)" is_kept 'could not all be unpacked'
	rm -rf "$into" "$work/in/big" "${TMPDIR:?}"/*
else
	skip out-is-full "needs root and a mount namespace"
fi

# Folders that their owner may not enter. Root may, so another user is it here.
closed_folders() {
	local as=()
	mkdir -p "$into" "$work/in/a/b" && echo new >"$work/in/a/b/c"
	if is_root; then
		as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
		cp -r "$root/scripts" "$work/scripts"
		chmod -R a+rwX "$work"
		"${as[@]}" test -x "$work/scripts/guest" 2>/dev/null || { skip closed-folders "no other user"; return; }
		as+=("$work/scripts/guest" "${guest[@]:1}")
	fi
	( # shellcheck disable=SC2030
		guest=("${as[@]:-${guest[@]}}")
		FOLDER_MODES=a-rwx run_guest --out "$into"
		echo "$code" >"$work/code"
	)
	code=$(<"$work/code")
	check closed-folders "exit $code: $(find "$into" -ls) $(said)" \
		test "$code" = 0 -a "$(cd "$into" && find . | LC_ALL=C sort | tr '\n' ' ')" = '. ./a ./a/b ./a/b/c ./result.json '
	rm -rf "$into" "$work/in/a"
}
closed_folders

# ---- the time limit -------------------------------------------------------------------------------

mkdir "$into" && echo old >"$into/result.json"
MODE=chatty SECONDS_OF_IT=7 run_guest --time-limit 4 --out "$into"
check longer-than-the-limit "exit $code: $(said)" test "$code" = 0 -a "$(cat "$into/result.json")" = new
echo old >"$into/result.json"
MODE=asked SECONDS_OF_IT=300 run_guest --time-limit 2 --out "$into"
check limit-of-no-progress "exit $code: $(said)" test "$code" = 125
check limit-of-no-progress-is-said "$(said)" \
	grep -q '^guest: the guest died while .*: the time limit of 2 s without progress is over$' "$work/err"
check what-is-done-is-kept "$(find "$into")" grep -qx new "$into/unfinished/result.json"
check what-is-done-is-said "$(said)" grep -q "by then is in $into/unfinished$" "$work/err"
check what-was-there-is-unchanged "$(state)" grep -qx old "$into/result.json"
rm -rf "$into/unfinished"
MODE=boots SECONDS_OF_IT=300 run_guest --time-limit 1 --out "$into"
check limit-while-it-boots "exit $code: $(find "$into") $(said)" test "$code" = 125 -a -s "$into/unfinished/result.json"
MODE=asked SECONDS_OF_IT=300 run_guest --time-limit 2
check limit-without-out "$(find results)" test -s "$(echo results/guest-*/unfinished/result.json)"
rm -rf results

# With shorter limits than it has. Afterwards no process is left.
# shellcheck disable=SC2030,SC2034,SC2154 # variables of scripts/guest
limits_of() { # TIME-LIMIT OVERALL PATIENCE: says what the limit was
	(
		set -uo pipefail
		here=$root/scripts lib=$root/scripts/lib out=/nowhere is_host_root='' virtio_pmem='' nvdimms=() crash_at=''
		counts_flushes='' clock=time clock_options=() ram=64M cpus=1 kernel_file=none kernel_line=none
		for part in guest/machine guest/boot printable guest/outcome guest/out; do
			# shellcheck source=/dev/null
			source "$lib/$part.bash"
		done
		work=$TEST_WORK/limits time_limit=$1 overall_limit=$2 patience=$3
		mkdir -p "$work"
		run_qemu >/dev/null 2>&1
		cause_of_death
		! ended_as_asked || echo kept
	)
}
why=$(MODE=chatty SECONDS_OF_IT=300 limits_of 100 3 1)
check limit-of-all "it is: $why" test "$why" = 'the limit of 3 s for one boot is over'
why=$(MODE=quiet SECONDS_OF_IT=300 limits_of 2 100 1)
check no-answer-to-the-limit "it is: $why" test "$why" = 'the time limit of 2 s without progress is over'
stand_ins() { pgrep -f "^/bin/bash $work/bin/qemu-system-x86_64 " || true; }
check limits-leave-no-process "$(stand_ins)" test -z "$(stand_ins)"

# ---- names ----------------------------------------------------------------------------------------

# QEMU reads options out of what follows a comma, LD_PRELOAD names out of what follows a space or colon.
odd=$work/'a,size=1 b:c;d="e" \f=*'
mkdir -p "$odd" "$odd,nvdimm=on"
truncate -s 128M "$odd/x,share=off"
is_plain() { # no word but three, which QEMU takes as they are, has a part of the name
	local words word i
	mapfile -d '' words <"$work/arguments"
	for ((i = 0; i < ${#words[@]}; i++)); do
		word=${words[i]}
		case ${words[i - (i > 0)]} in -kernel | -initrd | -append) continue ;; esac
		[[ $word != *'size=1 b'* && $word != *nvdimm=on,* && $word != *share=off* ]] || { echo "$word" && return 1; }
	done
}
for folder in "$odd" "$odd,nvdimm=on"; do
	TMPDIR=$folder run_guest --out "$odd/out,x" --nvdimm "$odd/x,share=off" --count-flushes
	name=${folder##*,}
	check "odd-TMPDIR-${name%% *}" "exit $code: $(said)" test "$code" = 0 -a -s "$odd/out,x/result.json"
	why=$(is_plain)
	check "odd-TMPDIR-${name%% *}-is-no-option" "$why" test -z "$why"
done
digest_is_plain() { # the image's, of which sha256sum says more where a name has a backslash
	grep -qaE '"image_digest": "sha256:[0-9a-f]{64}"' "$work/facts"
}
: >"$work/wants-facts"
TMPDIR=$odd run_guest --out "$odd/out,x"
rm "$work/wants-facts"
check odd-TMPDIR-and-the-digest "$(grep -aom 1 '"image_digest.*' "$work/facts" | tr -d '\0')" digest_is_plain
TMPDIR=$work/$'new\nline' && mkdir "$TMPDIR"
run_guest --out "$into"
check TMPDIR-with-a-newline "exit $code: $(said)" refused_unbooted 1 '^guest: TMPDIR='
TMPDIR=$work/missing
run_guest --out "$into"
check TMPDIR-that-is-not-there "exit $code: $(said)" refused_unbooted 1 '^guest: TMPDIR='
TMPDIR=$work/tmp
exit "$failed"
