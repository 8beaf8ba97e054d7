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

# What QEMU says and ends with.
qemu_log='' qemu_ends=33 crashes_at=''
# scripts/guest from the end of QEMU on. $code, $work/out (the status of the command), $work/err.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # variables and functions of scripts/guest
boot() { # FOLDER
	code=0
	printf '%b' "$qemu_log" >"$work/guest/qemu.log"
	: >"$work/guest/crash.log"
	(
		set -euo pipefail
		to=$1 here=$root/scripts lib=$root/scripts/lib out=$work/out_of_guest
		fail() { echo "guest: $2" >&2 && exit "$1"; }
		for part in guest/machine guest/boot printable guest/outcome guest/out; do
			# shellcheck source=/dev/null
			source "$lib/$part.bash"
		done
		work=$TEST_WORK/guest counts_flushes='' crash_at=$crashes_at time_limit=9
		write_job() { :; }
		run_qemu() { qemu_status=$qemu_ends; }
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
# Names of users, and of headers it does not know, tar shows as they are.
evil=$'\033[2J\033]0;evil\007\xc2\x9b31m\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf\xd8\x9c\xf3\xa0\x81\x81\x7fX'
shows() { # NAME PATTERN: on stderr, and nothing that steers
	if has_controls "$work/err" || grep -qaF $'\xe2\x80\xae' "$work/err" || ! grep -qaE "$2" "$work/err"; then
		not_ok "$1" "$(cat -v "$work/err")"
	else
		ok "$1"
	fi
}
special() { # pipe or header: one that somebody owns whose name steers, one that has such a name
	/usr/bin/python3 - "$1" "$evil" <<'END'
import sys, tarfile
kind, evil = sys.argv[1:]
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
    file = tarfile.TarInfo("x")
    if kind == "pipe":
        file.type, file.uname = tarfile.FIFOTYPE, evil
    else:
        file.pax_headers = {evil: "1"}
    tar.addfile(file)
END
}
archive special pipe
refused_archive pipe-of-a-user-who-steers
shows owner-is-shown '^guest: neither a file nor a folder .* prw'
archive special header
report_all
boot "$work/odd"
check header-that-is-unknown "exit $code: $(said | cat -v)" test "$code" = 0 -a -e "$work/odd/x"
shows header-is-shown "^tar: Ignoring .*X'$"
rm -rf "$work/odd"
# Of a header, its text and one file, without an end.
cut_header() { special header | head -c 1536 && head -c 20000 /dev/urandom; }
archive cut_header
refused_archive header-and-random-bytes
shows header-is-shown-that-was-refused "^guest: what it left in /out is no archive: tar: Ignoring .*X'$"
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
archive tar --owner=12345 --group=12345 -cf - -C "$tree" x
report_all
rm -rf "$work/taken"
(umask 022 && boot "$work/taken")
check rights-are-not-taken-over "mode $(stat -c %a "$work/taken/x")" \
	test "$(stat -c '%a %U' "$work/taken/x")" = "755 $(id -un)"

# ---- what is shown --------------------------------------------------------------------------------

# With a NUL before it: what makes grep hold a text for no text.
shown() { # NAME PATTERN
	boot "$work/odd"
	check "$1-is-a-death" "exit $code: $(said | cat -v)" test "$code" = 125 -a ! -e "$work/odd"
	shows "$1-is-shown" "$2"
}
text='\000\033[2J\033]0;evil\007\xc2\x9b31m\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf\xd8\x9c\xf3\xa0\x81\x81\x7fX'
report "ready\ndied of $text\n"
shown died '^guest: the guest died while the command ran: of .*X$'
report 'ready\n' "$text\n"
shown console '^console: .*X$'
report 'ready\n' "${text}Kernel panic - $text\n"
qemu_ends=0
shown panic '^guest: the guest died while the command ran: Kernel panic - .*X$'
report 'ready\n'
qemu_log="$text\n" qemu_ends=1
shown qemu '^qemu: .*X$'
qemu_log='' qemu_ends=33 crashes_at=7
report "exit $text\nfiles 0\nexit 3\n"
boot "$work/odd"
check end-before-the-crash "exit $code: $(said | cat -v)" test "$code" = 1
shows end-before-the-crash-is-shown 'the command ended before that, with status 3$'
crashes_at=''

# The same where scripts/guest is run by others: each in a folder where a guest says such a text.
mkdir -p "$work/root/scripts" "$work/root/build" "$work/root/bench"
cp -r "$root"/scripts/{lib,reproduce,worst-case,baselines,kernel-history} "$work/root/scripts/"
ln -s "$root/bench/suites" "$work/root/bench/suites"
echo all: >"$work/root/Makefile"
for name in scripts/deps build/syncfault; do
	printf '#!/bin/sh\n' >"$work/root/$name"
done
cat >"$work/root/scripts/kernel" <<'END'
#!/bin/sh
[ "$1" = fetch ] || echo 'cached   debian:6.12.1'
END
cat >"$work/root/scripts/guest" <<'END'
#!/bin/bash
printf "$SAYS" >&2
while [ "$1" != --out ]; do shift; done
[ -z "$LEAVES" ] || { mkdir -p "$2" && printf '{"cells": [{"status": "%s"}]}' "$LEAVES" >"$2/result.json"; }
exit 1
END
chmod +x "$work/root"/{scripts/{deps,kernel,guest},build/syncfault}
# What a guest leaves is JSON, with the same in it.
escaped='\\u001b[2J\\u009b31m\\u202e\\u007fX'
for words in reproduce worst-case 'baselines --suite interface debian:6.12' \
	"kernel-history --kernels 6.12 --fs xfs -o $work/kept"; do
	read -ra words <<<"$words"
	SAYS="$text\n" LEAVES='' OUT=$work/kept "$work/root/scripts/${words[0]}" "${words[@]:1}" \
		>"$work/err" 2>&1 </dev/null
	shows "${words[0]}-shows-what-a-guest-says" 'X( |$)'
done
SAYS='' LEAVES=$escaped OUT=$work/kept "$work/root/scripts/baselines" --suite interface debian:6.12 \
	>"$work/err" 2>&1 </dev/null
shows baselines-shows-a-status '/interface.json: 1 .*X$'
/usr/bin/python3 -B -c 'import sys
sys.path.insert(0, sys.argv[1])
import guarantee_trials
guarantee_trials.say(sys.argv[2])' "$work/root/scripts/lib/guarantee" "$evil" 2>"$work/err"
shows verify-guarantee-shows-what-a-guest-says 'X$'

# ---- how much it may write ------------------------------------------------------------------------

# In the place of QEMU: writes a byte of the file in which what a guest WRITES arrives, and ends.
mkdir "$work/bin"
cat >"$work/bin/qemu-system-x86_64" <<'END'
#!/bin/bash
for word; do
	case $word in file,id="$WRITES",path=*) file=${word#*path=} ;; esac
done
exec dd if=/dev/zero of="$file" bs=1 count=1 seek="$AT"
END
chmod +x "$work/bin/qemu-system-x86_64"
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # as in boot()
write() { # WHAT AT: sets why
	why=$(
		set -uo pipefail
		here=$root/scripts lib=$root/scripts/lib
		for part in guest/machine guest/boot guest/outcome guest/out; do
			# shellcheck source=/dev/null
			source "$lib/$part.bash"
		done
		work=$TEST_WORK/guest PATH=$TEST_WORK/bin:$PATH ram=64M cpus=1 clock=time clock_options=()
		is_host_root='' virtio_pmem='' nvdimms=() crash_at='' counts_flushes='' time_limit=60
		kernel_file=none kernel_line=none
		export WRITES=$1 AT=$2
		run_qemu
		touch "$work/status" "$work/console"
		cause_of_death
	) 2>"$work/err"
}
for what in status console; do
	write $what $((256 << 20))
	check "$what-beyond-256-MiB" "it is: $why $(said)" \
		test "$why" = 'it wrote more than the files that it has here may hold'
	write $what $(((256 << 20) - 1))
	check "$what-of-256-MiB" "it is: $why $(said)" \
		test "$why" = 'it was switched off or reset before the command had ended'
done
rm -f "$work/guest"/{status,console,files}
check canary-is-silent "something of a guest was run" test ! -e "$canary"
exit "$failed"
