#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where output may go, and what it must not destroy: descriptors, devices, the run's own image; limits of
# files, stacks, quotas, names; many runs at once.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
loops=()
clean_up() {
	local device
	umount "$work/quota" 2>/dev/null
	for device in "${loops[@]}"; do losetup -d "$device" 2>/dev/null; done
	rm -rf "$work" "$shm"
}
shm=$(mktemp -d /dev/shm/syncfault-test-XXXXXX)
trap clean_up EXIT
cd "$root/tests/cli/data" || exit 1
cells=(--dir "$shm" --state hole --load none --sync none --pages 16)
tsv=(export --format tsv guest.json)
"$program" "${tsv[@]}" >"$work/expected" 2>/dev/null
is_expected() { [ "$code" = 0 ] && cmp -s "$1" "$work/expected"; }
is_unchanged() { [ "$(listing)" = "$before" ]; }
listing() { find /dev -mindepth 1 -maxdepth 1 -printf '%y %f %l\n' | sort; }

# ---- descriptors and devices ----------------------------------------------------------------------

# through NAME PATH: what descriptor 1, 2 or 7 is gets the whole output, after what is there already
through() {
	local to=$work/through-$1
	printf 'first\n' >"$to"
	code=0
	case $1 in
	stdout*) "$program" "${tsv[@]}" -o "$2" >>"$to" 2>"$work/err" || code=$? ;;
	stderr*) "$program" "${tsv[@]}" -o "$2" 2>>"$to" >"$work/out" || code=$? ;;
	*) "$program" "${tsv[@]}" -o "$2" 7>>"$to" >"$work/out" 2>"$work/err" || code=$? ;;
	esac
	# A warning of the program goes to descriptor 2 as well.
	grep -vx first "$to" | grep -v '^syncfault: warning: ' >"$work/got"
	check "through-$1" "exit $code: $(said) $(wc -l <"$work/got") lines" is_expected "$work/got"
	check "through-$1-behind-the-rest" "$(head -1 "$to")" grep -qx first "$to"
	check "through-$1-replaces-nothing" "$(listing)" is_unchanged
}
refused() { # NAME PATH
	run "${tsv[@]}" -o "$2"
	check "refused-$1" "exit $code: $(said)" is_refusal 1
	check "refused-$1-changes-nothing" "$(listing)" is_unchanged
}
descriptors_and_devices() {
	local reader
	before=$(listing)
	through stdout /dev/stdout
	through stdout-by-number /dev/fd/1
	through stderr /dev/stderr
	through other /dev/fd/7
	through other-in-proc /proc/self/fd/7
	ln -s /dev/stdout "$work/link"
	through stdout-by-a-link "$work/link"
	check link-is-kept "$(ls -l "$work/link")" test -L "$work/link"
	(
		echo first
		"$program" "${tsv[@]}" -o /dev/stdout 2>/dev/null
		echo last
	) >"$work/out"
	check in-the-order-of-the-script "$(head -1 "$work/out") $(tail -1 "$work/out")" \
		test "$(sed -n '1p;$p' "$work/out" | tr '\n' ' ')" = 'first last '
	code=0
	"$program" dashboard . -o /dev/stdout >"$work/out" 2>"$work/err" || code=$?
	check dashboard-through-stdout "exit $code: $(said)" grep -q '</html>' "$work/out"
	code=0
	"$program" run "${cells[@]}" -o /dev/stdout >"$work/out.json" 2>"$work/err" || code=$?
	check run-through-stdout "exit $code: $(said)" holds "$work/out.json" '.cells[0].status == "ok"'
	check others-replace-nothing "$(listing)" is_unchanged

	for to in /dev/null /dev/fd/1 -; do
		run "${tsv[@]}" -o "$to"
		check "device-$to" "exit $code: $(said)" test "$code" = 0
	done
	refused full /dev/full
	mkfifo "$work/fifo"
	cat "$work/fifo" >"$work/got" &
	reader=$!
	run "${tsv[@]}" -o "$work/fifo"
	wait "$reader"
	check named-pipe "exit $code: $(said)" is_expected "$work/got"
	check named-pipe-is-kept "$(ls -l "$work/fifo")" test -p "$work/fifo"

	refused new-device /dev/syncfault-test
	refused new-in-proc /proc/syncfault-test
	refused new-in-sys /sys/syncfault-test
	refused fact-of-proc /proc/self/comm
	refused descriptor-of-nobody /dev/fd/77
	ln -s /dev/syncfault-test "$work/into-dev"
	refused link-into-dev "$work/into-dev"
	ln -s /dev "$work/dev"
	refused folder-that-is-dev "$work/dev/syncfault-test"
	for command in "plot guest.json" "export --format hgrm guest.json"; do
		# shellcheck disable=SC2086 # words
		run $command -o /dev/syncfault-test
		check "refused-folder-of-${command%% *}" "exit $code: $(said)" is_refusal 1
		check "refused-folder-of-${command%% *}-is-not-made" "$(listing)" is_unchanged
	done
	if mknod "$work/block" b 7 255 2>/dev/null; then
		ln -s block "$work/by-id"
		refused block-device "$work/block"
		refused block-device-by-a-link "$work/by-id"
		check block-device-is-kept "$(ls -l "$work")" test -b "$work/block" -a -L "$work/by-id"
	fi
	code=0
	"$program" "${tsv[@]}" -o "$work/file" >&- 2>"$work/err" </dev/null || code=$?
	check closed-stdout-is-no-file-of-ours "exit $code: $(said)" is_expected "$work/file"
	for to in - /dev/stdout; do
		code=0
		"$program" "${tsv[@]}" -o "$to" >&- 2>"$work/err" </dev/null || code=$?
		: >"$work/out"
		check "closed-stdout-for-$to" "exit $code: $(said)" is_refusal 1
	done
	code=0
	(trap '' PIPE && exec "$program" "${tsv[@]}" -o /dev/fd/7 7> >(:) 2>"$work/err" >"$work/out" </dev/null) || code=$?
	check pipe-without-a-reader "exit $code: $(said)" is_refusal 1
}
# Root could replace what is in /dev: so in one that is only this test's.
if [ "${1-}" = own-dev ]; then
	rmdir "$shm" && cd /dev && cp -a null full zero fd stdout stderr "$work" && mount -t tmpfs none /dev &&
		cp -a "$work"/{null,full,zero,fd,stdout,stderr} /dev && mkdir /dev/shm && mkdir "$shm" || exit 1
	rm "$work"/{null,full,zero,fd,stdout,stderr}
	cd "$root/tests/cli/data" || exit 1
	descriptors_and_devices
	exit "$failed"
