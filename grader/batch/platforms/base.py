"""Define what an adapter knows of its platform.

An adapter reads names only: whose each item of a download is, which attempt, whether it is late. It
says which table takes the grades, and by what path feedback finds its way back. It never opens a
student's file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from grader.core.errors import UserError
from grader.reports.gradebooks import Gradebook, fill_gradebook
from grader.reports.rows import Row
from grader.reports.sheets import Filled


class Name(NamedTuple):
    """Hold what is known of an item at the top of a download without opening it."""

    text: str
    is_folder: bool
    is_clone: bool = False  # a folder with a repository of git in it


class Level(NamedTuple):
    """The items that lie side by side, the folder that they lie in, and a reader of its files."""

    names: Sequence[Name]
    place: str
    read: Callable[[str], bytes]


class Part(NamedTuple):
    """Hold what the name of an item says.

    Attributes:
        who: The student; all items of one student have the same.
        owner: The name to show.
        place: The part of the name to which feedback goes back.
        file: The name that the student gave the file; empty for a folder.
        attempt: Among a student's attempts, the one with the greatest counts.
        number: Among an attempt's files, the one with the greatest is the newest; 0 if the
            platform numbers none.
        submitted: When it was handed in, as an ISO 8601 time, if the name tells.
        late: Whether it is marked as late; None if the platform marks nothing.
        is_text: Whether it is no file, but text that was typed into a form.
        is_note: Whether it is such a text, but one that the platform writes for every attempt.
        ids: By what the platform's table of grades knows the student.
        claim: The number or login that nobody else has; empty if the platform gives none.
    """

    who: str
    owner: str
    place: str
    file: str = ""
    attempt: str = ""
    number: int = 0
    submitted: str | None = None
    late: bool | None = None
    is_text: bool = False
    is_note: bool = False
    ids: tuple[tuple[str, str], ...] = ()
    claim: str = ""


class Platform:
    """A platform that knows nothing; adapters replace what theirs does differently.

    Attributes:
        name: What ``--platform`` calls it.
        title: What messages call it.
        form: A name as the platform gives it, for messages.
        mixes: Whether its names are told item by item, because nobody else gives such names.
        own: The files that the platform itself adds to a download.
        page: The kind of page that goes back as feedback.
        gradebook: The form of its table of grades, None if it has none.
    """

    name = ""
    title = ""
    form = ""
    mixes = False
    own = re.compile(r"(?!)")
    page = ".html"
    gradebook: Gradebook | None = None

    def parts(self, level: Level) -> list[Part | None]:
        """Return what each name says, None for a name that the platform doesn't give."""
        return [self.part(name) for name in level.names]

    def part(self, name: Name) -> Part | None:
        """Return what one name says, where no other name is needed for that."""
        raise NotImplementedError

    def is_sure(self, _level: Level) -> bool:
        """Return whether names that fit are proof enough that it is this platform's download."""
        return True

    def inside(self, path: PurePosixPath) -> tuple[PurePosixPath, bool | None]:
        """Return the student's own name for a file of a folder, and whether it is marked late."""
        return path, None

    def fill(
        self,
        sheet: bytes,
        rows: Sequence[Row],
        comments: Mapping[str, str],
        columns: Mapping[str, str],
        *,
        provisional: bool = False,
    ) -> Filled:
        """Enter grades, and comments where there is a place for them, into the platform's table.

        Raises:
            UserError: It is not this platform's table, or the platform has none.
        """
        if self.gradebook is None:
            raise UserError(f"{self.title} takes no table of grades: leave --worksheet out.")
        return fill_gradebook(
            self.gradebook, sheet, rows, comments, columns, provisional=provisional
        )

    def feedback_path(self, _place: str) -> str:
        """Return where a student's page lies in the ZIP of feedback; empty if it takes none."""
        return ""
