#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault history: the tracked kernels, the index, and what it refuses. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

here=$(cd "$(dirname "$0")" && pwd)
kernels=$(realpath "$here/../../results/baselines/kernels")
index=syncfault-index.sqlite
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME=$work/cache

has() { grep -qF -- "$1" "$work/out"; }
same() { cmp -s "$1" "$2"; }
fits() { (($(LC_ALL=C.UTF-8 wc -L <"$work/out") <= 100)); }
history_of() { run history --json "$@"; }
# A copy that is old enough for the index.
copy() {
	cp -r "$kernels" "$1" && find "$1" -name '*.json' -exec touch -d '2026-01-01' {} +
}
change() { # FILE FILTER: jq in place
	jq -c "$2" "$1" >"$work/changed" && mv "$work/changed" "$1"
}

# What was measured on every Debian kernel of 6.1 and 6.12.
run history "$kernels"
check history-exits-0 "exit $code, $(said)" test "$code$(cat err)" = 0
check history-fits-100-columns "$(LC_ALL=C.UTF-8 wc -L <out)" fits
check history-names-the-range 'no range' has 'git log v6.1.192..v6.12.100'
history_of "$kernels"
cp out plain
check one-change-in-two-series "$(jq -c '[.events[] | select(.kind == "change") | .first_bad]' out)" \
	holds out '[.events[] | select(.kind == "change")] | length == 1 and
		.[0].last_good == "6.1.0-56-amd64" and (.[0].first_bad | startswith("6.12."))'
check written-ext4-costs-a-fifth-more 'not found' holds out '[.events[0].parts[] | select(.figure == "p50"
	and (.key | test("^ext4/.*state=written/load=none/sync=none")))] | length == 1 and
	(.[0] | .ratio > 1.15 and .ratio < 1.3 and .p == null)'
check builds-in-order 'not in order' holds out '[.builds[].tag] | .[0] == "v6.1.170" and
	(index("v6.1.192") < index("v6.12.100"))'
# shellcheck disable=SC2016 # jq's
check series-have-a-point-a-build 'they have not' holds out '(.builds | length) as $n |
	.series | length > 60 and all(.points | length == $n)'
check p999-of-512-faults-is-not-told 'it is' holds out 'all(.series[]; .figure != "p99.9")'

