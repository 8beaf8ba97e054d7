#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/kernel on a small package source of its own: SIGKILL at any moment, kernels that changed in the
# cache, sources that nobody signed, caches of others.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'kill_marked "$mark"; rm -rf "$work"' EXIT
mark=syncfault-mark-$$-$(date +%s%N)
chmod 711 "$work"
unset XDG_CACHE_HOME
# Where another user can run it too.
mkdir -p "$work/scripts" "$work/home" "$work/tmp"
cp -r "$root"/scripts/{kernel,lib} "$work/scripts/"
export HOME=$work/home TMPDIR=$work/tmp
kernels=$HOME/.cache/syncfault/kernels
release=9.9.1+test1-amd64

for tool in gpg gpgv dpkg-deb apt-get depmod; do
	command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || {
		skip kernel-fetch "no $tool"
		exit 0
	}
done

# ---- a source with one kernel ---------------------------------------------------------------------

package=$work/package modules=$work/package/lib/modules/$release
mkdir -p "$package"/{DEBIAN,boot} "$modules/kernel"
printf '%s\n' "Package: linux-image-$release" 'Version: 9.9.1-1' 'Architecture: amd64' \
	'Maintainer: nobody <nobody@example.org>' 'Description: a kernel' >"$package/DEBIAN/control"
echo CONFIG_X=y >"$package/boot/config-$release"
head -c 3000000 /dev/urandom >"$package/boot/vmlinuz-$release"
for i in {1..50}; do
	seq "${i}0000" "${i}4000" >"$modules/kernel/module$i.ko"
done
touch "$modules/modules."{order,builtin}

make_source() { # FOLDER
	mkdir -p "$1/dists/x/main/binary-amd64"
	local list=$1/dists/x/main/binary-amd64/Packages
	cp "$work/kernel.deb" "$1/kernel.deb"
	{
		cat "$package/DEBIAN/control"
		echo "Filename: kernel.deb"
		echo "Size: $(stat -c %s "$1/kernel.deb")"
		echo "SHA256: $(sha256sum <"$1/kernel.deb" | cut -d ' ' -f 1)"
	} >"$list"
	{
		printf '%s\n' 'Origin: Test' 'Suite: x' 'Codename: x' 'Components: main' 'Architectures: amd64' \
			"Date: $(date -Ru)" 'SHA256:'
		echo " $(sha256sum <"$list" | cut -d ' ' -f 1) $(stat -c %s "$list") main/binary-amd64/Packages"
	} >"$1/dists/x/Release"
}
sign() { # FOLDER KEY: leaves no Release without a signature
	gpg --batch --quiet --yes --homedir "$work/$2" --clearsign -o "$1/dists/x/InRelease" "$1/dists/x/Release" &&
		rm "$1/dists/x/Release"
}
make_key() { # NAME
	mkdir -m 700 "$work/$1"
	gpg --batch --quiet --homedir "$work/$1" --passphrase '' --quick-gen-key "$1 <$1@example.org>" rsa2048 sign never
	gpg --batch --quiet --homedir "$work/$1" --export >"$work/$1.gpg"
}
# The machine's apt is this: SOURCE is its one line, MORE is configuration.
use_source() { # SOURCE MORE
	rm -rf "$work/apt"
	mkdir -p "$work/apt"/{etc/sources.list.d,state/lists/partial,cache/archives/partial}
	: >"$work/apt/status"
	printf '%s\n' "$1" >"$work/apt/etc/sources.list"
	cat >"$work/apt.conf" <<END
Dir::Etc "$work/apt/etc";
Dir::Etc::Parts "$work/apt/none";
Dir::Etc::Trusted "$work/apt/none";
Dir::Etc::TrustedParts "$work/apt/none";
Dir::State "$work/apt/state";
Dir::State::status "$work/apt/status";
Dir::Cache "$work/apt/cache";
Dir::Log "$work/apt";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
${2-}
END
	apt-get -qq update >"$work/update" 2>&1
}
export APT_CONFIG=$work/apt.conf

dpkg-deb --root-owner-group -Znone --build "$package" "$work/kernel.deb" >/dev/null
if ! make_key known 2>"$work/err" || ! make_key unknown 2>"$work/err"; then
	skip kernel-fetch "gpg makes no key here: $(said)"
	exit 0
fi
for name in signed unsigned stranger; do
	make_source "$work/$name"
done
sign "$work/signed" known
sign "$work/stranger" unknown
trusted="deb [signed-by=$work/known.gpg] file:$work"

