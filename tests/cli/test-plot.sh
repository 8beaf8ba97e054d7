#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault plot: which pictures it makes, that they are pictures, and that nothing in a result is
# taken for a command. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

here=$(cd "$(dirname "$0")" && pwd)
reference=$here/../../results/reference/cover-letter-2017.json
trap 'rm -rf "$work"' EXIT
cd "$here/data" || exit 1

is_png() { [[ $(head -c 8 "$1" | od -An -tx1 | tr -d ' \n') == 89504e470d0a1a0a ]]; }
# Width and height, from the header.
is_wide() { (($(od -An -tu1 -j16 -N4 "$1" | awk '{ print $3 * 256 + $4 }') >= 1300)); }
is_xml() { python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])' "$1"; }
names() { [[ $(cd "$1" && printf '%s ' *) == "$2" ]]; }
has_text() { grep -qF -- "$2" "$1"; }

# What must be refused before gnuplot is asked for anything.
run plot guest.json
check plot-wants-a-folder "exit $code" is_refusal 2
run plot -o "$work/none" --format gif guest.json
check plot-unknown-format "exit $code" is_refusal 2
run plot -o "$work/none" skipped.json
check plot-nothing-measured "exit $code" is_refusal 1
run plot -o "$work/out/below/a/file" guest.json
check plot-folder-cannot-be "exit $code" is_refusal 1
code=0
PATH=/nonexistent "$program" plot -o "$work/none" guest.json >"$work/out" 2>"$work/err" || code=$?
if [[ -x /usr/sbin/gnuplot || -x /usr/local/sbin/gnuplot || -x /sbin/gnuplot ]]; then
	echo "skip plot-without-gnuplot: gnuplot is in a folder that is always searched"
else
	check plot-without-gnuplot "exit $code" is_refusal 77
	check plot-without-gnuplot-names-package "$(cat "$work/err")" has_text "$work/err" gnuplot-nox
fi
if ! command -v gnuplot >/dev/null; then
	echo "skip plot-pictures: no gnuplot (gnuplot-nox)"
	exit "$failed"
fi

all='filesystems.png filesystems.svg histograms.png histograms.svg percentiles.png percentiles.svg timeline.png timeline.svg '
run plot guest.json -o "$work/a" --title "Honza's \`test\`"
check plot-exits-0 "exit $code, $(cat "$work/err")" test "$code$(cat "$work/err")" = 0
check plot-makes-all "$(ls "$work/a")" names "$work/a" "$all"
check plot-prints-names "$(head -1 "$work/out")" test "$(wc -l <"$work/out")" = 8
for name in filesystems histograms percentiles timeline; do
	check "plot-$name-png" "no PNG" is_png "$work/a/$name.png"
	check "plot-$name-wide" "under 1,300 pixels" is_wide "$work/a/$name.png"
	check "plot-$name-svg" "no XML" is_xml "$work/a/$name.svg"
	for text in Honza 'kernel 6.12.107+deb12-amd64' 'a count, not a time' 'thousands of instructions'; do
		check "plot-$name-says-${text//[^a-zA-Z0-9]/-}" "not in it" has_text "$work/a/$name.svg" "$text"
	done
done
check plot-says-why-not "no reason" has_text "$work/a/histograms.svg" 'the load moved 0 bytes'
check plot-marks-missing "not marked" has_text "$work/a/filesystems.svg" skipped
run plot guest.json -o "$work/b" --title "Honza's \`test\`"
check plot-same-again "pictures of the same result differ" diff -r "$work/a" "$work/b"
jq '(.cells[] | select(.config.load == "copy")) |= (.config.load = "fsync" | .key |= sub("load=copy"; "load=fsync"))' \
	guest.json >"$work/fsync.json"
run plot "$work/fsync.json" -o "$work/fsync" --format svg
check plot-other-load-exits-0 "exit $code, $(cat "$work/err")" test "$code$(cat "$work/err")" = 0
for name in filesystems histograms percentiles timeline; do
	check "plot-$name-names-other-load" "not in it" has_text "$work/fsync/$name.svg" 'background load fsync'
done
run plot "$here/../../results/baselines/6.12/worst-case/ext4.json" -o "$work/worst" --format svg --picture worst-case
check plot-worst-case-exits-0 "exit $code, $(cat "$work/err")" test "$code$(cat "$work/err")" = 0
check plot-worst-case-all-faults "not in it" has_text "$work/worst/worst-case.svg" '256 to 1,650 write faults of 4 KiB'

run plot guest.json guest-seed1.json time.json -o "$work/c" --format png
check plot-clocks-apart "$(ls "$work/c")" test -e "$work/c/timeline-2.png" -a ! -e "$work/c/timeline-3.png"
run plot "$reference" -o "$work/d" --format svg
check plot-letter-alone "exit $code" test "$code" = 0
check plot-letter-histograms "$(ls "$work/d")" names "$work/d" 'histograms.svg '

run plot hostile.json -o "$work/e"
check plot-hostile-exits-0 "exit $code, $(cat "$work/err")" test "$code" = 0
check plot-hostile-runs-nothing "a command ran" test ! -e PWNED
for name in filesystems histograms percentiles timeline; do
	check "plot-hostile-$name-svg" "no XML" is_xml "$work/e/$name.svg"
done

