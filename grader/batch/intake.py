"""Finds the submissions in what a teaching assistant has: a folder, or Moodle's download.

Each top-level item, a ZIP or a folder, is one student's hand-in. Moodle's names, of folders or (in
its flat variant) of files, say whose it is; elsewhere the sheet's name does, or the item's own.
Loose files count as if they were zipped. Where one student's items hold several ZIPs, the newest
counts. Nothing is unpacked here.
"""

from __future__ import annotations

import contextlib
import io
import re
import time
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from grader.core.errors import UserError
from grader.core.text import shown
from grader.submission.archive import ARCHIVES, BROKEN, CODE, entries_of, is_junk
from grader.submission.handin import AUTHORS

MAX_ARCHIVE = 200 * 2**20  # bytes that one student may hand in
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a ZIP can hold: equal files, equal bytes

# `<name>_<number>_assignsubmission_<plugin>`, then nothing, `_` (before Moodle 4.1), or in the flat
# variant `_<file>`. The name may be "Participant", or a team's; who is in no team has no number.
MOODLE = re.compile(
    r"(?P<folder>(?P<student>.+?(?:_\d+)?)_assignsubmission_(?P<plugin>[a-z]+)_?)(?P<file>.*)",
    re.DOTALL,
)
COPY = re.compile(r"\s*(\(\d+\)|- (Copy|Kopie)( \(\d+\))?)$")  # what file managers add to a name


class File(NamedTuple):
    """A file as the folder or the download holds it."""

    path: PurePosixPath  # below the student's folder; for a file by itself its name
    modified: tuple[int, ...]  # comparable within one source
    size: int
    read: Callable[[], bytes]


class Item(NamedTuple):
    """A file and the top-level item that it belongs to; ``file`` is a text if it can't be listed,
    None for a folder by itself."""

    top: str
    is_folder: bool
    file: File | str | None


@dataclass
class HandIn:
    """All that one student handed in; what counts is `choose`'s to say."""

    student: str  # unique in the course
    folder: str = ""  # Moodle's name for it, by which feedback finds its way back
    files: list[File] = field(default_factory=list)
    problem: str = ""
    online: bool = False  # whether there is a text, too, that was typed into Moodle

    def choose(self) -> tuple[str, Callable[[], bytes], list[str]]:
        """The archive that counts: its name, how to read it, and what to say about the choice.

        :raises UserError: nothing was handed in, or too much.
        """
        if self.problem:
            raise UserError(self.problem)
        if not self.files:
            text = " but a text typed into the form" if self.online else ""
            raise UserError(f"Nothing was handed in{text}: hand in your code as a ZIP.")
        if sum(file.size for file in self.files) > MAX_ARCHIVE:
            raise UserError(f"The submission is larger than {MAX_ARCHIVE // 2**20} MiB.")
        archives = [file for file in self.files if _is_archive(file.path)]
        loose = [file for file in self.files if file not in archives]
        remarks = ["The text typed into the form is not looked at."] if self.online else []
        if not archives or any(_is_code(file.path.name) for file in loose):
            if self.folder:
                remarks.append(f"Handed in as single files, graded as {self.student}.zip.")
            return f"{self.student}.zip", partial(_pack, self.files), remarks
        newest = max(archives, key=lambda file: (file.modified, _natural(str(file.path))))
        remarks += [f"Not looked at, because it is outside of the ZIP: {f.path}." for f in loose]
        if len(archives) > 1:
            others = ", ".join(str(file.path) for file in archives if file is not newest)
            remarks.append(f"Of several archives the newest counts, {newest.path}; not: {others}.")
        return newest.path.name, newest.read, remarks


@contextlib.contextmanager
def hand_ins(source: Path) -> Iterator[tuple[list[HandIn], list[str]]]:
    """The hand-ins in ``source``, by student, and remarks on what was ignored; readable meanwhile.

    :raises UserError: it can't be read, or holds none.
    """
    if source.is_dir():
        yield _group(source, _in_folder(source))
        return
    if not source.exists():
        raise UserError(f"There is no file or folder {source}: check the path.")
    try:
        archive = zipfile.ZipFile(source)
    except BROKEN as error:
        raise UserError(f"{source} is neither a folder nor a ZIP that opens: {error}.") from error
    with archive:
        yield _group(source, _in_zip(archive))


def read_archive(read: Callable[[], bytes]) -> bytes:
    """What ``read`` returns; UserError where the file can't be read."""
    try:
        return read()
    except BROKEN as error:
        raise UserError(f"The submission can't be read ({shown(str(error))}).") from error


