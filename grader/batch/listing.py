"""List the top of a folder or of a platform's ZIP.

Nothing is unpacked. The files of an item are listed when they are asked for, so that an item that
can't be listed is an error of its own hand-in, and can be tried again.
"""

from __future__ import annotations

import contextlib
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from grader.core.errors import MachineError, UserError, is_machine_error
from grader.core.text import file_name, shown
from grader.submission.archive import BROKEN, Entry, entries_of, is_junk

MAX_ARCHIVE = 200 * 2**20  # bytes that one student may hand in


class File(NamedTuple):
    """A file as the folder or the ZIP declares it."""

    path: PurePosixPath  # below its item; for a file at the top its name
    modified: tuple[int, ...]  # comparable within one source
    size: int  # bytes
    read: Callable[[], bytes]


class Item(NamedTuple):
    """A file or folder at the top of the source."""

    name: str
    is_folder: bool
    files: Callable[[], list[File]]  # lists them anew each time; may raise anything


@contextlib.contextmanager
def items_in(source: Path) -> Iterator[tuple[list[Item], list[str]]]:
    """List the items in a folder or ZIP, and name what was ignored; readable meanwhile.

    Raises:
        UserError: ``source`` can't be read.
    """
    with contextlib.ExitStack() as stack:
        try:
            if not source.exists():
                raise UserError(f"There is no file or folder {source}: check the path.")
            if source.is_dir():
                found = _in_folder(source)
            else:
                found = _in_zip(stack.enter_context(zipfile.ZipFile(source))), []
        except BROKEN as error:
            raise UserError(
                f"{source} is neither a folder nor a ZIP that opens: {shown(str(error))}."
            ) from error
        yield found


def read_file(file: File) -> bytes:
    """Return the bytes of a file.

    Raises:
        UserError: It is broken, too large, or may not be read.
        MachineError: It has changed since it was listed.
        OSError: It has gone, or the machine fails.
    """
    if file.size > MAX_ARCHIVE:
        raise too_large()
    try:
        data = file.read()
    except BROKEN as error:
        if is_machine_error(error) or isinstance(error, FileNotFoundError):
            raise
        raise unreadable(str(file.path), error) from error
    if len(data) != file.size:
        raise MachineError(f"{shown(str(file.path))} has changed while it was read")
    return data


def too_large() -> UserError:
    """Return the error for a hand-in that nobody could grade."""
    return UserError(f"The submission is larger than {MAX_ARCHIVE // 2**20} MiB.")


def unreadable(name: str, error: Exception) -> UserError:
    """Return the error for a file or folder of a hand-in that can't be read."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return UserError(f"{shown(name)} can't be read ({shown(reason)}): hand it in anew.")


def _in_folder(source: Path) -> tuple[list[Item], list[str]]:
    items, links = [], []
    with os.scandir(source) as found:
        for entry in sorted(found, key=lambda entry: entry.name):
            if is_junk(entry.name):
                continue
            name = file_name(entry.name)
            if entry.is_symlink():
                links.append(f"{shown(name)} is a link: ignored.")
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            files = partial(_files_below if is_folder else _file_alone, Path(entry.path))
            items.append(Item(name, is_folder, files))
    return items, links


def _file_alone(path: Path) -> list[File]:
    state = path.stat(follow_symlinks=False)
    if not stat.S_ISREG(state.st_mode):
        raise UserError(f"{shown(file_name(path.name))} is no plain file: hand in a ZIP.")
    name, modified = PurePosixPath(file_name(path.name)), (state.st_mtime_ns,)
    return [File(name, modified, state.st_size, partial(_read, path, state.st_size))]


def _read(path: Path, size: int) -> bytes:
    """Read a file of this size, and a byte more of one that has grown."""
    with path.open("rb") as file:
        return file.read(size + 1)


def _files_below(folder: Path) -> list[File]:
    try:
        with entries_of(folder) as entries:
            return [_file_of(folder, entry) for entry in entries if entry.plain]
    except PermissionError as error:  # archives keep modes
        place = os.path.relpath(error.filename or folder, folder.parent)
        raise unreadable(file_name(place), error) from error


def _file_of(folder: Path, entry: Entry) -> File:
    place = folder / entry.name
    modified = place.stat().st_mtime_ns if place.exists() else 0  # its name may be decoded
    read = partial(entry.read, entry.size + 1)
    return File(PurePosixPath(entry.name), (modified,), entry.size, read)


def _in_zip(archive: zipfile.ZipFile) -> list[Item]:
    found: dict[tuple[str, bool], list[File]] = {}
    for info in archive.infolist():
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or any(map(is_junk, path.parts)):
            continue
        if not path.parts:
            continue
        is_folder = info.is_dir() or len(path.parts) > 1
        files = found.setdefault((path.parts[0], is_folder), [])
        if not info.is_dir():
            inner = PurePosixPath(*path.parts[1:]) if is_folder else path
            read = partial(archive.read, info)
            files.append(File(inner, info.date_time, info.file_size, read))
    return [
        Item(name, is_folder, partial(list, files))
        for (name, is_folder), files in sorted(found.items(), key=lambda item: item[0])
    ]
