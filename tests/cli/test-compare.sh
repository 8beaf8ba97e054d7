#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault compare: what it refuses, what it finds in results of two real kernels and in results that
# were changed by a known share, whether scipy says the same, and scripts/bisect-step. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

here=$(cd "$(dirname "$0")" && pwd)
reference=$root/results/reference/cover-letter-2017.json
trap 'rm -rf "$work"' EXIT
cd "$here/data" || exit 1
old=compare-6.1 new=compare-6.12

has_text() { grep -qF -- "$2" "$1"; }
is_verdict() { [ "$code" = "$1" ] && [ ! -s "$work/err" ] && [ -s "$work/out" ]; }
is_narrow() { ! grep -qP '^.{101,}$' "$1"; }
refused() { # NAME WORDS ARGUMENT…
	local name=$1 words=$2
	shift 2
	run compare "$@"
	check "refused-$name" "exit $code, $(said)" is_refusal 2
	check "refused-$name-says-why" "$(said)" has_text "$work/err" "$words"
}

# ---- what is refused -----------------------------------------------------------------------------

mkdir "$work/empty" "$work/mixed" "$work/garbage"
cp compare-6.1/seed-0.json "$work/mixed/a.json"
cp compare-6.12/seed-0.json "$work/mixed/b.json"
cp compare-6.1/seed-0.json "$work/garbage/a.json"
echo '{"schema": "something-else/1"}' >"$work/garbage/b.json"
jq '.suite = "another"' compare-6.12/seed-0.json >"$work/suite.json"
jq '.cells[] |= (.key |= sub("page=4k"; "page=2m") | .config.page_size = "2m")' \
	compare-6.12/seed-0.json >"$work/pages.json"
jq '.cells[] |= (.config.pause_us = 7)' compare-6.12/seed-0.json >"$work/pause.json"
jq '.cells = []' compare-6.12/seed-0.json >"$work/cells.json"
refused no-cell 'a side without any cell' $old "$work/cells.json"
refused nothing 'compare' # one line on what is missing
refused one-side 'compare' $old
refused three-sides 'compare' $old $old $old
refused no-such-file 'No such file' $old "$work/none"
refused empty-folder 'no result (*.json)' $old "$work/empty"
refused two-builds 'two builds (kernel differs' $old "$work/mixed"
refused no-result "schema 'something-else/1' is not known" $old "$work/garbage"
refused published 'published' "$reference" $old
refused clocks 'different clock domains, instructions and time' guest.json time.json
refused suites "different suites, 'cover-letter' and 'another'" $old "$work/suite.json"
refused page-sizes 'different page sizes, 4k and 2m' $old "$work/pages.json"
refused no-common-cell 'no cell in common' $old "$work/pause.json"
refused floor "--floor '-1': expected percent" --floor -1 $old $new
refused floor-words "--floor 'nan': expected percent" --floor nan $old $new
refused figures "'p42'" --figures p42 $old $new
refused two-formats 'exclude each other' --json --markdown $old $new
refused two-inputs 'one side alone' - -
refused pattern "--cell 'none*': no cell" --cell 'none*' $old $new

# ---- two real kernels ----------------------------------------------------------------------------

run compare $old $new
check step-is-worse "exit $code, $(said)" is_verdict 1
check step-sentence "$(head -2 "$work/out")" has_text "$work/out" \
	'syncfault noticed a 21.6 % regression of p50 of ext4 written'
check step-names-both "$(head -2 "$work/out")" has_text "$work/out" \
	'on 6.12.117+deb12-amd64, against 6.1.0-56-amd64.'
check step-first-row "$(grep -m1 '^  worse' "$work/out")" \
	grep -qE '^  worse +p50 +5\.221 +6\.351 +\+21\.6 % .* ext4 written$' "$work/out"
