#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# syncfault dashboard without a browser: what it refuses, what it writes, and that the page is well
# formed and holds its figures as text. tests/browser/ looks at it in Chromium. No root needed.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

here=$(cd "$(dirname "$0")" && pwd)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
make_results() { /usr/bin/python3 "$here/../browser/results.py" "$@"; }
has_text() { grep -qF -- "$2" "$1"; }
lacks_text() { ! has_text "$@"; }

make_results "$work/six" 6 3
mkdir "$work/empty" "$work/broken"
cp -r "$work/six/0000" "$work/six/0005" "$work/broken/"
echo '{"schema": ' >"$work/broken/half.json"

run dashboard "$work/six"
check dashboard-wants-a-file "exit $code" is_refusal 2
run dashboard -o "$work/x.html"
check dashboard-wants-a-folder "exit $code" is_refusal 2
run dashboard "$work/none" -o "$work/x.html"
check dashboard-folder-is-not-there "exit $code: $(said)" is_refusal 2
run dashboard "$work/six/0000/seed-0.json" -o "$work/x.html"
check dashboard-file-is-no-folder "exit $code: $(said)" is_refusal 2
run dashboard "$work/empty" -o "$work/x.html"
check dashboard-empty-folder "exit $code: $(said)" is_refusal 1
run dashboard "$work/six" --base 6.12.99 -o "$work/x.html"
check dashboard-unknown-build "exit $code: $(said)" is_refusal 2
check dashboard-unknown-build-names-others "$(said)" has_text "$work/err" 6.12.6
run dashboard "$work/six" -o "$work/none/x.html"
check dashboard-nowhere-to-write "exit $code: $(said)" is_refusal 1
check dashboard-refused-leaves-nothing "there is a page" test ! -e "$work/x.html"

echo before >"$work/kept.html"
run dashboard "$work/six" --new nothing -o "$work/kept.html"
check dashboard-refused-keeps-the-old "$(cat "$work/kept.html")" test "$(cat "$work/kept.html")" = before

run dashboard "$work/six" -o "$work/a.html"
check dashboard-exits-0 "exit $code: $(said)" test "$code$(said)$(cat "$work/out")" = 0
run dashboard "$work/six" -o "$work/b.html"
sed "s:$work/a.html:$work/b.html:" "$work/a.html" >"$work/a2.html"
check dashboard-same-again "pages of the same folder differ" cmp "$work/a2.html" "$work/b.html"
run dashboard "$work/six" -o -
check dashboard-to-standard-output "exit $code" has_text "$work/out" '</html>'
run dashboard "$work/broken" -o "$work/c.html"
check dashboard-broken-file-is-told "exit $code: $(said)" test "$code" = 1 -a "$(grep -c half.json "$work/err")" -ge 1
check dashboard-broken-file-is-not-all "no page" has_text "$work/c.html" '</html>'
run dashboard "$work/six" --base v6.12.2 --new 6.12.5 -o "$work/d.html"
check dashboard-chooses-builds "exit $code: $(said)" has_text "$work/d.html" '<title>syncfault: 6.12.2 → 6.12.5</title>'
printf '6.12.%d\n' 6 5 4 3 2 1 >"$work/order"
run dashboard "$work/six" --order "$work/order" -o "$work/e.html"
check dashboard-in-another-order "exit $code: $(said)" has_text "$work/e.html" '<title>syncfault: 6.12.6 → 6.12.1</title>'

# Well formed: each element is closed where it must be; nothing is asked for from outside.
cat >"$work/parse.py" <<'END'
import html.parser, json, re, sys
VOID = {"meta", "link", "input", "br", "img"}
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.text, self.data, self.urls = [], [], [], "", []
    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id": self.ids.append(value)
            if name in ("src", "href", "action", "data"): self.urls.append(value)
        if tag not in VOID: self.open.append((tag, dict(attributes)))
    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, (tag, self.open[-3:], self.getpos())
        self.open.pop()
    def handle_data(self, data):
        if not self.open or self.open[-1][0] not in ("script", "style"): self.text.append(data)
        elif self.open[-1][1].get("id") == "data": self.data += data
