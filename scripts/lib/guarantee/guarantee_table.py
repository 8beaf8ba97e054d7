# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of scripts/verify-guarantee from its trials: counts, verdicts, a table for people."""
import guarantee_rows as rows

KEPT, PROVES_NOTHING, FINDING, FAILED = "kept", "proves nothing", "FINDING", "FAILED"


def is_finding(trial):
    """A trial with MAP_SYNC after which a store is lost, or the file system is not whole."""
    must_be_clean = rows.ROWS[trial["row"]].must_be_clean
    return not trial["failure"] and trial["is_sync"] and \
        (trial["lost"] > 0 or (must_be_clean and trial["fsck"] != "clean"))


def count(trials):
    """Counts of the trials of one row that were completed."""
    ended = [t for t in trials if not t["failure"]]
    return {"trials": len(ended), "failed": len(trials) - len(ended),
            "reported": sum(t["reported"] for t in ended), "lost": sum(t["lost"] for t in ended),
            "trials_with_losses": sum(t["lost"] > 0 for t in ended),
            "fsck_clean": sum(t["fsck"] == "clean" for t in ended)}


def judge(row, sync, control):
    if sync["lost"]:
        return FINDING, f"{sync['lost']} stores lost with MAP_SYNC"
    if row.must_be_clean and sync["fsck_clean"] < sync["trials"]:
        return FINDING, "fsck finds errors after the journal was replayed"
    if sync["failed"] or control["failed"]:
        return FAILED, f"{sync['failed'] + control['failed']} trials came to no end"
    if not sync["trials"]:
        return PROVES_NOTHING, "no trial with MAP_SYNC"
    if control["lost"]:
        return KEPT, ""
    if not control["trials"]:
        return PROVES_NOTHING, "no control"
    return PROVES_NOTHING, "the control lost nothing" + \
        (", nor could it: the blocks were there before" if not row.must_lose else "")


def summarize(trials):
    """One dictionary for each row, in the order of trials."""
    summary = []
    for name in dict.fromkeys(t["row"] for t in trials):
        own = [t for t in trials if t["row"] == name]
        sync = count([t for t in own if t["is_sync"]])
        control = count([t for t in own if not t["is_sync"]])
        row = rows.ROWS[name]
        verdict, why = judge(row, sync, control)
        summary.append({"row": name, "mkfs": row.mkfs, "mount": row.mount, "map_sync": sync,
                        "control": control, "must_lose": row.must_lose, "verdict": verdict,
                        "why": why})
    return summary


def fsck_word(line):
    sync = line["map_sync"]
    word = f"{sync['fsck_clean']} of {sync['trials']}"
    return word if rows.ROWS[line["row"]].must_be_clean else word + "*"


def render(summary):
    head = ["file system", "pattern", "trials", "reported", "lost", "fsck clean", "control",
            "reported", "lost", "verdict"]
    cells = [head]
    for line in summary:
        sync, control = line["map_sync"], line["control"]
        verdict = line["verdict"] + (f": {line['why']}" if line["why"] else "")
        cells.append([*line["row"].split("/"), *map(str, (
            sync["trials"], sync["reported"], sync["lost"], fsck_word(line), control["trials"],
            control["reported"], control["lost"])), verdict])
    widths = [max(len(row[i]) for row in cells) for i in range(len(head) - 1)]
    text = "with MAP_SYNC, then the control without it\n\n"
    for row in cells:
        columns = [c.ljust(w) if i < 2 else c.rjust(w)
                   for i, (c, w) in enumerate(zip(row, widths))]
        text += "  ".join([*columns, row[-1]]).rstrip() + "\n"
    text += "\n" + total(summary)
    if any(not rows.ROWS[line["row"]].must_be_clean for line in summary):
        text += "* without a journal, bitmaps and counts are wrong after any crash\n"
    return text


def total(summary):
    def add(side, key):
        return sum(line[side][key] for line in summary)
    return (f"{add('map_sync', 'trials') + add('control', 'trials')} kills; with MAP_SYNC "
            f"{add('map_sync', 'reported')} stores reported, {add('map_sync', 'lost')} lost; "
            f"without {add('control', 'reported')} reported, {add('control', 'lost')} lost\n")


def exit_status(summary):
    """See scripts/verify-guarantee."""
    if any(line["verdict"] == FINDING for line in summary):
        return 3
    if any(line["verdict"] == FAILED or
           (line["verdict"] == PROVES_NOTHING and line["must_lose"]) for line in summary):
        return 1
    return 0
