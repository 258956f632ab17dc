"""Bring files into a form that Python can import: UTF-8, and modules for notebooks.

Sources become UTF-8 where Python would decode them otherwise. Notebooks become modules beside
them, and exports lose what only IPython understands. Files that cells write (``%%writefile``) are
written, unless the student handed in a file of that name.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from grader.core.errors import UserError
from grader.core.handin_rules import answers
from grader.core.sources import decode
from grader.core.spelling import PROTECTED, squeeze
from grader.submission.cells import code_cells
from grader.submission.filter import (
    CONFIGURATION,
    MAX_CODE_TOTAL,
    MAX_MODULES,
    Notes,
    has_short_name,
)
from grader.submission.magics import plain_export
from grader.submission.notebooks import module_of, read_export

MAX_ASKED = 5_000_000  # words of files that use others, for all notebooks together

# A declaration of the encoding, in one of the first two lines.
COOKIE = re.compile(r"\A((?:.*\n)??[ \t\f]*#.*?coding[:=][ \t]*)[-\w.]+")
# Imported names that only exist beside a notebook; a file that uses them is an export of one.
MAGIC = re.compile(
    r"get_ipython\(\)|^[ \t]*+[%!?]|^[\w, \t]++=[ \t]*+[%!]|\?[ \t]*+$", re.MULTILINE
)


def convert(paths: Collection[PurePosixPath], root: Path, notes: Notes) -> list[PurePosixPath]:
    """Convert files of a snapshot; return the paths of those that are new."""
    modules = [path for path in sorted(paths) if path.suffix.lower() == ".py"]
    cells = _read_notebooks(paths, root, notes)
    texts = {path: decode((root / path).read_bytes()).text for path in modules if cells}
    asked = _Asked(texts | {path: "\n".join(each) for path, each in cells.items()})
    made = _Made(modules, root, notes)
    for path, each in cells.items():
        try:
            notebook = module_of(each, str(path), asked.of(path))
        except UserError as error:
            notes.add("notebook", str(path), str(error))
            continue
        for cell in notebook.unread:
            notes.add("cell", f"{path}, {cell}")
        made.add(path, notebook.source)
        made.write(path, notebook.files)
    for path in modules:
        made.write(path, _convert_source(path, root / path, asked.of(path), notes))
    return made.save()


def _read_notebooks(
    paths: Collection[PurePosixPath], root: Path, notes: Notes
) -> dict[PurePosixPath, list[str]]:
    """Return the code cells of each notebook that has no module of its name beside it."""
    found = {}
    for path in sorted(paths):
        module = path.with_name(module_name(path.stem))
        if path.suffix.lower() == ".ipynb" and not (root / module).exists():
            try:
                found[path] = code_cells(decode((root / path).read_bytes()).text)
            except UserError as error:
                notes.add("notebook", str(path), str(error))
    return found


class _Asked:
    """Collect the names that other files may use of a notebook."""

    def __init__(self, texts: Mapping[PurePosixPath, str]) -> None:
        words = {path: frozenset(re.findall(r"\w+", text)) for path, text in texts.items()}
        self._words = words if len(words) > 1 else {}
        self._squeezed = {path: frozenset(map(squeeze, each)) for path, each in self._words.items()}
        self._room = MAX_ASKED

    def of(self, notebook: PurePosixPath) -> frozenset[str]:
        """Return the names, squeezed, that exercises ask for, or files that name the notebook."""
        name = module_name(notebook.stem).removesuffix(".py")
        users = [
            self._squeezed[path]
            for path, words in self._words.items()
            if path != notebook and name in words
        ]
        self._room -= sum(map(len, users))
        return answers().union(*users) if self._room >= 0 else answers()


def _convert_source(
    path: PurePosixPath, file: Path, wanted: frozenset[str], notes: Notes
) -> dict[str, str]:
    """Make a .py file importable; return the files that its cells write."""
    before = file.read_bytes()
    data = importable(path, before, notes)
    text = decode(data).text
    files: dict[str, str] = {}
    if MAGIC.search(text):
        plain = plain_export(re.sub("\r\n?", "\n", text))
        files = plain.files
        if plain.code != text:
            notes.add("magic", str(path))
            text, data = plain.code, COOKIE.sub(r"\1utf-8", plain.code).encode(errors="replace")
    if module := read_export(text, str(path), wanted):
        data = module.encode(errors="replace")
    if data != before:
        file.write_bytes(data)
    return files


class _Made:
    """The files that conversion adds to a snapshot; all code together stays within its limits."""

    def __init__(self, modules: Collection[PurePosixPath], root: Path, notes: Notes) -> None:
        self._root = root
        self._notes = notes
        self._texts: dict[PurePosixPath, str] = {}
        self._folders: set[PurePosixPath] = set()  # of those files
        self._code = sum((root / path).stat().st_size for path in modules)
        self._count = len(modules)

    def add(self, notebook: PurePosixPath, text: str) -> None:
        """Add the module of a notebook."""
        self._put(notebook, notebook.with_name(module_name(notebook.stem)), text)

    def write(self, origin: PurePosixPath, files: Mapping[str, str]) -> None:
        """Add the files that cells of ``origin`` write, unless they were handed in."""
        for name, text in files.items():
            target = _written(origin, name)
            if target is not None and not (self._root / target).exists():
                self._put(origin, target, text)

    def _is_barred(self, path: PurePosixPath) -> bool:
        """Return whether a file can't be written, because one name would be file and folder."""
        return path in self._folders or any(
            folder in self._texts or (self._root / folder).is_file() for folder in path.parents
        )

    def _put(self, origin: PurePosixPath, path: PurePosixPath, text: str) -> None:
        if not text:
            return
        if self._is_barred(path):
            self._notes.add("barred", f"{path}, which {origin} writes")
            return
        self._code += len(text)
        self._count += 1
        if self._code > MAX_CODE_TOTAL or self._count > MAX_MODULES:
            self._notes.add("more", str(origin))
        else:
            self._texts[path] = text
            self._folders |= set(path.parents)

    def save(self) -> list[PurePosixPath]:
        """Write the files; return their paths."""
        for path, text in self._texts.items():
            (self._root / path).parent.mkdir(parents=True, exist_ok=True)
            (self._root / path).write_text(text, encoding="utf-8", errors="replace", newline="")
        return list(self._texts)


