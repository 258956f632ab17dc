"""Read names that people gave: each ZIP or folder at the top is a hand-in of its own.

A name belongs to a student only as a whole: after a matriculation number may come a copy's mark, a
separator or the end, but never the rest of a longer word.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from grader.batch.platforms.base import Name, Part, Platform
from grader.core.errors import UserError
from grader.reports.sheets import Filled
from grader.submission.handin import AUTHORS

# What file managers append to a copy.
COPY = re.compile(
    r"(?<![\s_-])[\s_-]*(?:\(\d+\)|[\s_-](?:copy|kopie|copie|copia)(?:\s*\(?\d+\)?)?)$",
    re.IGNORECASE,
)
OWNED = re.compile(rf"({AUTHORS.pattern})(?![^\W_])")  # no letter or digit follows


class Plain(Platform):
    """A folder that somebody filled: any name is a hand-in's."""

    name = "folders"
    title = "Folder"
    form = "Smith-123456.zip"

    def part(self, name: Name) -> Part:
        """Read a name; its claims are found in claims.py."""
        owner, _ = owner_of(name.text, name.is_folder)
        return Part(who=f"{name.text}{'/' if name.is_folder else ''}", owner=owner, place=name.text)

    def fill(self, *_: object, **__: object) -> Filled:
        """Refuse to fill in a table: nothing tells which line is whose.

        Raises:
            UserError: Always.
        """
        raise UserError(
            "the names of the hand-ins are no platform's, so nobody can tell whose a line of the "
            "table is: grade the platform's download itself, or say whose it is with --platform."
        )


def owner_of(name: str, is_folder: bool) -> tuple[str, bool]:
    """Return whose an item is, and whether its name says so as the sheet demands it."""
    stem = stem_of(name, is_folder)
    authors = OWNED.match(stem)
    return (authors[1], True) if authors else (COPY.sub("", stem), False)


def stem_of(name: str, is_folder: bool) -> str:
    """Return an item's name without the kind of its file."""
    return name if is_folder else PurePosixPath(name.removesuffix(".gz")).stem
