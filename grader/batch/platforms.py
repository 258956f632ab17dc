"""Read whose hand-in it is from the name of its file or folder.

A name belongs to a student only as a whole: after a matriculation number may come a copy's mark, a
separator or the end, but never the rest of a longer word.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from grader.submission.handin import AUTHORS

# `<name>_<number>_assignsubmission_<plugin>`, then nothing, `_` (before Moodle 4.1), or in the flat
# variant `_<file>`. The name may be "Participant", or a team's; who is in no team has no number.
_END = r"(?:_\d+)?)_assignsubmission_(?P<plugin>[a-z]+)(?P<tail>_?))"
MOODLE = re.compile(rf"(?P<folder>(?P<student>.+?{_END}(?P<file>.*)", re.DOTALL)
MOODLE_FOLDER = re.compile(rf"(?P<folder>(?P<student>.+{_END}(?P<file>)", re.DOTALL)
# What file managers append to a copy.
COPY = re.compile(
    r"(?<![\s_-])[\s_-]*(?:\(\d+\)|[\s_-](?:copy|kopie|copie|copia)(?:\s*\(?\d+\)?)?)$",
    re.IGNORECASE,
)
OWNED = re.compile(rf"({AUTHORS.pattern})(?![^\W_])")  # no letter or digit follows


def moodle(name: str, is_folder: bool) -> re.Match[str] | None:
    """Return the parts of a name that Moodle gave: a student's own words never end a folder's."""
    return (MOODLE_FOLDER if is_folder else MOODLE).fullmatch(name)


def owner_of(name: str, is_folder: bool) -> tuple[str, bool]:
    """Return whose an item is, and whether its name says so as the sheet demands it."""
    stem = stem_of(name, is_folder)
    authors = OWNED.match(stem)
    return (authors[1], True) if authors else (COPY.sub("", stem), False)


def stem_of(name: str, is_folder: bool) -> str:
    """Return an item's name without the kind of its file."""
    return name if is_folder else PurePosixPath(name.removesuffix(".gz")).stem
