"""Keep what was read of the students' documents: pages, blocks and pictures, on disk and in memory.

What a locked process has read once lies in ``desk/`` of the folder of results, under the hash of
the document. It can be removed at any time, and is then made anew.
"""

from __future__ import annotations

import collections
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.desk.cleaning import cleaned
from grader.desk.handins import DeskFile, HandIns
from grader.desk.jobs import GAVE_UP, Jobs

VERSION = b"1"  # of what reading gives; another one has everything read anew
LARGEST = 128 * 2**20  # bytes of a document that is read
AHEAD = 4  # pages that are drawn together
STUDENTS = 200  # whose documents stay in memory
PATIENCE = 90.0  # seconds for the documents of one student; what is left can be downloaded
STYLES = {".py": "python", ".md": "markdown"}


@dataclass(frozen=True)
class Page:
    """A page of a PDF: its picture's size in pixels, and its lines with how far down they stand."""

    width: int
    height: int
    lines: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Block:
    """A part of a notebook or text, as HTML that is safe to show."""

    kind: str
    html: str
    text: str
    label: str


@dataclass(frozen=True)
class Document:
    """A file that a person may read, as far as it could be read here."""

    number: int
    file: DeskFile
    digest: str
    problem: str = ""
    count: int = 0  # pages of a PDF, more than are shown if there are too many
    pages: tuple[Page, ...] = ()
    blocks: tuple[Block, ...] = ()
    is_cut: bool = False


