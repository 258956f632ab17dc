"""Find imports of packages that are not installed here, and of files that a hand-in lacks."""

from __future__ import annotations

import importlib.util
import sys

from grader.core.course import course
from grader.core.sources import imports
from grader.core.spelling import PROTECTED, STUBBED
from grader.submission.snapshot import Submission

KNOWN = PROTECTED | STUBBED | frozenset(sys.builtin_module_names)


def lacking(submission: Submission) -> set[str]:
    """Return what a submission imports and neither holds nor finds in this Python.

    These are packages, or files that the course asks for: see `asked_files`.
    Imports of its own files, of given files, and in main blocks don't count.
    """
    given = {path.stem for path in course().exercises.glob("*/given/*.py")}
    own = given | {part for path in submission.files for part in (*path.parts[:-1], path.stem)}
    asked, found = asked_files(), set()
    for file in submission.modules:
        for each in imports(submission.source_of(file)):
            is_own = each.level or each.in_main or own & set(each.parts)
            if each.parts and not is_own and each.parts[0] not in KNOWN:
                named = [part for part in each.parts if part in asked]
                found.add(named[-1] if named else each.parts[0])
    return {name for name in found if not _is_installed(name)}


def asked_files() -> frozenset[str]:
    """Return the names, without ".py", of the files that the course's template has."""
    return frozenset(path.stem for path in course().template.rglob("*.py")) - {"__init__"}


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # a name that no package can have
        return False
