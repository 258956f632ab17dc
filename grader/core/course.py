"""Know the course that this process grades: the kit's own, or one in a folder of its own.

A course is a folder that holds `exercises/`, and for its owner `reference/`, `student_template/`
and `faults/`. Its exercises are imported as ``grader.exercises.NAME``, before the kit's. A folder
beside them without `rubric.toml` holds what several exercises share.

An environment variable takes the choice to the processes that this one starts.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path

from grader.core.errors import UserError
from grader.core.paths import IS_CLONE, KIT, ROOT

VARIABLE = "RNN_AUTOGRADER_COURSE"
EXERCISES = KIT / "exercises"


@dataclass(frozen=True)
class Course:
    """The folders of a course; those for its owner alone may be missing."""

    exercises: Path
    reference: Path
    template: Path
    faults: Path
    root: Path | None = None  # None for the kit's own

    @property
    def names(self) -> list[str]:
        """Return the names of all exercises."""
        return sorted(path.parent.name for path in self.exercises.glob("*/rubric.toml"))


KITS = Course(
    exercises=EXERCISES,
    reference=ROOT / "reference",
    template=(ROOT if IS_CLONE else KIT) / "student_template",
    faults=ROOT / "tests" / "faults",
)


def course() -> Course:
    """Return the course that this process grades."""
    return _chosen


def choose(root: Path | None) -> Course:
    """Grade the course in the folder ``root`` from now on, here and in new processes.

    Args:
        root: The course's folder; None for the kit's own.

    Raises:
        UserError: It holds no exercise.
    """
    global _chosen
    found = _read(root)
    if root is not None and not found.names:
        raise UserError(f"--course {root}: there is no {root / 'exercises' / 'NAME'}/rubric.toml.")
    _chosen = found
    if root is None:
        os.environ.pop(VARIABLE, None)
    else:
        os.environ[VARIABLE] = str(found.root)
    _extend_package()
    return found


def _read(root: Path | None) -> Course:
    """Return a course's folders."""
    if root is None:
        return KITS
    root = root.expanduser().resolve()
    return Course(
        exercises=root / "exercises",
        reference=root / "reference",
        template=root / "student_template",
        faults=root / "faults",
        root=root,
    )


def _extend_package() -> None:
    """Let Python find the course's exercises, and after them the kit's."""
    package = importlib.import_module("grader.exercises")
    package.__path__[:] = list(dict.fromkeys(map(str, (_chosen.exercises, EXERCISES))))
    importlib.invalidate_caches()


_chosen = _read(Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
_extend_package()