fi
if ! is_root; then
	descriptors_and_devices
elif unshare -m --propagation private true 2>/dev/null; then
	unshare -m --propagation private bash "$root/tests/robust/test-outputs.sh" own-dev || failed=1
else
	skip descriptors-and-devices "no mount namespace: root would put /dev at stake"
fi

# ---- what a run or an export reads ----------------------------------------------------------------

is_intact() { [ "$(sha256sum <"$1")" = "$sum" ] && [ "$(stat -c %i "$1")" = "$inode" ]; }
# own_input NAME FILE COMMAND…: is refused, and FILE is as it was
own_input() {
	local name=$1 file=$2
	shift 2
	sum=$(sha256sum <"$file") inode=$(stat -c %i "$file")
	run "$@"
	check "own-input-$name" "exit $code: $(said)" is_refusal 2
	check "own-input-$name-is-kept" "$(ls -li "$file")" is_intact "$file"
}
cp guest.json "$work/read.json"
own_input result "$work/read.json" export -f tsv "$work/read.json" -o "$work/read.json"
ln "$work/read.json" "$work/hard.json"
own_input result-by-a-hard-link "$work/hard.json" export -f tsv "$work/read.json" -o "$work/hard.json"
sum=$(sha256sum <"$work/read.json") inode=$(stat -c %i "$work/read.json") code=0
# shellcheck disable=SC2094 # that is what is refused
"$program" export -f tsv - -o "$work/read.json" <"$work/read.json" >"$work/out" 2>"$work/err" || code=$?
check own-input-standard-input "exit $code: $(said)" is_refusal 2
check own-input-standard-input-is-kept "$(ls -li "$work/read.json")" is_intact "$work/read.json"
code=0
# shellcheck disable=SC2094
"$program" export -f tsv "$work/read.json" >>"$work/read.json" 2>"$work/err" || code=$?
: >"$work/out"
check own-input-behind-itself "exit $code: $(said)" is_refusal 2
check own-input-behind-itself-is-kept "$(ls -li "$work/read.json")" is_intact "$work/read.json"