check step-warns-of-configuration "no warning" has_text "$work/out" "the kernel's configuration differs"
check step-is-narrow "$(grep -P '^.{101,}$' "$work/out" | head -1)" is_narrow "$work/out"
run compare --json $old $new
check step-json-exit "exit $code" is_verdict 1
check step-json "$(head -c 300 "$work/out")" holds "$work/out" '
	.schema == "syncfault-comparison/1" and .engine == "instructions" and .verdict == "worse" and
	.counts == {worse: 4, better: 2, unknown: 24, same: 0, none: 6} and (.cells | length) == 6 and
	([.cells[].figures[] | select(.figure != "p50") | .verdict] | unique) == ["none", "unknown"] and
	([.cells[] | select(.words == "ext4 written") | .figures[0] | .base, .new]) == [5221, 6351]'
run compare --json --figures p50 --cell '*/state=hole/*' $old $new
check only-some "$(head -c 300 "$work/out")" holds "$work/out" \
	'[.cells[].words] == ["ext4 hole, MAP_SYNC", "ext4 hole"] and .counts == {worse: 1, better: 1, unknown: 0, same: 0, none: 0}'
cp "$work/out" "$work/by-glob"
run compare --json --figures p50 --cell state=hole $old $new
check a-text-selects-as-a-glob-does "$(said)" cmp "$work/by-glob" "$work/out"
run compare --json --figures p50,p999 $old $new
cp "$work/out" "$work/by-key"
run compare --json --figures p50,p99.9 $old $new
check both-spellings-of-a-figure "$(said)" cmp "$work/by-key" "$work/out"
run compare --floor 50 --figures p50 $old $new
check wide-floor "exit $code" is_verdict 0
run compare $old $old
check same-boot "exit $code" is_verdict 0
check same-boot-sentence "$(head -2 "$work/out")" has_text "$work/out" \
	'no change beyond its floor in 30 figures of 6 cells'
check same-not-in-table "a row" test "$(grep -c '^  same' "$work/out")" = 0
run compare --all $old $old
check same-with-all "no row" test "$(grep -c '^  same' "$work/out")" = 30
code=0
"$program" compare --figures p50 $old - <$new/seed-0.json >"$work/out" 2>"$work/err" || code=$?
check from-standard-input "exit $code, $(said)" is_verdict 1
# What scripts/guest --repeat leaves.
mkdir -p "$work/boots/seed-0" "$work/boots/seed-1"
cp $new/seed-0.json "$work/boots/seed-0/result.json"
jq '.guest.seed = 1' $new/seed-0.json >"$work/boots/seed-1/result.json"
run compare --json $old "$work/boots"
check boots-in-folders "$(said)" holds "$work/out" '.new.seeds == [0, 1] and .new.results == 2 and
	([.cells[].figures[] | select(.figure == "p50") | .new_runs] | unique) == [1] and
	any(.warnings[]; startswith("the seeds differ"))'
cp $new/seed-0.json "$work/boots/seed-1/copy.json"
run compare --json $old "$work/boots"
check copies-count-once "$(said)" holds "$work/out" '.new.runs == 2 and
	any(.warnings[]; contains("are there twice"))'

# ---- a known delay -------------------------------------------------------------------------------

# slower SHARE FILTER: the cells it selects, every latency longer by that share
slower() {
	jq -c --argjson by "$1" "def longer: (. * (1 + \$by)) | floor;
		.cells[] |= if $2 then .latency |= (del(.hist_ns) | .mean *= (1 + \$by) |
		(.min, .max, .p50, .p90, .p99, .p999) |= longer) else . end" $new/seed-0.json
}
slower 0.005 '(.config.state == "unwritten" and .config.sync == "map_sync")' >"$work/slower.json"
run compare --json --figures p50 $new "$work/slower.json"
check half-a-percent-is-worse "exit $code" is_verdict 1
check half-a-percent-names-the-cell "$(jq -c .counts "$work/out")" holds "$work/out" '
	[.cells[] | select(.figures[].verdict != "same") | .words] == ["ext4 unwritten, MAP_SYNC"] and
	.counts.worse == 1'