page = Page()
source = open(sys.argv[1], encoding="utf-8").read()
page.feed(source)
page.close()
assert not page.open, page.open
assert len(set(page.ids)) == len(page.ids)
assert all(u.startswith("data:") or u.startswith("#") and u[1:] in page.ids for u in page.urls), page.urls
assert "{{" not in "".join(page.text) and "url(" not in source
text = " ".join(" ".join(page.text).split())
assert "▲ +20.0 % worse 5.20 → 6.24" in text, text[:3000]
assert "= 0 same 12.0 → 12.0" in text, text[:3000]
assert "git log v6.12.3..v6.12.4" in text and "syncfault noticed" in text
assert "Permission is hereby granted" in source
assert len(json.loads(page.data)["cells"]) == 24
END
check dashboard-is-well-formed "$(/usr/bin/python3 "$work/parse.py" "$work/a.html" 2>&1 | tail -1)" \
	/usr/bin/python3 "$work/parse.py" "$work/a.html"

# A seed that was booted twice is A against A; one that differs is shown too.
cp "$work/six/0000/seed-1.json" "$work/six/0000/again.json"
sed -i 's/"started": "2026-01-01T00:01:00Z"/"started": "2026-01-02T00:01:00Z"/g' "$work/six/0000/again.json"
run dashboard "$work/six" -o "$work/f.html"
check dashboard-tells-a-against-a "$(grep -o 'A against A.*' "$work/f.html")" has_text "$work/f.html" \
	'of 24 cells 24 are bit-identical, 0 differ'
sed -i 's/"p90": 5202/"p90": 5203/g' "$work/six/0000/again.json"
run dashboard "$work/six" -o "$work/f.html"
check dashboard-tells-what-differs "$(grep -o 'A against A.*' "$work/f.html")" has_text "$work/f.html" \
	'of 24 cells 22 are bit-identical, 2 differ'

# With probes there are stages; a suite of its own is left out and said to be.
mkdir "$work/probes"
cp "$here/data/probes.json" "$work/probes/"
run dashboard "$work/probes" -o "$work/g.html"
check dashboard-with-probes "exit $code: $(said)" test "$code" = 0
check dashboard-shows-stages "no stages" has_text "$work/g.html" 'class="stages"'
check dashboard-without-probes "stages" lacks_text "$work/a.html" 'class="stages"'
cp "$here/data/time.json" "$work/probes/"
run dashboard "$work/probes" -o "$work/h.html"
check dashboard-says-what-is-left-out "exit $code: $(said)" has_text "$work/h.html" '<dt>Left out</dt>'

# A result of the newest build from another machine, with more cells than any: it is on no track that is
# shown, so it changes no verdict, and the page says that it was left out.
cp -r "$work/six" "$work/machines"
jq -c '.host.machine = "OTHER" | .host.cpu = "OTHER MACHINE" | (.cells[].latency | select(.)) |=
		(.p50 *= 12 | .p90 *= 12 | .p99 *= 12 | .p999 *= 12 | .mean *= 12 | .max *= 12) |
	.cells += [.cells[] | .config.pause_us = 50]' \
	"$work/six/0005/seed-0.json" >"$work/machines/0005/other.json"
run dashboard "$work/machines" -o "$work/m.html"
sentence() { grep -o 'syncfault noticed[^<]*' "$1" | head -n 1; }
check dashboard-of-machines-exits-0 "exit $code: $(said)" test "$code$(said)" = 0
check dashboard-compares-one-machine "$(sentence "$work/m.html")" \
	test "$(sentence "$work/m.html")" = "$(sentence "$work/a.html")"
check dashboard-takes-no-file-of-another-machine "other.json is a result of B" \
	lacks_text "$work/m.html" machines/0005/other.json
check dashboard-names-the-other-machine "$(grep -o '<dt>Left out.*' "$work/m.html")" \
	has_text "$work/m.html" 'OTHER MACHINE'
exit "$failed"
