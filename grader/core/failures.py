"""Describe a failed check as data: what was checked, expected, got, where, and a hint."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from grader.core.language import translated
from grader.core.text import ends

LONGEST = 10_000  # characters of each text
LABELS = ("expected", "got", "where", "hint", "also", "repeat")  # beside what a terminal shows
PRINTED = 10  # lines, at the beginning and at the end, of what student code printed

Hints = Literal["full", "where", "none"]  # how much a failed check tells a student

Status = Literal[
    "passed",
    "failed",  # a wrong answer
    "carried",  # right by the student's own formula; its mistake was counted in another check
    "not started",  # NotImplementedError, or no such file
    "error",  # their exception
    "timeout",
    "crashed",  # the worker process ended, or spoke nonsense
    "blocked",  # a lock or a ban was hit
    "pending",  # a person decides
    "internal",  # ours, not theirs
    "advice",  # a check that is worth no points did not pass
]


@dataclass(eq=False)
class Failure(Exception):
    """Raised by checks and by the student handle; shown to the student, stored in reports."""

    what: str  # what was checked, as a sentence
    expected: str = ""
    got: str = ""
    where: str = ""  # file, line, sizes
    hint: str = ""
    mistake: str = ""  # the id of the mistake that explains the numbers
    subject_of: tuple[str, ...] = ()  # the questions that ask for what the mistake gets wrong
    status: Status = "failed"
    traceback: str = ""  # the student's frames only
    kit_traceback: str = ""  # the kit's frames, where no line of theirs raised: for the staff
    output: str = ""  # what the student's code printed meanwhile

    def __post_init__(self) -> None:
        """Shorten what nobody would read: parts of it may come from a submission."""
        self.output = ends(self.output, PRINTED)
        for field in dataclasses.fields(self):
            text = getattr(self, field.name)
            if isinstance(text, str) and len(text) > LONGEST:
                setattr(self, field.name, f"{text[:LONGEST]} …")

    def __str__(self) -> str:
        return "\n".join(line for line in (self.what, *self.details()) if line)

    def details(self) -> list[str]:
        """Return the labelled parts that are not empty, one text each."""
        parts = {
            "expected": self.expected,
            "got": self.got,
            "where": self.where,
            "hint": self.hint,
        }
        return [labelled(label, text) for label, text in parts.items() if text]

    def told(self, hints: Hints) -> Failure:
        """Return what a student is told of a wrong answer at this level.

        "where" leaves out the hint. "none" leaves out the numbers and the place as well, so that
        only the check is named. Whatever is not a wrong answer is always told whole.
        """
        if hints == "full" or self.status not in ("failed", "carried"):
            return self
        hint = ""
        if self.status == "carried":
            hint = translated(
                "This agrees with your own formula; the mistake was counted once, in another check."
            )
        told = dataclasses.replace(self, hint=hint, mistake="", subject_of=())
        if hints == "none":
            return dataclasses.replace(told, expected="", got="", where="", output="")
        return told


def labelled(label: str, text: str) -> str:
    """Return a text with its label in the course's language; further lines stand below the text."""
    indent = label_width() + 1
    return f"{translated(label):<{indent}}" + text.replace("\n", "\n" + " " * indent)


def label_width() -> int:
    """Return how many characters a column of labels takes."""
    return max(9, *(len(translated(label)) for label in LABELS))
