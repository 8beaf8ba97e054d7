#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks at pages as a person would: dashboard.py WORK, as test-dashboard.sh made them there."""
import base64
import glob
import gzip
import json
import os
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

work = sys.argv[1]
failed = False
FIGURES = ("p50", "p90", "p99", "p999", "mean", "max")


def check(name, holds, why=""):
    global failed
    print(f"ok dashboard-{name}" if holds else f"not ok dashboard-{name}: {str(why)[:500]!r}")
    failed = failed or not holds


def start():
    options = Options()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", f"--user-data-dir={work}/profile"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


def requests():
    """What the page asked for since the last call, except for itself and what is inside it."""
    found = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(message["params"]["request"]["url"])
    return [url for url in found if not url.startswith("data:") and url != browser.current_url
            and url.split("#")[0] != browser.current_url.split("#")[0]]


def load(name):
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(f"file://{work}/{name}")
    if not browser.find_elements(By.CLASS_NAME, "sentence") and name != "bad.html":
        raise SystemExit(f"{name} is no page")


def run(script, *arguments):
    return browser.execute_script(script, *arguments)


def wait(condition):
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def resize(width, height):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": height, "deviceScaleFactor": 1,
                             "mobile": False})


def is_quiet(name):
    log = browser.get_log("browser")
    check(f"{name}-console-is-quiet", not log, log)
    asked = requests()
    check(f"{name}-asks-for-nothing", not asked, asked)


def shown(ns):
    """As bench/dashboard/text.c says a value."""
    if ns is None:
        return "–"
    return f"{ns / 1000:,.{2 if ns < 9995 else 1 if ns < 999500 else 0}f}"


def check_instruments():
    with open(f"{work}/bad.html", "w", encoding="utf-8") as file:
        file.write("<script>console.error('seen')</script><img src=none.png>")
    load("bad.html")
    time.sleep(0.3)
    check("errors-would-be-seen", any("seen" in e["message"] for e in browser.get_log("browser")))
    check("requests-would-be-seen", any("none.png" in url for url in requests()))


def cells_of_page():
    return run("""return [...document.querySelectorAll('.tab .verdict')].map((link) => ({
        key: document.querySelector(link.hash + ' .key').textContent,
        figure: +link.dataset.figure, mark: link.querySelector('.mark')?.textContent,
        word: link.querySelector('.word')?.textContent, change: link.querySelector('b').textContent,
        pair: link.querySelector('.pair')?.textContent}))""")


def check_values():
    with open(f"{work}/compare.json", encoding="utf-8") as file:
        compared = json.load(file)
    marks = {"same": "=", "better": "▼", "worse": "▲", "unknown": "?", "none": "–"}
    seen, wrong = {(c["key"], c["figure"]): c for c in cells_of_page()}, []
    for cell in compared["cells"]:
        for row in cell["figures"]:
            at = seen.pop((cell["key"], FIGURES.index(row["figure"])), None)
            if not at or (at["word"], at["mark"]) != (row["verdict"], marks[row["verdict"]]) or \
               at["pair"] != f"{shown(row.get('base'))} → {shown(row.get('new'))}":
                wrong.append((cell["key"], row, at))
            ratio = row.get("ratio")
            if at and ratio and 0.5 < ratio < 2 and \
               abs(float(at["change"].replace("%", "").replace("−", "-")) - (ratio - 1) * 100) > 0.051:
                wrong.append((ratio, at))
    check("values-are-the-comparisons", not wrong and not seen and compared["cells"],
          (len(wrong), wrong[:1], list(seen)[:1]))
    check("has-worse-and-same", {"worse", "same"} <= {r["verdict"] for c in compared["cells"]
                                                      for r in c["figures"]})
    check("says-the-sentence", compared["sentence"] in
          browser.find_element(By.CLASS_NAME, "sentence").text)