mkdir -p "$work/results/below"
cp guest.json "$work/results/below/a.json"
echo '{"schema": ' >"$work/results/half.json"
ln "$work/results/below/a.json" "$work/results/below/page.html"
ln -s below/a.json "$work/results/link"
echo '6.12.107+deb12-amd64' >"$work/order"
folder=$work/results
own_input dashboard-result "$folder/below/a.json" dashboard "$folder" -o "$folder/below/a.json"
own_input dashboard-result-by-a-hard-link "$folder/below/a.json" dashboard "$folder" -o "$folder/below/page.html"
own_input dashboard-result-by-a-link "$folder/below/a.json" dashboard "$folder" -o "$folder/link"
own_input dashboard-result-that-is-broken "$folder/half.json" dashboard "$folder" -o "$folder/half.json"
own_input dashboard-order "$work/order" dashboard "$folder/below" --order "$work/order" -o "$work/order"
code=0
"$program" dashboard "$folder" -o - >>"$folder/below/a.json" 2>"$work/err" || code=$?
: >"$work/out"
check own-input-dashboard-behind-a-result "exit $code: $(said)" is_refusal 2
run dashboard "$folder/below" --order "$work/order" -o "$folder/below/new.html"
check dashboard-beside-the-results "exit $code: $(said)" test "$code" = 0
run dashboard "$folder/below" -o "$folder/below/new.html"
check dashboard-in-place-of-the-last "exit $code: $(said)" test "$code" = 0
cp guest.json "$work/results/histograms.svg"
own_input plot "$work/results/histograms.svg" plot "$work/results/histograms.svg" --format svg \
	--picture histograms -o "$work/results"
mkdir "$work/hgrm"
"$program" export -f hgrm guest.json -o "$work/hgrm" 2>/dev/null
first=$(find "$work/hgrm" -name '*.hgrm' | sort | head -1)
cp guest.json "$first"
own_input hgrm "$first" export -f hgrm "$first" -o "$work/hgrm"

cp "$root/bench/suites/cover-letter.json" "$work/suite.json"
own_input suite "$work/suite.json" run "${cells[@]}" --suite "$work/suite.json" -o "$work/suite.json"
if can_loop; then
	truncate -s 64M "$work/image" "$work/log"
	ln "$work/image" "$work/hard"
	ln -s image "$work/linked"
	mkdir "$work/below"
	for to in image hard linked below/../image; do
		own_input "image-by-$to" "$work/image" run --device "$work/image" --fs ext4 "${cells[@]:2}" -o "$work/$to"
	done
	own_input log-device "$work/log" run --device "$work/image" --log-device "$work/log" --fs ext4 \
		"${cells[@]:2}" -o "$work/log"
	sum=$(sha256sum <"$work/image") inode=$(stat -c %i "$work/image")
	code=0
	"$program" run --device "$work/image" --fs ext4 "${cells[@]:2}" -o - 1<>"$work/image" 2>"$work/err" || code=$?
	check own-input-image-on-stdout "exit $code: $(said)" test "$code" = 2
	check own-input-image-on-stdout-is-kept "it is another" is_intact "$work/image"
	loops=("$(losetup -f --show "$work/image")")
	own_input file-of-a-loop-device "$work/image" run --device "${loops[0]}" --fs ext4 "${cells[@]:2}" -o "$work/image"
	run run --device "${loops[0]}" --fs ext4 "${cells[@]:2}" -o "${loops[0]}"
	check own-input-block-device "exit $code: $(said)" is_refusal 2
	losetup -d "${loops[0]}"
	loops=()
else
	skip own-input-image "not root, or no loop devices"