fetch() { # VERSION
	code=0
	SYNCFAULT_TEST_MARK=$mark "$work/scripts/kernel" fetch "debian:$1" >"$work/out" 2>"$work/err" </dev/null || code=$?
}
has_line() { [ "$(grep -cE "$1" "$work/err")" = 1 ]; }
is_fetched() { [ "$code" = 0 ] && [ "$(cat "$work/out")" = "$kernels/$release" ]; }
holds_kernel() { # the package's files, byte for byte
	cmp "$kernels/$release/vmlinuz" "$package/boot/vmlinuz-$release" &&
		diff -r --exclude='modules.*' "$kernels/$release/lib/modules" "$package/lib/modules"
}
entries() { find "$kernels" -mindepth 1 -maxdepth 1 ! -name .lock -printf '%f ' 2>/dev/null; }

# ---- sources without a signature ------------------------------------------------------------------

refused_source() { # NAME SOURCE MORE PATTERN
	use_source "$2" "$3"
	fetch 9.9
	check "$1" "exit $code: $(entries) $(said)" test "$code" = 1 -a -z "$(entries)" -a ! -s "$work/out"
	check "$1-is-said" "$(said)" has_line "$4"
}
insecure='Acquire::AllowInsecureRepositories "true"; Acquire::AllowWeakRepositories "true"; APT::Get::AllowUnauthenticated "true";'
refused='^kernel: linux-image-.*its package source is not signed.*refused$'
refused_source unsigned-source-marked-trusted "deb [trusted=yes] file:$work/unsigned x main" '' "$refused"
refused_source unsigned-source-allowed "deb file:$work/unsigned x main" "$insecure" "$refused"
refused_source unknown-key-marked-trusted "deb [trusted=yes signed-by=$work/known.gpg] file:$work/stranger x main" '' "$refused"
refused_source unknown-key-allowed "$trusted/stranger x main" "$insecure" "$refused"
use_source '' ''
printf '%s\n' 'Types: deb' "URIs: file:$work/unsigned" 'Suites: x' 'Components: main' 'Trusted: yes' \
	>"$work/apt/etc/sources.list.d/x.sources"
apt-get -qq update >"$work/update" 2>&1
fetch 9.9
check unsigned-source-of-deb822 "exit $code: $(entries) $(said)" test "$code" = 1 -a -z "$(entries)"
check unsigned-source-of-deb822-is-said "$(said)" has_line "$refused"
if is_root; then
	# Here fetch updates the lists itself, which apt refuses.
	refused_source unsigned-source "deb file:$work/unsigned x main" '' '^kernel: no Debian kernel 9.9: .*not signed'
else
	skip unsigned-source "needs root: package lists are updated"
fi

# ---- digests --------------------------------------------------------------------------------------

use_source "$trusted/signed x main" ''
fetch 9.9
check fetched "exit $code: $(said) $(cat "$work/update")" is_fetched
check fetched-is-the-package "$(said)" holds_kernel
check cache-is-0700 "$(stat -c '%a %n' "$HOME/.cache/syncfault" "$kernels")" \
	test "$(stat -c %a "$HOME/.cache/syncfault" "$kernels" | uniq)" = 700
chmod 755 "$HOME/.cache/syncfault" "$kernels"
fetch 9.9
check cache-becomes-0700 "$(stat -c '%a %n' "$HOME/.cache/syncfault" "$kernels")" \
	test "$(stat -c %a "$HOME/.cache/syncfault" "$kernels" | uniq)" = 700
check fetched-once "exit $code: $(said)" test "$code" = 0 -a ! -s "$work/err"
deb_is_recorded() { grep -q "^$(sha256sum <"$work/kernel.deb" | cut -d ' ' -f 1) " "$kernels/$release/deb"; }
check deb-is-recorded "$(cat "$kernels/$release/deb")" deb_is_recorded

