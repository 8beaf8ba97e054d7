#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints the prose of FILES, one paragraph a line: FILE:LINE:TEXT.

Of documents (.md, .1) that is everything; of C, scripts and Makefiles it is the comments, those after
a statement too, and of Python the docstrings. The lines of one comment or paragraph are joined, so that
a search finds what is broken across two lines.
"""

import ast
import io
import re
import sys
import tokenize

C_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.S)
# A number sign that begins a word, with no open quote before it on its line.
SHELL_COMMENT = re.compile(r"""^((?:[^'"#]|'[^']*'|"[^"]*"|(?<=[^\s])#)*?(?:^|\s))#(?!!)(.*)$""")


def paragraphs(numbered):
    """Joins numbered lines (number, text); an empty text ends a paragraph."""
    first, words = 0, []
    for number, text in [*numbered, (0, "")]:
        if not text.strip():
            if words:
                yield first, " ".join(words)
            words = []
            continue
        first = first if words else number
        words.append(text.strip())


def document(text):
    """A row of a table, a line of code and a macro of the manual each stand alone."""
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"[|.#]|    |\s*(-|\d+\.) ", line):
            yield number, ""
        yield number, line
        if re.match(r"[|.#]|    ", line):
            yield number, ""


def c_comments(text):
    """All of one comment is one paragraph, unless it has an empty line."""
    for match in C_TOKEN.finditer(text):
        if not match[0].startswith("/"):
            continue
        number = text.count("\n", 0, match.start()) + 1
        for offset, line in enumerate(match[0].removesuffix("*/").split("\n")):
            yield number + offset, re.sub(r"^\s*(/\*|//|\*)", "", line)
        yield number, ""


def shell_comments(text):
    """A comment after a statement is not joined with the next line's."""
    for number, line in enumerate(text.split("\n"), 1):
        match = SHELL_COMMENT.match(line)
        if match and match[1].strip():
            yield number, ""
        yield number, match[2] if match else ""


def python_comments(text):
    """Comments, then docstrings."""
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            number = token.start[0]
            if number != last + 1:
                yield number, ""
            last = number
            yield number, token.string.lstrip("#!")
    kinds = ast.Module, ast.ClassDef, ast.FunctionDef
    for node in ast.walk(ast.parse(text)):
        lines = (isinstance(node, kinds) and ast.get_docstring(node) or "").split("\n")
        yield 0, ""
        for offset, line in enumerate(lines):
            yield (node.body[0].lineno + offset if lines[0] else 0), line


def reader_of(path, text):
    """What finds the prose in a file of this kind."""
    if path.endswith((".md", ".1")):
        return document
    if path.endswith((".c", ".h", ".js", ".css")):
        return c_comments
    if path.endswith(".py") or re.match(r"#!.*python", text):
        return python_comments
    return shell_comments


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for number, words in paragraphs(reader_of(path, text)(text)):
        print(f"{path}:{number}:{words}")
