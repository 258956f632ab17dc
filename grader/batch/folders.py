"""List and read what lies in a folder that others may change, following no link.

Everything is opened by its name below a folder that stays open, without following links, and must
then be what was listed: of the same device, inode, kind, size and time. If it is not, that is
nobody's mistake (`ChangedError`).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from grader.core.errors import ChangedError, UserError
from grader.core.text import file_name, shown
from grader.submission.archive import MAX_ENTRIES, is_junk

DEEPEST = 100  # folders in folders; each takes a file descriptor while it is listed
OPENED = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# What opening gives if something else has come to the place, or nothing is there any more.
REPLACED = {errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.EISDIR, errno.EMLINK, errno.ESTALE}
GONE = {errno.ENOENT, errno.ESTALE}


class File(NamedTuple):
    """A file as the folder or the ZIP declares it."""

    path: PurePosixPath  # below its item; for a file at the top its name
    modified: tuple[int, ...]  # comparable within one source
    size: int  # bytes
    read: Callable[[], bytes]


class Found(NamedTuple):
    """Hold what was listed in a folder: where it is, and how it is known again."""

    root: int  # file descriptor of the source
    parts: tuple[str, ...]  # below it
    state: tuple[int, ...]

    @property
    def name(self) -> str:
        """Return where it is, as text."""
        return file_name("/".join(self.parts))


def state_of(status: os.stat_result) -> tuple[int, ...]:
    """Return by what a file or folder is known again; a folder's content may change."""
    known = (status.st_dev, status.st_ino, stat.S_IFMT(status.st_mode))
    return known if stat.S_ISDIR(status.st_mode) else (*known, status.st_size, status.st_mtime_ns)


@contextlib.contextmanager
def opened(found: Found) -> Iterator[int]:
    """Open what was listed and yield its file descriptor.

    Raises:
        ChangedError: It is not there any more, or is another.
        OSError: It may not be opened, or the machine fails.
    """
    descriptor = os.dup(found.root)
    try:
        for place, part in enumerate(found.parts, start=1):
            inner = os.O_DIRECTORY if place < len(found.parts) else 0
            with _changes(found.name):
                outer, descriptor = descriptor, os.open(part, OPENED | inner, dir_fd=descriptor)
            os.close(outer)
        if state_of(os.fstat(descriptor)) != found.state:
            raise ChangedError(found.name)
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _changes(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in REPLACED | GONE:
            raise ChangedError(name, is_gone=error.errno in GONE) from error
        raise


def read(found: Found, size: int) -> bytes:
    """Read a file of this size, and a byte more of one that has grown."""
    with opened(found) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
        return file.read(size + 1)


def file_alone(found: Found) -> list[File]:
    """List a file at the top of the source.

    Raises:
        UserError: It is no plain file.
    """
    if not stat.S_ISREG(found.state[2]):
        raise UserError(f"{shown(found.name)} is no plain file: hand in a ZIP.")
    return [_file(found, PurePosixPath(found.name))]


def _file(found: Found, path: PurePosixPath) -> File:
    *_, size, modified = found.state
    return File(path, (modified,), size, partial(read, found, size))


class Folder:
    """A folder at the top of the source, whose files must stay as they were when first listed."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._first = b""

    def files(self) -> list[File]:
        """List the plain files below it, without those that computers make.

        Raises:
            UserError: It may not be entered, or holds more than any student needs.
            ChangedError: It is not there any more, or holds other files than before.
        """
        with opened(self._found) as descriptor:
            listed = sorted(self._below(descriptor, self._found, [0]))
        digest = hashlib.sha256(ascii(listed).encode()).digest()
        self._first = self._first or digest
        if digest != self._first:
            raise ChangedError(self._found.name)
        plain = [found for found in listed if stat.S_ISREG(found.state[2])]
        return [_file(f, PurePosixPath(*map(file_name, f.parts[1:]))) for f in plain]

    def _below(self, folder: int, at: Found, count: list[int]) -> Iterator[Found]:
        """Yield what lies below an open folder, and count it."""
        name = shown(self._found.name)
        if len(at.parts) > DEEPEST:
            raise UserError(f"{name} has more than {DEEPEST} folders in folders: leave some out.")
        with _denied(at), os.scandir(folder) as listing:
            for entry in listing:
                count[0] += 1
                if count[0] > MAX_ENTRIES:
                    raise UserError(
                        f"{name} holds more than {MAX_ENTRIES:,} files: "
                        "leave out data sets and virtual environments."
                    )
                if is_junk(entry.name):
                    continue
                with _changes(self._found.name):
                    state = state_of(entry.stat(follow_symlinks=False))
                found = Found(at.root, (*at.parts, entry.name), state)
                if not stat.S_ISDIR(state[2]):
                    yield found
                    continue
                with _denied(found), _entered(folder, found) as inner:
                    yield from self._below(inner, found, count)


@contextlib.contextmanager
def _entered(folder: int, found: Found) -> Iterator[int]:
    with opened(Found(folder, found.parts[-1:], found.state)) as descriptor:
        yield descriptor


@contextlib.contextmanager
def _denied(found: Found) -> Iterator[None]:
    """Turn a folder that may not be entered into one line; archives keep modes."""
    try:
        yield
    except PermissionError as error:
        raise unreadable(found.name, error) from error


def unreadable(name: str, error: Exception) -> UserError:
    """Return the error for a file or folder of a hand-in that can't be read."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return UserError(f"{shown(name)} can't be read ({shown(reason)}): hand it in anew.")
