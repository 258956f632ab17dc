"""Read the names in a download of ILIAS, and give feedback back.

Checked against the sources of ILIAS: `ilExSubmission::getDirectoryNameFromUserData` and
`downloadAllAssignmentFiles` for the names, `ilExAssignment::sendMultiFeedbackStructureFile`,
`uploadMultiFeedbackFile` and `getMultiFeedbackFiles` for the way back. Folders are called
``LAST_FIRST_LOGIN_NUMBER``. A late file begins with a word of the teacher's language and `` - ``.
The exercise takes no table of grades. Feedback goes back in a folder that begins with
``multi_feedback``, in one folder for each student, of which only the number at the end counts.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from grader.batch.platforms.base import Level, Name, Part, Platform

FOLDER = re.compile(r"(?P<name>[^_].*?)_(?P<login>[^_]+)_(?P<user>\d+)", re.DOTALL)
# Folders around these: of a feedback structure, or of all submissions of an assignment.
AROUND = re.compile(r"multi_feedback.*|submissions?|abgaben?|einreichungen", re.IGNORECASE)
LATE = re.compile(
    r"(?:late submission|versp(?:ä|a|ae)tete (?:abgabe|einreichung)) - ", re.IGNORECASE
)


class Ilias(Platform):
    """A folder for each participant."""

    name = "ilias"
    title = "ILIAS"
    form = "Smith_Anna_asmith_4711"
    own = re.compile(r".*\.xlsx?", re.IGNORECASE)

    def is_sure(self, level: Level) -> bool:
        """Return whether the folder around is called as ILIAS calls it: others use such names."""
        return bool(AROUND.fullmatch(level.place))

    def part(self, name: Name) -> Part | None:
        """Read a name. Whose it is, the number at the end says."""
        match = FOLDER.fullmatch(name.text) if name.is_folder else None
        if match is None or "_" not in match["name"]:
            return None
        return Part(
            who=name.text,
            owner=match["name"].replace("_", " "),
            place=name.text,
            late=False,
            ids=(("login", match["login"]), ("user", match["user"])),
            claim=match["user"],
        )

    def inside(self, path: PurePosixPath) -> tuple[PurePosixPath, bool | None]:
        """Return a file's name without the words that mark it as late."""
        mark = LATE.match(path.name)
        if len(path.parts) > 1 or not mark or not path.name[mark.end() :].strip(" ."):
            return path, False
        return PurePosixPath(path.name[mark.end() :]), True

    def feedback_path(self, place: str) -> str:
        """Return the path by which "multi-feedback" finds the participant."""
        return f"multi_feedback/{place}/feedback.html"
