"""Choose students by what `--again` says: a name, a pattern, or what only one of them is called."""

from __future__ import annotations

import difflib
import fnmatch
import unicodedata
from collections.abc import Iterable, Sequence

from grader.batch.participant import Participant
from grader.core.errors import UserError
from grader.core.text import shown

SUGGESTED = 3  # near names in a message


def chosen(participants: Sequence[Participant], patterns: Iterable[str]) -> set[Participant]:
    """Return the students that any of the patterns names.

    Raises:
        UserError: A pattern names nobody, or is a part of several names.
    """
    return {one for pattern in patterns for one in _matching(participants, pattern)}


def _matching(participants: Sequence[Participant], pattern: str) -> list[Participant]:
    if found := [one for one in participants if fnmatch.fnmatchcase(one.name, pattern)]:
        return found
    found = [one for one in participants if _folded(pattern) in _names_of(one)]
    if not found:
        raise UserError(
            f"--again {shown(pattern)}: there is no such student{_near(participants, pattern)}."
        )
    if len(found) > 1:
        said = ", ".join(sorted(shown(one.name) for one in found))
        raise UserError(f"--again {shown(pattern)} can be each of {said}: say which.")
    return found


def _names_of(one: Participant) -> set[str]:
    """Return what a student may be called: name and number, joined or alone, and platform's ids."""
    name, _, number = one.name.rpartition("_")
    return {_folded(part) for part in (one.name, name, number, *(id for _, id in one.ids)) if part}


def _near(participants: Iterable[Participant], pattern: str) -> str:
    """Return names that may have been meant, as a question."""
    known = {form: one.name for one in participants for form in sorted(_names_of(one))}
    near = difflib.get_close_matches(_folded(pattern)[:100], known, n=SUGGESTED)
    names = dict.fromkeys(shown(known[form]) for form in near)
    return f" (is it {' or '.join(names)}?)" if names else ""


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
