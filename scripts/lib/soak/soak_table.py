# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of scripts/soak: judged, and as a table.

A row has part, what, unit, work (starts, cells or intervals from before to after), before, after
(None: unknown), and bound: the growth from which on it is a leak, or None where growth is reported
but means nothing by itself.
"""
GREW, FLAT, TOLD, UNKNOWN = "GREW", "flat", "told", "too few samples"


def judge(row):
    growth = None if row["after"] is None else row["after"] - row["before"]
    row["growth"] = growth
    row["per_1000"] = growth * 1000 / row["work"] if growth is not None and row["work"] else None
    if growth is None:
        row["verdict"] = UNKNOWN
    elif row["bound"] is None:
        row["verdict"] = TOLD
    else:
        row["verdict"] = GREW if growth > row["bound"] else FLAT
    return row


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value - round(value)) < 0.005 else f"{value:.2f}"


def render(rows):
    cells = [("part", "what", "before", "after", "per 1,000", "may grow by", "")]
    for row in rows:
        what = row["what"] + (f" ({row['unit']})" if row["unit"] else "")
        numbers = (number(row[key]) for key in ("before", "after", "per_1000", "bound"))
        cells.append((row["part"], what, *numbers, row["verdict"]))
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "".join("  ".join(text.ljust(w) if i in (0, 1, 6) else text.rjust(w)
                             for i, (text, w) in enumerate(zip(line, widths))).rstrip() + "\n"
                   for line in cells)


def complaints(rows, starts):
    """A line for each thing that is wrong, and none where all is well."""
    for each in starts.left if starts else ():
        yield f"left by start {each['start']} ({each['kind']}): {each['what']}: " \
              f"{each['item']} {each['says']}".strip()
    for each in starts.unexpected if starts else ():
        yield f"start {each['start']} ({each['kind']}): exit status {each['status']}, expected " \
              f"{' or '.join(map(str, each['expected']))}: {each['says']}"
    for row in rows:
        if row["verdict"] == UNKNOWN and row["bound"] is not None:
            yield f"{row['part']}: {row['what']}: {UNKNOWN}: expected more --minutes"
        elif row["verdict"] == GREW:
            yield f"{row['part']}: {row['what']} grew from {number(row['before'])} to " \
                  f"{number(row['after'])} {row['unit']}".rstrip()
