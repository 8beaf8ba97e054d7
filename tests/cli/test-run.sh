#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault run: on a folder as any user, and on loop devices as root.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
clean_up() {
	umount "$work/small" 2>/dev/null
	rm -rf "$work" "$shm"
}
shm=$(mktemp -d /dev/shm/syncfault-test-XXXXXX)
trap clean_up EXIT
cd "$work" || exit 1
result=$work/result.json
quick=(--state hole --load none --sync none)

# On a busy machine the load may get no CPU while the faults last: pauses between them give it some.
run_fed() { # run|run_measured RESULT ARGUMENT…
	local pause run=$1 result=$2
	shift 2
	for pause in '' 500 2000 4000; do
		rm -f "$result"
		$run run -o "$result" "$@" ${pause:+--pause "$pause"}
		holds "$result" 'any(.cells[]; (.reason // "") | test("^the load moved nothing"))' || return 0
	done
}
# measured NAME FILTER ARGUMENT…: exit 0, a result that show accepts, and the filter holds
measured() {
	local name=$1 filter=$2
	shift 2
	run_fed run_measured "$result" "$@"
	if [ "$code" != 0 ]; then
		not_ok "$name" "exit $code: $(said) $(jq -c '[.cells[] | select(.status == "failed") | .reason]' "$result" 2>&1)"
	elif [ -s "$work/err" ]; then
		not_ok "$name" "says on stderr: $(said)"
	elif ! "$program" show "$result" >"$work/show" 2>&1; then
		not_ok "$name" "show refuses it: $(head -1 "$work/show")"
	elif ! holds "$result" "$filter"; then
		not_ok "$name" "$(jq -c '[.cells[] | [.key, .status, .reason, .proof, .latency.count]]' "$result")"
	else
		ok "$name"
	fi
	keep
}
# Results are checked against the schema all at once: each start of jsonschema takes half a second.
schemas=()
keep() {
	cp "$result" "$work/kept-${#schemas[@]}.json" 2>/dev/null && schemas+=(-i "$work/kept-${#schemas[@]}.json")
}
validate() {
	local status=0
	jsonschema "${schemas[@]}" "$root/results/schema.json" >"$work/schema" 2>&1 || status=$?
	check "$1" "${#schemas[@]} words, status $status: $(tail -c 400 "$work/schema")" \
		test $status = 0 -a ${#schemas[@]} -ge "$2"
}
# failing NAME FILTER ARGUMENT…: exit 1, and a result all the same, that says why
failing() {
	local name=$1 filter=$2
	shift 2
	rm -f "$result"
	run run -o "$result" "$@"
	check "$name" "exit $code: $(said) $(jq -c '[.cells[] | [.status, .reason]]' "$result" 2>&1)" \
		test "$code" = 1 -a "$(jq "$filter" "$result" 2>/dev/null)" = true
	keep
}

# ---- a folder on the page cache --------------------------------------------------------------

measured letter-on-tmpfs '(.cells | length) == 12 and .suite == "cover-letter" and
	.clock.domain == "time" and .clock.unit == "ns" and .clock.read_cost > 0 and
	([.cells[] | select(.config.sync == "map_sync")] |
		length == 6 and all(.status == "skipped" and (.reason | test("MAP_SYNC: Operation not supported")))) and
	([.cells[] | select(.config.sync == "none")] | length == 6 and all(.status == "ok"))' --dir "$shm"
check proof-is-512-faults-of-4-KiB "$(jq -c '.cells[0].proof' "$result")" holds "$result" '
	[.cells[] | select(.status == "ok")] | all(.proof.faults_expected == 512 and
	.proof.faults_observed == 512 and .proof.page_size == 4096 and .proof.is_dax == false and
	.proof.has_map_sync == false and .latency.count == 512 and (.latency.samples | length) == 512)'
check load-moved-bytes "$(jq -c '[.cells[] | .proof.load_bytes]' "$result")" holds "$result" '
	[.cells[] | select(.status == "ok")] |
	all(if .config.load == "copy" then .proof.load_bytes > 0 and (.placement.load_cpus | length) > 0
	else .proof.load_bytes == null end)'
# shellcheck disable=SC2016 # the variable is one of jq
check figures-agree-with-samples "$(jq -c '.cells[0].latency | del(.samples)' "$result")" holds "$result" '
	[.cells[] | select(.status == "ok") | .latency] | all((.samples | sort) as $s | .min > 0 and .min == $s[0] and .max == $s[511] and
	.p50 == $s[255] and .p90 == $s[460] and .p99 == $s[506] and .p999 == $s[511] and
	(.mean - ($s | add) / 512 | fabs) < 0.01 and
	(.log2_us | map(.count) | add) == 512 and (.hist_ns | map(.count) | add) == 512)'
check machine-is-described "$(jq -c .host "$result")" holds "$result" '
	.host.kernel == "'"$(uname -r)"'" and .host.cpus > 0 and .guest == null and .tool.version != null'
check nothing-is-left-on-tmpfs "$(ls -A "$shm")" test -z "$(ls -A "$shm")"
check nothing-but-the-result "$(ls -A "$work")" test -z "$(find "$work" -mindepth 1 -name '*syncfault*')"

measured read 'all(.cells[]; .status == "ok" and .proof.faults_observed == 512 and
	.placement.stride_bytes == 65536)' --dir "$shm" --state hole,written --load none --sync none --access read