# In the place of apt: no network.
mkdir "$work/bin"
printf '#!/bin/sh\necho "E: no network" >&2\nexit 100\n' >"$work/bin/apt-get"
chmod +x "$work/bin/apt-get"
altered() { # NAME FILE COMMAND…: in the folder of the kernel
	local name=$1 file=$2 online=$PATH
	shift 2
	(cd "$kernels/$release" && "$@") || not_ok "$name" "was not altered"
	PATH=$work/bin:$PATH
	fetch 9.9
	PATH=$online
	check "$name-offline-is-refused" "exit $code: $(cat "$work/out" "$work/err")" test "$code" = 1 -a ! -s "$work/out"
	check "$name-offline-is-said" "$(said)" has_line "^kernel: $pattern .*not what was fetched \($file\), and cannot.*refused$"
	fetch 9.9
	check "$name-is-fetched-again" "exit $code: $(said)" is_fetched
	check "$name-is-said" "$(said)" has_line "^kernel: $pattern .*not what was fetched \($file\): fetching"
	check "$name-is-whole-again" "$(entries)" holds_kernel
	check "$name-leaves-nothing" "$(entries)" test "$(entries)" = "$release "
}
pattern=${release//+/.}
in_module=lib/modules/$release/kernel/module7.ko
altered truncated-image vmlinuz truncate -s 1000000 vmlinuz
altered empty-module "${in_module//+/.}" truncate -s 0 "$in_module"
altered one-bit "${in_module//+/.}" sh -c "printf x | dd of='$in_module' bs=1 seek=9000 conv=notrunc status=none"
altered file-is-gone "lib/modules/$pattern/modules.dep" rm "lib/modules/$release/modules.dep"
altered file-is-a-link config ln -sf /etc/hostname config
altered one-more-file evil.ko cp vmlinuz evil.ko
altered empty-digests '[a-z/]*' truncate -s 0 digests
# As earlier versions left it.
rm "$kernels/$release/digests"
PATH=$work/bin:$PATH fetch 9.9
check without-digests-offline "exit $code: $(said)" is_fetched
check without-digests-is-said "$(said)" has_line "^kernel: .*kept no digests: taken as it is from now on"
PATH=$work/bin:$PATH fetch 9.9
check without-digests-is-said-once "exit $code: $(said)" test "$code" = 0 -a ! -s "$work/err"

# Four at once, and all of them find it whole.
rm -rf "${kernels:?}/$release"
pids=()
for i in 1 2 3 4; do
	"$work/scripts/kernel" fetch debian:9.9 >"$work/out.$i" 2>"$work/err.$i" </dev/null &
	pids+=($!)
done
why=''
for pid in "${pids[@]}"; do
	wait "$pid" || why+="exit $?; "
done
[ "$(cat "$work"/out.? | uniq)" = "$kernels/$release" ] || why+=$(cat "$work"/out.? "$work"/err.?)
[ "$(cat "$work"/err.? | grep -c downloading)" = 1 ] || why+=$(cat "$work"/err.?)
check four-fetches-at-once "$why" holds_kernel
check four-fetches-at-once-download-once "$why" test -z "$why" -a "$(entries)" = "$release "

# A cache on a read-only disk serves what it holds.
fetch_read_only() {
	code=0
	# shellcheck disable=SC2016 # its own arguments
	unshare --mount sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" fetch debian:9.9' \
		_ "$HOME/.cache" "$work/scripts/kernel" >"$work/out" 2>"$work/err" </dev/null || code=$?
}
if is_root && unshare --mount true 2>/dev/null; then
	fetch_read_only
	check read-only-cache "exit $code: $(said)" test "$code" = 0 -a ! -s "$work/err"
	mv "$kernels/$release/digests" "$work/"
	fetch_read_only
	check read-only-without-digests "exit $code: $(said)" is_fetched
	check read-only-without-digests-is-said "$(said)" has_line "^kernel: .*kept no digests: taken as it is$"
	mv "$work/digests" "$kernels/$release/"
	echo >>"$kernels/$release/config"
	fetch_read_only
	check read-only-and-altered "exit $code: $(said)" \
		test "$code" = 1 -a ! -s "$work/out" -a "$(wc -l <"$work/err")" = 1
else
	skip read-only-cache "needs root and a mount namespace"
fi

# ---- SIGKILL --------------------------------------------------------------------------------------

rm -rf "$kernels"
began=$(date +%s%N)
fetch 9.9
took=$((($(date +%s%N) - began) / 1000000))
gone() { [ -z "$(marked "$mark")" ]; }
# What a kill left is whole or not there, and at most one folder of work is beside it.
after_kill() {
	[ ! -e "$kernels/$release" ] || holds_kernel || echo "is not whole"
	[ "$(entries | wc -w)" -le 2 ] || echo "left $(entries)"
}
why=''
for i in {0..9}; do
	rm -rf "${kernels:?}/$release"
	SYNCFAULT_TEST_MARK=$mark setsid "$work/scripts/kernel" fetch debian:9.9 >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	sleep "$(printf '%d.%03d' $((took * i / 10000)) $((took * i / 10 % 1000)))"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	poll 30 gone || why+="moment $i: processes are left; "
	why+=$(after_kill)
	[ -z "$(ls -A "$TMPDIR")" ] || why+="moment $i: left $(ls -A "$TMPDIR") in TMPDIR; "
done
check kernel-killed-at-ten-moments "$why" test -z "$why"
# Nor could a kill at any other moment: apt and dpkg have their own files in the folder of work.
mkdir "$work/tools"
for tool in apt-get dpkg-deb; do
	# shellcheck disable=SC2016 # for the shell of that script
	printf '#!/bin/sh\necho "%s: $TMPDIR" >>%s\nexec %s "$@"\n' $tool "$work/tmpdirs" "$(command -v $tool)" >"$work/tools/$tool"
done
chmod +x "$work"/tools/*
rm -rf "${kernels:?}/$release"
PATH=$work/tools:$PATH fetch 9.9
check tools-keep-to-the-folder-of-work "$(uniq "$work/tmpdirs")" \
	test "$(sed "s|[.][^.]*$||" "$work/tmpdirs" | sort -u)" = "$(printf '%s\n' {apt-get,dpkg-deb}": $kernels/.fetch")"
rm -rf "${kernels:?}/$release"
fetch 9.9
check kernel-after-kills "exit $code: $(said)" is_fetched
check kernel-after-kills-is-whole "$(entries)" holds_kernel
check kernel-kills-leave-nothing "$(entries)" test "$(entries)" = "$release "

# ---- users ----------------------------------------------------------------------------------------

if is_root && as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; } && as_nobody true 2>/dev/null; then
	mkdir "$work/nobody" && chown 65534:65534 "$work/nobody"
	chmod 1777 "$TMPDIR"
	fetch_as() { # HOME COMMAND…
		local home=$1
		shift
		code=0
		HOME=$home "$@" "$work/scripts/kernel" fetch debian:9.9 >"$work/out" 2>"$work/err" </dev/null || code=$?
	}
	sed -i 's/^APT::Sandbox.*//' "$work/apt.conf"
	fetch_as "$work/nobody" as_nobody
	check another-user-has-a-cache "exit $code: $(said)" \
		test "$code" = 0 -a "$(stat -c '%U %a' "$work/nobody/.cache/syncfault")" = "$(id -un 65534) 700"
	was=$(find "$work/nobody" "$HOME" -printf '%p %u %m %T@\n' | sort)
	# Root with the home of another: not that one's cache, but root's own (which is not for a test).
	fetch_as "$work/nobody" env XDG_CACHE_HOME="$work/nobody/.cache"
	check cache-of-another "exit $code: $(cat "$work/out") $(said)" test "$code" = 1 -a ! -s "$work/out"
	check cache-of-another-is-said "$(said)" \
		test "$(grep -c "belongs to $(id -un 65534), not to $(id -un)" "$work/err") $(wc -l <"$work/err")" = '1 1'
	own=$(bash -c 'fail() { echo "$2"; exit "$1"; }; . "$1"; HOME=$2; find_cache none-of-it; echo "$cache"
		rmdir "$cache"' _ "$work/scripts/lib/cache.bash" "$work/nobody" 2>&1)
	check home-of-another-is-not-used "$own" \
		test "$own" = "$(getent passwd 0 | cut -d : -f 6)/.cache/syncfault/none-of-it"
	chmod 755 "$work/home" "$HOME/.cache" "$HOME/.cache/syncfault"
	fetch_as "$HOME" as_nobody env XDG_CACHE_HOME="$HOME/.cache"
	check cache-of-root "exit $code: $(said)" test "$code" = 1 -a "$(wc -l <"$work/err")" = 1
	chmod 700 "$HOME/.cache/syncfault"
	now=$(find "$work/nobody" "$HOME" -printf '%p %u %m %T@\n' | sort)
	check nothing-of-anybody-changed "$(diff <(echo "$was") <(echo "$now"))" \
		test "$(wc -l <<<"$was")" = "$(wc -l <<<"$now")"
	fetch_nowhere() { env -u HOME -u XDG_CACHE_HOME setpriv --reuid 12345 --clear-groups "$@"; }
	fetch_as '' fetch_nowhere
	check no-home-and-no-such-user "exit $code: $(said)" \
		test "$code" = 1 -a "$(grep -c '^kernel: you have no home' "$work/err") $(wc -l <"$work/err")" = '1 1'
	# A link to a folder of another, and a folder inside that is another's.
	mkdir "$work/linked" && ln -s "$work/nobody" "$work/linked/syncfault"
	fetch_as "$HOME" env XDG_CACHE_HOME="$work/linked"
	check cache-is-a-link-to-another "exit $code: $(said)" test "$code" = 1 -a "$(wc -l <"$work/err")" = 1
	mkdir -p "$work/mixed/syncfault/kernels" && chown 65534 "$work/mixed/syncfault/kernels"
	fetch_as "$HOME" env XDG_CACHE_HOME="$work/mixed"
	check folder-of-another-in-the-cache "exit $code: $(said)" test "$code" = 1 -a "$(wc -l <"$work/err")" = 1
else
	skip two-users "needs root"
fi
left() { find "$TMPDIR" -mindepth 1; }
check nothing-left-in-TMPDIR "$(left)" test -z "$(left)"
exit "$failed"
