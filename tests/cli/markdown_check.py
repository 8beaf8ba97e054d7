#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""markdown_check.py REPORT [TEXT…]

What GitHub's own renderer (cmark-gfm) makes of a report of `compare --markdown`: the elements that
the report is made of and no others, no link, and of what is not code, no text that GitHub or
GitLab would make a reference of. Each TEXT has to be in what is rendered. Says what is wrong, exits 1.
"""
import html.parser
import re
import subprocess
import sys

OURS = {"p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code"}
REFERENCE = re.compile(r"@|\$|://|www\.|mailto:|xmpp:|#[0-9A-Za-z\"]|\bgh-\d|:[\w+-]+:"
                       r"|(?<![0-9A-Za-z])[!%~&][0-9A-Za-z\"]", re.I)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.open, self.wrong, self.rows = "", [], [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag not in OURS or any(name != "align" for name, _ in attrs):
            self.wrong.append(self.get_starttag_text())
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_comment(self, data):
        self.wrong.append(data)

    def handle_data(self, data):
        self.text += data
        if "code" not in self.open and REFERENCE.search(data):
            self.wrong.append(REFERENCE.search(data)[0] + " in " + data)


def main():
    report, *texts = sys.argv[1:]
    page = Page()
    page.feed(subprocess.run(["cmark-gfm", "-e", "table", "-e", "autolink", "-e", "strikethrough",
                              "--unsafe", report],
                             check=True, capture_output=True, encoding="utf-8").stdout)
    if page.wrong:
        sys.exit(f"{len(page.wrong)} that are not ours: {page.wrong[:5]}")
    if not page.rows or len(set(page.rows)) != 1:
        sys.exit(f"rows of a table: {page.rows}")
    for text in texts:
        if text not in page.text:
            sys.exit(f"not rendered: {text}: {page.text[:700]}")


main()
