"""Collect the sources that a student's file imports, directly or through others."""

from __future__ import annotations

from pathlib import PurePosixPath

from grader.core.sources import imports
from grader.submission.snapshot import Submission


def with_imports(submission: Submission, file: str) -> dict[str, str]:
    """Return the text of ``file``, by path, and of every file that it imports, however far."""
    modules: dict[str, list[PurePosixPath]] = {}
    for path in submission.files:
        if path.suffix == ".py":
            modules.setdefault(path.stem, []).append(path)
    found: dict[str, str] = {}
    waiting = [PurePosixPath(file)]
    while waiting:
        path = waiting.pop()
        if str(path) in found:
            continue
        found[str(path)] = submission.source_of(path)
        for name in imported_names(found[str(path)]):
            waiting += modules.get(name, [])
    return found


def imported_names(source: str) -> set[str]:
    """Return every name that an import mentions, each part of a dotted one by itself."""
    return {part for found in imports(source) for part in found.parts}
