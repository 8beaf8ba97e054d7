#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a guest says and leaves is data: scripts/guest without a guest, with what a hostile one would report.
# shellcheck disable=SC2031 # $work is that of the test everywhere but in boot()
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT
canary=$work/canary
mkdir "$work/guest" "$work/tree"
tree=$work/tree

# What the end of a guest looks like from here: STATUS and CONSOLE are text, FILES what is in /out.
report() { printf '%b' "$1" >"$work/guest/status"; printf '%b' "${2-}" >"$work/guest/console"; }
archive() { # COMMAND…: its output is what comes over as the archive
	"$@" >"$work/guest/files"
}
report_all() { report "ready\nfiles $(stat -c %s "$work/guest/files")\nexit 0\n"; }

# scripts/guest from the end of QEMU on. $code, $work/out (the status of the command), $work/err.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # variables and functions of scripts/guest
boot() { # FOLDER
	code=0
	: >"$work/guest/qemu.log"
	(
		set -euo pipefail
		to=$1 here=$root/scripts out=$work/out_of_guest
		fail() { echo "guest: $2" >&2 && exit "$1"; }
		for part in guest-machine guest-boot printable guest-outcome; do
			# shellcheck source=/dev/null
			source "$here/$part.bash"
		done
		work=$TEST_WORK/guest counts_flushes='' crash_at='' time_limit=9
		write_job() { :; }
		run_qemu() { qemu_status=33; }
		boot_guest 0 "$to" true
		((status == 0)) || exit "$status"
	) >"$work/out" 2>"$work/err" || code=$?
}
archive tar -cf - -C "$tree" .
report_all
boot "$work/taken"
check honest-guest "exit $code: $(said)" test "$code" = 0 -a -d "$work/taken"

# The canary sings where text of a guest is expanded: what scripts/guest did once.
payload="PPID[\$(touch '$canary')0]"
(eval '((payload == 0))') 2>/dev/null || true
check canary-works "nothing happened" test -e "$canary"
rm -f "$canary"

odd_reports() {
	local what=$1
	archive tar -cf - -C "$tree" .
	for text in "$payload" "0\nexit $payload" '-1' '0x0' '1+1' '9999' '' ' 0' '0 ' '00' '\\044(id)'; do
		if [ "$what" = exit ]; then
			report "ready\nfiles $(stat -c %s "$work/guest/files")\nexit $text\n"
		else
			report "ready\nfiles $text\nexit 0\n"
		fi
		boot "$work/odd"
		[ "$code" != 0 ] || { echo "taken as $what: $text" && return 1; }
		[ ! -e "$canary" ] || { echo "was run as $what: $text" && return 1; }
		[ ! -e "$work/odd" ] || { echo "files were taken after $what: $text" && return 1; }
		has_controls "$work/err" && { echo "controls for $what: $text" && return 1; }
	done
	return 0
}
for what in exit files; do
	why=$(odd_reports $what)
	check "odd-reports-of-$what" "$why: $(said)" test -z "$why"
done

archive tar -cf - -C "$tree" .
report 'ready\nfiles 99999999999\nexit 0\n'
boot "$work/odd"
check too-many-bytes "exit $code: $(said)" test "$code" = 125 -a ! -e "$work/odd"
report 'ready\nfiles 999999999\nexit 0\n'
boot "$work/odd"
check more-bytes-than-there-are "exit $code: $(said)" test "$code" = 1 -a ! -e "$work/odd"

# ---- what is in the archive -----------------------------------------------------------------------

refused_archive() { # NAME
	report_all
	boot "$work/refused"
	if [ "$code" = 0 ] || [ -e "$work/refused" ] || [ ! -s "$work/err" ] || has_controls "$work/err"; then
		not_ok "$1" "exit $code: $(ls -AR "$work/refused" 2>&1) $(said)"
	else
		ok "$1"
	fi
}
ln -s /etc/passwd "$tree/link"
archive tar -cf - -C "$tree" .
refused_archive symbolic-link
rm "$tree/link"
mkfifo "$tree/pipe"$'\033[2J'
archive tar -cf - -C "$tree" .
refused_archive pipe-with-a-name-that-steers
rm "$tree"/*
archive head -c 20000 /dev/urandom
refused_archive random-bytes
archive bash -c 'head -c 1000000 /dev/zero | gzip'
refused_archive compressed
archive bash -c "tar -cf - -C '$tree' . | gzip"
refused_archive compressed-archive

# Names that lead out of the folder end in it; what is there already is not written through.
mkdir "$work/in" && echo old >"$work/in/secret"
echo new >"$tree/x"
names() { tar -cPf - -C "$tree" --transform="s,^x,$1," x; }
archive names '../../in/secret'
report_all
boot "$work/taken"
check name-with-dots "$(cat "$work/in/secret")" grep -qx old "$work/in/secret"
archive names "$work/in/secret"
report_all
boot "$work/taken"
check absolute-name "$(cat "$work/in/secret")" grep -qx old "$work/in/secret"
/usr/bin/python3 - "$work/in/secret" >"$work/guest/files" <<'END'
import io, sys, tarfile
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
    link = tarfile.TarInfo("hard")
    link.type, link.linkname = tarfile.LNKTYPE, sys.argv[1]
    tar.addfile(link)
    file = tarfile.TarInfo("hard")
    file.size = 4
    tar.addfile(file, io.BytesIO(b"new\n"))
END
report_all
boot "$work/taken"
check hard-link-out-of-the-folder "$(cat "$work/in/secret")" grep -qx old "$work/in/secret"
chmod 6777 "$tree/x"
archive tar -cf - -C "$tree" x
report_all
rm -rf "$work/taken"
(umask 022 && boot "$work/taken")
check rights-are-not-taken-over "mode $(stat -c %a "$work/taken/x")" \
	test "$(stat -c '%a %U' "$work/taken/x")" = "755 $(id -un)"

# ---- what is shown --------------------------------------------------------------------------------

for where in console died; do
	text='\033[2J\033]0;evil\007\xc2\x9b31m\xe2\x80\xae\x7fX'
	if [ $where = died ]; then
		report "ready\ndied of $text\n"
	else
		report 'ready\n' "$text\n"
	fi
	boot "$work/odd"
	if [ "$code" != 125 ] || ! grep -q X "$work/err"; then
		not_ok "$where-is-shown" "exit $code: $(said | cat -v)"
	elif has_controls "$work/err" || grep -qaF $'\xe2\x80\xae' "$work/err"; then
		not_ok "$where-is-shown" "control characters: $(cat -v "$work/err")"
	else
		ok "$where-is-shown"
	fi
done
check canary-is-silent "something of a guest was run" test ! -e "$canary"
exit "$failed"
