"""Copy and open what a student handed in: a folder or ZIP becomes a `Submission`.

One mechanism for both: list the entries, vet them, copy what is wanted into a *snapshot*, a fresh
folder that holds plain files of known kinds and nothing else. The code is run from there, once
conversion.py has made notebooks and exports importable.
"""

from __future__ import annotations

import ast
import os
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import TracebackType

from grader.core.sources import decode, is_main_block, parse
from grader.core.spelling import squeeze
from grader.core.tempdirs import Folder
from grader.core.text import shown
from grader.submission.archive import Entry, SubmissionError, readable
from grader.submission.conversion import convert
from grader.submission.filter import vet
from grader.submission.opening import entries_of

__all__ = ["Submission", "SubmissionError", "open_submission"]


@dataclass(frozen=True)
class Submission:
    """A student's files, ready to be run.

    name: the ZIP's stem or the folder's name. source: what was opened, absolute.
    root: the folder to run the code from. files: sorted, relative to ``root``.
    notices: sentences for the student on what was left out or made harmless, and why.
    made: those of ``files`` that nobody handed in: the modules of notebooks, and what cells write.
    """

    name: str
    source: Path
    root: Path
    files: tuple[PurePosixPath, ...]
    notices: tuple[str, ...]
    made: frozenset[PurePosixPath] = frozenset()
    _snapshot: Folder | None = field(default=None, repr=False, compare=False)
    _found: dict[tuple[str, ...], PurePosixPath | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def find(self, name: str, defines: Sequence[str] = ()) -> PurePosixPath | None:
        """Return the file called ``name``, in whatever folder, or else a substitute.

        The first of these: a path that ends with ``name``; a file with its last part as name (each
        with its case, then without, then without what joins words); a module that defines most,
        and any, of ``defines`` at top level. Among equals, the one in the fewest folders, then the
        first in the alphabet.
        """
        key = (name, *defines)
        if key not in self._found:
            self._found[key] = self._find(name, defines)
        return self._found[key]

    def _find(self, name: str, defines: Sequence[str]) -> PurePosixPath | None:
        ranked = sorted(self.files, key=lambda file: (len(file.parts), file))
        parts = PurePosixPath(name).parts
        for wanted in (parts, parts[-1:]):
            for spelling in (str, str.casefold, squeeze):
                end = [spelling(part) for part in wanted]
                for file in ranked:
                    if [spelling(part) for part in file.parts[-len(end) :]] == end:
                        return file
        found = {
            file: len(self._defined[file].intersection(defines))
            for file in ranked
            if file in self._defined
        }
        best = max(found, key=found.__getitem__, default=None)
        return best if best and found[best] else None

    @property
    def modules(self) -> list[PurePosixPath]:
        """Return the files that are Python."""
        return [file for file in self.files if file.suffix.lower() == ".py"]

    @property
    def handed_in(self) -> list[PurePosixPath]:
        """Return the files that the student knows."""
        return [file for file in self.files if file not in self.made]

    def source_of(self, file: PurePosixPath) -> str:
        """Return the text of one of ``files``, as Python would read it, or else as Latin-1."""
        return decode((self.root / file).read_bytes()).text

    @cached_property
    def _scanned(self) -> Mapping[PurePosixPath, frozenset[str] | SyntaxError]:
        """Return the names that each module defines at top level, or why it is not Python."""
        found: dict[PurePosixPath, frozenset[str] | SyntaxError] = {}
        for file in self.modules:
            try:
                found[file] = _defined_in(parse(self.source_of(file)).body)
            except SyntaxError as error:
                found[file] = error
        return found

    @cached_property
    def _defined(self) -> Mapping[PurePosixPath, frozenset[str]]:
        return {
            file: names for file, names in self._scanned.items() if isinstance(names, frozenset)
        }

    @property
    def broken(self) -> Mapping[PurePosixPath, SyntaxError]:
        """Return the modules that are not Python, and why."""
        return {
            file: error for file, error in self._scanned.items() if isinstance(error, SyntaxError)
        }

    def close(self) -> None:
        """Remove the snapshot."""
        if self._snapshot is not None:
            self._snapshot.remove()

    def __enter__(self) -> Submission:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_submission(path: Path, *, snapshot: bool = True) -> Submission:
    """Open the submission in a folder or ZIP.

    Args:
        path: The folder or ZIP.
        snapshot: Whether to run the code from a copy. Without one, only for a folder and to debug,
            it runs from where it is, with its notebooks unconverted.

    Raises:
        SubmissionError: The submission can't be read, is unsafe or holds no code.
    """
    source = Path(os.path.abspath(path))
    with readable(source), entries_of(source) as entries:
        is_folder = source.is_dir()
        name = unicodedata.normalize("NFC", source.name if is_folder else _stem(source.name))
        taken, notes = vet(shown(source.name), entries)
        if snapshot:
            copy = Folder("submission")
            root = Path(copy.path)
            try:
                _copy(taken, root)
                made = frozenset(convert(taken, root, notes))
            except BaseException:
                copy.remove()
                raise
            found = tuple(sorted({*taken, *made}))
            return Submission(name, source, root, found, notes.sentences(), made, copy)
        if not is_folder:
            raise SubmissionError(f"{shown(source.name)} is a ZIP: unpack it and name the folder.")
        return Submission(name, source, source, tuple(sorted(taken)), notes.sentences())


def _defined_in(body: Iterable[ast.stmt]) -> frozenset[str]:
    """Return the names that statements define, those of main blocks and imports left out."""
    found, waiting = set[str](), list(body)
    while waiting:
        match waiting.pop():
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.AsyncFunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.Assign(targets=targets):
                found.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.If() | ast.Try() | ast.With() as node if not is_main_block(node):
                waiting += [*node.body, *getattr(node, "orelse", [])]
    return frozenset(found)


def _stem(name: str) -> str:
    """Return an archive's name without its ending, of which a packed tar has two."""
    stem = PurePosixPath(name).stem
    return PurePosixPath(stem).stem if stem.lower().endswith(".tar") else stem


def _copy(taken: Mapping[PurePosixPath, Entry], root: Path) -> None:
    """Write below ``root`` what was taken, if it is as long as was declared."""
    for path, entry in taken.items():
        data = entry.read(entry.size + 1)
        if len(data) != entry.size:
            raise zipfile.BadZipFile(f"{path} has another length than it says")
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
