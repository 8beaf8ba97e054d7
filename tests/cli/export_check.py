#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""export_check.py FORMAT EXPORT RESULT…

Whether EXPORT is of its format, by the consumer's own parser where Debian has one, else by the
written specification; and whether it says what the results say, figure by figure, no more and no
less. Says what is wrong and exits 1.
"""
import json
import math
import re
import sys
import unicodedata
import urllib.parse

FIGURES = {"min": "min", "mean": "mean", "p50": "p50", "p90": "p90", "p99": "p99",
           "p99.9": "p999", "p99.99": "p9999", "max": "max"}
QUANTILES = {"0": "min", "0.5": "p50", "0.9": "p90", "0.99": "p99", "0.999": "p99.9",
             "0.9999": "p99.99", "1": "max"}


def want(claim, what):
    if not claim:
        sys.exit(what)


def is_near(a, b):
    return math.isclose(a, b, rel_tol=1e-9)


def cells(results):
    for result in results:
        for cell in result["cells"]:
            yield result, cell


def figures(results):
    """The figures that an export must hold, as sorted (key, figure, value)."""
    return sorted((cell["key"], name, cell["latency"][key])
                  for _, cell in cells(results) if cell.get("latency")
                  for name, key in FIGURES.items() if cell["latency"].get(key) is not None)


def compare(got, wanted, what):
    got, wanted = sorted(got), sorted(wanted)
    want(len(got) == len(wanted), f"{what}: {len(got)} figures, the results have {len(wanted)}")
    for mine, theirs in zip(got, wanted):
        want(mine[:-1] == theirs[:-1] and is_near(mine[-1], theirs[-1]),
             f"{what}: {mine} is not {theirs}")


# Seen by nobody, though of another category: Unicode's default ignorable, without the selectors.
IGNORABLE = {0x34f, 0x115f, 0x1160, 0x17b4, 0x17b5, *range(0x180b, 0x1810), 0x2065, 0x3164, 0xffa0,
             *range(0xfff0, 0xfff9), *range(0xe0000, 0xe1000)}
SIGNS = "=+-@\"'\u2212\ufe62\ufe63\ufe66\ufe6b＝＋－＠"


def is_hidden(char):
    code = ord(char)
    return (unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Co") or code in IGNORABLE
            or code & 0xfffe == 0xfffe or 0xfdd0 <= code <= 0xfdef)


def spelled(char):
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 \
        else f"\\U{code:08x}"


def visible(text):
    """How OpenMetrics labels spell what steers a terminal, or is seen by nobody."""
    return "".join(spelled(c) if is_hidden(c) and c not in "\n\t" else c for c in text)


def shown(text, limit=1024):
    """The same, cut as labels are."""
    data = text.encode()
    if len(data) <= limit:
        return visible(text)
    return visible(data[:limit].decode(errors="ignore")) + "…"


def read_back(text):
    """As docs/export.md says that fields are read."""
    def told(match):
        word = match[1]
        if len(word) > 1:
            code = int(word[1:], 16)
            return bytes([code]) if word[0] == "x" else chr(code).encode()
        return {"t": "\t", "n": "\n"}.get(word, word).encode()
    parts = re.split(r"(\\(?:x..|u....|U........|.))", text)
    return b"".join(told(re.match(r"\\(.*)", p)) if i % 2 else p.encode()
                    for i, p in enumerate(parts)).decode("utf-8", "surrogateescape")


def want_no_formula(field):
    """Whatever a spreadsheet takes a field to begin behind."""
    want(not re.search(rf"(^|[,;])\s*[{re.escape(SIGNS)}].", field)
         and field.strip() not in ("'", '"'), f"a formula, or a quotation: {field[:100]!r}")


def openmetrics(text, results):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    families = {family.name: family for family in text_string_to_metric_families(text)}
    domains = {result["clock"]["domain"] for result, cell in cells(results) if cell.get("latency")}
    units = {"time": "seconds", "instructions": "instructions"}
    names = {f"syncfault_page_fault_{kind}{units[d]}"
             for d in domains for kind in ("", "quantile_")}
    want(set(families) == names, f"families {sorted(families)}, wanted {sorted(names)}")
    for family in families.values():
        want(family.name.endswith("_" + family.unit), f"{family.name}: unit {family.unit}")
        seen = {(s.name, tuple(sorted(s.labels.items())), s.timestamp) for s in family.samples}
        want(len(seen) == len(family.samples), f"{family.name}: a sample is there twice")
    for domain in domains:
        mine = [r for r in results if r["clock"]["domain"] == domain]
        check_quantiles(families[f"syncfault_page_fault_quantile_{units[domain]}"], mine,
                        1e9 if domain == "time" else 1)
        check_histogram(families[f"syncfault_page_fault_{units[domain]}"], mine,
                        1e9 if domain == "time" else 1)
    kernels = {shown(r["host"]["kernel"]) for r, c in cells(results)
               if c.get("latency") and r["host"]["kernel"]}
    labels = {s.labels.get("kernel") for f in families.values() for s in f.samples} - {None}
    want(labels == kernels, f"kernels {sorted(labels)[:2]}, wanted {sorted(kernels)[:2]}")


def check_quantiles(family, results, scale):
    want(family.type == "gauge", family.type)
    compare([(s.labels["key"], QUANTILES[s.labels["quantile"]], s.value * scale)
             for s in family.samples],
            [(shown(key), name, value) for key, name, value in figures(results) if name != "mean"],
            family.name)


def check_histogram(family, results, scale):
    """Every bucket against the samples themselves, where the result has them all."""
    want(family.type == "gaugehistogram", family.type)
    metrics = {}
    for sample in family.samples:
        identity = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
        metrics.setdefault(identity + (sample.timestamp,), []).append(sample)
    latencies = [(shown(c["key"]), c["latency"]) for _, c in cells(results) if c.get("latency")]
    want(len(metrics) == len(latencies), f"{len(metrics)} histograms of {len(latencies)} cells")
    found = sorted((dict(m[:-1])["key"], histogram(s, scale)) for m, s in metrics.items())
    for key, latency in latencies:
        want(any(key == k and fits(latency, h) for k, h in found), f"{key}: no such histogram")


def histogram(samples, scale):
    buckets = sorted((float(s.labels["le"]) * scale, s.value) for s in samples if "le" in s.labels)
    sums = [s.value * scale for s in samples if s.name.endswith("_gsum")]
    counts = [s.value for s in samples if s.name.endswith("_gcount")]
    return buckets, sums, counts


def fits(latency, found):
    buckets, sums, counts = found
    samples = latency.get("samples") or []
    if buckets[-1] != (math.inf, latency["count"]) or len(buckets) < 3:
        return False
    if latency.get("mean") is not None and (
            counts != [latency["count"]]
            or not math.isclose(sums[0], latency["mean"] * latency["count"], rel_tol=1e-6)):
        return False
    return len(samples) != latency["count"] or all(
        count == sum(sample <= bound + 0.01 for sample in samples) for bound, count in buckets)


def benchstat(text, results):
    """golang.org/design/14313-benchmark-format, and the limits of benchfmt's reader."""
    units, config, got, kernels = {}, {}, [], set()
    for line in text.split("\n"):
        want(len(line.encode()) < 65536, "a line is longer than the reader's buffer")
        fields = line.split()
        if line.startswith("Benchmark"):
            want(len(fields) >= 4 and len(fields) % 2 == 0, f"odd fields: {line[:200]}")
            want(not re.search(r"-\d+$", fields[0]), f"ends as GOMAXPROCS does: {fields[0]}")
            want(re.fullmatch(r"[!-~]+", fields[0]), f"not plain: {fields[0]}")
            name = dict(part.split("=", 1) for part in fields[0].split("/")[1:])
            want(int(fields[1]) > 0, f"no iterations: {line[:200]}")
            kernels.add(config.get("kernel"))
            for value, unit in zip(fields[2::2], fields[3::2]):
                want(unit in units, f"{unit} has no Unit line")
                got.append(measurement(name, config["clock"], float(value), unit))
        elif fields[:1] == ["Unit"]:
            want(fields[1] not in units, f"{fields[1]} twice")
            units[fields[1]] = dict(pair.split("=") for pair in fields[2:])
        elif line:
            match = re.fullmatch(r"([a-z][^\sA-Z:]*):(?: (.+))?", line)
            want(match, f"neither configuration nor result: {line[:200]}")
            config[match[1]] = match[2]
    for unit, metadata in units.items():
        exact = "exact" if "instructions" in unit else "nothing"
        want(metadata == {"better": "lower", "assume": exact}, f"{unit}: {metadata}")
    compare(got, [(*identity(c["config"]), name, r["clock"]["domain"], value)
                  for r, c in cells(results) if c.get("latency")
                  for name, key in FIGURES.items()
                  if (value := c["latency"].get(key)) is not None], "benchstat")
    wanted = {r["host"]["kernel"] for r in results if r["host"]["kernel"]}
    for kernel in map(read_back, kernels - {None}):
        want(kernel in wanted or any(kernel == w[:len(kernel) - 1] + "…" for w in wanted),
             f"kernel {kernel[:200]!r}")


