#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The index of syncfault history: it changes no answer, whatever is in it or beside the results; where
# it lies, and who may have put it there. Root is needed for what belongs to another user.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

kernels=$root/results/baselines/kernels
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME=$work/cache
damages=${DAMAGES:-100}

same() { cmp -s "$1" "$2"; }
history_of() { run history --json "$@"; }
tool() { /usr/bin/python3 "$root/tests/cli/index.py" "$@"; }
index_of() { # FOLDER: where its index lies
	printf '%s/syncfault/index-%.32s.sqlite' "$XDG_CACHE_HOME" "$(printf %s "$(realpath "$1")" | sha256sum)"
}
# What changed within two seconds is not put into an index.
settle() { sleep 2.1; }
# An answer without an index, and one line at most. As $as, where that is set.
answers() { # NAME EXPECTED [told]: of the folder `indexed`
	history_of --index always indexed
	check "$1-changes-nothing" "exit $code: $(said)" same out "$2"
	if [ "${3-}" = told ]; then
		check "$1-is-told" "$(said)" is_one_line
	else
		check "$1-says-nothing" "$(said)" test ! -s err
	fi
}

cp -r "$kernels" indexed
mkdir many
for ((i = 0; i < 300; i++)); do cp "$kernels/6.1.0-47-amd64/xfs-seed-0.json" "many/$i.json"; done
settle
index=$(index_of indexed)

# Where it lies. Nothing of it is beside the results.
history_of --index never indexed
cp out never
check index-never "there is one" test ! -e cache
find indexed | sort >listing
umask 000
history_of --index always indexed
umask 022
check index-is-made "none: $(said)" test -s "$index"
check index-is-for-its-user "$(stat -c %a "$index" cache/syncfault cache)" \
	test "$(stat -c %a "$index" cache/syncfault cache | tr '\n' ' ')" = '600 700 700 '
check index-changes-nothing-when-made "another answer" same out never
check index-is-not-in-the-folder "$(find indexed -name '*sqlite*')" same <(find indexed | sort) listing
answers index never
run history many
check many-results-are-indexed "$(said)" test -s "$(index_of many)"
check runs-of-one-build "$(head -c 80 out)" grep -qF '1 build' out
run history --index never many
cp out many-never
run history many
check many-from-the-index "another answer" same out many-never
mkdir cache-of-dashboard
XDG_CACHE_HOME=$work/cache-of-dashboard run dashboard many -o - # one build: its page has no comparison
check dashboard-has-the-index "exit $code: $(said)" test -s cache-of-dashboard/syncfault/index-*.sqlite
ln -s indexed linked
history_of --index always linked
check a-linked-folder-has-the-same-index "$(ls cache/syncfault)" test "$(find cache -name '*.sqlite' | wc -l)" = 2
rm linked

