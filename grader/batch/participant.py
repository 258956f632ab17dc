"""Name a student of a run: a row of its reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Participant:
    """A row of the run.

    Attributes:
        name: The student's name in reports.
        file: What the student's files are called.
        folder: Where the platform keeps the student's feedback.
        doubt: Why a person should check whose hand-in it is; empty if there is no doubt.
        submitted: When it was handed in, as an ISO 8601 time, if the platform tells.
        late: Whether the platform marks it as late; None if it marks nothing.
        ids: By what the platform's table of grades knows the student.
    """

    name: str
    file: str
    folder: str = ""
    doubt: str = ""
    submitted: str | None = None
    late: bool | None = None
    ids: tuple[tuple[str, str], ...] = ()
