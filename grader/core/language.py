"""Translate the engine's fixed sentences into a course's language.

A course's ``exercises/language.toml`` maps English sentences to its own. Sentences that are not in
it stay English, and so do all of them without such a file. ``examples/gru`` has one for Spanish.
"""

from __future__ import annotations

import functools
import string
import tomllib
from collections.abc import Mapping
from pathlib import Path

from grader.core.course import course
from grader.core.errors import UserError

FILE = "language.toml"
COLUMNS = ("question", "title", "points", "status")  # of every table of questions


def translated(sentence: str, **values: object) -> str:
    """Return a sentence in the course's language, with values for the names in its braces."""
    return sentences().get(sentence, sentence).format(**values)


def total(earned: float, possible: float, pending: float) -> str:
    """Return in a sentence how many points tests gave, and a person may give."""
    points = {"earned": f"{earned:g}", "possible": f"{possible:g}", "pending": f"{pending:g}"}
    if not pending:
        return translated("{earned} of {possible} automatic points", **points)
    return translated(
        "{earned} of {possible} automatic points; a person gives {pending} more", **points
    )


def task_of(what: str, question: str) -> str:
    """Return what a template's stub asks for, without the question, which is named beside it."""
    return what.removeprefix(f"{translated('Question {question}', question=question)}: ")


def sentences() -> Mapping[str, str]:
    """Return the course's translations, by the English sentences.

    Raises:
        UserError: Its file is wrong; the message says where.
    """
    return _read(course().exercises / FILE)


@functools.cache
def _read(path: Path) -> Mapping[str, str]:
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no TOML: {error}.") from error
    for english, own in table.items():
        if not isinstance(own, str):
            raise UserError(f"{path}: the translation of {english!r} should be a text.")
        try:
            unknown = _names(own) - _names(english)
        except ValueError as error:
            raise UserError(f"{path}: the translation of {english!r}: {error}.") from error
        if unknown:
            names = ", ".join(sorted(f"{{{name}}}" for name in unknown))
            raise UserError(f"{path}: the translation of {english!r} should not have {names}.")
    return table


def _names(sentence: str) -> set[str]:
    """Return the names in a sentence's braces."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}
