# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For tests of scripts/guest with a stand-in for QEMU and an empty kernel. After tests/lib.bash.
# shellcheck disable=SC2034,SC2154 # shared with the tests
trap 'kill_marked "$mark"; rm -rf "$work"' EXIT
mark=syncfault-mark-$$-$(date +%s%N)
export SYNCFAULT_TEST_MARK=$mark TMPDIR=$work/tmp TEST_BOOTS=$work/boots
mkdir -p "$TMPDIR" "$work"/{bin,kernel/boot,kernel/lib/modules/1.0,in,cwd}
: >"$work/kernel/boot/vmlinuz-1.0"
touch "$work/kernel/lib/modules/1.0/modules."{dep,order,builtin}
cd "$work/cwd" || exit 1

# Is what MODE says, for SECONDS: says something (chatty), says nothing (quiet), or that until it is asked
# to end (asked), which it notices once it has booted (boots). Then leaves what is in $work/in, as a guest does.
cat >"$work/bin/qemu-system-x86_64" <<'END'
#!/bin/bash
[[ $1 != --version ]] || { echo 'QEMU emulator version 0.0' && exit; }
printf '%s\0' "$@" >"$TEST_WORK/arguments"
echo "$PWD" >>"$TEST_BOOTS"
: >console
exec 8<>monitor.in
if [[ $MODE == boots ]]; then
	sleep 3
	while read -rt 0.1 -u 8; do :; done
fi
echo ready >status
[[ ! -e $TEST_WORK/wants-facts ]] || cp initrd "$TEST_WORK/facts"
for word; do
	[[ $word != fd=*,set=1 ]] || { word=${word#fd=} && out=${word%,*}; }
done
for ((i = 0; i < ${SECONDS_OF_IT:-0} * 5; i++)); do
	case $MODE in
	chatty) if ((i % 2)); then echo word >&"$out"; else echo word >>console; fi ;;
	asked | boots) ! read -rt 0 -u 8 || break ;;
	esac
	sleep 0.2
done
[[ $MODE != dies ]] || exit 1
# As root of the guest, who reads all: MODES of folders are those in the archive alone.
tar -cf files -C "$TEST_WORK/in" ${FOLDER_MODES:+--mode="$FOLDER_MODES"} .
printf 'files %s\nexit %s\n' "$(stat -c %s files)" "${ENDS:-0}" >>status
exit 33
END
chmod +x "$work/bin/qemu-system-x86_64"
export MODE=none PATH=$work/bin:$PATH
guest=("$root/scripts/guest" --kernel "$work/kernel")

run_guest() { # OPTION…: $code, $work/err
	code=0
	: >"$TEST_BOOTS"
	"${guest[@]}" "$@" -- true >"$work/out" 2>"$work/err" </dev/null || code=$?
}
boots() { wc -l <"$TEST_BOOTS"; }
refused_unbooted() { # STATUS PATTERN
	[ "$code" = "$1" ] && [ "$(wc -l <"$work/err")" = 1 ] && grep -qE "$2" "$work/err" && [ "$(boots)" = 0 ]
}
left() { find "$TMPDIR" -mindepth 1 -maxdepth 1; }

into=$work/into
