"""List the files of a tar, packed by gzip or not, and tell archives by their first bytes.

A tar is unpacked once, up to a limit, into a temporary file that has no name. Only plain files
count: links, devices and files with holes are listed as what they are, and never read.
"""

from __future__ import annotations

import gzip
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

from grader.core.text import shown
from grader.core.zip_names import decoded
from grader.submission.archive import MAX_ENTRIES, Entry, SubmissionError, too_many

MAX_UNPACKED = 220 * 2**20  # bytes of a tar: of its files, and of what it says about them
PIECE = 2**20  # bytes that are unpacked at a time
MAX_HEADER = 2**16  # bytes of what a tar says about one file, in records that tarfile reads whole
MARKS = {
    b"PK\x03\x04": "ZIP",
    b"PK\x05\x06": "ZIP",
    b"\x1f\x8b": "tar.gz",
    b"Rar!": "RAR",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
TAR_AT, TAR = 257, b"ustar"  # where a tar bears its mark, and which
TARS = {"tar", "tar.gz"}
RECORDS = {  # that say something about the next file, or about all
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}


def kind_of(file: BinaryIO) -> str | None:
    """Return what an archive is, by its first bytes; None if they tell nothing."""
    file.seek(0)
    first = file.read(TAR_AT + len(TAR))
    file.seek(0)
    if first[TAR_AT:] == TAR:
        return "tar"
    return next((kind for mark, kind in MARKS.items() if first.startswith(mark)), None)


@contextmanager
def tar_entries(file: BinaryIO, name: str, kind: str) -> Iterator[list[Entry]]:
    """Yield the files of a tar, readable meanwhile.

    Args:
        file: The archive.
        name: What to call it in messages.
        kind: One of `TARS`.

    Raises:
        SubmissionError: It is broken, or holds more than any student needs.
    """
    packed = file.seek(0, 2)
    file.seek(0)
    with tempfile.TemporaryFile() as unpacked:
        size = _unpack(gzip.GzipFile(fileobj=file) if kind == "tar.gz" else file, unpacked, name)
        try:
            archive = tarfile.TarFile(
                fileobj=unpacked, tarinfo=_Header, encoding="utf-8", errors="surrogateescape"
            )
            members = []
            for member in archive:
                members.append(member)
                if len(members) > MAX_ENTRIES:
                    raise too_many(name)
                if member.size < 0:  # as a record says that stands before it
                    raise tarfile.ReadError("a file has a negative size")
        except tarfile.TarError as error:
            raise SubmissionError(
                f"{shown(name)} holds no tar, or was cut off ({error}): make a ZIP of your folder."
            ) from error
        files = [member for member in members if not member.isdir()]
        names = decoded([member.name.encode("utf-8", "surrogateescape") for member in files])
        share = packed / max(size, 1)
        yield [
            Entry(
                inner,
                member.size,
                round(member.size * share),
                member.isreg() and not member.issparse(),
                partial(_read, archive, member),
            )
            for inner, member in zip(names, files, strict=True)
        ]


class _Header(tarfile.TarInfo):
    """A header of a tar that can't make its reader go back, or read much at once."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        """Read what belongs to a header; tarfile calls this before it reads anything of it."""
        if self.size < 0:
            raise SubmissionError("The tar is broken: a file in it has a negative size.")
        if self.type in RECORDS and self.size > MAX_HEADER:
            raise SubmissionError(
                f"The tar says more about a file than {MAX_HEADER} bytes: make a ZIP instead."
            )
        member: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return member


def _unpack(packed: BinaryIO | gzip.GzipFile, target: BinaryIO, name: str) -> int:
    """Copy at most `MAX_UNPACKED` bytes and return how many there were."""
    size = 0
    while piece := packed.read(PIECE):
        size += len(piece)
        if size > MAX_UNPACKED:
            raise SubmissionError(
                f"{shown(name)} holds more than {MAX_UNPACKED // 2**20} MiB: "
                "leave out data sets and what is not your own."
            )
        target.write(piece)
    target.seek(0)
    return size


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo, size: int) -> bytes:
    file = archive.extractfile(member)
    return file.read(size) if file else b""