fi
mkdir "$work/closed" && chmod 555 "$work/closed"
if is_root && command -v setpriv >/dev/null; then as=(setpriv --reuid 65534 --clear-groups); fi
[ ${#as[@]} = 0 ] || chmod 777 "$work" "$shm"
cd "$work/closed" || exit 1
run run "${cells[@]}" --suite interface
cd "$root/tests/cli/data" || exit 1
check default-name-is-checked-first "exit $code: $(said)" \
	grep -q '^syncfault: write syncfault-interface-.*: Permission denied$' "$work/err"
as=()
chmod 755 "$work"

# ---- limits of files and stacks -------------------------------------------------------------------

mkdir "$work/limits"
# Descriptor 2 leads to a pipe: a file would be subject to the limit.
limited() { # KIND KIB ARGUMENT…
	local kind=$1 limit=$2
	shift 2
	code=$({ {
		status=0
		(ulimit "-$kind" "$limit" && exec "$program" "$@" >/dev/null </dev/null) || status=$?
		echo "$status" >&3
	} 2>&1 | cat >"$work/err"; } 3>&1)
	: >"$work/out"
}
is_file_limit() { is_refusal 1 && grep -q 'File too large$\|File size limit exceeded$' "$work/err"; }
for kib in 0 4; do
	for command in "${tsv[*]}" 'dashboard .' "run ${cells[*]}"; do
		printf old >"$work/limits/old"
		# shellcheck disable=SC2086 # words
		limited f $kib $command -o "$work/limits/old"
		if [ "$kib ${command%% *}" = '4 run' ]; then
			check "file-limit-$kib-run-tells-of-each-cell" "exit $code: $(said)" \
				grep -q 'failed: ftruncate to 65536 bytes: File too large$' "$work/err"
			continue
		fi
		check "file-limit-$kib-${command%% *}" "exit $code: $(said)" is_file_limit
		check "file-limit-$kib-${command%% *}-keeps-the-old" "$(ls -A "$work/limits")" \
			test "$(ls -A "$work/limits") $(cat "$work/limits/old")" = 'old old'
	done
done
rm "$work/limits/old"
if command -v gnuplot >/dev/null; then
	for kib in 0 64; do
		limited f $kib plot guest.json -o "$work/limits/plots"
		check "file-limit-$kib-plot" "exit $code: $(said)" is_file_limit
		check "file-limit-$kib-plot-leaves-nothing" "$(ls -A "$work/limits")" test ! -e "$work/limits/plots"
	done
fi
if can_loop && command -v mkfs.ext4 >/dev/null; then
	# mkfs writes to a device, which has no such limit; the file of the cell has.
	limited f 64 run --device "$work/image" --force --fs ext4 "${cells[@]:2:6}" --pages 16,1000 \
		-o "$work/limits/run.json"
	check file-limit-of-one-cell "exit $code: $(said) $(jq -c '[.cells[] | .reason]' "$work/limits/run.json" 2>&1)" \
		holds "$work/limits/run.json" '[.cells[] | .status] == ["ok", "failed"] and
			(.cells[1].reason | test("File too large"))'
fi

python3 -c 'print("[" * 2040 + "]" * 2040)' >"$work/deep.json"
is_stack_refusal() { [ "$code" = "$1" ] && is_one_line && grep -q 'limit of the stack' "$work/err"; }
commands=("show guest.json" "compare compare-6.1 compare-6.12" "${tsv[*]}" "history ."
	"dashboard . -o $work/page.html" "plot guest.json -o $work/plots" "run ${cells[*]} -o $work/run.json")
for command in "${commands[@]}"; do
	name=${command%% *} status=1
	[ "$name" != compare ] || status=125
	# shellcheck disable=SC2086 # words
	for kib in 40 64 128 508; do
		limited s $kib $command
		check "stack-of-$kib-$name" "exit $code: $(said)" is_stack_refusal $status
	done
	# A soft limit is ours to raise.
	# shellcheck disable=SC2086 # words
	for limit in 'Ss 64' 's 512' 'Ss unlimited'; do
		run $command
		expected=$code
		code=0
		(ulimit -$limit 2>/dev/null; exec "$program" $command >"$work/out" 2>"$work/err" </dev/null) || code=$?
		check "stack-${limit/ /-}-$name" "exit $code, not $expected: $(said)" test "$code" = "$expected"
	done
done
limited s 512 show "$work/deep.json"
check stack-of-512-for-the-deepest-JSON "exit $code: $(said)" is_refusal 1

# ---- quota ----------------------------------------------------------------------------------------

has_quota() {
	truncate -s 128M "$work/quota.image" && mkfs.btrfs -q "$work/quota.image" && mkdir "$work/quota" &&
		mount -o loop "$work/quota.image" "$work/quota" && btrfs quota enable "$work/quota" &&
		btrfs subvolume create "$work/quota/small" && btrfs qgroup limit 128K "$work/quota/small"
}
if can_loop && command -v mkfs.btrfs btrfs >/dev/null && has_quota >/dev/null 2>&1; then
	small=$work/quota/small
	printf old >"$small/old"
	sync -f "$small"
	head -c 1M /dev/zero >"$small/filler" 2>"$work/err"
	check quota-is-there "$(said)" grep -q 'Disk quota exceeded' "$work/err"
	is_over_quota() { is_refusal 1 && grep -q ': Disk quota exceeded$' "$work/err"; }
	for command in "${tsv[*]}" "export --format openmetrics guest.json" 'dashboard .' \
		"run ${cells[*]} --pages 4096"; do
		# shellcheck disable=SC2086 # words
		run $command -o "$small/old"
		check "quota-${command:0:24}" "exit $code: $(said)" is_over_quota
		check "quota-${command:0:24}-keeps-the-old" "$(ls -A "$small")" \
			test "$(ls -mA "$small") $(cat "$small/old")" = 'filler, old old'
	done
	umount "$work/quota"
else
	umount "$work/quota" 2>/dev/null
	skip quota "not root, no loop devices, or no btrfs with quota"
fi

# ---- names ----------------------------------------------------------------------------------------

long() { head -c "$2" /dev/zero | tr '\0' "$1"; } # LETTER LENGTH
mkdir "$work/names"
cd "$work/names" || exit 1
data=$root/tests/cli/data
cp "$data/guest.json" "$(long n 255)"
cp -r "$data/compare-6.1" "$(long a 255)"
cp -r "$data/compare-6.12" "$(long b 255)"
done_with() { # NAME ARGUMENT…
	local name=$1
	shift
	run "$@"
	check "$name" "exit $code: $(said)" test "$code" = "${want:-0}"
}
done_with name-of-255-show show "$(long n 255)"
want=1 done_with name-of-255-compare compare "$(long a 255)" "$(long b 255)"
done_with name-of-255-history history "$(long a 255)"
done_with name-of-255-export export -f tsv "$(long n 255)" -o "$(long o 255)"
done_with name-of-255-dashboard dashboard "$(long a 255)" -o "$(long d 255)"
done_with name-of-255-run run "${cells[@]}" -o "$(long r 255)"
! command -v gnuplot >/dev/null || done_with name-of-255-plot plot "$(long n 255)" -o "$(long p 255)"
for length in 256 4095 4096 5000 100000; do
	for command in show history export dashboard run plot; do
		path=$(long x $length)
		case $command in
		show | history) run $command "$path" ;;
		export) run export -f tsv "$(long n 255)" -o "$path" ;;
		dashboard) run dashboard "$(long a 255)" -o "$path" ;;
		run) run run "${cells[@]}" -o "$path" ;;
		plot) run plot "$(long n 255)" -o "$path" ;;
		esac
		check "name-of-$length-$command" "exit $code: $(said)" is_one_line
		check "name-of-$length-$command-fails" "exit $code" test "$code" -ge 1 -a "$code" -le 2
	done
	run compare "$(long x $length)" "$(long b 255)"
	check "name-of-$length-compare" "exit $code: $(said)" is_refusal 2