def identity(config):
    return (config["fs"], config["mkfs_options"], config["state"], config["load"], config["sync"],
            str(config["pages"]))


def measurement(name, clock, value, unit):
    parts = {key: urllib.parse.unquote(text) for key, text in name.items()}
    match = re.fullmatch(r"(?:(.*)-)?(ns|instructions)/op", unit)
    want(match, f"unit {unit}")
    want((match[2] == "ns") == (clock == "time"), f"{unit} on the clock {clock}")
    return (parts["fs"], parts.get("mkfs_options", ""), parts["state"], parts["load"],
            parts["sync"], parts["pages"], match[1] or "mean", clock, value)


def github(text, results):
    """customSmallerIsBetter: an array of BenchmarkResult, as the action's extract.ts has it."""
    entries = json.loads(text)
    domain = "ns" if results[0]["clock"]["domain"] == "time" else "instructions"
    for entry in entries:
        want(set(entry) >= {"name", "unit", "value"}, f"lacks a property: {entry}")
        want(set(entry) <= {"name", "unit", "value", "range", "extra"}, f"unknown: {entry}")
        want(isinstance(entry["value"], (int, float)), f"no number: {entry}")
        want(entry["unit"] == domain, f"unit {entry['unit']}")
        want(all(isinstance(v, str) for k, v in entry.items() if k != "value"), f"{entry}")
    names = [entry["name"] for entry in entries]
    want(len(set(names)) == len(names), "a name is there twice")
    medians = {}
    for key, name, value in figures(results):
        medians.setdefault((key, name), []).append(value)
    wanted = [(key, name, (sorted(v)[(len(v) - 1) // 2] + sorted(v)[len(v) // 2]) / 2)
              for (key, name), v in medians.items()]
    got = []
    for entry in entries:
        want(not re.search(r"[`|\n]", entry["name"]), f"ends code in a table: {entry['name']}")
        key, name = read_back(entry["name"]).rsplit(" ", 1)
        got.append((re.sub(r"/(pause_us|scheduler)=\w+", "", key), name, entry["value"]))
        runs = len(medians[got[-1][:2]])
        want(("range" in entry) == (runs > 1), f"{runs} runs: {entry}")
    compare(got, wanted, "github-action-benchmark")


ORIGIN = "[a-z0-9_]+"
STRING = {"type": "string", "pattern": "^[^\0]*$"}
ID = {"type": "string", "pattern": f"^{ORIGIN}:.*$"}
DATE = {"type": "string", "format": "date-time"}
EXCERPT = {**STRING, "maxLength": 16384}
STATUS = {"enum": ["FAIL", "ERROR", "MISS", "PASS", "DONE", "SKIP"]}


def an_object(required, properties):
    return {"type": "object", "properties": properties, "required": required,
            "additionalProperties": False}


def a_list(item):
    return {"type": "array", "items": item}


# What kcidb-io's v05_03.py asks of the properties that are written here; all others are refused.
ORIGINATED = {"id": ID, "origin": {"type": "string", "pattern": f"^{ORIGIN}$"}, "comment": STRING,
              "start_time": DATE, "misc": {"type": "object"}}
KCIDB_5_3 = an_object(["version"], {
    "version": an_object(["major", "minor"], {"major": {"const": 5}, "minor": {"const": 3}}),
    "checkouts": a_list(an_object(["id", "origin"], ORIGINATED)),
    "builds": a_list(an_object(["checkout_id", "id", "origin"], {
        **ORIGINATED, "checkout_id": ID,
        "architecture": {"type": "string", "pattern": "^[a-z0-9_]*$"}})),
    "tests": a_list(an_object(["build_id", "id", "origin"], {
        **ORIGINATED, "build_id": ID, "log_excerpt": EXCERPT, "status": STATUS,
        "path": {"type": "string", "pattern": r"^([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?$"},
        "number": an_object(["value"], {"value": {"type": "number"}, "unit": STRING,
                                        "prefix": {"enum": ["metric", "binary"]}}),
        "environment": an_object([], {"comment": STRING, "misc": {"type": "object"}}),
    })),
})


def has_null(value):
    if isinstance(value, dict):
        return any(map(has_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(has_null, value)))


def kcidb(text, results):
    import jsonschema
    report = json.loads(text)
    jsonschema.Draft7Validator(KCIDB_5_3).validate(report)
    want(not has_null(report), "a property is null")
    for name in ("checkouts", "builds", "tests"):
        ids = [item["id"] for item in report.get(name, [])]
        want(len(set(ids)) == len(ids), f"{name}: an id is there twice")
    if "builds" in report:
        builds = {build["id"] for build in report["builds"]}
        want({test["build_id"] for test in report["tests"]} == builds, "a build is not there")
        want({build["checkout_id"] for build in report["builds"]}
             == {checkout["id"] for checkout in report["checkouts"]}, "a checkout is not there")
    paths = {"p99_9": "p99.9", "p99_99": "p99.99"}
    got, without = [], []
    for test in report["tests"]:
        misc, number = test["misc"], test.get("number")
        want((number is not None) == (test["status"] == "DONE"), f"{test['status']}: {number}")
        if not number:
            without.append((misc["key"], test["status"], test.get("log_excerpt")))
            continue
        is_time = misc["clock"] == "time"
        want(number["unit"] == ("s" if is_time else "instructions"), f"unit {number['unit']}")
        figure = test["path"].rsplit(".", 1)[1]
        got.append((misc["key"], paths.get(figure, figure),
                    number["value"] * (1e9 if is_time else 1)))
        want(test["path"].startswith("syncfault."), test["path"])
    compare(got, figures(results), "kcidb")
    wanted = [(c["key"], status(c), c["reason"]) for _, c in cells(results) if not c.get("latency")]
    want(len(without) == len(wanted), f"{len(without)} without numbers, {len(wanted)} are")
    for mine, theirs in zip(sorted(without, key=str), sorted(wanted, key=str)):
        want(mine[:2] == theirs[:2] and bool(mine[2]) == bool(theirs[2]), f"{mine} is not {theirs}")


def status(cell):
    if cell["status"] == "failed":
        return "FAIL" if cell.get("answer") else "ERROR"
    return "SKIP" if cell["status"] == "skipped" else "PASS"


def hgrm(text, results):
    """As GoogleChartsExample/plotFiles.html of HdrHistogram reads it, against the samples."""
    key = re.search(r"^# key: (.*)$", text, re.M)[1]
    latency = [c["latency"] for _, c in cells(results) if c["key"] == read_back(key)]
    want(len(latency) == 1, f"{len(latency)} cells are {key}")
    samples = sorted(latency[0]["samples"])
    want(len(samples) == latency[0]["count"], "not all samples are there: nothing to check by")
    lines = [line.split() for line in text.split("\n") if line.strip()]
    want(lines[0] == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"], lines[0])
    points = [[float(x) for x in line] for line in lines[1:] if line[0][0] != "#"]
    want(len(points) > 4 and all(len(point) == 4 for point in points[:-1]), "no four columns")
    for value, percentile, count, inverse in points[:-1]:
        rank = max(math.ceil(percentile * len(samples) - 1e-6), 1)
        want(value == samples[rank - 1], f"{percentile}: {value}, not {samples[rank - 1]}")
        want(count == sum(s <= value for s in samples), f"{percentile}: count {count}")
        want(abs(inverse * (1 - percentile) - 1) < 0.01, f"{percentile}: {inverse}")
    want(points[-1] == [samples[-1], 1, len(samples)], f"ends with {points[-1]}")
    mean = sum(samples) / len(samples)
    deviation = math.sqrt(sum((s - mean) ** 2 for s in samples) / len(samples))
    footer = re.search(r"^#\[Mean    = *([\d.]+), StdDeviation   = *([\d.]+)\]$", text, re.M)
    want(abs(float(footer[1]) - mean) < 0.01, f"mean {footer[1]}, not {mean}")
    want(abs(float(footer[2]) - deviation) < 0.01, f"deviation {footer[2]}, not {deviation}")
    want(re.search(r"^#\[Max     = *[\d.]+, Total count    = *\d+\]$", text, re.M), "no maximum")


def rows_of(text):
    """IANA's text/tab-separated-values: raw fields, as programs without escapes read them."""
    names, *rows = [line.split("\t") for line in text.split("\n")[:-1]]
    want(all(len(row) == len(names) for row in rows), "lines differ in columns")
    for row in rows:
        for field in row:
            if not re.fullmatch(r"-?[\d.]+(e[-+]\d+)?", field):
                want_no_formula(field)
    return [dict(zip(names, map(read_back, row))) for row in rows]


def tsv(text, results):
    rows = rows_of(text)
    for row in rows:
        want(row["unit"] == ("ns" if row["clock"] == "time" else "instructions"), row["unit"])
        want(row["commit"] and row["suite"] and row["fs"], "a label is not there")
    compare([(row["key"], row["figure"], float(row["value"])) for row in rows],
            figures(results), "tsv")
    want_strings(rows, [(r, c) for r, c in cells(results) if c.get("latency")], {
        "file": lambda r, c: r["file"], "key": lambda r, c: c["key"], "fs": lambda r, c: c["config"]["fs"],
        "mkfs_options": lambda r, c: c["config"]["mkfs_options"],
        "mount_options": lambda r, c: c["config"]["mount_options"],
        "kernel": lambda r, c: r["host"]["kernel"], "suite": lambda r, c: r["suite"],
        "started": lambda r, c: r["started"], "tool_commit": lambda r, c: r["tool"]["commit"]})


def show_tsv(text, results):
    """show --tsv: a line for each cell."""
    rows = rows_of(text)
    want(len(rows) == len(list(cells(results))), f"{len(rows)} lines")
    want_strings(rows, list(cells(results)), {
        "file": lambda r, c: r["file"], "key": lambda r, c: c["key"], "fs": lambda r, c: c["config"]["fs"],
        "mkfs_options": lambda r, c: c["config"]["mkfs_options"],
        "mount_options": lambda r, c: c["config"]["mount_options"],
        "kernel": lambda r, c: r["host"]["kernel"], "reason": lambda r, c: c["reason"]})


def want_strings(rows, entries, columns):
    """Byte for byte, each that the results have and no other."""
    for name, of in columns.items():
        mine, theirs = {row[name] for row in rows}, {of(r, c) or "" for r, c in entries}
        want(mine == theirs, f"{name}: {sorted(mine ^ theirs)[:2]!r}")


def main():
    check, path, *files = sys.argv[1:]
    results = [json.load(open(file)) | {"file": file} for file in files]
    text = open(path, newline="", encoding="utf-8").read()
    bad = sorted({hex(ord(c)) for c in text if is_hidden(c) and c not in "\n\t"})
    want(not bad, f"characters that nobody sees, or that steer terminals: {bad[:9]}")
    checks = {"openmetrics": openmetrics, "benchstat": benchstat, "kcidb": kcidb, "hgrm": hgrm,
              "github-action-benchmark": github, "tsv": tsv, "show": show_tsv}
    checks[check](text, results)


main()
