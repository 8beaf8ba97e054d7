#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault export: each format by its consumer's checker or specification, and against the results.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

here=$(cd "$(dirname "$0")" && pwd)
letter=$root/results/reference/cover-letter-2017.json
python=/usr/bin/python3
trap 'rm -rf "$work"' EXIT
cd "$here/data" || exit 1

is_told() { [[ $code == "$1" ]] && is_refusal "$1"; }
# What the checker says about an export; nothing where it agrees.
complaint() { # FORMAT EXPORT RESULT…
	"$python" "$here/export_check.py" "$@" 2>&1 | tail -n 1 | head -c 500
}
agrees() { # NAME FORMAT RESULT…: exports and checks
	local name=$1 format=$2 said
	shift 2
	run export --format "$format" "$@" -o "$work/export"
	if [ "$code" != 0 ]; then
		not_ok "$name" "exit $code: $(said)"
		return
	fi
	said=$(complaint "$format" "$work/export" "$@")
	if [ -z "$said" ]; then ok "$name"; else not_ok "$name" "$said"; fi
}
# A checker that takes everything checks nothing.
disagrees() { # NAME FORMAT SED RESULT: with the damage that sed does
	run export --format "$2" "$4" -o "$work/export"
	sed -E "$3" "$work/export" >"$work/damaged"
	if cmp -s "$work/export" "$work/damaged"; then
		not_ok "$1" "nothing was damaged"
	else
		check "$1" "the checker takes it" test -n "$(complaint "$2" "$work/damaged" "$4")"
	fi
}

# 10 kB names of all that a format could stumble over.
jq --arg nasty '"\	,={}#<>%/: ' '
	($nasty + "\n\r\u001b[31m\u0000x\u007f\u009b\u2028é😀") as $one
	| ($one | gsub("\u0000"; "")) as $one | ([range(260)] | map($one) | join("")) as $long
	| .host.kernel = $long | .host.version = $long | .host.cpu = $long | .suite = $long
	| .tool.commit = $long | .tool.version = $long | .started = $long | .host.machine = $long
	| .guest.qemu = $long | .guest.kernel_package = $long
	| .cells[].reason |= (if . then $long * 4 else . end)' guest.json >"$work/long.json"

# All characters that nobody sees, and beginnings of formulas and of quotations, each in some string; the
# file's own name too, which is not UTF-8.
hostile=("$work/formulas.json" "$work/=cmd"$'|\xe2\x80\xae\xff\t".json')
"$python" - guest.json "${hostile[@]}" <<'END' || exit 1
import json, sys, unicodedata
result = json.load(open(sys.argv[1]))
every = "".join(chr(c) for c in range(1, 0x110000) if c < 0xe000 or 0xf8ff < c < 0xe0100
                if unicodedata.category(chr(c)) in ("Cc", "Cf", "Zl", "Zp") or c & 0xfffe == 0xfffe)
result["host"]["kernel"] = every
result["suite"] = "=1+1"
result["started"] = "@SUM(1)"
result["tool"]["commit"] = "\\=1\\x41\\u202e"
formulas = ["=cmd|' /C calc'!A0", "+1", "-O ^x", "@a", '"=1"\t', "'=1", '"', "＝1", "\u22121", " =1", "\t=1",
            "\r=1", "\u3000+1", "a,=1", "a; -1", "\ufeff=1", "\\=1", "=", "`|`", "\U000e0041=1"]
for i, cell in enumerate(result["cells"]):
    config, evil = cell["config"], [formulas[(3 * i + j) % len(formulas)] for j in range(3)]
    config["fs"], config["mkfs_options"], config["mount_options"] = evil
    cell["key"] = ":".join(evil) + "/" + cell["key"].split("/", 1)[1]
    cell["reason"] = cell["reason"] and evil[0]
for path in sys.argv[2:]:
    json.dump(result, open(path, "w"))
END

formats=(openmetrics benchstat github-action-benchmark kcidb tsv)
modules=1
"$python" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null || {
	skip export-openmetrics "no python3-prometheus-client"
	formats=("${formats[@]:1}")
}
"$python" -c 'import jsonschema' 2>/dev/null || modules=0
for format in "${formats[@]}"; do
	if [ "$format" = kcidb ] && [ $modules = 0 ]; then
		skip export-kcidb "no python3-jsonschema"
		continue
	fi
	agrees "export-$format" "$format" guest.json
	agrees "export-$format-time" "$format" time.json
	agrees "export-$format-probes" "$format" probes.json
	agrees "export-$format-two-seeds" "$format" guest.json guest-seed1.json
	agrees "export-$format-hostile" "$format" hostile.json
	agrees "export-$format-long-names" "$format" "$work/long.json"
	for i in 0 1; do agrees "export-$format-formulas-$i" "$format" "${hostile[i]}"; done
	[ "$format" = github-action-benchmark ] ||
		agrees "export-$format-both-clocks-and-one-twice" "$format" guest.json time.json guest.json
	[ "$format" = github-action-benchmark ] || [ "$format" = kcidb ] ||
		agrees "export-$format-letter" "$format" "$letter" guest.json
	disagrees "export-$format-a-figure-changed" "$format" 's/19600/19601/; s/(le="20479.0"[^ ]*) 64/\1 65/' guest.json
	disagrees "export-$format-a-line-gone" "$format" '/19600/d' guest.json