done
# The longest path that open(2) takes has 4,095 bytes.
folder=.
for _ in $(seq 20); do folder=$folder/$(long y 200); done
mkdir -p "$folder"
# path LENGTH: of a file in that folder
path() { echo "$folder/$(long z $(($1 - ${#folder} - 1)))"; }
done_with path-of-4095-export export -f tsv "$(long n 255)" -o "$(path 4095)"
done_with path-of-4095-run run "${cells[@]}" -o "$(path 4095)"
cp "$data/guest.json" "$(path 4095)"
done_with path-of-4095-show show "$(path 4095)"
for command in export run plot; do
	case $command in
	export) run export -f tsv "$(long n 255)" -o "$(path 4096)" ;;
	run) run run "${cells[@]}" -o "$(path 4096)" ;;
	plot) run plot "$(long n 255)" -o "$(path 4090)" ;;
	esac
	check "path-of-4096-$command" "exit $code: $(said)" is_refusal 1
done
cd "$work" || exit 1

# ---- many at once ---------------------------------------------------------------------------------

pids=()
for i in $(seq 32); do
	mkdir "$shm/$i"
	"$program" run --dir "$shm/$i" "${cells[@]:2}" -o "$work/many-$i.json" >/dev/null 2>"$work/many-$i.err" </dev/null &
	pids+=($!)
done
bad=0
for pid in "${pids[@]}"; do wait "$pid" || bad=$((bad + 1)); done
check many-at-once "$bad of 32 failed: $(cat "$work"/many-*.err | head -3)" test "$bad" = 0
results=0
for i in $(seq 32); do ! holds "$work/many-$i.json" '.cells[0].status == "ok"' || results=$((results + 1)); done
check many-at-once-all-have-a-result "$results of 32" test "$results" = 32
left=$(find "$shm" -mindepth 2; find "$work" -mindepth 1 -maxdepth 1 -name '.*')
check many-at-once-leave-nothing "$left" test -z "$left"
exit "$failed"