run run -o "$result" --dir "$shm" "${quick[@]}" --access read-then-write
check write-after-read-on-tmpfs "exit $code: $(jq -c '.cells[0]' "$result")" holds "$result" '
	.cells[0] | .status == "skipped" and (.reason | test("read made the pages writable"))'
check nothing-measurable-is-exit-77 "exit $code" test "$code" = 77
measured threads-on-one-file 'all(.cells[]; .status == "ok" and .proof.faults_observed == 400 and
	.latency.count == 400 and (.placement.fault_cpus | length) == 4)' \
	--dir "$shm" "${quick[@]}" --threads 4 --pages 100 --files one
measured threads-on-a-file-each 'all(.cells[]; .status == "ok" and .proof.faults_observed == 400 and
	(.key | endswith("threads=4/files=each")))' --dir "$shm" "${quick[@]}" --threads 4 --pages 100 --files each
measured threads-that-read 'all(.cells[]; .status == "ok" and .proof.faults_observed == 200)' \
	--dir "$shm" --state written --load none --sync none --access read --threads 4 --pages 50
measured one-page '.cells | length == 1 and .[0].latency.count == 1 and .[0].latency.p50 == .[0].latency.samples[0]' \
	--dir "$shm" "${quick[@]}" --pages 1
measured repeats '[.cells[].repeat] == [0, 1, 2] and ([.cells[].key] | unique | length) == 1' \
	--dir "$shm" "${quick[@]}" --pages 8 --repeat 3
measured pause-and-cpu '.cells[0] | .config.pause_us == 50 and .placement.fault_cpus == ['"$(taskset -cp $$ | grep -oE '[0-9]+$')"']' \
	--dir "$shm" "${quick[@]}" --pages 16 --pause 50 --cpus "$(taskset -cp $$ | grep -oE '[0-9]+$')"

measured many-pages '.cells | all(.latency.count == 100000 and .proof.faults_observed == 100000 and
	(.latency.samples | length) == 65536 and (.latency.hist_ns | map(.count) | add) == 100000)' \
	--dir "$shm" "${quick[@]}" --pages 100000
# The mapping counts as resident: 100,000 pages of 4 KiB. The rest is samples, buffers and JSON.
is_sanitized || check many-pages-in-bounded-memory "$rss_kb KiB" test "$rss_kb" -lt $((400000 + 65536))
measured pages-times-threads '.cells[0] | .latency.count == 90000 and (.latency.samples | length) <= 65536 and
	(.latency.samples | length) >= 65533' --dir "$shm" "${quick[@]}" --pages 30000 --threads 3 --pause 0 --scheduler other

run run -o "$result" --dir "$shm" "${quick[@]}" --page-size 2m --pages 4
check huge-pages-or-a-reason "exit $code: $(jq -c '.cells[0] | del(.latency)' "$result")" holds "$result" '
	.cells[0] | if .status == "ok" then .proof.page_size == 2097152 and .proof.faults_observed == 4
	else (.reason | length) > 0 and .latency == null end'

# ---- what is written where --------------------------------------------------------------------

