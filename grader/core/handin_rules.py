"""Read an exercise's `handin.toml`: the rules for a hand-in, and the names of its answers."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import cast

from grader.core.course import course
from grader.core.spelling import squeeze


def rules_of(exercise: str) -> tuple[str, ...]:
    """Return the rules that an exercise sets for hand-ins, or none."""
    return _listed("rules", exercise, course().exercises)


def answers() -> frozenset[str]:
    """Return the names, squeezed, of the functions and classes that any exercise asks for."""
    return _answers(course().exercises)


@functools.cache
def _answers(exercises: Path) -> frozenset[str]:
    folders = (path.parent.name for path in exercises.glob("*/handin.toml"))
    return frozenset(
        squeeze(name) for folder in folders for name in _listed("answers", folder, exercises)
    )


def _listed(key: str, exercise: str, exercises: Path) -> tuple[str, ...]:
    path = exercises / exercise / "handin.toml"
    if not path.exists():
        return ()
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(cast(list[str], table.get(key, [])))
