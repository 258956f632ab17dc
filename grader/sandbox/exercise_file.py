"""Run probes on the file that an exercise asks for: what its tests use."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from grader.core.failures import Failure
from grader.sandbox.student import PROBE_SECONDS, Student


@dataclasses.dataclass(frozen=True)
class ExerciseFile:
    """A file by its name, or another one that defines what it should.

    Attributes:
        name: The file's name, in whatever folder of the submission.
        defines: Functions and classes; a file of another name may define some of them instead.
    """

    name: str
    defines: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    def run(
        self,
        student: Student,
        probe: Callable[..., Any],
        *,
        seconds: float = PROBE_SECONDS,
        where: str = "",
        **inputs: Any,
    ) -> Any:
        """Return what the probe finds out about the file.

        Args:
            where: What is added to the place of hangs and crashes: the sizes, say.
        """
        try:
            return student.run(probe, self.name, defines=self.defines, seconds=seconds, **inputs)
        except Failure as failure:
            if not where or failure.status not in ("timeout", "crashed"):
                raise
            places = [place for place in (failure.where, where) if place]
            raise dataclasses.replace(failure, where="; ".join(places)) from None

    def sources(self, student: Student) -> dict[str, str]:
        """Return the text of the file, and of the student's files that it imports, by path."""
        return student.sources(self.name, self.defines)

    def place(self, function: str, *details: object) -> str:
        """Return where a check looks: the file, a function or method, and sizes or the like."""
        return "; ".join(map(str, (f"{self.name}, {function}", *details)))