def check_series():
    with open(f"{work}/history.json", encoding="utf-8") as file:
        history = json.load(file)
    data = json.loads(run("return document.getElementById('data').textContent"))
    keys = run("return [...document.querySelectorAll('.cell .key')].map((e) => e.textContent)")
    known = {(s["key"], s["figure"]): s for s in history["series"]}
    wrong = []
    for key, cell in zip(keys, data["cells"]):
        for figure, values in zip(("p50", "p90", "p99", "p99.9"), cell["series"]):
            series = known.pop((key, figure), None)
            points = [p["value"] for p in series["points"]] if series else []
            if points != values:
                wrong.append((key, figure, points, values))
    check("series-are-the-histories", not wrong and not known, (wrong[:1], list(known)[:1]))
    changes = [c for cell in data["cells"] for c in cell["changes"]]
    check("finds-the-step", changes and all((c["from"], c["to"]) == (2, 3) for c in changes), changes)
    commands = run("return [...document.querySelectorAll('.event .command')]"
                   ".map((e) => e.textContent)")
    check("tells-git-log", "git log v6.12.3..v6.12.4" in commands, commands)


def visible():
    return run("""return [...document.querySelectorAll('article.cell')]
        .filter((e) => e.offsetHeight > 0).map((e) => e.id)""")


def ink(place):
    """How many pixels of a chart are drawn on."""
    return run("""const canvas = document.querySelector(arguments[0] + ' canvas');
        if (!canvas || !canvas.width) return 0;
        const copy = new OffscreenCanvas(canvas.width, canvas.height);
        const paper = copy.getContext('2d', { willReadFrequently: true });
        paper.drawImage(canvas, 0, 0);
        return paper.getImageData(0, 0, copy.width, copy.height).data
            .filter((value, i) => i % 4 === 3 && value > 0).length;""", place)


def check_click():
    link = browser.find_elements(By.CSS_SELECTOR, ".tab[data-figure='0'] .verdict")[17]
    target = link.get_attribute("hash")
    check("other-cell-is-shown-first", visible() and visible() != [target[1:]], visible())
    link.click()
    check("click-shows-the-cell", wait(lambda: visible() == [target[1:]]), visible())
    check("click-draws-its-history", wait(lambda: ink(f"{target} .timeline") > 1000))
    check("click-draws-its-curves", ink(f"{target} .curves") > 500)
    check("click-gives-it-the-focus", run("return document.activeElement.id") == target[1:])
    check("other-charts-are-gone", run("return document.querySelectorAll('.uplot').length") == 2)
    check("cell-is-marked", run("return document.querySelectorAll('.verdict.chosen').length") ==
          len(FIGURES))


def press(*keys):
    webdriver.ActionChains(browser).send_keys(*keys).perform()


def active(what):
    return run(f"return document.activeElement.{what}")


def check_keyboard():
    load("plain.html")
    for _ in range(60):
        press(Keys.TAB)
        if active("matches('.tabs input')"):
            break
    press(Keys.ARROW_RIGHT)
    check("arrow-chooses-p90", run(
        "return [...document.querySelectorAll('.tab')].filter((e) => e.offsetHeight)"
        ".map((e) => e.dataset.figure).join()") == "1")
    for _ in range(5):
        press(Keys.TAB)
    check("tab-comes-to-cells", active("matches('.tab[data-figure=\"1\"] .verdict')"))
    outline = run("return getComputedStyle(document.activeElement).outlineStyle")
    check("focus-is-seen", outline == "solid", outline)
    target = active("hash")
    press(Keys.ENTER)
    check("enter-shows-the-cell", wait(lambda: visible() == [target[1:]]), (target, visible()))
    press(Keys.TAB)
    check("tab-comes-to-its-chart", active("matches('.timeline')"), active("className"))
    press(Keys.ARROW_RIGHT)
    press(Keys.ARROW_RIGHT)
    said = run("return document.getElementById('spoken').textContent")
    check("arrow-tells-a-build", said.startswith("build 6.12.2, p50 "), said)
    browser.back()
    browser.back()


def contrast(selector):
    """The least contrast (WCAG 2) between text and its background among elements."""
    return run("""
        const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
        const light = (colour) => parts(colour).slice(0, 3).map((v) => v / 255)
            .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const paper = (e) => { while (e) { const c = parts(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3]) return getComputedStyle(e).backgroundColor;
            e = e.parentElement; } return 'rgb(255,255,255)'; };
        return Math.min(...[...document.querySelectorAll(arguments[0])].map((e) => {
            const [a, b] = [light(getComputedStyle(e).color), light(paper(e))];
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); }));""", selector)


def check_themes():
    papers = set()
    for theme in ("light", "dark"):
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": theme}]})
        load("plain.html")
        papers.add(run("return getComputedStyle(document.body).backgroundColor"))
        least = contrast("p, b, .mark, .word, .pair, td, th, h2, h3, h4, dt, dd, a, code, button")
        check(f"{theme}-can-be-read", least >= 4.5, least)
    check("dark-is-another", len(papers) == 2, papers)