done
if [ $modules = 1 ]; then
	disagrees export-kcidb-checks-properties kcidb 's/"status": "DONE"/"state": "DONE"/' guest.json
	disagrees export-kcidb-checks-paths kcidb 's/\.p99_9"/.p99=9"/' guest.json
	disagrees export-kcidb-checks-skipped kcidb 's/"SKIP"/"MISS"/' guest.json
fi
disagrees export-benchstat-checks-units benchstat 's/assume=exact/assume=nothing/' guest.json
if [ "${formats[0]}" = openmetrics ]; then
	disagrees export-openmetrics-checks-the-end openmetrics 's/^# EOF$//' guest.json
	disagrees export-openmetrics-checks-buckets openmetrics 's/(le="40959.0"\}) 512/\1 511/' guest.json
fi

# show --tsv is read as the export is.
for file in guest.json hostile.json "$work/long.json" "${hostile[@]}"; do
	run show --tsv "$file"
	said=$(complaint show "$work/out" "$file")
	name=${file##*/}
	check "show-tsv-can-be-read-back-${name//[^a-z]/}" "exit $code: $said" test "$code$said" = 0
done
disagrees export-tsv-checks-formulas tsv 's/\\([-=+@])/\1/g' "${hostile[0]}"
disagrees export-tsv-checks-strings tsv 's/\\\\=1/=1/' "${hostile[0]}"
disagrees export-tsv-checks-what-is-hidden tsv $'s/\\\\u2028/\u2028/' "${hostile[0]}"

# Prometheus's own parser takes what is filled into its past; its `check metrics` knows no OpenMetrics.
run export --format openmetrics --timestamps guest.json time.json hostile.json -o "$work/past.om"
check export-timestamps "exit $code: $(said)" grep -qE '^[^#].* 1767225607$' "$work/past.om"
check export-timestamps-on-all "a sample has none" \
	test "$(grep -vc '^#' "$work/past.om")" = "$(grep -c '^[^#].* 1767225607$' "$work/past.om")"
if command -v promtool >/dev/null; then
	check export-promtool "refused" promtool tsdb create-blocks-from openmetrics "$work/past.om" "$work/tsdb"
else
	skip export-promtool "no promtool (prometheus: 96 MB and a service, for this alone)"
fi
sed 's/2026-01-01T00:00:07Z/2026-01-01T02:00:07.25+02:00/' guest.json >"$work/zone.json"
run export --format openmetrics --timestamps "$work/zone.json"
check export-timestamps-zone "$(grep -m1 -o ' 1[0-9.]*$' "$work/out")" grep -q ' 1767225607\.25$' "$work/out"
sed 's/2026-01-01T00:00:07Z/2026-01-02T00:00:07Z/' guest.json >"$work/later.json"
run export --format openmetrics --timestamps "$work/later.json" guest.json --cell ext4 --figure p50
points() { grep 'quantile_' "$work/out" | grep -v '^#' | awk '{ print $NF }' | tr '\n' ' '; }
check export-timestamps-in-order "$(points)" test "$(points | cut -c 1-44)" = \
	"1767225607 1767312007 1767225607 1767312007 "
run export --format openmetrics --timestamps "$letter"
check export-timestamps-unknown "exit $code" is_told 2

# Instructions are not time, whatever the format.
has_time() { grep -qiE '_seconds|[ -]ns/op|"unit": "(s|ns)"|	ns	' "$1"; }
has_no_time() { ! has_time "$1"; }
for format in "${formats[@]}"; do
	run export --format "$format" guest.json -o "$work/export"
	check "export-$format-no-seconds" "a count has a unit of time" has_no_time "$work/export"
	run export --format "$format" time.json -o "$work/export"
	check "export-$format-time-has-seconds" "a time has none" has_time "$work/export"
done

# hgrm: one histogram a file.
hole=ext4/dax=always/state=hole/load=none/sync=none
run export --format hgrm guest.json --cell $hole -o "$work/one.hgrm"
said=$(complaint hgrm "$work/one.hgrm" guest.json)
check export-hgrm "exit $code: $said" test "$code$said" = 0
disagrees_hgrm() {
	sed 's/^   19600.000 0.5/   19601.000 0.5/' "$work/one.hgrm" >"$work/damaged"
	[ -n "$(complaint hgrm "$work/damaged" guest.json)" ]
}
check export-hgrm-a-figure-changed "the checker takes it" disagrees_hgrm
run export --format hgrm guest.json -o "$work/folder"
check export-hgrm-folder "exit $code: $(said)" test "$(find "$work/folder" -name '*.hgrm' | wc -l)" = 7
for file in "$work"/folder/*.hgrm; do
	said=$(complaint hgrm "$file" guest.json)
	check "export-hgrm-${file##*/}" "$said" test -z "$said"
