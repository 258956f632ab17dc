"""Read the names in a download of Moodle, and give grades and feedback back.

Written from knowledge of `mod_assign`, not with its source at hand: `assign::download_submissions`
and its language packs for the names, `assignfeedback_offline` for the worksheet, and
`assignfeedback_file` for the ZIP of feedback. The times in Moodle's ZIP are those of its file
store, so they tell nothing of when a file was handed in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from grader.batch.platforms.base import Name, Part, Platform
from grader.reports.moodle import fill_worksheet
from grader.reports.rows import Row
from grader.reports.sheets import Filled

# `<name>_<number>_assignsubmission_<plugin>`, then nothing, `_` (before Moodle 4.1), or in the flat
# variant `_<file>`. The name may be "Participant", or a team's; who is in no team has no number.
_END = r"(?:_\d+)?)_assignsubmission_(?P<plugin>[a-z]+)(?P<tail>_?))"
FILE = re.compile(rf"(?P<folder>(?P<student>.+?{_END}(?P<file>.*)", re.DOTALL)
FOLDER = re.compile(rf"(?P<folder>(?P<student>.+{_END}(?P<file>)", re.DOTALL)


class Moodle(Platform):
    """Folders of participants, or their files side by side."""

    name = "moodle"
    title = "Moodle"
    form = "Anna Smith_101_assignsubmission_file"
    mixes = True

    def part(self, name: Name) -> Part | None:
        """Read a name; a student's own words never end that of a folder."""
        match = (FOLDER if name.is_folder else FILE).fullmatch(name.text)
        if match is None:
            return None
        return Part(
            who=f"{match['student']}{match['tail']}{'/' if name.is_folder else ''}",
            owner=match["student"],
            place=match["folder"],
            file=match["file"],
            is_text=match["plugin"] != "file",
        )

    def fill(
        self,
        sheet: bytes,
        rows: Sequence[Row],
        comments: Mapping[str, str],
        columns: Mapping[str, str],
        *,
        provisional: bool = False,
    ) -> Filled:
        """Fill in the grading worksheet; see `fill_worksheet`."""
        return fill_worksheet(sheet, rows, comments, columns, provisional=provisional)

    def feedback_path(self, place: str) -> str:
        """Return the path by which "upload multiple feedback files" finds the participant."""
        return f"{place}/feedback.html"