class Documents:
    """The documents of all students."""

    def __init__(self, hand_ins: HandIns, jobs: Jobs, cache: Path) -> None:
        self._hand_ins, self._jobs, self._cache = hand_ins, jobs, cache
        self._known: collections.OrderedDict[str, list[Document]] = collections.OrderedDict()
        self._lock = threading.Lock()
        self._locks: collections.defaultdict[str, threading.Lock] = collections.defaultdict(
            threading.Lock
        )

    def of(self, student: str) -> list[Document]:
        """Return the documents of the student whose files are called so."""
        with self._one(student):
            if student not in self._known:
                end = time.monotonic() + PATIENCE
                found = [
                    self._read(number, file)
                    if time.monotonic() < end
                    else Document(number, file, "", GAVE_UP)
                    for number, file in enumerate(self._hand_ins.files(student))
                ]
                with self._lock:
                    self._known[student] = found
                    while len(self._known) > STUDENTS:
                        self._known.popitem(last=False)
            return self._known[student]

    def page(self, document: Document, page: int, hidden: Sequence[str] = ()) -> bytes | None:
        """Return the picture of a page, counted from 0; None if it can't be drawn.

        Args:
            document: A PDF.
            page: The number of the page.
            hidden: Words that are covered wherever they stand as text.
        """
        if not 0 <= page < len(document.pages):
            return None
        with self._one(document.digest):
            folder = self._folder(document.digest) / _variant(hidden)
            if not _is_drawn(folder, page):
                wanted = range(page, min(page + AHEAD, len(document.pages)))
                missing = [number for number in wanted if not _is_drawn(folder, number)]
                self._draw(document, folder, missing, hidden)
        return _bytes(folder / f"{page}.webp")

    def picture(self, document: Document, number: int) -> bytes | None:
        """Return a picture of a notebook, or the picture that a document is."""
        return _bytes(self._folder(document.digest) / f"{number}.webp")

    def close(self) -> None:
        """Read nothing more; what is being read is given up, and is read anew another time."""
        self._jobs.close()

    def _one(self, key: str) -> threading.Lock:
        with self._lock:
            return self._locks[key]

    def _folder(self, digest: str) -> Path:
        return self._cache / digest[:2] / digest

    def _read(self, number: int, file: DeskFile) -> Document:
        """Read one document, or what was read of it before."""
        kind, options = _job(file)
        if file.kind == "other":
            return Document(number, file, "", "Files of this kind can't be shown here.")
        if file.size > LARGEST:
            return Document(number, file, "", "It is too large to be shown here.")
        data = file.read()
        digest = hashlib.sha256(b"\0".join([VERSION, kind.encode(), data])).hexdigest()
        folder = self._folder(digest)
        with self._one(digest):
            result = _json(folder / "result.json")
            if result is None:
                result = self._job(kind, data, folder, options)
        return _document(number, file, digest, result)

    def _job(self, kind: str, data: bytes, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
        outcome = self._jobs.run(kind, data, **options)
        for name, picture in outcome.pictures.items():
            _keep(folder / name, picture)
        result = {**outcome.result, "problem": outcome.problem}
        if outcome.problem != GAVE_UP:  # which may have been the machine's fault
            _keep(folder / "result.json", json.dumps(result).encode())
        return result

    def _draw(
        self, document: Document, folder: Path, pages: list[int], hidden: Sequence[str]
    ) -> None:
        """Draw pages; note those that can't be drawn, so that they are not tried again."""
        data = document.file.read()
        outcome = self._jobs.run("pages", data, pages=pages, hidden=list(hidden))
        for name, picture in outcome.pictures.items():
            _keep(folder / name, picture)
        left = [page for page in pages if f"{page}.webp" not in outcome.pictures]
        # A process that was ended had come to the first that is left; the others are still to try.
        failed = left[:1] if outcome.problem else left
        for page in failed:
            _keep(folder / f"{page}.failed", b"")


def _variant(hidden: Sequence[str]) -> str:
    """Return the name of the folder for pages with these words covered."""
    if not hidden:
        return "plain"
    return hashlib.sha256("\0".join(hidden).encode(errors="replace")).hexdigest()[:12]


def _job(file: DeskFile) -> tuple[str, dict[str, Any]]:
    """Return the kind of job that reads a file, and its options."""
    if file.kind in ("text", "code"):
        return "text", {"style": STYLES.get(file.path.suffix.lower(), "plain")}
    return file.kind, {}


def _document(number: int, file: DeskFile, digest: str, result: dict[str, Any]) -> Document:
    """Return a document from the result of a job, whatever is in it."""
    try:
        return Document(
            number,
            file,
            digest,
            str(result.get("problem", "")),
            int(result.get("count", 0)),
            tuple(map(_page, result.get("pages", []))),
            tuple(map(_block, result.get("blocks", []))) or _picture_block(file, result),
            bool(result.get("cut")),
        )
    except (TypeError, ValueError, KeyError, AttributeError):
        return Document(number, file, digest, "It can't be shown here.")


def _page(page: dict[str, Any]) -> Page:
    lines = tuple((float(y), str(text)) for y, text in page["lines"])
    return Page(int(page["width"]), int(page["height"]), lines)


def _block(block: dict[str, Any]) -> Block:
    kind = block["kind"] if block["kind"] in ("markdown", "code", "output", "text") else "text"
    return Block(kind, cleaned(str(block["html"])), str(block["text"]), str(block["label"]))


def _picture_block(file: DeskFile, result: dict[str, Any]) -> tuple[Block, ...]:
    if file.kind != "picture" or "width" not in result:
        return ()
    size = f'width="{int(result["width"])}" height="{int(result["height"])}"'
    return (Block("picture", f'<img src="/picture/0" {size} alt="picture">', "", ""),)


def _is_drawn(folder: Path, page: int) -> bool:
    return (folder / f"{page}.webp").exists() or (folder / f"{page}.failed").exists()


def _keep(path: Path, data: bytes) -> None:
    """Write a file as a whole, also while another desk writes the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    fresh.write_bytes(data)
    fresh.replace(path)


def _json(path: Path) -> dict[str, Any] | None:
    data = _bytes(path)
    if data is None:
        return None
    try:
        result = json.loads(data)
    except ValueError:
        return None
    return result if isinstance(result, dict) else None


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