def check_narrow(name):
    resize(400, 800)
    load(name)
    run("document.querySelector('.verdict').click()")
    time.sleep(0.2)
    for width in (400, 320):
        resize(width, 800)
        time.sleep(0.2)
        sizes = run("return [document.documentElement.scrollWidth, innerWidth]")
        check(f"{name[:-5]}-fits-{width}", sizes[0] <= sizes[1] == width, sizes)
        squeezed = run("""return [...document.querySelectorAll('.cell.chosen th, .cell.chosen td')]
            .filter((e) => e.offsetHeight > 110).map((e) => e.textContent)""")
        check(f"{name[:-5]}-squeezes-nothing-at-{width}", not squeezed, squeezed)
    resize(1280, 900)


def check_hostile():
    load("hostile.html")
    title = browser.title
    check("hostile-runs-nothing", "PWNED" not in title.split("\"")[0] and title.startswith("syncfault"),
          title)
    check("hostile-makes-no-elements", run(
        "return document.images.length + document.querySelectorAll('script').length") == 3)
    text = run("return document.body.innerText + document.body.textContent")
    check("hostile-is-text", '"><script>document.title="PWNED"</script></script><img src=x' in text)
    check("hostile-is-not-unescaped", "&lt;&amp;\\u003c" in text)
    check("hostile-emoji-is-text", "🚀" in text)
    check("hostile-is-cut", "n" * 1000 not in text)
    check("hostile-steers-nothing", "\u202e" not in text and "\x1b" not in text)
    run("document.querySelectorAll('.verdict')[14].click()")
    check("hostile-cell-is-shown", wait(lambda: ink(".cell.chosen .timeline") > 500))
    check("hostile-scripts-are-the-pages", "sha256-" in run(
        "return document.querySelector('meta[http-equiv]').content"))
    is_quiet("hostile")


def check_policy():
    """A script that got in, however, would not be run."""
    with open(f"{work}/plain.html", encoding="utf-8") as file:
        page = file.read()
    with open(f"{work}/inside.html", "w", encoding="utf-8") as file:
        file.write(page.replace("<main>", "<main><script>document.title='PWNED'</script>"
                                "<img src=x onerror=\"document.title='PWNED'\">", 1))
    load("inside.html")
    time.sleep(0.3)
    check("policy-stops-scripts", browser.title != "PWNED", browser.title)
    asked = [url for url in requests() if url.startswith("http")]
    check("policy-stops-requests", not asked, asked)


def check_raw():
    links = {e.text: e.get_attribute("href") for e in browser.find_elements(By.CLASS_NAME, "raw")}
    files = sorted(glob.glob(f"{work}/plain/0000/*") + glob.glob(f"{work}/plain/0005/*"))
    same = [f for f in files if f in links and gzip.decompress(
        base64.b64decode(links[f].split(",", 1)[1])) == open(f, "rb").read()]
    check("raw-results-are-whole", files and same == files and len(links) == len(files), list(links))


def check_without_scripts():
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    load("plain.html")
    rows = browser.find_elements(By.CSS_SELECTOR, ".tab[data-figure='0'] .verdict")
    check("without-scripts-has-matrix", len(rows) == 24 and all(e.is_displayed() for e in rows))
    cells = browser.find_elements(By.CSS_SELECTOR, "article.cell")
    check("without-scripts-has-cells", len(cells) == 24 and all(e.is_displayed() for e in cells))
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def check_alone():
    load("alone.html")
    text = browser.find_element(By.CLASS_NAME, "sentence").text
    check("alone-says-so", "nothing to compare" in text, text)
    first = browser.find_element(By.CSS_SELECTOR, ".tab[data-figure='0'] .verdict b").text
    check("alone-has-values", first == shown(6241), first)
    is_quiet("alone")


browser = start()
try:
    resize(1280, 900)
    check_instruments()
    load("plain.html")
    is_quiet("plain")
    check_values()
    check_series()
    check_raw()
    check_click()
    is_quiet("clicked")
    check_keyboard()
    check_themes()
    check_narrow("plain.html")
    check_hostile()
    check_narrow("hostile.html")
    check_policy()
    check_without_scripts()
    check_alone()
finally:
    browser.quit()
sys.exit(failed)