slower 0.002 true >"$work/slower.json"
run compare --figures p50 $new "$work/slower.json"
check under-the-floor-is-same "exit $code" is_verdict 0
slower -0.05 true >"$work/faster.json"
run compare --figures p50 $new "$work/faster.json"
check faster-is-better "exit $code" is_verdict 0
check faster-sentence "$(head -2 "$work/out")" has_text "$work/out" ' improvement of p50 of ext4 '
run compare $new "$work/faster.json"
check one-seed-of-tails-is-unknown "exit $code" is_verdict 125

# ---- real time, and scipy ------------------------------------------------------------------------

# runs FOLDER COUNT SEED SHIFT: runs of time.json with noise; the first cell slower by the shift.
# Latencies are rounded to 10 ns, so that there are ties.
runs() {
	mkdir -p "$1"
	/usr/bin/python3 - "$@" <<-'END'
		import json, random, sys
		folder, count, seed, shift = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
		random.seed(seed)
		template = json.load(open("time.json"))
		for run in range(count):
		    result = json.loads(json.dumps(template))
		    result["started"] = "2026-01-%02dT00:00:00Z" % (run + 1)
		    for i, state in enumerate(("hole", "unwritten", "written")):
		        cell = json.loads(json.dumps(template["cells"][0]))
		        cell["key"] = cell["key"].replace("state=hole", "state=" + state)
		        cell["config"]["state"] = state
		        scale = 40 * (1 + (shift if i == 0 else 0)) * random.lognormvariate(0, 0.01)
		        samples = [round(s * scale * random.lognormvariate(0, 0.01), -1) for s in cell["latency"]["samples"]]
		        samples = [int(s) for s in samples]
		        rank = lambda p: sorted(samples)[-(-len(samples) * p // 1000) - 1]
		        cell["latency"] = {"count": len(samples), "min": min(samples), "max": max(samples),
		            "mean": sum(samples) / len(samples), "p50": rank(500), "p90": rank(900),
		            "p99": rank(990), "p999": rank(999), "samples": samples}
		        result["cells"] = ([] if i == 0 else result["cells"]) + [cell]
		    json.dump(result, open("%s/run-%d.json" % (folder, run), "w"))
	END
}
runs "$work/a" 8 a 0
runs "$work/b" 7 b 0
runs "$work/slow" 8 c 0.10
run compare --all "$work/a" "$work/b"
check time-same "exit $code, $(head -2 "$work/out")" is_verdict 0
check time-is-narrow "$(grep -P '^.{101,}$' "$work/out" | head -1)" is_narrow "$work/out"
check time-says-seed "no seed" grep -q 'bootstrap of 10000 with seed 1 ' <(tr -s ' \n' ' ' <"$work/out")
run compare --json "$work/a" "$work/slow"
check time-worse "exit $code" is_verdict 1
check time-names-the-cell "$(jq -c .counts "$work/out")" holds "$work/out" '
	[.cells[] | select(any(.figures[]; .verdict == "worse")) | .words] == ["ext4 hole"] and
	([.cells[] | select(.words != "ext4 hole") | .figures[].verdict] | unique) == ["none", "same"]'
cp "$work/out" "$work/first"
run compare --json "$work/a" "$work/slow"
check time-repeats "two runs of compare differ" cmp "$work/first" "$work/out"
run compare --json --seed 2 "$work/a" "$work/slow"
check time-other-seed "the seed is not recorded" holds "$work/out" '.thresholds.seed == 2'
mkdir "$work/few"
cp "$work/slow"/run-[0-3].json "$work/few/"
run compare --json "$work/few" "$work/few"
check few-runs-are-unknown "exit $code" is_verdict 125
check few-runs-say-how-many "no number" holds "$work/out" '
	[.cells[].figures[] | select(.figure != "p999") | .verdict == "unknown" and .runs_needed >= 1 and
	(.reason | contains("needs "))] | all'

if ! /usr/bin/python3 -c 'import scipy' 2>/dev/null; then
	skip compare-scipy 'no scipy (python3-scipy)'
else
	# Everything the report computes, once more, from the files.
	agrees() {
		/usr/bin/python3 - "$1" "$2" "$work/out" <<-'END'
			import glob, json, sys
			import numpy as np
			from scipy import stats
			def load(folder):
			    runs = {}
			    for path in sorted(glob.glob(folder + "/*.json")):
			        for cell in json.load(open(path))["cells"]:
			            runs.setdefault(cell["key"], []).append(cell["latency"])
			    return runs
			base, new, report = load(sys.argv[1]), load(sys.argv[2]), json.load(open(sys.argv[3]))
			def rank_sum(x, y, axis):
			    return stats.rankdata(np.concatenate([x, y], axis=axis), axis=axis)[..., :x.shape[axis]].sum(axis=axis)
			def ratio(x, y, axis=-1):
			    return np.median(y, axis=axis) / np.median(x, axis=axis)
			def near(a, b, room):
			    assert abs(a - b) <= room, (cell["key"], row["figure"], a, b)
			p, q = [], []
			for cell in report["cells"]:
			    samples = [np.concatenate([l["samples"] for l in side[cell["key"]]]) for side in (base, new)]
			    row = {"figure": "distance"}
			    near(cell["cdf_distance"], stats.ks_2samp(*samples).statistic, 1e-9)
			    for row in cell["figures"]:
			        if row["verdict"] == "none":
			            assert row["figure"] == "p999"
			            continue
			        x, y = ([l[row["figure"]] for l in side[cell["key"]]] for side in (base, new))
			        near(row["ratio"], np.median(y) / np.median(x), 1e-9)
			        test = stats.permutation_test((x, y), rank_sum, vectorized=True, n_resamples=np.inf,
			                                      permutation_type="independent")
			        near(row["p"], test.pvalue, 1e-9)
			        p.append(row["p"])
			        q.append(row["q"])
			        boot = stats.bootstrap((x, y), ratio, n_resamples=20000, method="percentile", random_state=1)
			        near(row["low"], boot.confidence_interval.low, 0.003)
			        near(row["high"], boot.confidence_interval.high, 0.003)
			order = np.argsort(p)
			adjusted = np.array(p)[order] * len(p) / np.arange(1, len(p) + 1)
			adjusted = np.minimum.accumulate(adjusted[::-1])[::-1]
			row = {"figure": "q"}
			for i, j in enumerate(order):
			    near(q[j], adjusted[i], 1e-9)
			assert len(p) == 15 == report["thresholds"]["family"]
		END
	}
	for other in b slow; do
		run compare --json "$work/a" "$work/$other"
		check "compare-scipy-$other" "$(agrees "$work/a" "$work/$other" 2>&1 | tail -1)" \
			agrees "$work/a" "$work/$other"
	done
	# The check itself: a p that is off is seen.
	jq '.cells[0].figures[0].p += 0.001' "$work/out" >"$work/wrong"
	cp "$work/wrong" "$work/out"
	if agrees "$work/a" "$work/slow" 2>/dev/null; then
		not_ok compare-scipy-sees-errors 'a wrong p went by'
	else
		ok compare-scipy-sees-errors
	fi
fi

# ---- warnings, and hostile strings ---------------------------------------------------------------

jq '.host.governor = "powersave" | .host.mitigations += ["mds: Vulnerable"] | .tool.version = "9" |
	.host.config_digest = "sha256:0"' $old/seed-0.json >"$work/other.json"
run compare $old "$work/other.json"
for fact in 'the governor' 'the list of mitigations' 'the version of syncfault' "the kernel's configuration"; do
	check "warns-of-${fact//[^a-z]/-}" "not warned" \
		grep -qF "warning   $fact differs" "$work/out"
done
jq '(.cells[] | select(.config.state == "hole")) |= (.config.mkfs_options = "-O fast_commit" |
	.key |= sub("ext4"; "ext4:-O fast_commit"))' $old/seed-0.json >"$work/mkfs.json"
run compare --json $old "$work/mkfs.json"
check warns-of-mkfs "$(jq -c .warnings "$work/out")" holds "$work/out" \
	'[.warnings[] | select(contains("only in") and contains("only mkfs differs"))] | length == 2'
for format in '' --markdown --json; do
	run compare $format hostile.json hostile.json
	check "hostile${format}-exit" "exit $code, $(said)" test "$code" = 0 -o "$code" = 125
	if has_controls "$work/out"; then not_ok "hostile$format" 'a control character'; else ok "hostile$format"; fi
done
check hostile-json-is-json "no JSON" holds "$work/out" '.cells | length > 0'
jq '.host.kernel = "6.1 | <b>x</b> `y` *z*"' $old/seed-0.json >"$work/markup.json"
run compare --markdown "$work/markup.json" $new
check markdown-worse "exit $code" is_verdict 1
# shellcheck disable=SC2016 # backticks of Markdown
check markdown-is-escaped "$(head -1 "$work/out")" has_text "$work/out" '6.1 \| \<b\>x\</b\> \`y\` \*z\*'
check markdown-table "columns" test "$(grep '^|' "$work/out" | sed 's/\\|//g' | tr -cd '|\n' | sort -u | wc -l)" = 1

jq '.cells[0] |= (.status = "failed" | .reason = "<b>x</b>" | .latency = null)' $new/seed-0.json >"$work/failed.json"
run compare --markdown $old "$work/failed.json"
check markdown-reason-is-escaped "$(tail -n 3 "$work/out")" has_text "$work/out" 'NEW has no figures: \<b\>x'

# In every string that the report has: links, mentions, references, code, HTML, images, ends of cells.
# shellcheck disable=SC2016 # nothing in it may be expanded
evil='https://e.example/?a=b_c www.e.example a@e.example @you #12 you/repo#3 GH-4 !5 $x$ :tada: ~l &6 mailto:q'
# shellcheck disable=SC2016
evil+=' ![i](https://e.example/i) <img src=x onerror=y> <https://e.example> [l]: //e `c` ``@d`e|f\g`` |x| **s** \|# é'
# shellcheck disable=SC2016 # a filter of jq
markup='.host.kernel = $e | .host.version = $e[80:] | .host.governor = $e | .suite = $e | .tool.version = $e |
	.cells |= map(if .config.state == "hole" then .config.fs = $e | .config.mkfs_options = $e[120:] |
		.config.mount_options = $e[60:] | .key = "\($e):\($e[120:]):\($e[60:])/" + (.key | sub("^[^/]*/"; ""))
		else . end) | .cells[0] |= (.status = "failed" | .reason = $e | .latency = null)'
jq --arg e "$evil" "$markup" $old/seed-0.json >"$work/@you #1 www.e.example.json"
jq --arg e "$evil" "$markup | .host.governor = \"powersave\"" $new/seed-0.json >"$work/links.json"
run compare --markdown --all "$work/@you #1 www.e.example.json" "$work/links.json"
check markdown-of-links-exits "exit $code: $(said)" test "$code" != 2 -a "$(wc -l <"$work/out")" -gt 20
if command -v cmark-gfm >/dev/null; then
	cp "$work/out" "$work/links.md"
	said=$(/usr/bin/python3 "$here/markdown_check.py" "$work/links.md" "${evil:0:50}" '@you #1 www.e.example.json' 2>&1)
	check markdown-has-no-links "$said" test -z "$said"
	run compare --markdown --all $old $new
	said=$(/usr/bin/python3 "$here/markdown_check.py" "$work/out" '#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1~deb12u1' 2>&1)
	check markdown-of-ordinary-results "$said" test -z "$said"
	for bare in '@you' '#1' 'https://e.example' '<b>x</b>' '![i](x)' 'a@e.example'; do
		sed "s|ext4 hole|& $bare|" "$work/out" >"$work/bare.md"
		check "markdown-check-sees-${bare//[^a-z0-9]/-}" "the checker takes it" \
			test -n "$(/usr/bin/python3 "$here/markdown_check.py" "$work/bare.md" 2>&1)"
	done
else
	skip markdown-has-no-links "no cmark-gfm"
fi

# ---- a bisection ---------------------------------------------------------------------------------

# A tree whose commits "build" a kernel that is a number, and a guest that has a result for each.
if ! command -v git >/dev/null || ! command -v jq >/dev/null; then
	skip bisect 'no git, or no jq'
	exit "$failed"
fi
mkdir "$work/tree"
cat >"$work/guest" <<'END'
#!/bin/sh
while [ "$1" != -- ]; do
	case $1 in --out) out=$2 ;; --kernel) kernel=$2 ;; --seed) [ "$2" = 0 ] || exit 9 ;; esac
	shift
