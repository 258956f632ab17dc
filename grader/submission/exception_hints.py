"""Add a hint to an exception, found in the source that it comes from."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Sequence
from pathlib import PurePosixPath

from grader.core.sources import is_main_block, parse
from grader.submission.effects import effects_of
from grader.submission.places import FRAME, notebook_of, place
from grader.submission.snapshot import Submission

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHER_PYTHON = (
    "Look at that line and the one above it. "
    f"This was graded with Python {VERSION}: newer syntax is an error there."
)
OF_KINDS = {
    "ModuleNotFoundError": "Graded code should import Python's own modules, torch, numpy, "
    "matplotlib, what Anaconda brings, and the files that were handed in: is one of yours missing?",
    "FileNotFoundError": "Graded code finds the files that were handed in, and what it has written "
    "itself: name them by paths that begin at this file's folder.",
    "SystemExit": "exit() and sys.exit() end whatever uses the file: return from the function, or "
    "leave them out.",
}
WHERE = re.compile(r"(.+), line (\d+)")
UNFIT = re.compile(r"could not be broadcast together|^matmul: |^shapes .* not aligned")  # NumPy's
MISSING_NAME = re.compile(r"name '(\w+)' is not defined")


def in_cells(submission: Submission, text: str) -> str:
    """Return a place or a traceback with lines of notebooks named by their cells."""
    if whole := WHERE.fullmatch(text):
        return _place(submission, whole[1], int(whole[2]))
    return FRAME.sub(lambda frame: _framed(submission, frame), text)


def _framed(submission: Submission, frame: re.Match[str]) -> str:
    found = _place(submission, frame[1], int(frame[2]))
    return frame[0] if found == f"{frame[1]}, line {frame[2]}" else found


def _place(submission: Submission, file: str, line: int) -> str:
    source = _source(submission, file)
    return f"{file}, line {line}" if source is None else place(file, line, source)


def _source(submission: Submission, file: str) -> str | None:
    path = PurePosixPath(file)
    is_known = path in submission.files and path.suffix == ".py"
    return submission.source_of(path) if is_known else None


def called(submission: Submission, file: str) -> str:
    """Return what messages call a file: the notebook that it was made of, or itself."""
    return notebook_of(_source(submission, file) or "") or file


def hint_for(submission: Submission, kind: str, message: str, where: str) -> str:
    """Return a hint for an exception whose own message leads astray, or nothing.

    Args:
        kind: The name of its type.
        where: The student's file and line that it came from.
    """
    found = WHERE.fullmatch(where)
    source = _source(submission, found[1] if found else where) or ""
    if any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in source.splitlines()):
        return "The file holds merge-conflict markers (<<<<<<<, >>>>>>>): choose one side."
    if kind in OF_KINDS:
        return OF_KINDS[kind]
    if "before Module.__init__() call" in message:
        return "Call super().__init__() first in the network's own __init__."
    if kind in ("SyntaxError", "IndentationError", "TabError"):
        nulls = "It holds null bytes: save it anew as UTF-8. " if "\0" in source else ""
        return nulls + OTHER_PYTHON
    if kind == "ValueError" and UNFIT.search(message):
        return (
            "The shapes of two arrays don't fit: a vector (n,), a row (1, n) and a column (n, 1) "
            "are three different things. Look at both shapes in that line."
        )
    if kind == "NameError" and (name := MISSING_NAME.search(message)) and found:
        return _left_out(found[1], source, name[1])
    return ""


@functools.lru_cache(maxsize=64)
def _left_out(file: str, source: str, name: str) -> str:
    """Return where a file gives a value to a name that its module lacks."""
    try:
        body = parse(source).body
    except SyntaxError:
        return ""
    for statement in body:
        if is_main_block(statement) or isinstance(statement, ast.Try):
            for inner in statement.body:
                if name in effects_of(inner).binds:
                    cell = place(file, inner.lineno, source)
                    if not notebook_of(source):
                        return (
                            f"{name} gets its value in {cell}, in a main block, which runs only "
                            "when the file itself is started."
                        )
                    did = "failed here" if isinstance(statement, ast.Try) else "was left out"
                    return (
                        f"{name} gets its value in {cell}, which {did}: of a notebook, only "
                        "definitions and what they need are run, and no trainings."
                    )
    return ""


def broken_candidate(
    submission: Submission, defines: Sequence[str]
) -> tuple[PurePosixPath, SyntaxError] | None:
    """Return a file that seems to define one of some names but is not Python, and why."""
    names = "|".join(map(re.escape, defines))
    definition = re.compile(
        rf"^[ \t]*+(?:async[ \t]++)?(?:class|def)[ \t]++(?:{names})\b", re.MULTILINE
    )
    for path, error in submission.broken.items() if defines else ():
        if definition.search(submission.source_of(path)):
            return path, error
    return None
