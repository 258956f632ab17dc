"""Find the files of each student in the download that was graded.

Files are read where they lie, also in a ZIP within a ZIP. Nothing is unpacked on disk.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from grader.batch.attempts import HandIn, is_archive
from grader.batch.folders import File
from grader.batch.intake import hand_ins
from grader.batch.listing import read_file
from grader.batch.store import Store
from grader.core.errors import UserError
from grader.submission.archive import Entry, is_junk, readable
from grader.submission.opening import entries_of

MAX_SIZE = 200 * 2**20  # bytes of one file
MAX_RATIO = 200  # of unpacked to packed, for files above 1 MiB
MAX_SHOWN = 60  # files of one student
# What a person reads, in the order in which it is offered.
KINDS = {
    ".pdf": "pdf", ".ipynb": "notebook", ".md": "text", ".txt": "text",
    ".png": "picture", ".jpg": "picture", ".jpeg": "picture", ".gif": "picture", ".webp": "picture",
    ".py": "code", ".docx": "other", ".doc": "other", ".odt": "other", ".rtf": "other",
    ".tex": "text", ".heic": "other", ".tif": "other", ".tiff": "other", ".svg": "other",
}  # fmt: skip


@dataclass(frozen=True)
class DeskFile:
    """A file that a person may read, as it was handed in."""

    path: PurePosixPath
    kind: str  # pdf, notebook, text, picture, code, other
    size: int  # bytes
    read: Callable[[], bytes]
    earlier: str = ""  # the archive that it lies in, if a newer one counts


class HandIns:
    """The hand-ins of a course, open while the desk runs."""

    def __init__(self, store: Store, found: list[HandIn]) -> None:
        """Match hand-ins with the students of the last run, by their identities."""
        by_identity = {hand_in.identity: hand_in for hand_in in found}
        self._by_file = {
            file: by_identity[identity]
            for identity, file in store.files_by_identity().items()
            if identity in by_identity
        }
        self._reading = threading.Lock()  # zipfile reads from one place at a time

    def __contains__(self, file: str) -> bool:
        return file in self._by_file

    def files(self, file: str) -> list[DeskFile]:
        """Return what the student whose files are called ``file`` handed in, by kind and path.

        Raises:
            UserError: It can't be listed.
        """
        if file not in self._by_file:
            return []
        with self._reading:
            found = list(self._listed(self._by_file[file]))
        order = list(dict.fromkeys(KINDS.values()))
        found.sort(
            key=lambda one: (
                bool(one.earlier), order.index(one.kind), len(one.path.parts), one.path
            )
        )  # fmt: skip
        return found[:MAX_SHOWN]

    def _listed(self, hand_in: HandIn) -> Iterator[DeskFile]:
        files = hand_in.files()
        several = sum(is_archive(file.path) for file in files) > 1
        earlier = hand_in.earlier() if several else set()
        for file in files:
            if is_archive(file.path):
                name = file.path.name if file.path in earlier else ""
                yield from self._in_archive(file, name)
            elif kind := _kind(file.path):
                yield DeskFile(file.path, kind, file.size, partial(self._read, file))

    def _in_archive(self, file: File, earlier: str) -> Iterator[DeskFile]:
        with _unpacked(file) as entries:
            for entry in entries:
                path = PurePosixPath(entry.name.replace("\\", "/"))
                kind = _kind(path) if entry.plain and _is_safe(path) else ""
                if kind and not _is_bomb(entry):
                    read = partial(self._read_entry, file, entry.name)
                    yield DeskFile(path, kind, entry.size, read, earlier)

    def _read(self, file: File) -> bytes:
        with self._reading:
            return read_file(file)

    def _read_entry(self, file: File, name: str) -> bytes:
        with self._reading, _unpacked(file) as entries:
            entry = next(entry for entry in entries if entry.name == name)
            return entry.read(min(entry.size, MAX_SIZE))


@contextlib.contextmanager
def opened(store: Store, source: Path) -> Iterator[HandIns]:
    """Open the hand-ins in a folder or download.

    Raises:
        UserError: It can't be read, or none of it belongs to this run.
    """
    with hand_ins(source, store.platform_name()) as (found, _):
        known = HandIns(store, found)
        if not any(participant.file in known for participant in store.participants()):
            raise UserError(f"{source} holds none of the students of {store.folder}.")
        yield known


@contextlib.contextmanager
def _unpacked(file: File) -> Iterator[list[Entry]]:
    """List the entries of an archive of a student, readable meanwhile; none if it is broken."""
    with tempfile.TemporaryDirectory(prefix="rnn-autograder-desk-") as folder:
        path = Path(folder, f"archive{file.path.suffix.lower()}")
        path.write_bytes(read_file(file))
        with contextlib.ExitStack() as stack:
            try:
                with readable(path):
                    entries = stack.enter_context(entries_of(path))
            except UserError:  # its row says so
                entries = []
            yield entries


def _kind(path: PurePosixPath) -> str:
    return "" if any(map(is_junk, path.parts)) else KINDS.get(path.suffix.lower(), "")


def _is_safe(path: PurePosixPath) -> bool:
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _is_bomb(entry: Entry) -> bool:
    far = entry.size > 2**20 and entry.size > MAX_RATIO * max(entry.packed, 1)
    return far or entry.size > MAX_SIZE
