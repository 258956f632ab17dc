"""Bring files into a form that Python can import: UTF-8, and modules for notebooks.

Sources become UTF-8 where Python would decode them otherwise. Notebooks become modules beside
them, and exports lose what only IPython understands. Files that cells write (``%%writefile``) are
written, unless the student handed in a file of that name.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from grader.core.errors import UserError
from grader.core.handin_rules import answers
from grader.core.sources import decode
from grader.core.spelling import PROTECTED, squeeze
from grader.submission.filter import CONFIGURATION, MAX_DEPTH, MAX_NAME, Notes
from grader.submission.magics import plain_export
from grader.submission.notebooks import read_export, read_notebook

# A declaration of the encoding, in one of the first two lines.
COOKIE = re.compile(r"\A((?:.*\n)??[ \t\f]*#.*?coding[:=][ \t]*)[-\w.]+")
# Imported names that only exist beside a notebook; a file that uses them is an export of one.
MAGIC = re.compile(r"get_ipython\(\)|^[ \t]*[%!?]|^\s*[\w, ]+=[ \t]*[%!]|\?[ \t]*$", re.MULTILINE)


def convert(paths: Collection[PurePosixPath], root: Path, notes: Notes) -> list[PurePosixPath]:
    """Convert files of a snapshot; return the paths of those that are new."""
    written: dict[PurePosixPath, str] = {}
    converted: dict[PurePosixPath, str] = {}
    asked = _Asked(paths, root)
    for path in sorted(paths):
        files: dict[str, str] = {}
        if path.suffix.lower() == ".py":
            files = _convert_source(path, root / path, asked.of(path), notes)
        elif path.suffix.lower() == ".ipynb":
            module = path.with_name(module_name(path.stem))
            if not (root / module).exists():
                wanted = asked.of(path)
                converted[module], files = _convert_notebook(path, root / path, wanted, notes)
        for name, text in files.items():
            target = _written(path, name)
            if target is not None and not (root / target).exists():
                written[target] = text
    new = {path: text for path, text in (converted | written).items() if text}
    for path, text in new.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", errors="replace", newline="")
    return list(new)


class _Asked:
    """Collect the names that other files may use of a notebook."""

    def __init__(self, paths: Collection[PurePosixPath], root: Path) -> None:
        code = [path for path in paths if path.suffix.lower() in (".py", ".ipynb")]
        several = len(code) > 1 and any(path.suffix.lower() == ".ipynb" for path in code)
        self._words = {
            path: frozenset(re.findall(r"\w+", decode((root / path).read_bytes()).text))
            for path in (code if several else [])
        }

    def of(self, notebook: PurePosixPath) -> frozenset[str]:
        """Return the names, squeezed, that exercises ask for, or files that name the notebook."""
        name = module_name(notebook.stem).removesuffix(".py")
        users = [words for path, words in self._words.items() if path != notebook and name in words]
        return answers().union(*(map(squeeze, words) for words in users))


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


def _convert_notebook(
    path: PurePosixPath, file: Path, wanted: frozenset[str], notes: Notes
) -> tuple[str, dict[str, str]]:
    """Return the text of a notebook's module, empty if it has none, and the files it writes."""
    try:
        notebook = read_notebook(decode(file.read_bytes()).text, str(path), wanted)
    except UserError:
        notes.add("notebook", str(path))
        return "", {}
    for cell in notebook.unread:
        notes.add("cell", f"{path}, {cell}")
    return notebook.source, notebook.files


def _written(path: PurePosixPath, name: str) -> PurePosixPath | None:
    """Return where a file goes that a cell of ``path`` writes, or None if it may not be written."""
    relative = PurePosixPath(name.replace("\\", "/"))
    if relative.is_absolute() or ".." in relative.parts:  # a place on the student's computer
        relative = PurePosixPath(relative.name)
    target = path.parent / relative
    is_code = target.suffix == ".py" and re.fullmatch(r"[\w./ -]+", str(relative))
    taken = target.stem in PROTECTED or target.name.lower() in CONFIGURATION
    if not is_code or taken or len(str(target)) > MAX_NAME or len(target.parts) > MAX_DEPTH:
        return None
    return target


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
