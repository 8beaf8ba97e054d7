#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# compare, history and dashboard find the same results in a folder: one rule for links, for names that
# begin with a dot, for depth and for what cannot be read. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

one=$root/tests/cli/data/compare-6.12/seed-0.json
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT

# How many results a command finds: not a second's work, and stopped if it does not end.
count_by() { # COMMAND FOLDER
	as=(timeout 60 ${user[@]+"${user[@]}"})
	case $1 in
	compare) run compare ${more[@]+"${more[@]}"} --json "$2" "$2" && found=$(jq .new.results "$work/out") ;;
	history) run history ${more[@]+"${more[@]}"} --index never --json "$2" && found=$(jq .files "$work/out") ;;
	dashboard) run dashboard ${more[@]+"${more[@]}"} "$2" -o - && found=$(grep -c 'class="raw"' "$work/out") ;;
	esac
	as=()
}
# finds NAME FOLDER COUNT: each of the three
finds() {
	local command found
	for command in compare history dashboard; do
		found=-
		count_by $command "$2"
		check "$1-for-$command" "exit $code, $found results: $(said)" test "$code:$found" = "0:$3"
	done
}
# refuses NAME FOLDER TEXT: each of the three, with one line that says TEXT
refuses() {
	local command found
	for command in compare history dashboard; do
		count_by $command "$2"
		check "$1-for-$command" "exit $code: $(said)" test "$code" != 0 -a "$(wc -l <"$work/err")" = 1 -a \
			"$(grep -cF -- "$3" "$work/err")" = 1
	done
}
user=() more=()

# 91 folders, each with links to all: without the rule there are more paths than could ever be walked.
mkdir "$work/ring"
for ((i = 0; i < 91; i++)); do mkdir "$work/ring/$i"; done
for ((i = 0; i < 91; i++)); do
	ln -s "$work"/ring/* "$work/ring/$i/"
done
cp "$one" "$work/ring/0/a.json"
cp "$one" "$work/ring/90/b.json"
finds links-to-each-other "$work/ring" 2

mkdir -p "$work/plain/.git" "$work/plain/below" "$work/elsewhere"
cp "$one" "$work/plain/a.json"
cp "$one" "$work/plain/below/b.json"
cp "$one" "$work/elsewhere/c.json"
ln -s ../elsewhere "$work/plain/link"
ln -s a.json "$work/plain/again.json"
ln "$work/plain/below/b.json" "$work/plain/below/hard.json"
finds links-out-are-left-out "$work/plain" 2
for command in compare history dashboard; do
	count_by $command "$work/plain"
	check "links-out-are-counted-for-$command" "$(said)" test "$(sort -u "$work/err" |
		grep -c 'warning: .*: left out 1 link to what is outside (--follow-links)')" = 1
done
more=(--follow-links)
finds links-out-are-followed-when-asked "$work/plain" 3
more=()
rm "$work/plain/link"
finds each-result-once "$work/plain" 2
echo '{' | tee "$work/plain/.a.json" "$work/plain/.json" "$work/plain/.git/a.json" >"$work/plain/notes.txt"
finds dot-files-are-left-out "$work/plain" 2

deep=$work/deep
for ((i = 0; i < 20; i++)); do deep+=/d; done
mkdir -p "$deep"
cp "$one" "$deep/a.json"
finds deep-folders-are-read "$work/deep" 1

# Links to everything: as many as there are, each is left out.
mkdir "$work/machine"
cp "$one" "$work/machine/a.json"
ln -s / "$work/machine/root"
ln -s /proc "$work/machine/proc"
ln -s /sys "$work/machine/sys"
ln -s "$work/plain/a.json" "$work/machine/b.json"
ln -s /dev/zero "$work/machine/c.json"
finds links-to-the-whole-machine "$work/machine" 1
check links-to-the-whole-machine-are-counted "$(said)" grep -q 'left out 5 links' "$work/err"
as=(timeout 60)
run history /proc
as=()
check proc-itself-ends "exit $code: $(said)" test "$code" = 1

mkdir "$work/broken"
cp "$one" "$work/broken/a.json"
ln -s nowhere "$work/broken/b.json"
refuses a-link-to-nowhere-is-reported "$work/broken" b.json

mkdir "$work/closed" "$work/closed/below"
cp "$one" "$work/closed/a.json"
chmod 000 "$work/closed/below"
if is_root && ! command -v setpriv >/dev/null; then
	skip a-closed-folder 'no setpriv here'
else
	is_root && user=(setpriv --reuid 65534 --regid 65534 --clear-groups) && chmod 755 "$work" "$work/closed"
	refuses a-closed-folder-is-reported "$work/closed" below
fi
exit "$failed"
