"""Group failures that have the same cause, so that each cause is shown once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from grader.core.failures import Failure
from grader.core.rubric import Result


def causes(results: Iterable[Result]) -> list[list[Result]]:
    """Return results that failed, grouped by their cause, the most specific cause first.

    A file that can't be imported, say, fails every check that needs it, in every question. Wrong
    answers to one question are of one cause where their hints are equal; checks that were carried
    are where the same mistake was.
    """
    groups: dict[tuple[str, str], list[Result]] = {}
    results = [result for result in results if result.failure]
    for result in results:
        text, hint = str(result.failure), cast(Failure, result.failure).hint
        if result.status == "carried":  # by the mistake that was counted elsewhere
            key = ("", hint)
        else:
            key = (result.question, hint or text) if result.status == "failed" else ("", text)
        groups.setdefault(key, []).append(result)
    ordered = list(groups.values())
    for group in ordered:
        group.sort(key=lambda result: -result.points)
    places = {result.question: place for place, result in reversed(list(enumerate(results)))}
    return sorted(ordered, key=lambda group: (places[group[0].question], _vagueness(group[0])))


def _vagueness(result: Result) -> int:
    """Return how little a failure says of its cause: a ban says most, bare numbers least."""
    failure = cast(Failure, result.failure)
    signs = (
        result.status == "blocked",
        bool(failure.mistake),
        result.status in ("error", "timeout", "crashed"),
        bool(failure.hint) and "shape" not in failure.what,  # which many causes have
        bool(failure.hint),
    )
    return signs.index(True) if True in signs else len(signs)
