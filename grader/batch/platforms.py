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
MOODLE = re.compile(
    r"(?P<folder>(?P<student>.+?(?:_\d+)?)_assignsubmission_(?P<plugin>[a-z]+)_?)(?P<file>.*)",
    re.DOTALL,
)
COPY = re.compile(r"(?<!\s)\s*(\(\d+\)|- (Copy|Kopie)( \(\d+\))?)$")  # what file managers append
OWNED = re.compile(rf"({AUTHORS.pattern})(?![^\W_])")  # no letter or digit follows


def owner_of(name: str, is_folder: bool) -> tuple[str, bool]:
    """Return whose an item is, and whether its name says so as the sheet demands it."""
    stem = name if is_folder else PurePosixPath(name.removesuffix(".gz")).stem
    authors = OWNED.match(stem)
    return (authors[1], True) if authors else (COPY.sub("", stem), False)
