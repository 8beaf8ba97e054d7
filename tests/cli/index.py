#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an attacker, or a bad disk, does to an index of syncfault history.

    index.py run DATABASE SQL…          runs statements on a database
    index.py forge INDEX SQL…           the same, then seals all rows, as whoever can write to it can
    index.py damage INDEX SEED          changes up to 20 of its bytes
    index.py journal DATABASE VICTIM    a hot journal whose super-journal is called VICTIM
    index.py dump DATABASE              all of it as text
"""
import hashlib
import random
import sqlite3
import struct
import sys


def value(kind, data=b""):
    return kind + struct.pack("=Q", len(data)) + data


def text(words):
    return value(b"-") if words is None else value(b"t", words.encode())


def number(n):
    return value(b"i", struct.pack("=q", n))


def figure(n):
    return value(b"-") if n is None else value(b"r", struct.pack("=d", n))


def seal(database):
    """As bench/history/index.c does it."""
    real = database.execute("SELECT path FROM folder").fetchone()[0]
    for row in database.execute(
            "SELECT id, path, inode, size, mtime_ns, ctime_ns, text, release, version, build_id, "
            "suite, machine, domain, cells FROM file").fetchall():
        whole = text(real) + text(row[1]) + b"".join(number(n) for n in row[2:6])
        whole += value(b"b", row[6]) + b"".join(text(words) for words in row[7:12])
        whole += number(row[12]) + number(row[13])
        for cell in database.execute(
                "SELECT place, key, config.text, is_measured, p50, p90, p99, p999 FROM cell "
                "JOIN config ON config.id = cell.config WHERE file = ? ORDER BY place", row[:1]):
            whole += number(cell[0]) + text(cell[1]) + text(cell[2]) + number(cell[3])
            whole += b"".join(figure(n) for n in cell[4:])
        database.execute("UPDATE file SET seal = ? WHERE id = ?",
                         (hashlib.sha256(whole).digest(), row[0]))


def run(path, statements, is_sealed):
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
        if is_sealed:
            seal(database)


def damage(path, number_of_seed):
    rng = random.Random(number_of_seed)
    with open(path, "r+b") as file:
        data = bytearray(file.read())
        for _ in range(rng.randint(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        file.seek(0)
        file.write(data)


def journal(path, victim):
    """https://sqlite.org/fileformat.html, "The Rollback Journal": no pages, and a super-journal."""
    magic = bytes.fromhex("d9d505f920a163d7")
    with open(path, "rb") as file:
        header = file.read(100)
    page_size = struct.unpack(">H", header[16:18])[0]
    pages = struct.unpack(">I", header[28:32])[0]
    name = victim.encode()
    lock_page = (1 << 30) // page_size + 1
    with open(path + "-journal", "wb") as file:
        file.write((magic + struct.pack(">IIIII", 0, 1, pages, 512, page_size)).ljust(512, b"\0"))
        file.write(struct.pack(">I", lock_page) + name + struct.pack(">II", len(name), sum(name)) + magic)


def main():
    command, path, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
    if command in ("run", "forge"):
        run(path, rest, command == "forge")
    elif command == "damage":
        damage(path, int(rest[0]))
    elif command == "journal":
        journal(path, rest[0])
    else:
        print("\n".join(sqlite3.connect(path).iterdump()))


main()
