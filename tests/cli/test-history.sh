#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault history: the tracked kernels, and what it refuses. Its index: test-index.sh. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

here=$(cd "$(dirname "$0")" && pwd)
kernels=$(realpath "$here/../../results/baselines/kernels")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME=$work/cache

has() { grep -qF -- "$1" "$work/out"; }
fits() { (($(LC_ALL=C.UTF-8 wc -L <"$work/out") <= 100)); }
history_of() { run history --json "$@"; }
copy() { cp -r "$kernels" "$1"; }
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