# It is what is read, as long as a file is what it was.
cp "$index" whole
forged='UPDATE cell SET p50 = 1, p90 = max(p90, 1) WHERE p50 IS NOT NULL'
tool forge "$index" "$forged"
history_of --index always indexed
cp out forged
check index-is-what-is-read "the files were read" test "$(cmp out never 2>&1)" != ''
touch indexed/*/*.json
settle
answers the-same-text-in-a-new-state forged
answers its-state-is-kept forged
victim=indexed/6.1.0-50-amd64/ext4-seed-0.json
rm "$index"
history_of --index always indexed
cp "$victim" victim.json
modified=$(stat -c %y "$victim")
# As many bytes, and the time put back: only its ctime says that it is another.
jq -c '.cells |= map(if .latency then .latency |= (del(.hist_ns) | .p50 += 1) else . end)' victim.json >changed
truncate -s "$(stat -c %s victim.json)" changed
tr '\0' ' ' <changed >"$victim"
touch -d "$modified" "$victim"
check its-size-and-time-are-the-same "$(stat -c '%s %y' "$victim")" \
	test "$(stat -c '%s %y' "$victim")" = "$(stat -c %s victim.json) $modified"
history_of --index always indexed
cp out with
history_of --index never indexed
check a-changed-file-is-read-again "the index was read" same with out
check a-changed-file-is-another "it is not" test "$(cmp out never 2>&1)" != ''
cp victim.json "$victim"
settle
answers a-file-put-back never
rm -r indexed/6.1.0-50-amd64
history_of --index never indexed
cp out without
answers a-deleted-file without
check a-deleted-file-is-forgotten "$(tool dump "$index" | grep -c 6.1.0-50-amd64/)" \
	test "$(tool dump "$index" | grep -c 6.1.0-50-amd64/)" = 0
cp "$index" whole

# Beside the results: whatever has the old name is not opened, and nothing of it changes.
beside=many/syncfault-index.sqlite
attack() { # NAME
	find many -name 'syncfault-index*' -exec sha256sum {} + >before 2>/dev/null
	as=(timeout 60)
	run history many
	check "$1-changes-nothing" "exit $code: $(said)" same out many-never
	check "$1-says-nothing" "$(said)" test ! -s err
	run dashboard many -o -
	as=()
	check "$1-and-the-dashboard" "exit $code: $(said)" test "$code" = 0 -a ! -s err
	check "$1-stays-as-it-is" "$(ls -l many/syncfault*)" \
		same before <(find many -name 'syncfault-index*' -exec sha256sum {} + 2>/dev/null)
	check "$1-deletes-nothing" "the victim is gone" test "$(cat victim)" = precious
}
echo precious >victim
cp "$(index_of many)" $beside
tool journal $beside "$work/victim"
attack a-forged-journal
rm -f $beside-journal
tool run $beside 'PRAGMA journal_mode = WAL' "$forged"
head -c 4000 /dev/urandom >$beside-wal
attack a-forged-log
rm -f $beside*
ln -s "$work/planted" $beside
attack a-planted-link
check a-planted-link-is-not-followed "$(ls -l planted 2>&1)" test ! -e planted
rm $beside
mkdir -p pipes && mkfifo pipes/one && ln pipes/one $beside
as=(timeout 20)
run history many
as=()
check a-pipe-is-not-opened "exit $code" test "$code" = 0
rm $beside

# In the cache: a pipe or a link is neither an index nor what SQLite keeps beside one.
for end in '' -journal -wal -shm; do
	cp whole "$index"
	rm -f "$index$end"
	[ "$end" != -shm ] || tool run "$index" 'PRAGMA journal_mode = WAL'
	rm -f "$index$end"
	mkfifo "$index$end"
	as=(timeout 20)
	answers "a-pipe-at-index$end" without told
	as=()
	rm -f "$index$end"
	ln -s "$work/planted" "$index$end"
	answers "a-link-at-index$end" without told
	check "a-link-at-index$end-is-not-followed" "$(ls -l planted 2>&1)" test ! -e planted
	rm -f "$index$end" "$index"-*
done

# Random bytes: the same answer, and one line where the index was found to be damaged. No crash.
wrong=0 lines=0 unquiet=0
for ((seed = 0; seed < damages; seed++)); do
	cp whole "$index"
	rm -f "$index-journal" "$index-wal" "$index-shm"
	tool damage "$index" $seed
	as=(timeout 60)
	history_of --index always indexed
	as=()
	if [ "$code" != 0 ] || ! same out without; then
		wrong=$((wrong + 1))
		echo "# damage $seed: exit $code: $(said)"
	fi
	[ ! -s err ] || lines=$((lines + 1))
	[ ! -s err ] || is_one_line || unquiet=$((unquiet + 1))
done
check "damaged-indexes-change-nothing" "$wrong of $damages do" test $wrong = 0
check "damaged-indexes-say-one-line-at-most" "$unquiet of $damages say more" test $unquiet = 0
check "damage-is-found" "in $lines of $damages" test $lines -gt $((damages / 10))
echo "# $damages damaged indexes: $lines reported, the others not touched by it"

# A row that was changed is not used, and is put again.
changed() { # NAME SQL…: without a new seal
	cp whole "$index"
	tool run "$index" "${@:2}"
	answers "$1" without told
	answers "$1-is-repaired" without
}
changed a-figure-beyond-all 'UPDATE cell SET p50 = 1e308'
changed a-figure 'UPDATE cell SET p50 = p50 - 1'
changed a-name "UPDATE file SET release = 'x'"
changed a-place 'UPDATE cell SET place = place + 100'
changed fewer-cells 'DELETE FROM cell WHERE place = 3'
changed many-cells 'UPDATE file SET cells = 1000000000000'
changed a-lost-name 'UPDATE file SET suite = NULL'
one="'6.1.0-47-amd64/ext4-seed-0.json'" two="'6.1.0-47-amd64/xfs-seed-0.json'"
changed rows-of-another-file "UPDATE file SET (inode, size, mtime_ns, ctime_ns, text) = (SELECT inode, size,
	mtime_ns, ctime_ns, text FROM file WHERE path = $one) WHERE path = $two" \
	"DELETE FROM file WHERE path = $one" "UPDATE file SET path = $one WHERE path = $two"

# What is sealed, and yet could not be from a result, is not used either.
sealed() { # NAME SQL
	cp whole "$index"
	tool forge "$index" "$2"
	answers "$1" without told
}
sealed a-sealed-figure-beyond-all 'UPDATE cell SET p50 = 1e308, p90 = 1e308, p99 = 1e308, p999 = NULL'
sealed a-sealed-infinite-figure 'UPDATE cell SET p90 = 9e999, p99 = NULL, p999 = NULL'
sealed a-sealed-figure-below-0 'UPDATE cell SET p50 = -1'
sealed sealed-figures-in-no-order 'UPDATE cell SET p50 = p90 + 1'
sealed a-sealed-clock 'UPDATE file SET domain = 7'
sealed a-sealed-key "UPDATE cell SET key = replace(key, 'pages=512', 'pages=513')"
sealed a-sealed-endless-name "UPDATE file SET release = hex(zeroblob(40000))"

# In the place of the index: what is not one stays as it is; one that never ends is not asked.
cannot() { # NAME
	cp "$index" before 2>/dev/null
	as=(timeout 60)
	answers "$1" without told
	as=()
	check "$1-stays-as-it-is" "$(ls -l "$index")" same before "$index"
	rm -f "$index" "$index"-*
}
printf 'no database, but longer than its header is: %0200d' 0 >"$index"
cannot a-broken-index
head -c 3000 /dev/urandom >"$index"
cannot noise-for-an-index
rm -f "$index"
tool run "$index" 'CREATE TABLE file (photo)' 'INSERT INTO file VALUES (1)' 'PRAGMA user_version = 7'
cannot a-database-of-others
endless='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'
cp whole "$index"
tool run "$index" 'DROP TABLE cell' "CREATE VIEW cell AS SELECT i AS file, i AS place, '' AS key, 1 AS config,
	1 AS is_measured, 1 AS p50, 1 AS p90, 1 AS p99, 1 AS p999 FROM ($endless)"
cannot a-view-for-an-index
cp whole "$index"
tool run "$index" "CREATE TRIGGER t BEFORE DELETE ON file BEGIN SELECT count(*) FROM ($endless); END"
cannot a-trigger-in-an-index
cp "$(index_of many)" "$index"
cannot an-index-of-another-folder
echo 0123456789 >somebodys
ln -s "$work/somebodys" "$index"
cannot a-link-for-an-index
ln somebodys "$index"
cannot a-second-name-for-an-index
check what-links-lead-to-is-whole "$(cat somebodys)" test "$(cat somebodys)" = 0123456789
cp whole "$index"
chmod 666 "$index"
cannot an-index-that-others-can-write

# The place itself. The results are read without an index, and nothing is made there.
no_place() { # NAME: of $XDG_CACHE_HOME
	find "$work/places" -exec stat -c '%n %F %U %a %s' {} + 2>/dev/null | sort >before
	answers "$1" without told
	check "$1-is-left-alone" "$(find "$work/places" | head -c 300)" \
		same before <(find "$work/places" -exec stat -c '%n %F %U %a %s' {} + 2>/dev/null | sort)
}
mkdir -p places/{open,group,real}/syncfault places/linked
ln -s ../real/syncfault places/linked/syncfault
ln -s nowhere places/dangling
chmod 777 places/open
chmod 775 places/group/syncfault
XDG_CACHE_HOME=$work/places/open no_place a-cache-below-a-folder-that-others-can-write
XDG_CACHE_HOME=$work/places/group no_place a-cache-that-a-group-can-write
XDG_CACHE_HOME=$work/places/linked no_place a-link-for-our-folder
XDG_CACHE_HOME=$work/places/dangling no_place a-cache-that-leads-nowhere
XDG_CACHE_HOME='' HOME=x no_place no-place-at-all
ln -s real places/alias
XDG_CACHE_HOME=$work/places/alias answers a-cache-through-a-link without
check a-cache-through-a-link-is-used "$(ls places/real/syncfault)" test -s places/real/syncfault/index-*.sqlite
if is_root && command -v setpriv >/dev/null; then
	chmod 755 "$work"
	mkdir -p places/home places/home-with/.cache/syncfault
	cp whole "places/home-with/.cache/syncfault/${index##*/}"
	chown -R 65534:65534 places/home places/home-with
	XDG_CACHE_HOME='' HOME=$work/places/home no_place root-makes-nothing-in-the-home-of-another
	XDG_CACHE_HOME='' HOME=$work/places/home-with no_place root-does-not-open-the-index-of-another
	chown 0:0 places/home-with/.cache
	XDG_CACHE_HOME=$work/places/home-with/.cache no_place nor-where-only-the-last-folder-is-of-another
	as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	no_place_of_root() { XDG_CACHE_HOME=$work/cache no_place a-cache-of-root; }
	no_place_of_root
	XDG_CACHE_HOME=$work/places/home answers a-cache-of-its-own without
	as=()
	check a-cache-of-its-own-is-used "$(find places/home)" \
		test "$(stat -c '%u %a' places/home/syncfault/index-*.sqlite)" = '65534 600'
else
	skip an-index-of-another 'not root, or no setpriv'
fi

# Folders come and go: 64 indexes are kept, those that were used last.
for ((i = 0; i < 70; i++)); do
	: >cache/syncfault/index-old$i.sqlite
	: >cache/syncfault/index-old$i.sqlite-journal
	touch -d "2026-01-01 00:00:$((i % 60))" "cache/syncfault/index-old$i.sqlite"
done
: >cache/syncfault/other-file
rm -f "$index"
history_of --index always indexed
check indexes-are-bounded "$(ls cache/syncfault)" test "$(find cache/syncfault -name 'index-*.sqlite' | wc -l)" = 64
check old-journals-go-with-them "$(ls cache/syncfault)" test "$(find cache/syncfault -name '*-journal' | wc -l)" -lt 64
check what-is-in-use-stays "$(ls cache/syncfault)" test -s "$index" -a -s "$(index_of many)" -a -e cache/syncfault/other-file
exit "$failed"
