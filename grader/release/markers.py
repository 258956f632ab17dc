"""Find the comment lines that enclose solutions in the reference."""

from __future__ import annotations

import io
import re
import tokenize
from typing import NamedTuple

MARKER = re.compile(r"### (BEGIN SOLUTION(?= |$)|END SOLUTION$|GIVEN$) *(.*)")
# A misspelled marker must not let a solution through.
LIKE_A_MARKER = re.compile(r"###|#+ *(begin|end) +solution", re.IGNORECASE)

Faults = list[tuple[int, str]]  # of one file: the line, and what to do about it


class Marker(NamedTuple):
    """A comment line that encloses a solution, or gives a file away as it is."""

    line: int  # counted from 1
    indent: str
    kind: str  # BEGIN SOLUTION, END SOLUTION or GIVEN
    task: str


class Block(NamedTuple):
    """A solution: the lines from its BEGIN to its END, both included."""

    begin: Marker
    end: int


def find_markers(source: str, faults: Faults) -> list[Marker]:
    """Return the markers among the comments; strings that look like markers are none."""
    markers = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or not LIKE_A_MARKER.match(token.string):
            continue
        line, column = token.start
        indent = token.line[:column]
        match = MARKER.fullmatch(token.string.rstrip())
        if not match:
            faults.append((line, "write ### BEGIN SOLUTION <task>, ### END SOLUTION or ### GIVEN"))
        elif indent.strip():
            faults.append((line, "put this marker on a line of its own"))
        else:
            markers.append(Marker(line, indent, match[1], match[2]))
    return markers


def pair(markers: list[Marker], faults: Faults) -> list[Block]:
    """Return the blocks; a marker without its counterpart is a fault."""
    blocks: list[Block] = []
    begin: Marker | None = None
    for marker in markers:
        if marker.kind == "BEGIN SOLUTION":
            if begin:
                faults.append((marker.line, f"end the block of line {begin.line} before this one"))
            else:
                begin = marker
        elif marker.kind == "END SOLUTION":
            if not begin:
                faults.append((marker.line, "remove this END SOLUTION or put a BEGIN above it"))
            elif marker.indent != begin.indent:
                faults.append((marker.line, f"indent this as the BEGIN in line {begin.line}"))
            else:
                blocks.append(Block(begin, marker.line))
            begin = None
    if begin:
        faults.append((begin.line, "put ### END SOLUTION below this solution"))
    return blocks