rm -f "$result"
run run --dir "$shm" "${quick[@]}" --pages 8 -o -
check result-on-stdout "exit $code: $(said)" holds "$work/out" '.cells[0].status == "ok"'
mkdir "$work/default" && cd "$work/default" || exit 1
run run --dir "$shm" "${quick[@]}" --pages 8
check default-name "made: $(ls)" test "$code" = 0 -a -e "$(echo syncfault-cover-letter-*T*Z.json)"
check default-name-is-told "said: $(said)" grep -qxE 'syncfault: wrote syncfault-cover-letter-[0-9TZ]+\.json' "$work/err"
cd "$work" || exit 1
echo old >"$result"
run run --dir "$shm" "${quick[@]}" --pages 8 -o /dev/full
check full-output "exit $code: $(said)" is_refusal 1
run run --dir "$shm" "${quick[@]}" --pages 8 --suite none -o "$result"
check old-result-stays "it holds: $(head -c 100 "$result")" grep -qx old "$result"
run run --dir "$shm" "${quick[@]}" --pages 8 --progress -o "$result"
check progress-in-lines "said: $(said)" grep -qE '^1/1 tmpfs hole load=none sync=none write 4k: p50 [0-9.,]+ us$' "$work/err"
run run --dir "$shm" "${quick[@]}" --pages 8 -o "$result"
check silent-without-a-terminal "said: $(said)" test ! -s "$work/err"

# ---- as a user without rights -------------------------------------------------------------------

if is_root; then
	chmod 711 "$work" && cp "$program" "$work/syncfault" && chmod 755 "$work/syncfault"
	mkdir -m 777 "$work/open"
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	saved=$program program=$work/syncfault
	chmod 777 "$shm"
	run_fed run "$work/open/result.json" --dir "$shm" --load copy --sync none --pages 64
	check unprivileged "exit $code: $(said)" test "$code" = 0
	check unprivileged-is-measured "$(jq -c '[.cells[] | [.status, .reason, .proof.load_bytes]]' "$work/open/result.json")" \
		holds "$work/open/result.json" '.cells | length == 3 and all(.status == "ok" and .proof.load_bytes > 0)'
	run run --device "$work/open/image" --fs ext4
	check unprivileged-device "exit $code: $(said)" is_refusal 77
	run run --dir "$shm" "${quick[@]}" --pages 8 --scheduler fifo -o "$work/open/result.json"
	check fifo-that-was-refused-is-told "exit $code: $(jq -c '.cells[0] | del(.latency)' "$work/open/result.json")" \
		holds "$work/open/result.json" '.cells[0] | .config.scheduler == "other" and
		any(.warnings[]; test("SCHED_FIFO was refused"))'
	run run --dir "$shm" "${quick[@]}" --pages 8 -o "$work/result.json"
	check unprivileged-output "exit $code: $(said)" is_refusal 1
	as=() program=$saved
	chmod 700 "$work"
else
	ok unprivileged # as all of the above
fi

# ---- a file system that is full, and file systems made for it -----------------------------------

if ! is_root; then
	validate results-are-by-the-schema 20
	skip full-and-loop-file-systems "needs root"
	exit "$failed"
fi
mkdir "$work/small" && mount -t tmpfs -o size=1m none "$work/small"
failing sigbus-is-a-failed-cell '.cells | length == 2 and .[0].status == "failed" and
	(.[0].reason | test("^SIGBUS at page [0-9]+ of 512, offset [0-9]+ of the file: the file system is full$")) and
	.[0].latency == null and .[1].status == "failed" and (.[1].reason | test("No space left"))' \
	--dir "$work/small" --state hole,written --load none --sync none
check full-file-system-is-emptied "$(df "$work/small" | tail -1)" test "$(df --output=used "$work/small" | tail -1)" -lt 64
failing sigbus-in-threads '.cells[0] | .status == "failed" and (.reason | test("SIGBUS"))' \
	--dir "$work/small" "${quick[@]}" --threads 4 --pages 200
umount "$work/small"

if ! can_loop; then
	validate results-are-by-the-schema 20
	skip loop-file-systems "no /dev/loop-control"
	exit "$failed"
fi
image=$work/image
truncate -s 320M "$image"
available=()
for fs in ext4 xfs btrfs; do
	if ! command -v mkfs.$fs >/dev/null; then
		skip "loop-$fs" "no mkfs.$fs"
	elif ! modprobe -q $fs 2>/dev/null && ! grep -qw $fs /proc/filesystems; then
		skip "loop-$fs" "the kernel has no $fs"
	else
		available+=("$fs")
	fi
