"""Read the names in a download of Canvas, and give grades and feedback back.

Checked against the sources of Canvas: `lib/content_zipper.rb` for the names
(`NAME_LATE_USER_FILE_…`, `anon_CODE` with anonymous grading, `…_text.html` and `…_link.html` for
what was typed), `lib/gradebook_importer.rb` for the table, `infer_comment_context_from_filename`
for feedback: there the first two parts of digits are the user and one of the user's own files. A
file that is handed in again is called ``lstm-1.py``. Only the newest attempt is in a download. Its
files are numbered in the order in which they were uploaded. It names no times.
"""

from __future__ import annotations

import re

from grader.batch.platforms.base import Name, Part, Platform
from grader.reports.gradebooks import Gradebook
from grader.reports.sheets import Table

USER = r"(?:(?P<name>(?!anon_|LATE_|\d+_)\w+?)_)?(?P<late>LATE_)?(?P<user>\d+|anon_[^\W_]+)"
TYPED = r"(?=_(?:text|link)\.html\Z)"
NAME = re.compile(rf"(?P<place>{USER}(?:{TYPED}|_(?P<id>\d+)))_(?P<file>.+)", re.DOTALL)
DIGITS = 30  # of a file's number that are read; Canvas's have fewer
AGAIN = re.compile(r"-\d+(?=\.py$)")  # no module that can be imported has such a name


def _maximum(table: Table, place: int, _line: object) -> str:
    """Return the points of an assignment: they stand in the row above all students."""
    for line in table.lines[1:]:
        if line and "Points Possible" in line[0].plain:
            return line[place].plain if place < len(line) else ""
    return ""


def _is_taken(table: Table, place: int) -> bool:
    """Return whether the importer takes a column; it leaves out what is computed."""
    return "read only" not in _maximum(table, place, None)


GRADEBOOK = Gradebook(
    title="Canvas's gradebook",
    people={"ID": ("ID",)},
    grade=re.compile(r".* \(\d+\)"),
    maximum=_maximum,
    is_taken=_is_taken,
    is_person=lambda line: bool(line[1:]) and line[1].plain.strip().isdecimal(),
    needs="export the whole gradebook (Grades, Export), and leave its first columns as they are",
)


class Canvas(Platform):
    """Files side by side, each with the numbers of a user and of itself."""

    name = "canvas"
    title = "Canvas"
    gradebook = GRADEBOOK
    form = "smithanna_4023_99810_lstm.py"

    def part(self, name: Name) -> Part | None:
        """Read a name. Whose it is, Canvas's own numbers say, which come before the student's."""
        match = None if name.is_folder else NAME.fullmatch(name.text)
        if match is None:
            return None
        user = match["user"]
        is_text = match["id"] is None
        return Part(
            who=f"{user} {match['name'] or ''}",
            owner=match["name"] or user,
            place="" if is_text else match["place"],
            file=AGAIN.sub("", match["file"]),
            number=0 if is_text else int(match["id"][:DIGITS]),
            late=match["late"] is not None,
            is_text=is_text,
            ids=(("ID", user),),
            claim=user,
        )

    def feedback_path(self, place: str) -> str:
        """Return a name by which "upload submissions" finds the user and a file of theirs."""
        return f"{place}_feedback.html"
