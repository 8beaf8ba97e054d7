#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What needs root says so; all else runs as nobody, without any capability, in a folder that it may
# not read. Threads that measure have no capabilities. Modes of files are meant, whatever the umask.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
running=''
clean_up() {
	[ -z "$running" ] || kill -KILL "$running" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT

mine=$work/mine # nobody's
theirs=$work/theirs # what nobody may read
dark=$work/dark # where nobody is
results=$root/results/baselines/kernels

prepare_nobody() {
	chmod 711 "$work"
	mkdir -m 700 "$mine" "$dark"
	mkdir -m 755 "$theirs"
	cp -r "$results" "$theirs/results"
	cp "$(find "$results" -name 'ext4-seed-0.json' | head -1)" "$theirs/ext4.json"
	chmod -R a+rX "$theirs"
	install -m 755 "$program" "$work/syncfault"
	program=$work/syncfault
	chown 65534:65534 "$mine"
	cd "$dark" || exit 1
	as=(env "HOME=/nonexistent" setpriv --reuid=65534 --regid=65534 --clear-groups
		--bounding-set=-all --inh-caps=-all)
}

as_nobody() { # NAME WANTED-CODE ARGUMENT…
	local name=$1 wanted=$2
	shift 2
	run "$@"
	check "nobody-$name" "exit $code: $(said)" test "$code" = "$wanted"
}
made() { check "nobody-$1-makes-$2" "no such file in $(ls "$mine")" test -s "$mine/$2"; }

readers() {
	local format
	as_nobody show 0 show "$theirs/ext4.json"
	check nobody-show-shows "$(head -1 "$work/out")" grep -q '^ext4' "$work/out"
	as_nobody compare 0 compare "$theirs/ext4.json" "$theirs/ext4.json"
	as_nobody history 0 history "$theirs/results"
	check nobody-history-leaves-no-file "$(ls "$theirs")" test "$(ls "$theirs")" = "$listing"
	as_nobody dashboard 0 dashboard "$theirs/results" -o "$mine/page.html"
	made dashboard page.html
	for format in benchstat openmetrics tsv; do
		as_nobody "export-$format" 0 export --format $format "$theirs/ext4.json" -o "$mine/$format"
		made "export-$format" $format
	done
	if command -v gnuplot >/dev/null; then
		as_nobody plot 0 plot "$theirs/ext4.json" -o "$mine/plots"
		check nobody-plot-draws "no picture" grep -qs '<svg' -r "$mine/plots"
	else
		skip nobody-plot "no gnuplot"
	fi
	as_nobody into-the-dark 1 export --format tsv "$theirs/ext4.json" -o "$theirs/tsv"
	check nobody-is-told-why "$(said)" is_one_line
}

# Each suite, as far as an ordinary folder has what it measures.
suites() {
	local suite more
	for suite in "$root"/bench/suites/*.json; do
		suite=$(basename "$suite" .json)
		# Other than the kernel's answers, cells of these suites ask for too much time or luck here.
		more=(--pages 4 --load none)
		[ "$suite" != remap ] || more=(--pages 200 --pause 200)
		[ "$suite" != interface ] || more=()
		run run --suite "$suite" --dir "$mine" -o "$mine/$suite.json" ${more[@]+"${more[@]}"}
		check "nobody-runs-$suite" "exit $code: $(said)" test -s "$mine/$suite.json"
		check "nobody-runs-$suite-or-says-why" "$(jq -r '.cells[].reason' "$mine/$suite.json" | sort -u | head -c 300)" \
			holds "$mine/$suite.json" 'all(.cells[]; .status == "ok" or (.reason | length > 10))
				and all(.cells[]; .reason // "" | test("permitted|denied"; "i") | not)'
	done
	check nobody-measures "no cell is ok" holds "$mine/cover-letter.json" 'any(.cells[]; .status == "ok")'
	check nobody-files-are-nobodys "$(stat -c '%u %a' "$mine/scale.json")" \
		test "$(stat -c '%u' "$mine/scale.json")" = 65534
}

privileged() { # what needs root
	truncate -s 64M "$theirs/image"
	as_nobody device 77 run --device "$theirs/image" --fs ext4 -o "$mine/device.json"
	check nobody-device-says-why-and-the-way-out "$(said)" \
		grep -qE 'needs root, for mkfs and mount; --dir does not' "$work/err"
	check nobody-device-is-one-line "$(said)" is_one_line
	as_nobody trace 77 trace --for 1
	check nobody-trace-says-why "$(said)" grep -qE 'run as root, or with CAP_BPF and CAP_PERFMON' "$work/err"
	check nobody-trace-is-one-line "$(said)" is_one_line
	as_nobody probes 0 run --dir "$mine" --probes --suite cover-letter --state hole --load none --sync none \
		--pages 4 -o "$mine/probes.json"
	check nobody-probes-keep-the-figures "$(said)" holds "$mine/probes.json" \
		'.cells[0] | .status == "ok" and (.warnings | any(test("no probes")))'
	as_nobody doctor 0 doctor "$mine"
	check nobody-doctor-tells-of-root "no advice" grep -A 1 '^no  *BPF: .*not permitted' "$work/out"
	check nobody-doctor-advises "no advice" grep -q '^ .*run as root' "$work/out"
}

# CapEff and CapPrm of each thread of a process, and whether it is the first one.
capabilities() { # PID
	local task
	for task in /proc/"$1"/task/*; do
		[ "${task##*/}" = "$1" ] && printf 'first ' || printf 'other '
		sed -nE 's/^Cap(Prm|Eff):\t//p' "$task/status" | tr '\n' ' '
		echo
	done 2>/dev/null
}
children() { cat "/proc/$1/task/$1/children"; }
measures() { [ "$(find "/proc/$1/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" -gt "$2" ]; }
# A thread is there before it has settled; a test that looks too early must look again.
has_none() { capabilities "$1" | awk -v least="$2" '$1 == "other" { n++; if ($2 $3 !~ /^0+$/) bad = 1 }
	END { exit bad || n < least }'; }
has_some() { capabilities "$1" | awk '$1 == "first" && $3 !~ /^0+$/ { some = 1 } END { exit !some }'; }

start_run() { # ARGUMENT…
	"$program" run "$@" --sync none --page-size 4k --pages 2000 --pause 20000 --suite cover-letter \
		-o "$work/threads.json" >"$work/out" 2>"$work/err" </dev/null &
	running=$!
}
end_run() {
	kill -KILL "$running"
	wait "$running" 2>/dev/null
	running=''
}

threads() {
	local child as=()
	start_run --dir "$work" --state written --load copy --threads 2
	check thread-starts "$(said)" poll 30 measures "$running" 2
	check threads-that-measure-have-no-capabilities "$(capabilities "$running")" poll 10 has_none "$running" 2
	check the-first-thread-keeps-them "$(capabilities "$running")" has_some "$running"
	child=$(children "$running")
	# A folder may be of anybody, and closed: of all capabilities this one is kept (CAP_DAC_OVERRIDE).
	check a-load-in-a-folder-keeps-one "$(capabilities "${child% }")" \
		test "$(capabilities "${child% }")" = 'first 0000000000000002 0000000000000002 '
	end_run
	start_run --dir "$work" --state written --load none --remap write
	check writer-starts "$(said)" poll 30 measures "$running" 2
	check threads-that-write-have-no-capabilities "$(capabilities "$running")" poll 10 has_none "$running" 2
	end_run
	chown 65534 "$mine" && chmod 700 "$mine"
	run run --dir "$mine" --state written --load copy --sync none --pages 20 --pause 500 \
		--suite cover-letter -o "$work/load.json"
	check root-loads-the-folder-of-a-user "exit $code: $(said)" test "$code" = 0
	if ! can_loop || ! command -v mkfs.ext4 >/dev/null; then
		skip a-load-on-a-device-keeps-none "no loop devices, or no mkfs.ext4"
		return
	fi
	truncate -s 64M "$work/image"
	start_run --device "$work/image" --fs ext4 --state written --load copy
	check device-thread-starts "$(said)" poll 30 measures "$running" 1
	child=$(children "$running")
	check a-load-on-a-device-keeps-none "$(capabilities "${child% }")" \
		test "$(capabilities "${child% }")" = 'first 0000000000000000 0000000000000000 '
	end_run
}

modes() { # of all that is written, by umask
	local mask wanted file result=$work/modes/result.json
	mkdir "$work/modes"
	for mask in 000 022 027 077; do
		rm -rf "$work/modes"/*
		(
			umask $mask
			run run --dir "$work" --state hole --load none --sync none --pages 2 -o "$result"
			run export --format tsv "$result" -o "$work/modes/tsv"
			run dashboard "$results" -o "$work/modes/page.html"
			XDG_CACHE_HOME=$work/cache-$mask run history --index always "$work/modes"
			! command -v gnuplot >/dev/null || run plot "$result" -o "$work/modes/plots"
		)
		wanted=$(printf '%o' $((0644 & ~0$mask)))
		for file in result.json tsv page.html; do
			check "mode-$file-umask-$mask" "$(stat -c %a "$work/modes/$file" 2>&1), not $wanted" \
				test "$(stat -c %a "$work/modes/$file")" = "$wanted"
		done
		check "mode-of-an-index-umask-$mask" "$(find "$work/cache-$mask" -ls)" \
			test -z "$(find "$work/cache-$mask" -perm /077)"
		check "mode-no-other-umask-$mask" "$(ls -l "$work/modes")" \
			test -z "$(find "$work/modes" -type f ! -perm "$wanted")"
	done
}

modes
if ! is_root || ! command -v setpriv >/dev/null || ! command -v jq >/dev/null; then
	skip nobody "not root, or no setpriv or jq"
	exit "$failed"
fi
prepare_nobody
listing=$(ls "$theirs")
threads
"${as[@]}" true || exit 1
readers
suites
privileged
exit "$failed"
