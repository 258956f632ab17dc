"""Read the names of clones from GitHub Classroom, and give points and feedback back.

Written from knowledge of `gh classroom clone student-repos`, not with its source at hand (a folder
``ASSIGNMENT-submissions`` with a clone ``ASSIGNMENT-LOGIN`` for each student or team) and GitHub's
description of its REST answer "assignment grades", whose fields are the columns of the table that
a classroom lets download. GitHub imports no table; teachers merge it. Feedback is a file that is
committed, or the body of an issue. When something was pushed, only GitHub knows: dates of commits
are their authors' to choose.
"""

from __future__ import annotations

import re

from grader.batch.platforms.base import Level, Name, Part, Platform
from grader.reports.gradebooks import Gradebook
from grader.reports.sheets import Line, Table

AROUND = re.compile(r"(?P<assignment>.+)-submissions")


def _maximum(table: Table, _place: int, line: Line) -> str:
    return table.cell(line, "points_available")


GRADEBOOK = Gradebook(
    title="GitHub Classroom's grades",
    people={
        "student_repository_name": ("student_repository_name",),
        "github_username": ("github_username",),
    },
    grade=re.compile(r"points_awarded"),
    maximum=_maximum,
    needs="download the grades of the assignment from its classroom",
)


class GitHub(Platform):
    """A folder with a repository for each student."""

    name = "github"
    title = "GitHub Classroom"
    gradebook = GRADEBOOK
    form = "hw1-asmith"
    page = ".md"

    def parts(self, level: Level) -> list[Part | None]:
        """Read all names; the folder around them tells which part is the assignment's."""
        around = AROUND.fullmatch(level.place)
        assignment = f"{around['assignment']}-" if around else ""
        return [_part(name, assignment) if name.is_clone else None for name in level.names]

    def feedback_path(self, place: str) -> str:
        """Return a path below a folder of clones."""
        return f"{place}/FEEDBACK.md"


def _part(name: Name, assignment: str) -> Part:
    login = name.text.removeprefix(assignment) or name.text
    ids = [("student_repository_name", name.text)]
    if login != name.text:
        ids.append(("github_username", login))
    return Part(who=name.text, owner=login, place=name.text, ids=tuple(ids), claim=name.text)