def _written(path: PurePosixPath, name: str) -> PurePosixPath | None:
    """Return where a file goes that a cell of ``path`` writes, or None if it may not be written."""
    relative = PurePosixPath(name.replace("\\", "/"))
    if relative.is_absolute() or ".." in relative.parts:  # a place on the student's computer
        relative = PurePosixPath(relative.name)
    target = path.parent / relative
    is_code = target.suffix == ".py" and re.fullmatch(r"[\w./ -]+", str(relative))
    taken = target.stem in PROTECTED or target.name.lower() in CONFIGURATION
    return target if is_code and not taken and has_short_name(target) else None


def module_name(stem: str) -> str:
    """Return the file name for a notebook's code: one that can be imported and is nobody else's."""
    name = re.sub(r"\W", "_", stem)
    return f"{name}_.py" if name in PROTECTED or f"{name}.py" in CONFIGURATION else f"{name}.py"


def importable(path: PurePosixPath, data: bytes, notes: Notes) -> bytes:
    """Return the same code in bytes that Python reads as `decode` does.

    What Python doesn't decode becomes UTF-8. So does, with a byte order mark, what declares its
    encoding near a lone carriage return: which lines are the first two is told differently there.
    """
    decoded = decode(data)
    text = decoded.text
    if decoded.note:
        notes.add("encoding", f"{path} ({decoded.note})")
    if "\0" in text:
        notes.add("damaged", str(path))
    head = b"\n".join(data.split(b"\n", 2)[:2]) + b"\n"
    if b"coding" in head and re.search(rb"\r(?!\n)", head):
        text = re.sub("\r\n?", "\n", text)
        return codecs.BOM_UTF8 + COOKIE.sub(r"\1utf-8", text).encode()
    if not decoded.note and not data.startswith(codecs.BOM_UTF8):
        return data
    return COOKIE.sub(r"\1utf-8", text).encode(errors="replace")
