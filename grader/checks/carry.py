"""Carry an error forward: count a mistake once, judge what follows by the student's formula.

Theory of operation. A check compares a student's numbers with an oracle. When they differ and a
:class:`~grader.checks.mistakes.Mistake` explains them, the check is run again, on fresh inputs,
under :func:`assuming`: now the oracle with that mistake's switch thrown counts as right, too. If
the whole check passes so, the mistake is *identified*, and counted in that check's question. Every
later check of the exercise that fails is run again in the same way under each mistake that has been
counted. If it passes, it is *carried*: it keeps its points and says where the mistake was counted.

What a mistake can cost: the first check that it makes wrong, and whatever it does not fully
explain. What is never restored: the check in which a mistake is counted; checks of a question that
asks for just what the mistake gets wrong (``Mistake.subject_of``); and bans. So at least one check
stays lost, and no mistake makes a wrong solution whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from grader.checks.mistakes import Array, Mistake, Variant, first_match
from grader.core.failures import Failure

TRIES = 3  # runs of a check, each on fresh inputs, until one of them queries the mistake


@dataclasses.dataclass
class Assumption:
    """A mistake, by its id, whose numbers are accepted, and whether a check has queried it."""

    mistake: str
    queried: bool = False


_NOTHING = Assumption("")
_ASSUMED: ContextVar[Assumption] = ContextVar("assumed mistake", default=_NOTHING)


@contextmanager
def assuming(mistake: str) -> Iterator[Assumption]:
    """Let comparisons accept the numbers of the mistake with this id, too."""
    assumption = Assumption(mistake)
    token = _ASSUMED.set(assumption)
    try:
        yield assumption
    finally:
        _ASSUMED.reset(token)


def is_assumed(mistake: Mistake) -> bool:
    """Return whether numbers with this mistake are accepted now, and record the query."""
    assumption = _ASSUMED.get()
    if mistake.id != assumption.mistake:
        return False
    assumption.queried = True
    return True


def explanation(got: Array, variants: Iterable[Variant], tolerance: float) -> Mistake | None:
    """Return the mistake whose numbers these are, the assumed one before others."""
    found = list(variants)
    assumed = [variant for variant in found if is_assumed(variant[0])]
    return first_match(got, [*assumed, *found], tolerance)


def assumed_switches(mistakes: Iterable[Mistake]) -> Mapping[str, Any]:
    """Return the switches of the assumed mistake, if it is one of these; else none."""
    return next((mistake.change for mistake in mistakes if is_assumed(mistake)), {})


@dataclasses.dataclass(frozen=True)
class Counted:
    """A mistake that was identified, and the question that it was counted in."""

    mistake: str
    hint: str
    subject_of: tuple[str, ...]
    question: str


class Ledger:
    """The mistakes that the checks of one exercise have identified so far."""

    def __init__(self) -> None:
        self._counted: list[Counted] = []

    def settle(self, failure: Failure, question: str, again: Callable[[], object]) -> Failure:
        """Explain a failure by a mistake that was counted before, or count its own mistake.

        Args:
            failure: A check's failure; if its mistake explains the whole check, it is counted.
            question: The question that the check belongs to.
            again: Runs the check once more, on fresh inputs.
        """
        if failure.status != "failed":
            return failure
        for counted in self._counted:
            if _passes(again, counted.mistake):
                return _carried(failure, counted, question)
        # Only the id of a Mistake is an identifier; other hints have none and are not carried.
        if failure.mistake.isidentifier() and _passes(again, failure.mistake):
            counted = Counted(failure.mistake, failure.hint, failure.subject_of, question)
            self._counted.append(counted)
        return failure


def _passes(again: Callable[[], object], mistake: str) -> bool:
    """Return whether the check passes with this mistake assumed, having queried it."""
    for _ in range(TRIES):
        with assuming(mistake) as assumption:
            try:
                again()
            except Failure:
                return False
        if assumption.queried:
            return True
    return False


def _carried(failure: Failure, counted: Counted, question: str) -> Failure:
    """Return the failure as carried, unless its question is about this very mistake."""
    named = dataclasses.replace(
        failure, hint=counted.hint, mistake=counted.mistake, subject_of=counted.subject_of
    )
    if question in counted.subject_of:
        return named
    return dataclasses.replace(
        named,
        status="carried",
        hint=f"This agrees with your own formula; the mistake was counted in {counted.question}: "
        f"{counted.hint}",
    )
