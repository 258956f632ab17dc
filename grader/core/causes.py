"""Group failures that have the same cause, so that each cause is shown once.

Terminals, pages and summaries all show failures in the order that is decided here: the first one of
a question should name the real mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from grader.core.failures import Failure
from grader.core.report import CheckReport


def causes(checks: Iterable[CheckReport]) -> list[list[CheckReport]]:
    """Return checks that failed, grouped by their cause, the most specific cause first.

    A file that can't be imported, say, fails every check that needs it, in every question.
    Questions stay in their order; in a question, the check of the most points comes first.
    """
    groups: dict[tuple[str, ...], list[CheckReport]] = {}
    checks = [check for check in checks if check["failure"]]
    for check in checks:
        groups.setdefault(_cause(check), []).append(check)
    places = {check["question"]: place for place, check in reversed(list(enumerate(checks)))}
    for group in groups.values():
        group.sort(key=lambda check: (places[check["question"]], -check["points"]))
    return sorted(
        groups.values(), key=lambda group: (places[group[0]["question"]], _vagueness(group[0]))
    )


def failure_of(check: CheckReport) -> Failure:
    """Return the failure of a check that did not pass."""
    return Failure(**cast(Any, check["failure"]))


def _cause(check: CheckReport) -> tuple[str, ...]:
    """Return what checks of one cause have in common.

    Wrong answers to one question are of one cause where their hints are equal. An exception that is
    raised at one line is of one cause, whatever file was run and whatever sizes its message names.
    A hang is of one cause in all of a file, wherever in its loop it was ended.
    """
    failure = failure_of(check)
    status, hint = failure.status, failure.hint
    if status == "carried":  # by the mistake that was counted elsewhere
        return "", hint
    if status in ("failed", "pending"):
        return check["question"], hint or str(failure)
    if status == "error" and failure.where:
        return status, failure.got.partition(":")[0], failure.where
    if status == "timeout":
        return status, failure.what
    return "", str(failure)


def _vagueness(check: CheckReport) -> int:
    """Return how little a failure says of its cause: a ban says most, bare numbers least."""
    failure = failure_of(check)
    signs = (
        failure.status == "blocked",
        bool(failure.mistake),
        failure.status in ("error", "timeout", "crashed"),
        bool(failure.hint) and "shape" not in failure.what,  # which many causes have
        bool(failure.hint),
    )
    return signs.index(True) if True in signs else len(signs)