is_schema() { /usr/bin/python3 -c '
import json, jsonschema, sys
validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
for path in sys.argv[2:]:
    validator.validate(json.load(open(path)))
' "$kernels/../../schema.json" "$kernels"/*/*.json; }
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
	check tracked-kernels-are-results 'against the schema' is_schema
else
	skip tracked-kernels-are-results 'no jsonschema here'
fi

# With an index, the same; and only while the file is what it was.
copy indexed
history_of --index never indexed
check index-never "there is one" test ! -e indexed/$index
cp out never
history_of --index always indexed
check index-is-made "none: $(said)" test -s indexed/$index
check index-changes-nothing-when-made "another answer" same out never
history_of --index always indexed
check index-changes-nothing-when-read "another answer" same out never
victim=indexed/6.1.0-50-amd64/ext4-seed-0.json
sed -i 's/"p50":\([0-9]\)/"p50":9/; s/"p90":[0-9]/"p90":9/; s/"p99":[0-9]/"p99":9/; s/"p999":[0-9]/"p999":9/;
	s/"max":[0-9]/"max":9/' "$victim"
touch -d '2026-01-01' "$victim"
history_of --index always indexed
check index-is-what-is-read "the file was read" same out never
touch -d '2026-01-02' "$victim"
history_of --index always indexed
check a-changed-file-is-read-again "the index was read" test "$(cmp out never 2>&1)" != ''
rm -r indexed/6.1.0-50-amd64
history_of --index always indexed
cp out without
history_of --index never indexed
check a-deleted-file-is-forgotten "another answer" same out without
printf 'no database, but longer than its header is: %0200d' 0 >indexed/$index
history_of --index always indexed
check a-broken-index-is-no-failure "exit $code" test "$code" = 0
check a-broken-index-changes-nothing "another answer" same out without
check a-broken-index-is-told "$(said)" is_one_line
head -c 3000 /dev/urandom >indexed/$index
history_of --index always indexed
check noise-for-an-index "exit $code" same out without
ln -sf "$work/planted" indexed/$index
history_of --index always indexed
check a-planted-link-is-no-index "exit $code: $(said)" same out without
check a-planted-link-is-not-followed "$(ls -l planted 2>&1)" test ! -e planted
check a-planted-link-is-told "$(said)" is_one_line
rm indexed/$index
ln -s indexed linked
history_of --index always linked
check a-linked-folder-has-an-index "$(said)" test -s indexed/$index
check an-index-has-mode-0644 "$(stat -c %a indexed/$index)" \
	test "$(stat -c %a indexed/$index)" = "$(printf %o $((0644 & ~$(umask))))"
rm indexed/$index linked
# In the place of an index: somebody's database, which stays as it is; one that never ends, or writes.
database() { # FILE SQL…
	/usr/bin/python3 -c 'import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
for text in sys.argv[2:]: database.executescript(text)' "$@"
}
schema_of() { /usr/bin/python3 -c 'import sqlite3, sys
print([row for row in sqlite3.connect(sys.argv[1]).iterdump()])' "$1"; }
not_an_index() { # NAME
	cp -P indexed/$index kept-index
	schema_of indexed/$index >before
	as=(timeout 20)
	history_of --index always indexed
	as=()
	check "$1-changes-nothing" "exit $code: $(said)" same out without
	check "$1-is-told" "$(said)" is_one_line
	schema_of indexed/$index >after
	check "$1-stays-as-it-is" "$(head -c 300 after)" same before after
	rm -f indexed/$index kept-index
}
database somebodys 'CREATE TABLE file (photo); INSERT INTO file VALUES (1); PRAGMA user_version = 7'
cp somebodys indexed/$index
not_an_index a-database-of-others
ln -s "$PWD/somebodys" indexed/$index
not_an_index a-link-for-an-index
endless='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'
history_of --index always indexed
database indexed/$index 'PRAGMA foreign_keys = OFF; DROP TABLE cell' "CREATE VIEW cell AS SELECT i AS file,
	i AS place, '' AS key, 1 AS config, 1 AS is_measured, 1 AS p50, 1 AS p90, 1 AS p99, 1 AS p999
	FROM ($endless)"
not_an_index a-view-for-an-index
history_of --index always indexed
database indexed/$index "CREATE TRIGGER t BEFORE INSERT ON file BEGIN SELECT count(*) FROM ($endless); END" 'DELETE FROM file'
not_an_index a-trigger-in-an-index
if is_root && command -v setpriv >/dev/null; then
	chmod 755 "$work" && mkdir cache && chmod 777 cache && chmod -R a+rX indexed
	as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	history_of --index always indexed
	as=()
	check a-folder-of-others "exit $code: $(said)" same out without
	check a-folder-of-others-has-no-index "it has" test ! -e indexed/$index
	check its-index-is-in-the-cache "$(ls cache)" test -s cache/syncfault/index-*.sqlite
else
	skip a-folder-of-others 'not root'
fi
mkdir many
for ((i = 0; i < 300; i++)); do
	cp "$kernels/6.1.0-47-amd64/xfs-seed-0.json" "many/$i.json"
done
touch -d '2026-01-01' many/*.json
run history many
check many-results-are-indexed "$(said)" test -s many/$index
check runs-of-one-build "$(jq -c '.builds' out 2>&1 | head -c 80)" has '1 build'

# One odd build, and a step that lasts.
copy odd
change odd/6.12.107+deb12-amd64/ext4-seed-0.json \
	'(.cells[] | select(.config.state == "written" and .config.load == "none") | .latency) |=
		(.p50 = 6800 | .p90 |= ([., 6800] | max))'
history_of odd
check one-odd-build-is-suspect "$(jq -c .events out | head -c 300)" holds out '[.events[] |
	select(.kind == "suspect" and (.first_bad | startswith("6.12.107")))] | length == 1'
check one-odd-build-is-no-change 'it is' holds out '[.events[] | select(.kind == "change")] | length == 1'

# One bad boot does not widen the floors: a step of 15 % shows in as many series without it.
slower() { # BY FILE…
	local by=$1 file
	shift
	for file in "$@"; do
		change "$file" ".cells[].latency |= if . then del(.hist_ns) | .mean *= $by |
			(.min, .p50, .p90, .p99, .p999, .max) |= (. * $by | floor) else . end"
	done
}
steps() { # FILE: series with a change at 6.12.107
	jq '[.events[] | select(.kind == "change" and (.first_bad | startswith("6.12.107"))) | .parts[]] |
		length' "$1"
}
copy step
slower 1.15 step/6.12.1{07,11,13,15,17}*/*.json
history_of step
cp out good-boots
slower 1.3 step/6.1.0-47-amd64/*-seed-1.json
history_of step
check a-bad-boot-mutes-no-step "$(steps good-boots) series, then $(steps out)" \
	test "$(steps out)" -ge 30 -a "$(steps out)" -ge $(($(steps good-boots) - 3))

# Other clocks are kept apart; another order is accepted.
copy clocks
for file in clocks/6.1.0-4*/*.json; do
	change "$file" '.clock.domain = "time" | .guest.clock = "time"'
done
history_of clocks
check clocks-stand-apart "$(jq -c .tracks out)" holds out '[.tracks[].domain] | sort == ["instructions", "time"]'
jq -r '.builds[].release' plain | tac >order
history_of --order order "$kernels"
check an-order-is-taken 'it is not' holds out '.builds[0].tag == "v6.12.117" and
	([.events[] | select(.kind == "change")][0].better > 30)'
grep -v '6.1.0-50' order >short
history_of --order short "$kernels"
check an-order-must-name-all "$code $(said)" is_refusal 2
check an-order-says-which "$(said)" grep -q 6.1.0-50 err

# Bad input.
for arguments in '' 'a b' '--p 0 x' '--p x x' '--p 2 x' '--floor -1 x' '--floor nan x' \
	'--index maybe x' '--what x'; do
	# shellcheck disable=SC2086 # words
	run history $arguments
	check "refused: history $arguments" "$code $(said)" is_refusal 2
done
run history nowhere
check no-folder "$code $(said)" is_refusal 1
run history plain
check no-folder-but-a-file "$code $(said)" is_refusal 1
mkdir empty && run history empty
check empty-folder "$code $(said)" is_refusal 1
copy broken
echo '{' >broken/broken.json
history_of broken
check a-broken-file-is-told "$code $(said)" test "$code" = 1 -a "$(wc -l <err)" = 1
check the-others-are-read "they are not" test "$(jq .files out)" = "$(jq .files plain)"
copy hostile
change hostile/6.1.0-48-amd64/xfs-seed-0.json '.host.kernel = "\u001b[31m<script>\u202e" + ("x" * 9000)
	| .suite = "\u0007\n"'
run history hostile
check hostile-text "$code $(said)" test "$code" = 0
check hostile-text-steers-nothing 'it does' test "$(has_controls out && echo controls)" = ''
check hostile-text-fits "$(LC_ALL=C.UTF-8 wc -L <out)" fits
run history --help
check help "exit $code" test "$code" = 0

exit $failed