def _group(source: Path, items: Iterator[Item]) -> tuple[list[HandIn], list[str]]:
    """One hand-in a student."""
    found: dict[str, HandIn] = {}
    ignored: set[str] = set()
    bare: set[str] = set()  # code that lies there by itself, under nobody's name
    for top, is_folder, file in items:
        match = MOODLE.fullmatch(top)
        if not (match or is_folder or PurePosixPath(top).suffix.lower() in ARCHIVES | CODE):
            ignored.add(top)
            continue
        name = match["student"] if match else _student(top, is_folder)
        if not match and not is_folder and _is_code(top) and not AUTHORS.match(top):
            bare.add(top)
        student = unicodedata.normalize("NFC", name)
        hand_in = found.setdefault(student, HandIn(student))
        if match and match["plugin"] != "file":
            hand_in.online = True
            hand_in.folder = hand_in.folder or match["folder"]
            continue
        if match:
            hand_in.folder = match["folder"]
            if not is_folder and isinstance(file, File):
                file = file._replace(path=PurePosixPath(match["file"]))
        if isinstance(file, File):
            hand_in.files.append(file)
        hand_in.problem = file if isinstance(file, str) else hand_in.problem
    _check_level(source, list(found.values()), bare)
    remarks = [f"{shown(name)} is no submission: ignored." for name in sorted(ignored)]
    return sorted(found.values(), key=lambda hand_in: hand_in.student), remarks


def _check_level(source: Path, found: list[HandIn], bare: set[str]) -> None:
    """:raises UserError: there are no submissions, or they lie a level further up or down."""
    if not found:
        raise UserError(f"There are no ZIPs or folders of submissions in {source}.")
    if any(hand_in.folder for hand_in in found):
        return
    if len(found) == 1 and (place := _download_in(found[0])):
        raise UserError(
            f"The submissions in {source} lie a level further down, in {shown(place)}: "
            "unpack it, if it is packed, and name that."
        )
    archives = any(_is_archive(file.path) for hand_in in found for file in hand_in.files)
    if not archives and (bare or source.is_file()):
        example = f" ({shown(min(bare))})" if bare else ""
        raise UserError(
            f"{source} seems to be one student's work{example}: name the folder that it lies in, "
            "or, if it holds the work of many, a folder with a ZIP or folder for each."
        )


def _download_in(hand_in: HandIn) -> str:
    """The ZIP or folder that Moodle's names lie in, if this is no hand-in but a download."""
    if any(MOODLE.fullmatch(file.path.parts[0]) for file in hand_in.files):
        return hand_in.student
    if len(hand_in.files) == 1 and hand_in.files[0].path.suffix.lower() == ".zip":
        with (
            contextlib.suppress(*BROKEN),
            zipfile.ZipFile(io.BytesIO(hand_in.files[0].read())) as z,
        ):
            if any(MOODLE.match(name) for name in z.namelist()):
                return str(hand_in.files[0].path)
    return ""


def _student(name: str, is_folder: bool) -> str:
    """Whose the item of this name is: the sheet's names of authors, or all of it."""
    stem = name if is_folder else PurePosixPath(name.removesuffix(".gz")).stem
    authors = AUTHORS.match(stem)
    return authors[0] if authors else COPY.sub("", stem)


def _is_code(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in CODE


def _is_archive(path: PurePosixPath) -> bool:
    return len(path.parts) == 1 and path.suffix.lower() in ARCHIVES


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which (2) comes before (10)."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", name)]


def _in_folder(source: Path) -> Iterator[Item]:
    for item in sorted(source.iterdir()):
        if is_junk(item.name) or item.is_symlink():
            continue
        if not item.is_dir():
            size = item.stat().st_size
            file = File(PurePosixPath(item.name), _modified(item), size, item.read_bytes)
            yield Item(item.name, False, file)
            continue
        yield Item(item.name, True, None)
        try:
            with entries_of(item) as entries:
                for entry in entries:
                    place, read = item / entry.name, partial(entry.read, entry.size)
                    file = File(PurePosixPath(entry.name), _modified(place), entry.size, read)
                    if entry.plain:
                        yield Item(item.name, True, file)
        except UserError as error:
            yield Item(item.name, True, str(error))


def _modified(place: Path) -> tuple[int, ...]:
    if not place.exists():  # its name is not what it is listed by
        return EPOCH
    state = place.stat()
    return (*time.gmtime(state.st_mtime)[:6], state.st_mtime_ns % 10**9)


def _in_zip(archive: zipfile.ZipFile) -> Iterator[Item]:
    for info in archive.infolist():
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or any(map(is_junk, path.parts)):
            continue
        is_folder = info.is_dir() or len(path.parts) > 1
        inner = PurePosixPath(*path.parts[1:]) if is_folder else path
        file = File(inner, info.date_time, info.file_size, partial(archive.read, info))
        yield Item(path.parts[0], is_folder, None if info.is_dir() else file)


def _pack(files: list[File]) -> bytes:
    """Loose files as one ZIP; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(files, key=lambda file: str(file.path)):
            archive.writestr(zipfile.ZipInfo(str(file.path), EPOCH), file.read())
    return buffer.getvalue()
