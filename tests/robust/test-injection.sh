#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Commands for a shell and for gnuplot as text of results, labels, names of files and folders: none is run.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT
kernels=$root/results/baselines/kernels
probed=$root/tests/fuzz/corpus/result/probes
mkdir "$work/here" && cd "$work/here" || exit 1

# shellcheck disable=SC2016 # nothing in it may be expanded
payloads=(
	'$(touch canary)'
	'`touch canary`'
	"'; touch canary; '"
	'"; touch canary; "'
	'; touch canary #'
	'|touch canary'
	$'x\ntouch canary\n'
	$'\n!touch canary\n'
	"'; system('touch canary'); x='"
	'"; system("touch canary"); x="'
	"''; system('touch canary'); ''"
	"\\'; system('touch canary'); #"
	'".system("touch canary")."'
	$'\nEOD\nsystem("touch canary")\n'
	$'NaN\nEOD\n!touch canary\n'
	'{/=20 @a^b_c} &{x} %s%n'
	'--output=canary'
	'-o canary'
	$'\033[2J\xe2\x80\xae\xe2\x81\xa6'
	'../../../canary x'
	'PPID[$(touch canary)0]'
	"=cmd|'/C touch canary'!A0"
	$'\u2028=1\u2029\ufeff\u061c\U000e0041\u0085'
	'https://e.example @you #1 ![i](x) <b>x</b> `c` |'
)

# ---- the canary works -----------------------------------------------------------------------------

# Scripts go to the project's folder.
silent() { [ -z "$(find "$work" -name 'canary*' -print -quit)" ] && [ ! -e "$root/canary" ]; }
sang() { ! silent && rm -f canary; }
for i in 0 1 2 3 4 6; do
	(eval "x='${payloads[i]}'") >/dev/null 2>&1 || true
	(eval "x=\"${payloads[i]}\"") >/dev/null 2>&1 || true
	(eval "x=${payloads[i]}") >/dev/null 2>&1 || true
	check "canary-works-$i" 'nothing happened' sang
done
word=${payloads[20]}
((word == 0)) 2>/dev/null || true
check canary-works-in-arithmetic 'nothing happened' sang
if command -v gnuplot >/dev/null; then
	for i in 7 8 9 14; do
		printf "\$d << EOD\n%s\nEOD\nx = '%s'\nx = \"%s\"\n" "${payloads[i]}" "${payloads[i]}" \
			"${payloads[i]}" | gnuplot >/dev/null 2>&1 </dev/stdin || true
		check "canary-works-in-gnuplot-$i" 'nothing happened' sang
	done
fi

# ---- every command --------------------------------------------------------------------------------