done
shift 2
printf '%s\n' "$*" >"$TEST_WORK/asked"
mkdir -p "$out"
[ "$(cat "$kernel")" != panics ] && cp "$(cat "$kernel")" "$out/result.json"
END
chmod +x "$work/guest"
# shellcheck disable=SC2016 # for make
(
	cd "$work/tree" || exit 1
	git init -q . && git config user.email a@b && git config user.name a
	printf 'olddefconfig modules:\nbzImage:\n\t@test ! -e broken\nmodules_install:\n\t@mkdir -p $(INSTALL_MOD_PATH)\nimage_name:\n\t@echo ./kernel\n' >Makefile
	for commit in good good panics good bad bad broken bad; do
		rm -f broken
		case $commit in
		good) echo "$here/data/compare-6.1/seed-0.json" ;;
		bad) echo "$here/data/compare-6.12/seed-0.json" ;;
		panics) echo panics ;;
		broken) touch broken ;;
		esac >kernel
		echo "$RANDOM$commit" >count
		git add -A && git commit -qm $commit
	done
) >/dev/null 2>&1
export GUEST=$work/guest SYNCFAULT=$program
bisect() { (cd "$work/tree" && git "$@") >"$work/out" 2>"$work/err"; }
bisect bisect start master~0 master~7 || bisect bisect start main~0 main~7
code=0
bisect bisect run "$root/scripts/bisect-step" "$here/data/compare-6.1" || code=$?
check bisect-finds-the-commit "exit $code: $(tail -n 2 "$work/out")" \
	test "$(cd "$work/tree" && git log -1 --format=%s refs/bisect/bad)$(cd "$work/tree" && git rev-list --count refs/bisect/bad)" = bad5
check bisect-measures-the-same "$(cat "$work/asked")" grep -qx -- \
	'run --suite cover-letter --device /dev/pmem0 --fs ext4,xfs -o /out/result.json' "$work/asked"
step() { # COMMIT-BACK
	code=0
	(cd "$work/tree" && git checkout -q "$(git rev-list --all --topo-order --reverse | sed -n "$1p")" &&
		"$root/scripts/bisect-step" "${2:-$here/data/compare-6.1}") >"$work/out" 2>"$work/err" || code=$?
}
step 3
check bisect-skips-what-does-not-boot "exit $code: $(said)" test $code = 125
step 7
check bisect-skips-what-does-not-build "exit $code: $(said)" test $code = 125
step 1 "$work/none"
check bisect-stops-without-a-base "exit $code: $(said)" test $code = 128
step 1 "$reference"
check bisect-stops-at-no-base "exit $code: $(said)" test $code = 128
exit "$failed"
