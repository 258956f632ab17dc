"""Collect the items of one student's hand-in, and choose which archive counts.

Of several archives the newest counts. Loose files count as if they were zipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from grader.batch.folders import File
from grader.batch.listing import MAX_ARCHIVE, Item, read_file, too_large
from grader.batch.names import printable
from grader.batch.platforms import stem_of
from grader.core.errors import UserError
from grader.core.text import shown
from grader.core.zips import Member, zipped
from grader.submission.archive import ARCHIVES, CODE


class Archive(NamedTuple):
    """The archive that counts of a hand-in: its name, how to read it, and remarks on the choice."""

    name: str
    read: Callable[[], bytes]
    remarks: list[str]


class Candidate(NamedTuple):
    """One of the archives, or the loose files together, that may count."""

    path: PurePosixPath
    modified: tuple[int, ...]
    read: Callable[[], bytes]


@dataclass
class HandIn:
    """All that one student handed in.

    Attributes:
        identity: Where it lies, unique in the course.
        student: The name to print; whoever lists a course may change it to make it unique.
        owner: Whose it says that it is, which several hand-ins may say.
        claims: By what it is compared with other hand-ins.
        place: The file or folder, in messages.
        folder: Moodle's folder, to which feedback goes back.
        items: The items, with the part of each name that is the file's.
        online: Whether there is a text, too, that was typed into Moodle.
        doubt: With which hand-ins it is in dispute, and what a person should do.
        submitted: When it was handed in, as an ISO 8601 time, if the platform tells.
        late: Whether the platform marks it as late; None if it marks nothing.
        ids: By what the platform's table of grades knows the student: kinds of ids with values.
    """

    identity: str
    student: str = ""
    owner: str = ""
    claims: frozenset[tuple[str, str]] = frozenset()
    place: str = ""
    folder: str = ""
    items: list[tuple[Item, str]] = field(default_factory=list)
    online: bool = False
    doubt: str = ""
    submitted: str | None = None
    late: bool | None = None
    ids: tuple[tuple[str, str], ...] = ()

    def dispute(self, doubt: str) -> None:
        """Note that others may be of the same student, and call this one after its place."""
        self.doubt = doubt
        if not self.folder:
            item, _ = self.items[0]
            self.student = printable(stem_of(item.name, item.is_folder))

    def choose(self) -> Archive:
        """Choose the archive that counts.

        Raises:
            UserError: Nothing was handed in, too much, or it can't be read.
        """
        groups = [files for files in self._groups() if files]
        if not groups:
            text = " but a text typed into the form" if self.online else ""
            raise UserError(f"Nothing was handed in{text}: hand in your code as a ZIP.")
        if sum(file.size for files in groups for file in files) > MAX_ARCHIVE:
            raise too_large()
        remarks = ["The text typed into the form is not looked at."] if self.online else []
        found = [one for files in groups for one in self._candidates(files, remarks)]
        newest = max(found, key=lambda one: (one.modified, natural(str(one.path))))
        if len(found) > 1:
            others = ", ".join(shown(str(one.path)) for one in found if one is not newest)
            remarks.append(
                f"Of several archives the newest counts, {shown(str(newest.path))}; not: {others}."
            )
        return Archive(newest.path.name, newest.read, remarks)

    def files(self) -> list[File]:
        """List all files; raises what listing an item raises."""
        return [file for files in self._groups() for file in files]

    def _groups(self) -> list[list[File]]:
        """List the files that belong together: a folder's, an archive, all that lies loose."""
        loose: list[File] = []
        groups = [loose]
        for item, file in self.items:
            files = item.files()
            if file:  # Moodle says whose it is
                renamed = file if not item.is_folder else ""
                loose += [f._replace(path=PurePosixPath(renamed)) if renamed else f for f in files]
            elif item.is_folder or is_archive(PurePosixPath(item.name)):
                groups.append(files)
            else:
                loose += files
        return groups

    def _candidates(self, files: list[File], remarks: list[str]) -> list[Candidate]:
        archives = [file for file in files if is_archive(file.path)]
        loose = [file for file in files if file not in archives]
        if archives and not any(is_code(file.path.name) for file in loose):
            remarks += [
                f"Not looked at, because it is outside of the ZIP: {shown(str(file.path))}."
                for file in loose
            ]
            return [Candidate(f.path, f.modified, partial(read_file, f)) for f in archives]
        if self.folder:
            remarks.append(f"Handed in as single files, graded as {self.student}.zip.")
        path, modified = PurePosixPath(f"{self.student}.zip"), max(f.modified for f in files)
        return [Candidate(path, modified, partial(_pack, files))]


def is_code(name: str) -> bool:
    """Return whether a file of this name holds code."""
    return PurePosixPath(name).suffix.lower() in CODE


def is_archive(path: PurePosixPath) -> bool:
    """Return whether a path is that of an archive outside of any folder."""
    return len(path.parts) == 1 and path.suffix.lower() in ARCHIVES


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key by which (2) comes before (10), for numbers of any length."""
    return [
        (len(part.lstrip("0")), part.lstrip("0")) if part.isdecimal() else (-1, part)
        for part in re.split(r"(\d+)", name)
    ]


def _pack(files: list[File]) -> bytes:
    """Pack loose files as one ZIP, of namesakes the newest.

    They stay uncompressed, because sizes are compared with packed sizes later.
    """
    newest = {str(f.path): f for f in sorted(files, key=lambda file: file.modified)}
    members = (Member(path, partial(read_file, file)) for path, file in newest.items())
    return zipped(members, compress=False)
