"""Render the code of two students side by side, with what they share marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grader.reports.pages import templates

COLOURS = 6  # for neighbouring blocks


class Code(NamedTuple):
    """A student's code: names and texts of files, tokens, and each token's file and line."""

    files: list[tuple[str, str]]
    tokens: list[str]
    places: list[tuple[int, int]]


class Line(NamedTuple):
    """A line of code: the colour of the block that it is in, 0 for none, and blocks that begin."""

    number: int
    text: str
    colour: int
    blocks: list[int]


class File(NamedTuple):
    """A file of one side."""

    name: str
    lines: list[Line]


def pair_html(
    students: tuple[str, str],
    shares: tuple[float, float],
    codes: tuple[Code, Code],
    blocks: Sequence[tuple[int, int, int]],
) -> str:
    """Return the page of a pair.

    Args:
        students: Their names.
        shares: What each has of the other, as a part of the own code.
        codes: Their code.
        blocks: Where shared tokens begin in each, and how many there are.
    """
    sides = [
        _side(code, [(block[side], block[2]) for block in blocks])
        for side, code in enumerate(codes)
    ]
    parts = list(zip(("one", "other"), students, shares, sides, strict=True))
    return templates().get_template("similar.html").render(sides=parts)


def _side(code: Code, blocks: Sequence[tuple[int, int]]) -> list[File]:
    """Return a student's files, with the blocks that begin at these tokens and are so long."""
    colours: dict[tuple[int, int], int] = {}
    first: dict[tuple[int, int], list[int]] = {}
    for number, (start, length) in enumerate(blocks, start=1):
        places = [(file, line) for file, line in code.places[start : start + length]]
        first.setdefault(places[0], []).append(number)
        for file, line in places:
            colours.setdefault((file, line), 1 + number % COLOURS)
    return [
        File(
            name,
            [
                Line(n, line, colours.get((file, n), 0), first.get((file, n), []))
                for n, line in enumerate(text.split("\n"), start=1)
            ],
        )
        for file, (name, text) in enumerate(code.files)
    ]
