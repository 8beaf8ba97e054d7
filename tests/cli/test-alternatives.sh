#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What makes a store durable, on the page cache of a folder and on loop devices; and chattr +S.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
shm=$(mktemp -d /dev/shm/syncfault-test-XXXXXX)
trap 'rm -rf "$work" "$shm"' EXIT
cd "$work" || exit 1
result=$work/result.json
quick=(--load none --sync none --pages 20 --state)

# measured NAME CODE FILTER ARGUMENT…: that exit code, show takes it, and the filter holds
measured() {
	local name=$1 wanted=$2 filter=$3
	shift 3
	rm -f "$result"
	run run -o "$result" "$@"
	if [ "$code" != "$wanted" ]; then
		not_ok "$name" "exit $code: $(said)"
	elif [ "$code" = 0 ] && ! "$program" show "$result" >"$work/show" 2>&1; then
		not_ok "$name" "show refuses it: $(head -1 "$work/show")"
	elif ! holds "$result" "$filter"; then
		not_ok "$name" "$(jq -c '[.cells[] | [.key, .status, .reason, .proof]]' "$result")"
	else
		ok "$name"
	fi
}

is_committed='.status == "ok" and .proof.commits == 20 and .proof.stores_read_back == 20'
fs=$(stat -f -c %T "$work")
if [ "$fs" = tmpfs ]; then
	skip commits-on-a-folder "$work is on tmpfs"
else
	measured syncs-on-the-page-cache 0 "(.cells | length) == 4 and
		all(.cells[]; $is_committed and .proof.faults_observed == 20)" \
		--dir "$work" "${quick[@]}" hole,written --commit msync,fdatasync
	measured pwrites-take-no-fault 0 ".cells[0] | $is_committed and .proof.faults_expected == 0 and
		.proof.faults_observed == 0 and .proof.page_size == null" \
		--dir "$work" "${quick[@]}" written --commit pwrite_dsync
	check the-table-says-how "$(cat "$work/show")" grep -q 'a pwrite with O_DSYNC' "$work/show"
	measured commits-of-threads 0 "all(.cells[]; .status == \"ok\" and .proof.commits == 60 and
		.proof.stores_read_back == 60)" --dir "$work" "${quick[@]}" hole --threads 3 \
		--files one,each --commit msync,pwrite_dsync
	measured a-flush-on-the-page-cache-is-nothing 77 '.cells[0] | .status == "skipped" and
		(.reason | contains("page cache")) and .latency == null and .proof.commits == null' \
		--dir "$work" "${quick[@]}" written --commit flush
	measured a-read-has-nothing-to-commit 77 '.cells[0].reason | contains("a read stores nothing")' \
		--dir "$work" "${quick[@]}" written --commit msync --access read
	measured a-pwrite-has-no-map-sync 77 '.cells[0].reason | contains("through no mapping")' \
		--dir "$work" --load none --state written --sync map_sync --commit pwrite_dsync
	measured the-suite-on-a-folder 0 '([.cells[].status] | unique) == ["ok", "skipped"]' \
		--dir "$work" --suite alternatives --pages 4
	check the-suite-has-a-table-of-prices "$(cat "$work/show")" \
		grep -Eq 'msync +[0-9.]+ +- +[0-9.]+$' "$work/show"
fi
measured nothing-is-durable-on-tmpfs 77 'all(.cells[]; .reason | contains("tmpfs memory durable"))' \
	--dir "$shm" "${quick[@]}" hole --commit flush,msync,fdatasync,pwrite_dsync
run run --dir "$shm" --commit always
check an-unknown-commit "$(said)" is_refusal 2
run run --dir "$shm" --attribute append
check an-unknown-attribute "$(said)" is_refusal 2

if ! can_loop || ! command -v mkfs.ext4 >/dev/null; then
	skip loop-alternatives "no loop devices or no mkfs.ext4"
	exit "$failed"
fi
truncate -s 64M image
measured the-floor 0 '(.cells | length) == 2 and all(.cells[]; .status == "ok" and
	.proof.faults_observed == 20 and .proof.is_dax != true)' \
	--device image --fs tmpfs,anonymous "${quick[@]}" hole
check "the-floor-writes-no-device" "image has blocks" test "$(stat -c %b image)" = 0
measured the-floor-refuses-mkfs-options 1 '.cells[0].reason | contains("no options of mkfs")' \
	--device image --fs anonymous:-q "${quick[@]}" hole
measured anonymous-memory-has-no-file 77 '.cells[0].reason | contains("no file")' \
	--device image --fs anonymous "${quick[@]}" written
measured chattr-sync 0 'all(.cells[]; .status == "ok" and .proof.faults_observed == 20) and
	([.cells[] | select(.key | endswith("/attribute=sync"))] | length) == 1' \
	--device image --fs ext4 "${quick[@]}" written --attribute none,sync
check the-table-tells-them-apart "$(cat "$work/show")" grep -q 'chattr +S' "$work/show"
measured chattr-sync-that-is-not-there 77 '.cells[0].reason | contains("FS_SYNC_FL")' \
	--dir "$shm" "${quick[@]}" hole --attribute sync
exit "$failed"
