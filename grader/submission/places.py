"""Name places in a notebook by its cells, in messages."""

from __future__ import annotations

import re

HEADER = re.compile(r"# made of the notebook (.+)")
MARK = re.compile(r"\s*# cell (\d+), line (\d+)")
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
    lines = source.split("\n")
    for number in range(min(line, len(lines)), 0, -1):
        if mark := MARK.fullmatch(lines[number - 1]):
            offset = max(line - number - 1, 0)
            return f"{notebook}, cell {mark[1]}, line {int(mark[2]) + offset}"
    return notebook
