"""Collect the items of one student's hand-in, and choose which archive counts.

Of several attempts the newest counts, and of several archives in it the newest. Loose files count
as if they were zipped.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from grader.batch.folders import File
from grader.batch.listing import MAX_ARCHIVE, Item, read_file, too_large
from grader.batch.names import printable
from grader.batch.platforms.base import Part, Platform
from grader.batch.platforms.known import PLAIN
from grader.batch.platforms.plain import stem_of
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


class Piece(NamedTuple):
    """One item of a hand-in, and what its name says."""

    item: Item
    part: Part


UNREADABLE = "? "  # before the time of an attempt, if nobody can tell which is the newest


@dataclass
class HandIn:
    """All that one student handed in.

    Attributes:
        identity: Where it lies, unique in the course.
        student: The name to print; whoever lists a course may change it to make it unique.
        owner: Whose it says that it is, which several hand-ins may say.
        claims: By what it is compared with other hand-ins.
        place: The file or folder, in messages.
        platform: Whose names its items bear.
        pieces: The items.
        doubt: With which hand-ins it is in dispute, and what a person should do.
        late: Whether the platform marks it as late; None if it marks nothing.
    """

    identity: str
    student: str = ""
    owner: str = ""
    claims: frozenset[tuple[str, str]] = frozenset()
    place: str = ""
    platform: Platform = PLAIN
    pieces: list[Piece] = field(default_factory=list)
    doubt: str = ""
    late: bool | None = None

    @property
    def newest(self) -> list[Piece]:
        """Return the files of the attempt that counts; of no files, the texts."""
        files = [piece for piece in self.pieces if not piece.part.is_text] or self.pieces
        last = max((piece.part.attempt for piece in files), default="")
        return [piece for piece in files if piece.part.attempt == last]

    @property
    def folder(self) -> str:
        """Return the platform's place for feedback; empty if it has none."""
        places = {piece.part.place for piece in self.newest} if self.platform is not PLAIN else ()
        return max(places, default="")

    @property
    def submitted(self) -> str | None:
        """Return when it was handed in, as an ISO 8601 time; None if the platform doesn't tell."""
        return max((p.part.submitted for p in self.newest if p.part.submitted), default=None)

    @property
    def ids(self) -> tuple[tuple[str, str], ...]:
        """Return by what the platform's table of grades knows the student."""
        return self.newest[0].part.ids if self.pieces else ()

    @property
    def online(self) -> bool:
        """Return whether there is a text, too, that was typed into the platform's form."""
        return any(part.is_text and not part.is_note for _, part in self.pieces)

    def note_late(self) -> None:
        """Find out whether it is marked as late, by its names or by those of its files."""
        marks = [piece.part.late for piece in self.newest]
        with contextlib.suppress(Exception):  # of any kind: its row will say so
            marks += [self.platform.inside(file.path)[1] for file in self.files(own_names=False)]
        known = [mark for mark in marks if mark is not None]
        self.late = any(known) if known else None

    def dispute(self, doubt: str) -> None:
        """Note that others may be of the same student, and call this one after its place."""
        self.doubt = doubt
        if self.platform is PLAIN:
            item = self.pieces[0].item
            self.student = printable(stem_of(item.name, item.is_folder))

    def choose(self) -> Archive:
        """Choose the archive that counts.

        Raises:
            UserError: Nothing was handed in, too much, or it can't be read.
        """
        remarks = self._remarks()
        newest, *others = self._ranked(remarks)
        if others:
            said = ", ".join(shown(str(one.path)) for one in others)
            remarks.append(
                f"Of several archives the newest counts, {shown(str(newest.path))}; not: {said}."
            )
        return Archive(newest.path.name, newest.read, remarks)

    def earlier(self) -> set[PurePosixPath]:
        """Return the paths of the archives that don't count, because there is a newer one.

        Raises:
            UserError: Nothing was handed in, too much, or it can't be read.
        """
        _, *others = self._ranked([])
        return {one.path for one in others}

    def _ranked(self, remarks: list[str]) -> list[Candidate]:
        """Return what could count, the newest first; add to the remarks what can't.

        Raises:
            UserError: Nothing was handed in, too much, or it can't be read.
        """
        groups = [files for files in self._groups() if files]
        if not groups:
            text = " but a text typed into the form" if self.online else ""
            raise UserError(f"Nothing was handed in{text}: hand in your code as a ZIP.")
        if sum(file.size for files in groups for file in files) > MAX_ARCHIVE:
            raise too_large()
        found = [one for files in groups for one in self._candidates(files, remarks)]
        order = sorted(found, key=lambda one: (one.modified, natural(str(one.path))))
        return order[::-1]

    def files(self, *, own_names: bool = True) -> list[File]:
        """List all files of the attempt that counts; raises what listing an item raises.

        Args:
            own_names: Whether to call files as the student did, rather than as the platform does.
        """
        if own_names:
            return [file for files in self._groups() for file in files]
        return [file for piece in self.newest for file in piece.item.files()]

    def _remarks(self) -> list[str]:
        """Return what to say of texts and of attempts that don't count.

        Raises:
            UserError: Nobody can tell which attempt is the newest.
        """
        remarks = ["The text typed into the form is not looked at."] if self.online else []
        attempts = sorted({p.part.attempt for p in self.pieces if not p.part.is_text})
        if len(attempts) > 1 and any(attempt.startswith(UNREADABLE) for attempt in attempts):
            times = ", ".join(shown(attempt.removeprefix(UNREADABLE)) for attempt in attempts)
            raise UserError(
                f"Which of {len(attempts)} attempts is the newest, their dates don't tell here "
                f"({times}): keep that one, and move the others away."
            )
        if len(attempts) > 1:
            *others, last = map(shown, attempts)
            remarks.append(
                f"Of {len(attempts)} attempts the newest counts, {last}; not: {', '.join(others)}."
            )
        return remarks

    def _groups(self) -> list[list[File]]:
        """List the files that belong together: a folder's, an archive, all that lies loose."""
        loose: list[File] = []
        groups = [loose]
        for item, part in self.newest:
            if part.is_text:
                continue
            files = item.files()
            if self.platform is not PLAIN and item.is_folder:
                loose += [f._replace(path=self.platform.inside(f.path)[0]) for f in files]
            elif self.platform is not PLAIN:
                path = PurePosixPath(part.file or part.place)
                order = (part.number,) if part.number else None
                loose += [f._replace(path=path, modified=order or f.modified) for f in files]
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
        if self.platform is not PLAIN:
            remarks.append(f"Handed in as single files, graded as {self.student}.zip.")
        path, modified = PurePosixPath(f"{self.student}.zip"), max(f.modified for f in files)
        return [Candidate(path, modified, partial(_pack, files))]


def platform_of(hand_ins: Sequence[HandIn]) -> str:
    """Return the name of the platform whose download it is: of two, the one that has a name."""
    names = [hand_in.platform.name for hand_in in hand_ins if hand_in.platform is not PLAIN]
    return names[0] if names else PLAIN.name


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