# Probes for every measured cell of a result: add_probes FILE TEXT, where TEXT ends each string.
add_probes() {
	python3 - "$1" "$2" <<-'END'
		import json, sys
		words = ("outside lock retry mm handler map insert mkwrite wp_wait finish fsync writeback "
		         "log_space journal_wait fast_commit log_force cil_push iclog_wait flush").split()
		shares = {"outside": 2, "mm": 3, "handler": 9, "map": 26, "journal_wait": 60}
		result, text = json.load(open(sys.argv[1])), sys.argv[2]
		def stage(word, mean):
		    return {"stage": word, "rung": "none" if word in ("outside", "flush") else "kprobe",
		            "probes": "kprobe" + text, "reason": "none" + text, "latency": None,
		            "mean": None if word == "flush" else mean * shares.get(word, 0) / 100}
		def worst(total):
		    return {"total": total, "blocked": total // 2, "stack": ["jbd2_log_wait_commit%s+0x1a" % text],
		            "timeline": [{"stage": "mm", "from": 0, "to": total // 3},
		                         {"stage": "journal_wait", "from": total // 3, "to": total}],
		            "commit": {"kind": "jbd2", "id": 815, "fillers": [{"comm": "cp" + text}]}}
		for cell in result["cells"]:
		    if cell["status"] == "ok":
		        latency = dict(cell["latency"], mean=cell["latency"]["mean"] * 1.04)
		        cell["probes"] = {
		            "latency": latency, "total": {k: latency[k] for k in ("count", "min", "max")},
		            "counts": {}, "drops": {}, "stages": [stage(w, latency["mean"]) for w in words],
		            "worst": [worst(latency["max"] - i) for i in range(5)]}
		json.dump(result, sys.stdout)
	END
}
# Every bar of the script's $data is as long as the mean of its cell in the result.
has_sums() {
	python3 - "$1" "$2" <<-'END'
		import json, re, sys
		script, result = open(sys.argv[1]).read(), json.load(open(sys.argv[2]))
		data = re.search(r"\$data << EOD\n(.*?)EOD\n", script, re.S).group(1)
		bars = sorted(sum(float(l.split()[1]) - float(l.split()[0]) for l in block.splitlines())
		              for block in data.split("\n\n\n") if block.strip() and "NaN" not in block)
		means = sorted(c["probes"]["latency"]["mean"] / 1e3 for c in result["cells"] if c["probes"])
		sys.exit(len(bars) != len(means) or any(abs(a / b - 1) > 1e-6 for a, b in zip(bars, means)))
	END
}
# A gnuplot that keeps its scripts.
mkdir "$work/keep"
# shellcheck disable=SC2016 # expanded by the script
printf '#!/bin/sh\ncp "$2" "$TEST_WORK/keep/script-$$"\nexec %s "$@"\n' "$(command -v gnuplot)" \
	>"$work/keep/gnuplot"
chmod +x "$work/keep/gnuplot"

add_probes guest.json '' >"$work/probes.json"
as=(env "PATH=$work/keep:$PATH")
run plot "$work/probes.json" -o "$work/g" --title "Honza's \`test\`"
as=()
check plot-probes-exits-0 "exit $code, $(cat "$work/err")" test "$code$(cat "$work/err")" = 0
check plot-probes-adds-two "$(diff -rq "$work/a" "$work/g")" test "$(diff -rq "$work/a" "$work/g")" = \
	"$(printf "Only in $work/g: %s\n" stages.png stages.svg worst.png worst.svg)"
for name in stages worst; do
	check "plot-$name-png" "no PNG" is_png "$work/g/$name.png"
	check "plot-$name-wide" "under 1,300 pixels" is_wide "$work/g/$name.png"
	check "plot-$name-svg" "no XML" is_xml "$work/g/$name.svg"
	for text in Honza 'thousands of instructions' 'waiting for a commit of the journal' 'MAP_SYNC'; do
		check "plot-$name-says-${text//[^a-zA-Z0-9]/-}" "not in it" has_text "$work/g/$name.svg" "$text"
	done
done
script=$(grep -l '^unseen = ' "$work/keep"/script-* | head -1)
check plot-stages-add-up "a bar is not its mean" has_sums "$script" "$work/probes.json"
check plot-stages-tells-unseen "not said" has_text "$work/g/stages.svg" 'a part of other stages: flush.'
check plot-worst-says-commit "not in it" has_text "$work/g/worst.svg" 'commit 815 (cp); jbd2_log_wait_commit'
add_probes guest.json "一'; system 'touch PWNED' #\`touch PWNED\`\"\\"$'\nEOD\n\e[31m' >"$work/hostile.json"
run plot "$work/hostile.json" -o "$work/i"
check plot-probes-hostile-exits-0 "exit $code, $(cat "$work/err")" test "$code" = 0
check plot-probes-hostile-runs-nothing "a command ran" test ! -e PWNED
check plot-probes-hostile-svg "no XML" is_xml "$work/i/worst.svg"
check plot-probes-hostile-is-text "not in it" has_text "$work/i/worst.svg" "(cp???’; syste"

cp "$work/a/timeline.png" "$work/before"
mkdir "$work/f"
cp "$work/before" "$work/f/histograms.png"
mkdir "$work/bin"
printf '#!/bin/sh\necho "line 1: no such terminal" >&2\nexit 1\n' >"$work/bin/gnuplot"
chmod +x "$work/bin/gnuplot"
code=0
PATH=$work/bin:$PATH "$program" plot guest.json -o "$work/f" --format png >"$work/out" 2>"$work/err" || code=$?
check plot-gnuplot-fails "exit $code" is_refusal 1
check plot-gnuplot-fails-keeps-old "the old picture is gone" cmp "$work/before" "$work/f/histograms.png"
check plot-gnuplot-fails-leaves-nothing "$(ls -A "$work/f")" test "$(ls -A "$work/f")" = histograms.png
exit "$failed"
