#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody else may write to the folder of an image, and exchanges it for a file that root alone may
# read: after system calls of a run, from when it looks the path up until it waits for mkfs. The
# file stays as it is; what is measured is what was inspected.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT

if ! can_loop || ! command -v mkfs.ext4 >/dev/null; then
	skip exchange "not root, no loop devices, or no mkfs.ext4"
	exit 0
fi
"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O1 -o "$work/kill-at" "$(dirname "$0")/kill-at.c" ||
	exit 1
secret=$work/root/secret
victim=$work/user/image
mkdir "$work/root" "$work/user"
(umask 077 && yes 'of root alone' | head -c 3M >"$work/of-root")
of_root=$(sha256sum <"$work/of-root")

command=("$program" run --device "$victim" --fs ext4 --state hole --load none --sync none
	--pages 4 --suite cover-letter -o "$work/result.json")
calls=0 refused=0 taken=0
changed='' strange=''
# exchanges NAME FIRST SECOND: one of the two files lies where run looks, then the other one; after
# each of the first calls, which open and look, then after every fifth.
exchanges() {
	local call
	for ((call = 1; call < 5000; call += call < 50 ? 1 : 5)); do
		rm -f "$victim" "$secret" "$work/result.json"
		truncate -s 4M "$2"
		cp --preserve=mode "$work/of-root" "$3"
		code=0
		"$work/kill-at" exchange "$call" "$victim" "$secret" "${command[@]}" >"$work/out" \
			2>"$work/err" </dev/null || code=$?
		[ "$code" != 1 ] || return # it waits for mkfs, or has refused
		calls=$((calls + 1))
		case $code-$(tail -n 1 "$work/err") in
		"0-status 0") taken=$((taken + 1)) ;;
		"0-status 1") refused=$((refused + 1)) ;;
		*) strange="exit $code at call $call, $1: $(said)" ;;
		esac
		# By now it lies at the other's path.
		[ "$(sha256sum <"$2")" = "$of_root" ] || changed+=" $call ($1)"
	done
}
exchanges 'the image first' "$victim" "$secret"
exchanges 'the other first' "$secret" "$victim"
check exchange-runs "${strange:-$calls calls}" test -z "$strange" -a "$calls" -gt 80
check exchange-leaves-the-other-file "changed after call$changed" test -z "$changed"
check exchange-measures-what-was-found "$taken taken, $refused refused" \
	test "$taken" -gt 20 -a "$refused" -gt 20
echo "# $calls exchanges: $taken measured, $refused refused"
exit "$failed"
