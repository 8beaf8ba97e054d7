#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the table of rooms in docs/design.md against the includes of the code, and looks for circles.

    rooms.py [ROOT [BUILD]]

BUILD has been built in full: whose functions an object uses is read from it with nm, since a header
that several files implement hides a circle.

Prints each include that the table does not allow, each room that is missing on either side, and each
circle of modules (x.c and x.h are one module). Exit status: 0 nothing, 1 something, 2 no table.
"""
import collections
import pathlib
import re
import subprocess
import sys

ROW = re.compile(r"^\| `([a-z]+)` \|[^|]*\| ([^|]*) \|$", re.M)
BPF_ROW = re.compile(r"^\| `bpf/\*\.h` \|[^|]*\| included by ([^|]*) \|$", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def rooms_of_table(page):
    """{room: rooms that it may include}, and the files and rooms that may include bpf/*.h"""
    rows = dict(ROW.findall(page))
    rooms = {}
    for room, allowed in rows.items():
        words = set(re.findall(r"`([a-z]+)`", allowed))
        if allowed.startswith("all but"):
            words = set(rows) - words
        rooms[room] = words | {room}
    users = BPF_ROW.search(page)
    return rooms, set(re.findall(r"`([a-z/]+)`", users.group(1))) if users else set()


def module_of(path):
    return re.sub(r"\.[ch]$", "", path)


def circles(graph):
    """Strongly connected components with more than one module, by Tarjan's algorithm."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for to in sorted(graph[node]):
            if to not in index:
                visit(to)
                low[node] = min(low[node], low[to])
            elif to in stack:
                low[node] = min(low[node], index[to])
        if low[node] == index[node]:
            component = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def circles_of_objects(build):
    """Circles of the .o files of bench/, by the symbols that one takes from another."""
    defined, wanted = {}, {}
    for path in sorted((build / "bench").glob("*/*.o")):
        name = path.relative_to(build / "bench").as_posix().removesuffix(".o")
        wanted[name] = set()
        for line in subprocess.check_output(["nm", "-g", path], text=True).splitlines():
            *_, kind, symbol = line.split()
            if kind == "U":
                wanted[name].add(symbol)
            elif not name.startswith("writer/"):
                defined[symbol] = name
    return circles({name: {defined[symbol] for symbol in symbols if symbol in defined} - {name}
                    for name, symbols in wanted.items()}) if wanted else [["nothing", "built"]]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    rooms, bpf_users = rooms_of_table((root / "docs/design.md").read_text())
    if not rooms or not bpf_users:
        print("docs/design.md has no table of rooms, or no row of bpf/*.h")
        return 2
    bad = []
    graph = collections.defaultdict(set)
    seen = set()
    for path in sorted(root.glob("bench/**/*.[ch]")):
        name = path.relative_to(root / "bench").as_posix()
        room = name.split("/")[0]
        seen.add(room)
        if "/" not in name or room not in rooms:
            bad.append(f"bench/{name}: in no room of the table")
            continue
        graph[module_of(name)]
        for include in INCLUDE.findall(path.read_text()):
            to = include.split("/")[0]
            if include.startswith("bpf/"):
                if not {room, module_of(name)} & bpf_users:
                    bad.append(f"bench/{name}: {include}: only {', '.join(sorted(bpf_users))} may")
            elif include.endswith(".skel.h"):
                if room != "probes":
                    bad.append(f"bench/{name}: {include}: the user of libbpf is probes")
            elif not (root / "bench" / include).is_file():
                bad.append(f"bench/{name}: {include}: not a file of bench/")
            elif to not in rooms[room]:
                bad.append(f"bench/{name}: {include}: {room} may not include {to}")
            else:
                graph[module_of(name)].add(module_of(include))
        graph[module_of(name)].discard(module_of(name))
    for path in sorted(root.glob("bpf/**/*.[ch]")):
        for include in INCLUDE.findall(path.read_text()):
            if "bench" in include or include.split("/")[0] in rooms:
                bad.append(f"{path.relative_to(root)}: {include}: bpf/ includes nothing of bench/")
    bad += [f"a room of the table without files: {room}" for room in sorted(set(rooms) - seen)]
    circle_of_rooms = circles({room: allowed - {room} for room, allowed in rooms.items()})
    bad += [f"a circle of rooms: {' '.join(circle)}" for circle in circle_of_rooms]
    bad += [f"a circle: {' '.join(circle)}" for circle in circles(graph)]
    if len(sys.argv) > 2:
        found = circles_of_objects(pathlib.Path(sys.argv[2]))
        bad += [f"a circle of objects: {' '.join(circle)}" for circle in found]
    for line in bad:
        print(line)
    return 1 if bad else 0


sys.exit(main())
