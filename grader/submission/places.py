"""Name places in a notebook by its cells, in messages."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from operator import itemgetter

HEADER = re.compile(r"# made of the notebook (.+)")
MARK = re.compile(r"[ \t]*+# cell (\d{1,9}), line (\d{1,9})")
FRAME = re.compile(r'File "([^"\n]+)", line (\d+)')


def notebook_header(name: str) -> str:
    """Return the first line of the module made of a notebook."""
    return f"# made of the notebook {name}"


def notebook_of(source: str) -> str:
    """Return the name of the notebook that a module was made of, or nothing."""
    header = HEADER.match(source)
    return header[1] if header else ""


def cell_mark(cell: int, line: int) -> str:
    """Return the comment in front of a statement from that line of that cell."""
    return f"# cell {cell}, line {line}"


def place(file: str, line: int, source: str) -> str:
    """Return what messages call a line of a file: ``lstm.py, line 3``, ``a.ipynb, cell 2, line 1``.

    Args:
        source: The file's text.
    """
    notebook = notebook_of(source)
    if not notebook:
        return f"{file}, line {line}"
    marks = _marks(source)
    before = bisect_right(marks, line, key=itemgetter(0))
    if not before:
        return notebook
    number, cell, first = marks[before - 1]
    return f"{notebook}, cell {cell}, line {first + max(line - number - 1, 0)}"


@functools.lru_cache(maxsize=8)
def _marks(source: str) -> list[tuple[int, str, int]]:
    """Return the marks of a notebook's module, in order: their line, the cell, and its line."""
    found = []
    for number, line in enumerate(source.split("\n"), start=1):
        if mark := MARK.fullmatch(line):
            found.append((number, mark[1], int(mark[2])))
    return found
