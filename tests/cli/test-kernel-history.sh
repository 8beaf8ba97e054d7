#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/kernel-history without a guest: which results it takes for an answer to what is asked, and
# which failures are its own. With a guest: tests/guest/test-kernel-history.sh.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT

# Two kernels, and a guest that leaves a result of whatever command it is given.
mkdir -p "$work/root/scripts" "$work/root/build"
cp -r "$root"/scripts/{lib,kernel-history} "$work/root/scripts/"
cat >"$work/root/scripts/kernel" <<'END'
#!/bin/sh
case $1 in
list) printf 'cached   debian:%s\n' 6.1.0-1 6.12.7 ;;
fetch) echo "/kernels/${2#debian:}-amd64" ;;
esac
END
cat >"$work/root/scripts/guest" <<'END'
#!/bin/bash
while [ "$1" != -- ]; do
	case $1 in
	--kernel) kernel=${2#debian:} && shift ;;
	--seed) seed=$2 && shift ;;
	--out) out=$2 && shift ;;
	esac
	shift
done
echo "$kernel $seed" >>"$BOOTS"
[[ ! $FAILS || $kernel != *$FAILS* ]] || exit 125
mkdir -p "$out"
printf '%s\n' syncfault "${@:3}" | jq -nR --arg kernel "$kernel" --argjson seed "$seed" '
	{cells: [{status: "ok"}], host: {kernel: $kernel}, guest: {seed: $seed}, command: [inputs]}' \
	>"$out/result.json"
END
printf '#!/bin/sh\n' >"$work/root/build/syncfault"
chmod +x "$work/root"/{scripts/{kernel,guest},build/syncfault}
unset SYNCFAULT
export BOOTS=$work/boots FAILS=''

# boots NAME EXIT NUMBER OPTION…: how many guests are booted
boots() {
	local name=$1 status=$2 number=$3
	shift 3
	: >"$BOOTS"
	code=0
	"$work/root/scripts/kernel-history" --fs ext4 -o "$work/kept" "$@" >"$work/out" 2>"$work/err" ||
		code=$?
	check "$name" "exit $code, $(wc -l <"$BOOTS") guests: $(said)" \
		test "$code $(wc -l <"$BOOTS")" = "$status $number"
}
one=(--kernels 6.1)
boots first 0 1 "${one[@]}"
check default-has-a-short-name "$(ls -R "$work/kept")" test -s "$work/kept/6.1.0-1-amd64/ext4-seed-0.json"
boots again 0 0 "${one[@]}"
boots another-kernel 0 1
boots another-seed 0 1 "${one[@]}" --seeds 2
boots another-suite 0 1 "${one[@]}" --suite interface
boots another-suite-again 0 0 "${one[@]}" --suite interface
boots another-load 0 1 "${one[@]}" --load copy
boots another-load-again 0 0 "${one[@]}" --load copy
boots load-of-another-suite 0 1 "${one[@]}" --load copy --suite interface
boots other-file-system 0 1 "${one[@]}" --fs xfs
boots the-first-is-still-there 0 0 "${one[@]}" --seeds 2

# A suite that is a file is what it holds, wherever it lies.
echo '{}' >"$work/my suite.json"
boots suite-of-a-file 0 1 "${one[@]}" --suite "$work/my suite.json"
mkdir "$work/there" && mv "$work/my suite.json" "$work/there/"
boots suite-of-a-moved-file 0 0 "${one[@]}" --suite "$work/there/my suite.json"
echo '{ }' >"$work/there/my suite.json"
boots suite-of-a-changed-file 0 1 "${one[@]}" --suite "$work/there/my suite.json"

# Under the short name there may be results of another command: they answer that one.
rm -r "$work/kept"
boots of-a-load 0 1 "${one[@]}" --load copy
mv "$work/kept/6.1.0-1-amd64"/ext4-{cover-letter-copy-,}seed-0.json
boots short-name-of-a-load 0 0 "${one[@]}" --load copy
boots short-name-is-taken 0 1 "${one[@]}"
check taken-name-is-kept "$(ls -R "$work/kept")" \
	holds "$work/kept/6.1.0-1-amd64/ext4-seed-0.json" '.command | index("copy")'
boots short-name-was-taken 0 0 "${one[@]}"

# The tracked results have the short names, and are found.
found() {
	local file name release fs load='' suite=cover-letter suite_file='' asked=cover-letter
	local out=$root/results/baselines/kernels
	# shellcheck source=scripts/lib/kernel-history.bash
	. "$root/scripts/lib/kernel-history.bash"
	for file in "$out"/*/*-seed-0.json; do
		release=${file%/*} fs=${file##*/}
		! find_name "${release##*/}" "${fs%%-*}" 0 || { echo "$file" && return 1; }
	done
}
check tracked-results-are-found "$(found)" found

# A failure is reported again where the same is asked for, and only there.
export FAILS=6.12
boots fails 1 1 --kernels 6.12
check names-the-failure "said: $(said)" \
	grep -q '1 not measured: see .*/6.12.7-amd64/ext4-seed-0.failed$' "$work/err"
boots other-kernels-failed 0 0 "${one[@]}"
boots other-loads-failed 0 1 "${one[@]}" --load fsync
boots fails-again 1 1
FAILS=''
boots succeeds 0 1
check failure-is-forgotten "$(ls -R "$work/kept")" test ! -e "$work/kept/6.12.7-amd64/ext4-seed-0.failed"

: >"$work/kept/6.1.0-1-amd64/ext4-interface-seed-0.json"
boots empty-is-no-answer 0 1 "${one[@]}" --suite interface
boots refuses-a-load 2 0 --load 'copy none'
boots refuses-a-suite 2 0 --suite 'a b'
exit "$failed"