# Every string that is free, in a result with probes and in one without; cells with and without figures.
poison() { # PAYLOAD FILE
	jq -c --arg e "$1" 'def evil: if type == "object" or type == "array" then map_values(evil)
			elif type == "string" then $e else . end;
		.suite = $e | .tool |= evil | .started = $e | .command = [$e, $e] |
		.host |= (evil | .cpus = 1) | .clock.source = $e |
		.guest |= (.clock as $c | evil | .clock = $c) |
		.cells |= map(.config.fs = $e | .config.mkfs_options = $e | .config.mount_options = $e |
			.key = "\($e):\($e):\($e)/" + (.key | sub("^[^/]*/"; "")) |
			.warnings = [$e] | .placement.target = $e |
			if .latency then . else .reason = $e end |
			if .probes then .probes.stages |= map(.probes |= evil | .reason |= evil) |
				.probes.worst |= map(.stack |= evil | if .commit.fillers
					then .commit.fillers |= map(.comm = $e) else . end) else . end)' "$2"
}
quietly() { # NAME-OF-COMMAND ACCEPTED-CODES COMMAND…
	local what=$1 accepted=" $2 "
	shift 2
	run "$@"
	case $accepted in *" $code "*) ;; *) echo "$what: exit $code: $(said)" && return 1 ;; esac
	! has_controls "$work/err" || { echo "$what: controls on stderr: $(cat -v "$work/err")" && return 1; }
	# plot prints its paths as they are, for scripts.
	[ "$what" = plot ] || ! has_controls "$work/out" || { echo "$what: controls: $(cat -v "$work/out")" && return 1; }
	silent || { echo "$what: the canary sang" && return 1; }
}
# In documents; those that only others made have names of theirs.
clean_documents() { # FOLDER
	local file
	find "$1" -type f ! -name '*.png' -print0 | while IFS= read -r -d '' file; do
		! has_controls "$file" || { echo "controls in $file" && return 1; }
	done
}
only_these() { # FOLDER PATTERN
	local left
	left=$(find "$1" -mindepth 1 ! -name "$2" | head -n 3)
	[ -z "$left" ] || { echo "files that nobody asked for: $left" && false; }
}
try_all() { # PAYLOAD
	local name=${1//\//_} one two
	rm -rf canary ../results ../made && mkdir -p "../results/$name" ../made
	one=../results/$name/$name.json two=../results/$name/2.json
	poison "$1" "$probed" >"$one" &&
		poison "$1" "$kernels/6.1.0-47-amd64/ext4-seed-0.json" >"$two" || return 1
	for layout in '' --json --tsv; do
		quietly "show $layout" 0 show ${layout:+"$layout"} "$one" "$two" || return 1
	done
	quietly plot 0 plot -o "../made/$name" --format svg --title "$1" --picture histograms \
		--picture stages --picture worst "$one" || return 1
	quietly compare '0 1 125 2' compare --markdown --cell "$1" "$two" "$two" || return 1
	quietly history 0 history --index always "../results/$name" || return 1
	quietly history '0 2' history --order "$one" "../results/$name" || return 1
	rm -f "../results/$name"/*.sqlite
	quietly dashboard '0 1' dashboard "../results/$name" -o "../made/$name.html" || return 1
	for format in openmetrics benchstat kcidb; do
		quietly "export $format" '0 2' export --format $format -o "../made/$name.$format" "$one" "$two" ||
			return 1
	done
	quietly 'export hgrm' 0 export --format hgrm -o "../made/$name-hgrm" "$two" || return 1
	quietly 'export github' '0 2' export --format github-action-benchmark -o "../made/$name.github" "$two" ||
		return 1
	quietly 'export tsv' 0 export --format tsv -o "../made/$name.tsv" "$one" "$two" || return 1
	clean_documents ../made || return 1
	quietly 'export --cell' '1' export --format tsv --cell "$1$1" "$one" || return 1
	quietly run 2 run --dir "../results/$name" --suite "$1" || return 1
	quietly run '1 2' run --dir "../results/$name" --fs "$1" -o "../made/$name.json" || return 1
	quietly run '1 2 77' run --device "$1" || return 1
	quietly doctor 1 doctor -- "$1" || return 1
	quietly trace '1 2 77' trace --path "../none/$name" --for 1 || return 1
	only_these . nothing
}
for i in "${!payloads[@]}"; do
	why=$(try_all "${payloads[i]}" 2>&1)
	check "payload-$i" "$(printf '%q' "${payloads[i]}"): $why" test -z "$why"
done

# As words of a command line: what begins with a dash is an option, or is refused, and "--" ends them.
cp "$kernels/6.1.0-47-amd64/ext4-seed-0.json" ./-o
run show -- -o
check dash-is-a-file-behind-dashes "exit $code: $(said)" test "$code" = 0
run show -o
check dash-is-an-option "exit $code: $(said)" is_refusal 2
rm ./-o

# ---- text that is cut, and text that cannot be ----------------------------------------------------

long=$(head -c 10000 /dev/zero | tr '\0' a)
poison "$long" "$probed" >long.json
for layout in --letter --table --probes; do
	run show $layout long.json
	check "10-kB-of-text$layout" "exit $code, $(wc -L <"$work/out") columns: $(said)" \
		test "$code" -lt 2 -a "$(wc -L <"$work/out")" -lt 400
done
jq '.suite = "a\u0000b"' "$probed" | sed 's/a.*u0000b/a\\u0000b/' >nul.json
run show nul.json
check nul-in-a-string "exit $code: $(said)" is_refusal 1
printf '{"schema":"syncfault-result/1","suite":"\xff\xfe"}' >latin.json
run show latin.json
check no-utf-8 "exit $code: $(said)" is_refusal 1

# ---- scripts --------------------------------------------------------------------------------------

# What a variable or a word holds is refused in one line, or taken as a name; nothing is run.
script_refuses() { # NAME STATUS COMMAND…
	local name=$1 wanted=$2 status=0 script
	shift 2
	for script; do [[ $script != "$root"/* ]] || break; done
	rm -rf "$work/script.out"
	timeout 60 "$@" >"$work/script.out" 2>&1 </dev/null || status=$?
	# The script says it, in one line, and no command that it came to.
	sed -i '/^kernel: updating the package lists$/d' "$work/script.out"
	if [ $status != "$wanted" ] || ! silent || [ "$(wc -l <"$work/script.out")" != 1 ] ||
		! grep -q "^${script##*/}[-a-z]*: " "$work/script.out"; then
		not_ok "$name" "exit $status: $(head -c 300 "$work/script.out")"
	else
		ok "$name"
	fi
}
scripts_for=(0 20) # for words, and for arithmetic
! is_sanitized || scripts_for=() # they are the same
for i in ${scripts_for[@]+"${scripts_for[@]}"}; do
	evil=${payloads[i]}
	for words in "2 guest --kernel EVIL -- true" "2 guest --pmem EVIL -- true" \
		"2 guest --virtio-pmem EVIL -- true" "2 guest --memory EVIL -- true" \
		"2 guest --cpus EVIL -- true" "2 guest --seed EVIL -- true" "2 guest --repeat EVIL -- true" \
		"2 guest --time-limit EVIL -- true" "2 guest --clock EVIL -- true" \
		"2 guest --crash-at EVIL -- true" "2 guest --nvdimm EVIL -- true" "2 guest --with EVIL -- true" \
		"1 kernel fetch debian:EVIL" "2 kernel EVIL" "2 kernel-history --kernels EVIL" \
		"2 kernel-history --fs EVIL" "2 kernel-history --suite /EVIL" "2 kernel-history --seeds EVIL" \
		"2 kernel-history --jobs EVIL" "2 kernel-history --time-limit EVIL" \
		"2 baselines EVIL" "2 baselines --suite EVIL" \
		"2 verify-guarantee --row EVIL" "2 verify-guarantee --trials EVIL" \
		"2 verify-guarantee --crash-at EVIL" "128 bisect-step EVIL" \
		"1 doc-tables EVIL" "1 lib/crosscheck-compare EVIL ext4 512" "1 lib/crosscheck-compare . ext4 EVIL" \
		"2 trace-bcc -p EVIL" "2 fuzz --runs EVIL" "2 fuzz --seed EVIL" "2 fuzz --jobs 0" \
		"2 fuzz EVIL" "2 fuzz --input EVIL show"; do
		read -ra words <<<"$words"
		words=("${words[@]//EVIL/"$evil"}")
		script_refuses "${words[*]:1:2}-$i" "${words[0]}" "$root/scripts/${words[1]}" "${words[@]:2}"
	done
	for name in KERNEL SEED PAGES LOADS DIRTY; do
		script_refuses "worst-case-$name-$i" 2 env "$name=$evil" "$root/scripts/worst-case"
	done
	for name in KERNEL SEED REPEAT; do
		script_refuses "reproduce-$name-$i" 2 env "$name=$evil" "$root/scripts/reproduce"
	done
done
check canary-is-silent "something was run" silent
exit "$failed"
