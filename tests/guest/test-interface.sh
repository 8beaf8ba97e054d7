#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What two kernels answer to mmap's flags: on DAX, on the page cache, on tmpfs, without a file, on
# device DAX; and without root on a folder.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

cat >"$work/job.sh" <<'EOJ'
syncfault=$1
$syncfault run --suite interface --device /dev/pmem0 -o /out/files.json >/out/files.txt 2>&1
echo $? >/out/files.rc
$syncfault run --suite interface --interface validate_sync --device /dev/pmem0 --probes -o /out/probes.json >/dev/null 2>&1
ndctl create-namespace -f -e namespace1.0 -m devdax >/dev/null 2>&1
$syncfault run --suite interface --device /dev/dax1.0 -o /out/device.json >/dev/null 2>&1
exit 0
EOJ

check() { check_json "$1" "$work/$2.json" "$3"; } # NAME FILE JQ-FILTER

expect() { # NAME FILE PATTERN
	if grep -q -- "$3" "$work/$2" 2>/dev/null; then
		echo "ok $1"
	else
		echo "not ok $1: $(head -c 300 "$work/$2" 2>&1)"
		failed=1
	fi
}

# The cells that could be asked.
asked='[.cells[] | select(.status != "skipped")]'
# In contrast to mmap(2), all kernels so far take MAP_SYNC from mappings that are not validated.
deviations='map(select(.status == "failed") | .config.interface) | unique'

for kernel in 6.12 6.1; do
	if ! scripts/guest --kernel "debian:$kernel" --pmem 512M,256M --out "$work/$kernel" \
		--with "$work/job.sh:/job.sh" --with "$program" --with "$(command -v ndctl):/bin/ndctl" \
		-- sh /job.sh "$program" >"$work/stdout" 2>"$work/err"; then
		echo "not ok the guest ran: $(tail -n 3 "$work/err" | tr '\n' ' ')"
		exit 1
	fi
	check "$kernel: 54 answers, each with what is expected" "$kernel/files" \
		"$asked | length == 54 and all(.answer.said != null and .answer.expected != null and .latency == null)"
	check "$kernel: MAP_SYNC with validation is synchronous on DAX alone" "$kernel/files" \
		"$asked | map(select(.config.interface == \"validate_sync\") | (.answer.has_map_sync == true) == (.config.dax == \"always\") and .status == \"ok\") | length == 6 and all"
	check "$kernel: and refused elsewhere" "$kernel/files" \
		"$asked | map(select(.config.interface == \"validate_sync\" and .config.dax == \"never\") | .config.fs + \" \" + .answer.said) | sort == [\"anonymous EINVAL\", \"ext4 EOPNOTSUPP\", \"tmpfs EOPNOTSUPP\", \"xfs EOPNOTSUPP\"]"
	check "$kernel: an unknown flag is refused with validation, ignored without" "$kernel/files" \
		"$asked | map(select(.config.interface | endswith(\"unknown\")) | .status == \"ok\") | length == 12 and all"
	check "$kernel: only MAP_SYNC without validation is not as documented" "$kernel/files" \
		"$asked | $deviations == [\"private_sync\", \"shared_sync\"]"
	check "$kernel: it is synchronous on DAX" "$kernel/files" \
		"$asked | map(select(.config.interface == \"shared_sync\" and .config.dax == \"always\") | .answer.has_map_sync) | . == [true, true]"
	check "$kernel: and refused on the page cache" "$kernel/files" \
		"$asked | map(select(.config.interface == \"shared_sync\" and .config.dax == \"never\" and (.config.fs == \"ext4\" or .config.fs == \"xfs\")) | .answer.said) | . == [\"EOPNOTSUPP\", \"EOPNOTSUPP\"]"
	expect "$kernel: a deviation is exit 1" "$kernel/files.rc" '^1$'
	expect "$kernel: the table says so" "$kernel/files.txt" 'MAP_SHARED | MAP_SYNC .* FAIL'
	check "$kernel: nothing to probe, no warning" "$kernel/probes" \
		"$asked | map(.status == \"ok\" and .probes == null and .warnings == []) | length == 6 and all"
	check "$kernel: device DAX is synchronous and refuses private mappings" "$kernel/device" \
		"$asked | map({(.config.interface): .answer}) | add | .validate_sync.has_map_sync and .private.said == \"EINVAL\" and .validate.said == \"mapped\""
done

as=()
[ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
mkdir "$work/folder"
chmod 755 "$work"
chmod 777 "$work/folder"
cp "$program" "$work/syncfault"
"${as[@]}" "$work/syncfault" run --suite interface --dir "$work/folder" -o "$work/folder/r.json" >/dev/null 2>&1
check "a folder, without root: 9 answers" folder/r "$asked | length == 9"
tool=/usr/bin/jsonschema
[ -x "$tool" ] || tool=jsonschema
for result in 6.12/files folder/r; do
	if "$tool" -i "$work/$result.json" results/schema.json >/dev/null 2>&1; then
		echo "ok $result is valid by the schema"
	else
		echo "not ok $result is valid by the schema: $("$tool" -i "$work/$result.json" results/schema.json 2>&1 | tail -n 2)"
		failed=1
	fi
done
exit "$failed"