done
run export --format hgrm hostile.json -o "$work/hostile"
check export-hgrm-hostile-names "$(find "$work/hostile" | head -3 | tr '\n' ' ')" \
	test "$(find "$work/hostile" -name '000[0-9]-[a-z0-9=_]*.hgrm' | wc -l)" = 2
# The same histogram from slots alone: never too low, at most 1/32 too high.
jq '(.cells[] | select(.latency) | .latency.samples) |= []' guest.json >"$work/slots.json"
run export --format hgrm "$work/slots.json" --cell $hole
slots() { awk '$2 == "0.500000000000" { print ($1 >= 19600 && $1 <= 19600 * 33 / 32 && $3 == 320) }' "$work/out"; }
check export-hgrm-slots "$(grep ' 0.5000' "$work/out")" test "$(slots)" = 1
run export --format hgrm "$letter" -o "$work/letter"
check export-hgrm-letter-has-none "exit $code: $(said)" is_told 1
check export-hgrm-leaves-no-folder "it is there" test ! -e "$work/letter"

# What was not measured, and what was asked for wrongly.
run export --format tsv guest.json --figure p50,max --cell xfs/
check export-cell-and-figure "$(wc -l <"$work/out") lines" test "$(wc -l <"$work/out")" = 5
cp "$work/out" "$work/by-text"
run export --format tsv guest.json --figure p50,max --cell 'xfs/*'
check export-cell-by-a-glob "$(said)" cmp "$work/by-text" "$work/out"
check export-tells-nothing-left-out "$(said)" test ! -s "$work/err"
run export --format tsv guest.json
check export-tells-what-is-left-out "$(said)" grep -q '2 of 9 cells' "$work/err"
run export --format kcidb skipped.json
check export-kcidb-skipped "exit $code" holds "$work/out" '[.tests[].status] == ["SKIP"] and .tests[0].log_excerpt'
run export --format kcidb guest.json time.json --cell xfs/
check export-kcidb-builds-of-what-is-there "$(jq -c '.builds | length' "$work/out")" \
	holds "$work/out" '(.builds | length) == 1 and (.checkouts | length) == 1'
run export --format kcidb --origin my_ci --build my_ci:1 guest.json
check export-kcidb-build "exit $code" holds "$work/out" \
	'(has("builds") | not) and all(.tests[]; .build_id == "my_ci:1" and (.id | startswith("my_ci:")))'
cp "$work/out" "$work/first"
run export --format kcidb --origin my_ci --build my_ci:1 guest.json
check export-kcidb-same-ids-again "they differ" cmp "$work/out" "$work/first"
for format in openmetrics benchstat github-action-benchmark hgrm tsv; do
	run export --format $format skipped.json
	check "export-$format-nothing-measured" "exit $code: $(said)" is_told 1
done
run export --format kcidb "$letter"
check export-kcidb-letter "exit $code: $(said)" is_told 2
run export --format github-action-benchmark guest.json time.json
check export-github-two-clocks "exit $code: $(said)" is_told 2
for bad in 'guest.json' '--format tsv' '--format csv guest.json' '--format tsv --figure p98 guest.json' \
	'--format tsv --timestamps guest.json' '--format tsv --build a:b guest.json' \
	'--format kcidb --origin My guest.json' '--format kcidb --build none guest.json' \
	'--format hgrm guest.json' "--format hgrm guest.json -o $work/one.hgrm"; do
	read -ra words <<<"$bad"
	run export "${words[@]}"
	check "export-usage:${bad//[^a-z0-9]/_}" "exit $code: $(said)" is_told 2
done
head -c 700 guest.json >"$work/cut.json"
echo before >"$work/kept"
run export --format tsv guest.json "$work/cut.json" -o "$work/kept"
check export-one-unreadable "exit $code" is_told 1
check export-keeps-the-old-file "it is gone" test "$(cat "$work/kept")" = before
run export --format tsv guest.json -o "$work/no/such/folder/file"
check export-no-folder "exit $code" is_told 1
if [[ -w /dev/full ]]; then
	code=0
	"$program" export --format tsv guest.json --cell xfs/ >/dev/full 2>"$work/err" || code=$?
	check export-full-disk "exit $code" test "$code $(wc -l <"$work/err")" = '1 1'
fi
code=0
"$program" export --format tsv - <guest.json >"$work/out" 2>/dev/null || code=$?
check export-stdin "exit $code" test "$(wc -l <"$work/out")" = 50
if ! is_root; then
	skip export-as-nobody "not root: all of this ran without root"
elif ! setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$program"; then
	skip export-as-nobody "user nobody may not run $program"
else
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	run export --format kcidb - # of no input
	check export-as-nobody-refuses "exit $code" is_told 1
	code=0
	"${as[@]}" "$program" export --format tsv - <guest.json >"$work/out" 2>/dev/null || code=$?
	check export-as-nobody "exit $code" test "$(wc -l <"$work/out")" = 50
fi
exit "$failed"
