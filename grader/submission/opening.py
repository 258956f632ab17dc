"""Open what was handed in: a folder, a ZIP or a tar, or one of these in another.

An archive's kind is what its first bytes say, whatever it is called. An archive within is opened if
it is the only one and no code lies beside it: then nobody can doubt which code is meant.
"""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from grader.core.text import shown
from grader.submission.archive import (
    ARCHIVES,
    CODE,
    Entry,
    SubmissionError,
    folder_entries,
    is_junk,
    zip_entries,
)
from grader.submission.tars import TARS, kind_of, tar_entries

DEEPEST = 2  # archives in archives that are opened
MAX_INNER = 200 * 2**20  # bytes of an archive within


def entries_of(source: Path) -> AbstractContextManager[list[Entry]]:
    """Return a context with the files below a folder or in an archive, readable inside it.

    Raises:
        SubmissionError: The source is neither, or holds more than any student needs.
    """
    name = shown(source.name)
    if source.is_dir():
        return _with_archives(folder_entries(source))
    if not source.exists():
        raise SubmissionError(f"There is no file or folder {shown(str(source))}: check the path.")
    if source.suffix.lower() in CODE:
        raise SubmissionError(f"{name} is a single file: name the folder or ZIP that it is in.")
    if not source.is_file():
        raise SubmissionError(f"{name} is not a ZIP, but a device: hand in a ZIP.")
    return _archive_entries(source)


@contextmanager
def _archive_entries(source: Path) -> Iterator[list[Entry]]:
    """Yield the files in an archive."""
    with ExitStack() as stack:
        file = stack.enter_context(source.open("rb"))
        entries = _opened(stack, file, source.name)
        yield stack.enter_context(_with_archives(entries))


@contextmanager
def _with_archives(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Yield files, and in place of an only archive, with no code beside it, those in it."""
    with ExitStack() as stack:
        for _ in range(DEEPEST):
            inner = _only_archive(entries)
            if inner is None:
                break
            data = io.BytesIO(inner.read(MAX_INNER + 1))
            if len(data.getbuffer()) != inner.size:
                raise zipfile.BadZipFile(f"{inner.name} is too large, or has another length")
            folder = inner.name.rpartition(".")[0]
            entries = [
                *(entry for entry in entries if entry is not inner),
                *(
                    dataclasses.replace(entry, name=f"{folder}/{entry.name}")
                    for entry in _opened(stack, data, inner.name)
                ),
            ]
        yield entries


def _only_archive(entries: Sequence[Entry]) -> Entry | None:
    """Return the only archive among files of which none is code; None if there is not just one."""
    own = [entry for entry in entries if not any(map(is_junk, PurePosixPath(entry.name).parts))]
    kinds = [PurePosixPath(entry.name).suffix.lower() for entry in own]
    found = [entry for entry, kind in zip(own, kinds, strict=True) if kind in ARCHIVES]
    if len(found) != 1 or CODE.intersection(kinds) or found[0].size > MAX_INNER:
        return None
    return found[0] if found[0].plain else None


def _opened(stack: ExitStack, file: BinaryIO, name: str) -> list[Entry]:
    """List the files in an archive, whose kind its first bytes tell, whatever it is called.

    Raises:
        SubmissionError: It is of a kind that can't be opened here, or broken.
    """
    kind = kind_of(file)
    if kind in TARS:
        return stack.enter_context(tar_entries(file, name, kind))
    if kind != "ZIP" and kind is not None:
        raise SubmissionError(
            f"{shown(name)} is packed as {kind}, which can't be opened here: unpack it, and make a "
            "ZIP of the folder with your computer's file manager."
        )
    if kind is None and PurePosixPath(name).suffix.lower() in ARCHIVES - {".zip"}:
        raise SubmissionError(
            f"{shown(name)} is not a ZIP: unpack it and export the folder as ZIP."
        )
    if not zipfile.is_zipfile(file):
        raise SubmissionError(
            f"{shown(name)} is not a ZIP, or was cut off: make it anew and check that it opens."
        )
    file.seek(0)
    return stack.enter_context(zip_entries(file, name))
