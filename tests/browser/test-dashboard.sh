#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The page of syncfault dashboard in a real browser: headless Chromium, by way of dashboard.py.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

here=$(cd "$(dirname "$0")" && pwd)
trap 'rm -rf "$work"' EXIT
for needed in chromium chromedriver; do
	command -v "$needed" >/dev/null || {
		skip dashboard-in-a-browser "no $needed (chromium, chromium-driver)"
		exit "$failed"
	}
done
/usr/bin/python3 -c 'import selenium' 2>/dev/null || {
	skip dashboard-in-a-browser "no selenium (python3-selenium)"
	exit "$failed"
}

# Ends an attribute, an element, a script, a comment, a template; and 10 kB of name.
hostile='"><script>document.title="PWNED"</script></script><img src=x onerror=alert(1)>'
hostile+=$'\'--></style>{{data}}&lt;&amp;\\u003c\n\e[31m\xe2\x80\xae🚀日本語'
hostile+=$(printf 'n%.0s' {1..10000})

make_page() { # NAME BUILDS SEEDS TEXT
	/usr/bin/python3 "$here/results.py" "$work/$1" "${@:2}" || not_ok "$1-results" "not made"
	run dashboard "$work/$1" -o "$work/$1.html"
	check "dashboard-$1-is-made" "exit $code: $(said)" test "$code$(said)" = 0
}

make_page plain 6 3
make_page hostile 4 1 "$hostile"
make_page alone 1 1
run compare "$work/plain/0000" "$work/plain/0005" --json
cp "$work/out" "$work/compare.json"
check compare-tells "exit $code" test "$code" = 1
run history "$work/plain" --json
cp "$work/out" "$work/history.json"
check history-tells "exit $code: $(said)" test "$code" = 0

/usr/bin/python3 "$here/dashboard.py" "$work" || failed=1
exit "$failed"