done
n=${#available[@]}
measured letter-on-loop '(.cells | length) == 12 * '"$n"' and
	all(.cells[]; if .config.sync == "none" then .status == "ok" and .proof.faults_observed == 512 and
	(.config.load == "none" or .proof.load_bytes > 0) else .status == "skipped" end)' \
	--device "$image" --fs "$(IFS=,; echo "${available[*]}")"
check no-mount-left "$(mounts_on "$image")" test -z "$(mounts_on "$image")"
check no-loop-device-left "$(losetup -a)" poll 10 has_no_loop "$image"
check image-is-given-back-empty "$(blkid -p "$image")" test -z "$(blkid -p "$image")"
measured reads-on-loop 'all(.cells[]; .status == "ok")' --device "$image" \
	--fs "$(IFS=,; echo "${available[*]}")" --state hole,written --load none --sync none \
	--access read,read-then-write
measured mkfs-and-mount-options '.cells[0] | .status == "ok" and .config.mkfs_options == "-O ^has_journal" and
	.config.mount_options == "noatime" and (.key | startswith("ext4:-O ^has_journal:noatime/"))' \
	--device "$image" --fs 'ext4:-O ^has_journal:noatime' "${quick[@]}"
failing mkfs-that-fails '.cells[0] | .status == "failed" and .latency == null and
	(.reason | test("^mkfs.ext4 -O nonsense: status 1: .*nonsense"))' \
	--device "$image" --fs 'ext4:-O nonsense' "${quick[@]}"
check mkfs-that-fails-is-one-line "said: $(said)" is_one_line
failing mount-that-fails '.cells[0] | .status == "failed" and (.reason | test("^mount ext4: nonsense"))' \
	--device "$image" --fs 'ext4::nonsense' "${quick[@]}"
run run -o "$result" --device "$image" --fs nosuchfs "${quick[@]}"
check mkfs-that-is-not-there "exit $code: $(said)" test "$code" = 77 -a "$(jq -r '.cells[0].status' "$result")" = skipped
run run -o "$result" --device "$image" --fs ext4 --dax always "${quick[@]}"
check dax-on-a-loop-device "exit $code: $(jq -c '.cells[0] | del(.latency)' "$result")" \
	holds "$result" '.cells[0] | .status == "skipped" and (.reason | test("DAX"))'
run run -o "$result" --device "$image" --fs ext4 "${quick[@]}" --pages 8,100000
check more-pages-than-the-device "exit $code: $(jq -c '[.cells[] | del(.latency)]' "$result")" \
	holds "$result" '.cells | length == 2 and .[0].status == "ok" and .[1].status == "skipped" and .[1].latency == null
	and (.[1].reason | test("^390 MiB of pages to fault, and the file system has [0-9]+$"))'
measured elapsed-holds-every-pause '.cells[0].latency | .elapsed >= .max and .elapsed >= 7 * 1000000' \
	--device "$image" --fs ext4 "${quick[@]}" --pages 8 --threads 2 --pause 1000
check nothing-left-after-failures "$(losetup -a)" poll 10 has_no_loop "$image"
measured image-is-free-again '.cells[0].status == "ok"' --device "$image" --fs ext4 "${quick[@]}"
validate results-are-by-the-schema 36
# In a chroot, mountinfo does not show the mount that its root lies on.
run_in_jail() {
	local jail=$work/jail library
	mkdir -p "$jail"/{proc,data,out} || return
	cp "$program" "$jail/syncfault" || return
	while read -r library; do
		mkdir -p "$jail$(dirname "$library")" && cp -L "$library" "$jail$library" || return
	done < <(ldd "$program" | grep -oE '/[^ ]+')
	unshare --mount sh -c "mount -t proc proc '$jail/proc' && exec chroot '$jail' /syncfault run \
		--dir /data --state hole --load none --sync none --pages 8 -o /out/result.json"
}
if is_root && ! is_sanitized; then
	check in-a-chroot "no result, or not ok" run_in_jail
	check in-a-chroot-is-measured "not ok" holds "$work/jail/out/result.json" \
		'.cells[0].status == "ok" and (.cells[0].placement.target | contains("mount not told"))'
elif ! is_root; then
	skip in-a-chroot "needs root"
fi

exit "$failed"
