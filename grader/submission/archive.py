"""List the entries of a folder or a ZIP, without trusting what it says of itself.

Nothing is unpacked here, and nothing is read but a ZIP's table of contents, up to a limit. Every
way in which reading can fail becomes a `SubmissionError` of one line.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from grader.core.errors import UserError, is_machine_error
from grader.core.text import shown
from grader.core.zip_names import decoded, names_in

MAX_ENTRIES = 20_000
MAX_DIRECTORY = 5 * 2**20  # bytes of a ZIP's table of contents, which zipfile reads at once
LOCAL_HEADER = 30  # bytes before each file in a ZIP, at least

CODE = {".py", ".ipynb"}
ARCHIVES = {".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zip"}

# Made by computers, in any folder; besides these, everything whose name begins with a dot.
JUNK = {
    "__macosx", "__pycache__", "desktop.ini", "dist-packages", "node_modules", "site-packages",
    "thumbs.db", "venv", "virtualenv",
}  # fmt: skip

# What zipfile raises for broken archives, and the file system for anything else.
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, RuntimeError,
    ValueError,
)  # fmt: skip


class SubmissionError(UserError):
    """The submission can't be graded; the message, one line, says what the student has to do."""


@dataclass(frozen=True)
class Entry:
    """A file as the folder or ZIP declares it."""

    name: str
    size: int  # bytes, unpacked
    packed: int  # bytes that it occupies
    plain: bool  # neither link nor device
    read: Callable[[int], bytes]  # its first bytes, at most so many


def is_junk(part: str) -> bool:
    """Return whether a file or folder of this name is none of the student's work."""
    return part.startswith(".") or part.lower() in JUNK


@contextmanager
def readable(source: Path) -> Iterator[None]:
    """Turn whatever goes wrong with reading ``source`` into one line.

    Raises:
        SubmissionError: Something went wrong inside the context.
    """
    try:
        yield
    except BROKEN as error:
        if is_machine_error(error):  # nobody's mistake
            raise
        reason = shown(" ".join(str(error).split())) or type(error).__name__
        raise SubmissionError(
            f"{shown(source.name)} can't be read ({reason}): make it anew and check that it opens."
        ) from error


def too_many(name: str) -> SubmissionError:
    """Return the error for an archive or folder of more files than any student needs."""
    return SubmissionError(
        f"{shown(name)} holds more than {MAX_ENTRIES:,} files: "
        "leave out data sets and virtual environments."
    )


def folder_entries(source: Path) -> list[Entry]:
    """Return the files below ``source``, links unfollowed.

    Junk, which may be huge, is not even listed.
    """
    found: list[tuple[bytes, os.DirEntry[str]]] = []
    folders, count = [str(source)], 0
    while folders:
        with os.scandir(folders.pop()) as listing:
            for item in listing:
                count += 1
                if count > MAX_ENTRIES:
                    raise too_many(source.name)
                if is_junk(item.name):
                    continue
                if item.is_dir(follow_symlinks=False):
                    folders.append(item.path)
                    continue
                found.append((os.fsencode(os.path.relpath(item.path, source)), item))
    names = decoded([name for name, _ in found])
    return [_folder_entry(name, item) for name, (_, item) in zip(names, found, strict=True)]


def _folder_entry(name: str, item: os.DirEntry[str]) -> Entry:
    size = item.stat(follow_symlinks=False).st_size
    plain = item.is_file(follow_symlinks=False)
    return Entry(name, size, size, plain, partial(_read_file, item.path))


def _read_file(path: str, size: int) -> bytes:
    with open(path, "rb") as file:
        return file.read(size)


@contextmanager
def zip_entries(source: BinaryIO, name: str) -> Iterator[list[Entry]]:
    """Yield the files of a ZIP, readable meanwhile.

    Args:
        source: The ZIP.
        name: What to call it in messages.

    Raises:
        SubmissionError: It is encrypted, packed in an unusual way, or holds too much.
    """
    file = _BoundedReader(source, name)
    with zipfile.ZipFile(file) as archive:
        file.limit = sys.maxsize  # from here on, files are read, and as far as is asked for
        infos = archive.infolist()
        if len(infos) > MAX_ENTRIES:
            raise too_many(name)
        end = 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise zipfile.BadZipFile("files overlap")
            end = info.header_offset + LOCAL_HEADER + len(info.orig_filename) + info.compress_size
        if end > archive.start_dir:
            raise zipfile.BadZipFile("files overlap")
        yield [
            _zip_entry(name, inner, archive, info)
            for info, inner in zip(infos, names_in(infos), strict=True)
            if not _is_folder(info)
        ]


class _BoundedReader(io.RawIOBase):
    """A file that a ZIP's reader can't ask for a table of contents of a million entries."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self.limit = MAX_DIRECTORY

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.limit:
            raise too_many(self._name)
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith(("/", "\\")) or stat.S_ISDIR(info.external_attr >> 16)


def _zip_entry(source: str, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    """Return one entry; refuse it if only a password or another program could unpack it."""
    if info.flag_bits & 0x1:
        raise SubmissionError(
            f"{shown(source)} is encrypted ({shown(name)}): make a ZIP without a password."
        )
    # Only deflate is unpacked piece by piece: zipfile lets the others take any amount of memory.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SubmissionError(
            f"{shown(source)} is packed in an unusual way ({shown(name)}): "
            "make the ZIP with your computer's file manager."
        )
    plain = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)

    def read(size: int) -> bytes:
        with archive.open(info) as file:
            return file.read(size)

    return Entry(name, info.file_size, info.compress_size, plain, read)
