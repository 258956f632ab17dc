"""Read the names in a download of Blackboard, and give grades and comments back.

Checked against public tools that read such downloads (bb-file-cleanup, BBGradebookOrganiser and
others agree): `ASSIGNMENT_USER_attempt_YYYY-MM-DD-HH-MM-SS_FILE`, and for each attempt a note of
the same name with the ending .txt. Blackboard's own importer is not public. Tools
that write its tables have them: tab-separated, UTF-16, people by ``Username``, a column
``TITLE [Total Pts: N Score] |NUMBER``. It takes no ZIP of feedback: comments travel in the table.
Times are those of the server, without a time zone.
"""

from __future__ import annotations

import re

from grader.batch.platforms.base import Level, Part, Platform
from grader.reports.gradebooks import Gradebook

TIME = r"(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)"
NAME = re.compile(rf"(?P<place>(?P<who>.+?_[^_].*?)_attempt_{TIME})(?P<rest>.*)", re.DOTALL)

GRADEBOOK = Gradebook(
    title="Blackboard's grade center",
    people={"Username": ("Username",)},
    grade=re.compile(r".*\[Total Pts: (?P<maximum>[\d.,]+)[^\]]*\] \|\d+"),
    comment="Feedback to Learner",
    form={"Feedback Format": "HTML"},
    needs="download it with Work Offline, Download, as tab-separated, with comments",
)


class Blackboard(Platform):
    """Files side by side, named after an assignment, a user and the time of the attempt."""

    name = "blackboard"
    title = "Blackboard"
    gradebook = GRADEBOOK
    form = "HW 3_asmith_attempt_2025-05-05-10-00-00_work.zip"

    def parts(self, level: Level) -> list[Part | None]:
        """Read all names: what they share in front is the assignment's name."""
        matches = [None if n.is_folder else NAME.fullmatch(n.text) for n in level.names]
        heads = {match["who"] for match in matches if match}
        assignment = _shared([head[: head.rfind("_") + 1] for head in heads])
        return [match and _part(match, assignment) for match in matches]


def _shared(heads: list[str]) -> int:
    """Return the length of what all begin with, up to an underscore."""
    first, last = min(heads, default=""), max(heads, default="")
    pairs = enumerate(zip(first, last, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), len(first))
    return first[:same].rfind("_") + 1


def _part(match: re.Match[str], assignment: int) -> Part:
    """Return what a name says; the user is its end, as long as the table has such a user."""
    who, rest = match["who"], match["rest"]
    ends = [who[at + 1 :] for at, sign in enumerate(who) if sign == "_" and at + 1 >= assignment]
    date, time = match["time"][:10], match["time"][11:].replace("-", ":")
    return Part(
        who=who,
        owner=ends[0],
        place=match["place"],
        file=rest.removeprefix("_"),
        attempt=match["time"],
        submitted=f"{date}T{time}",
        is_text=rest == ".txt",
        is_note=rest == ".txt",
        ids=tuple(("Username", end) for end in ends),
        claim=who,
    )
