"""Find imports of packages that are not installed here."""

from __future__ import annotations

import importlib.util
import sys

from grader.core.course import course
from grader.core.sources import imports
from grader.core.spelling import PROTECTED, STUBBED
from grader.submission.snapshot import Submission

KNOWN = PROTECTED | STUBBED | frozenset(sys.builtin_module_names)


def lacking(submission: Submission) -> set[str]:
    """Return the packages that a submission imports and this Python lacks.

    Imports of its own files, of given files, and in main blocks don't count.
    """
    given = {path.stem for path in course().exercises.glob("*/given/*.py")}
    own = given | {part for path in submission.files for part in (*path.parts[:-1], path.stem)}
    found = set()
    for file in submission.modules:
        for each in imports(submission.source_of(file)):
            is_own = each.level or each.in_main or own & set(each.parts)
            if each.parts and not is_own and each.parts[0] not in KNOWN:
                found.add(each.parts[0])
    return {name for name in found if not _is_installed(name)}


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # a name that no package can have
        return False
